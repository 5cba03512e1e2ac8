-- What no role of people may do; each statement alone, with the rights of the role that has logged in.

-- Dateien
SELECT pg_read_file('/etc/passwd');
SELECT pg_read_binary_file('/etc/passwd');
SELECT pg_ls_dir('.');
SELECT pg_stat_file('PG_VERSION');
SELECT * FROM pg_ls_logdir();
COPY (SELECT 1) TO '/tmp/x';
COPY (SELECT 1) TO PROGRAM 'true';
COPY public.spatial_ref_sys FROM '/etc/passwd';
COPY public.spatial_ref_sys FROM PROGRAM 'true';
SELECT lo_import('/etc/passwd');
SELECT lo_export(1, '/tmp/x');
SELECT * FROM pg_hba_file_rules;
SELECT * FROM pg_file_settings;
LOAD 'file_fdw';

-- Große Objekte
SELECT lo_create(0);
SELECT lo_creat(-1);
SELECT lo_from_bytea(0, 'x');
SELECT lo_open(1, 131072);

-- Eigene Objekte
CREATE TABLE public.x (a int);
CREATE TEMP TABLE x (a int);
CREATE SCHEMA x;
CREATE VIEW public.x AS SELECT 1;
CREATE VIEW sozialbericht.x AS SELECT 1;
CREATE TEMP VIEW x AS SELECT 1;
CREATE TEMP SEQUENCE x;
CREATE FUNCTION public.lower(text) RETURNS text LANGUAGE sql AS 'SELECT $1';
CREATE FUNCTION pg_temp.lower(text) RETURNS text LANGUAGE sql AS 'SELECT $1';
CREATE OPERATOR public.= (LEFTARG = text, RIGHTARG = text, FUNCTION = texteq);
CREATE FUNCTION sozialbericht.leck(text) RETURNS bool LANGUAGE sql COST 0.001 AS 'SELECT true';
CREATE TYPE public.x AS (a int);
CREATE DOMAIN public.x AS int;
CREATE AGGREGATE public.x (int) (SFUNC = int4pl, STYPE = int);
DO $$ BEGIN RAISE NOTICE 'x'; END $$;
CREATE EXTENSION dblink;
CREATE EXTENSION postgres_fdw;
CREATE FOREIGN DATA WRAPPER x;
CREATE PUBLICATION x FOR ALL TABLES;
CREATE EVENT TRIGGER x ON ddl_command_start EXECUTE FUNCTION geo.keep_counted();
CREATE DATABASE x;
CREATE TABLESPACE x LOCATION '/tmp';
SELECT * INTO public.x FROM sozialbericht.kennzahl;

-- Andere Rollen
SET ROLE postgres;
SET ROLE sozialbericht_owner;
SET ROLE sozialbericht_admin;
SET ROLE pg_read_all_data;
SET ROLE pg_monitor;
SET ROLE pg_read_server_files;
SET ROLE pg_execute_server_program;
SET SESSION AUTHORIZATION postgres;
CREATE ROLE x;
ALTER ROLE sozialbericht_owner LOGIN;
ALTER ROLE sozialbericht_admin PASSWORD 'x';
ALTER ROLE sozialbericht_admin SET search_path = public;
GRANT pg_read_all_data TO leser;
DROP OWNED BY sozialbericht_owner;
SELECT * FROM pg_authid;
SELECT * FROM pg_shadow;
ALTER SYSTEM SET work_mem = '1GB';
ALTER DATABASE postgres SET work_mem = '1GB';
SET session_replication_role = replica;
SET log_statement = 'none';

-- Was Werte verrät
SELECT * FROM pg_statistic;
SELECT * FROM pg_statistic_ext_data;
TABLE pg_user_mapping;
SELECT query_to_xml('SELECT * FROM intake.rejected_row', true, true, '');
SELECT * FROM ts_stat('SELECT to_tsvector(value) FROM intake.rejected_row');
EXPLAIN SELECT * FROM warehouse.count;
SELECT pg_get_userbyid(1), c FROM warehouse.count c;
SELECT pg_stat_reset();
SELECT pg_stat_get_wal_receiver() FROM pg_ls_waldir();

-- Was andere aufhält
SELECT pg_terminate_backend(pg_backend_pid());
SELECT pg_cancel_backend(pg_backend_pid());
SELECT pg_advisory_lock(7262101);
SELECT pg_advisory_xact_lock(7262102, 1);
SELECT pg_try_advisory_lock(1);
SELECT pg_reload_conf();
SELECT pg_switch_wal();
SELECT pg_create_restore_point('x');
BEGIN; LOCK TABLE sozialbericht.kennzahl IN ACCESS EXCLUSIVE MODE;
BEGIN; LOCK TABLE release.value;
DROP VIEW sozialbericht.wert;
ALTER VIEW sozialbericht.wert RENAME TO x;
COMMENT ON VIEW sozialbericht.wert IS 'x';
ALTER VIEW sozialbericht.wert SET (security_barrier = false);
CREATE RULE x AS ON SELECT TO sozialbericht.wert DO INSTEAD SELECT 1;
CREATE TRIGGER x INSTEAD OF INSERT ON sozialbericht.wert EXECUTE FUNCTION geo.keep_counted();
