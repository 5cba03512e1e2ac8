-- Blocks and units to which counts refer cannot be deleted. A foreign key would ask with every one of the 40,000 counts of
-- a delivery; here a deletion, which is rare, asks once for all its rows. That counts refer to what is there is checked by
-- sql/checks/counts_refer_to_known.sql.
CREATE OR REPLACE FUNCTION geo.keep_counted() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    used integer;
BEGIN
    IF TG_TABLE_NAME = 'block' THEN
        SELECT c.block_id INTO used FROM warehouse.count c JOIN old_rows o ON o.id = c.block_id LIMIT 1;
    ELSE
        SELECT c.unit_id INTO used FROM warehouse.count c JOIN old_rows o ON o.id = c.unit_id LIMIT 1;
    END IF;
    IF used IS NOT NULL THEN
        RAISE foreign_key_violation USING MESSAGE =
            format('Auf %s %s beziehen sich Zahlen', CASE TG_TABLE_NAME WHEN 'block' THEN 'den Baublock'
                                                     ELSE 'das Gebiet' END, used);
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION geo.keep_counted() IS 'Verhindert das Löschen von Baublöcken und Gebieten, auf die sich Zahlen beziehen';

CREATE OR REPLACE TRIGGER keep_counted_delete AFTER DELETE ON geo.block
    REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION geo.keep_counted();
CREATE OR REPLACE TRIGGER keep_counted_delete AFTER DELETE ON geo.unit
    REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION geo.keep_counted();
