#!/bin/bash
# Runs once, at the first start of the database container: roles with their passwords, the database, its extensions.
# The ETL then works without a superuser. The names are those of sql/roles.yaml; a test compares them. Roles of departments
# and the limits of sessions: ./sozialbericht roles sync prints the SQL for the administrator.
set -euo pipefail
database=${SOZIALBERICHT_DATABASE:-sozialbericht}

psql -v ON_ERROR_STOP=1 --no-psqlrc --username "${POSTGRES_USER:-postgres}" --dbname postgres \
    -v database="$database" <<'SQL'
\getenv admin_password SOZIALBERICHT_ADMIN_PASSWORD
\getenv qgis_password SOZIALBERICHT_QGIS_PASSWORD
CREATE ROLE sozialbericht_owner NOLOGIN;
CREATE ROLE sozialbericht_pruefer NOLOGIN;
-- These cannot log in until the administrator gives them a password: ALTER ROLE leser LOGIN; \password leser
CREATE ROLE statistik NOLOGIN;
CREATE ROLE freigabe NOLOGIN;
CREATE ROLE vorschau NOLOGIN;
CREATE ROLE leser NOLOGIN;
CREATE ROLE bezirksplanung NOLOGIN;
CREATE ROLE qgis_server LOGIN PASSWORD :'qgis_password';
CREATE ROLE sozialbericht_admin LOGIN PASSWORD :'admin_password';
-- What these people read of the tables of sozialbericht_pruefer is logged (pgaudit).
ALTER ROLE statistik SET pgaudit.role TO 'sozialbericht_pruefer';
ALTER ROLE freigabe SET pgaudit.role TO 'sozialbericht_pruefer';
ALTER ROLE bezirksplanung SET pgaudit.role TO 'sozialbericht_pruefer';
GRANT leser TO qgis_server;
GRANT sozialbericht_owner, sozialbericht_pruefer, statistik, freigabe, vorschau, leser, bezirksplanung, qgis_server TO sozialbericht_admin;
CREATE DATABASE :"database" OWNER sozialbericht_owner TEMPLATE template0 ENCODING 'UTF8';
ALTER DATABASE :"database" SET timezone TO 'Europe/Berlin';
\connect :"database"
CREATE EXTENSION postgis;
CREATE EXTENSION btree_gist;
-- What PostgreSQL gives to everybody and sql/roles.yaml closes.
REVOKE USAGE ON LANGUAGE plpgsql FROM PUBLIC;
GRANT USAGE ON LANGUAGE plpgsql TO sozialbericht_owner;
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
SELECT format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', p.oid::regprocedure),
       CASE WHEN p.proname LIKE 'pg%' THEN format('GRANT EXECUTE ON FUNCTION %s TO sozialbericht_owner', p.oid::regprocedure) END
FROM pg_proc p WHERE p.pronamespace = 'pg_catalog'::regnamespace AND p.prokind = 'f' AND p.proname
  LIKE ANY ('{lo\\_%, loread, lowrite, pg\\_cancel\\_backend, pg\\_terminate\\_backend, pg\\_%advisory\\_%lock%}')
\gexec
SQL
