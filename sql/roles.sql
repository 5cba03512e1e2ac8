-- Who may read what. Readers get the published schema and nothing below; roles themselves are made with the cluster.
GRANT USAGE ON SCHEMA sozialbericht TO leser, statistik, freigabe, bezirksplanung;
GRANT SELECT ON ALL TABLES IN SCHEMA sozialbericht TO leser, statistik, freigabe, bezirksplanung;

GRANT USAGE ON SCHEMA geo, catalogue, intake, warehouse, release TO statistik;
GRANT SELECT ON ALL TABLES IN SCHEMA geo, catalogue, intake, warehouse, release TO statistik;

GRANT USAGE ON SCHEMA catalogue, release TO freigabe;
GRANT SELECT ON ALL TABLES IN SCHEMA catalogue, release TO freigabe;

GRANT USAGE ON SCHEMA geo TO bezirksplanung;
GRANT SELECT ON geo.level, geo.district_version, geo.unit, geo.block_set, geo.block, geo.block_assignment TO bezirksplanung;
GRANT UPDATE (unit_id) ON geo.block_assignment TO bezirksplanung;

GRANT USAGE ON SCHEMA planung TO bezirksplanung, statistik;
GRANT SELECT ON ALL TABLES IN SCHEMA planung TO bezirksplanung, statistik;
GRANT UPDATE (bezirk) ON planung.block TO bezirksplanung;
GRANT UPDATE (name) ON planung.bezirk TO bezirksplanung;

REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA geo, catalogue, intake, warehouse, release, sozialbericht FROM PUBLIC;
GRANT EXECUTE ON FUNCTION geo.district_faults(integer, integer[]) TO bezirksplanung, statistik;
