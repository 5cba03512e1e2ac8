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
GRANT leser TO qgis_server;
GRANT sozialbericht_owner, sozialbericht_pruefer, statistik, freigabe, vorschau, leser, bezirksplanung, qgis_server TO sozialbericht_admin;
CREATE DATABASE :"database" OWNER sozialbericht_owner TEMPLATE template0 ENCODING 'UTF8';
ALTER DATABASE :"database" SET timezone TO 'Europe/Berlin';
\connect :"database"
CREATE EXTENSION postgis;
CREATE EXTENSION btree_gist;
SQL
