-- Adopted and superseded district versions are never changed again, not even by the owner's ordinary statements.
-- Statement triggers look at the touched rows as a set; a version that is being deleted itself guards its own row.
CREATE OR REPLACE FUNCTION geo.keep_adopted_rows() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
    frozen text;
BEGIN
    IF TG_OP IN ('UPDATE', 'DELETE') THEN
        SELECT v.label INTO frozen FROM old_rows o JOIN geo.district_version v ON v.id = o.version_id
        WHERE v.status IN ('adopted', 'superseded') LIMIT 1;
    END IF;
    IF frozen IS NULL AND TG_OP IN ('UPDATE', 'INSERT') THEN
        SELECT v.label INTO frozen FROM new_rows n JOIN geo.district_version v ON v.id = n.version_id
        WHERE v.status IN ('adopted', 'superseded') LIMIT 1;
    END IF;
    IF frozen IS NOT NULL THEN
        RAISE EXCEPTION 'Der Gebietsstand „%“ ist beschlossen; seine Gebiete und Zuordnungen werden nicht mehr geändert.', frozen
            USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Für Änderungen einen neuen Gebietsstand anlegen.';
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION geo.keep_adopted_rows() IS 'Weist Änderungen an beschlossenen Gebietsständen ab';

CREATE OR REPLACE FUNCTION geo.keep_adopted_outlines() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
    frozen text;
BEGIN
    IF TG_OP IN ('UPDATE', 'DELETE') THEN
        SELECT v.label INTO frozen FROM old_rows o JOIN geo.unit u ON u.id = o.unit_id
        JOIN geo.district_version v ON v.id = u.version_id WHERE v.status IN ('adopted', 'superseded') LIMIT 1;
    END IF;
    IF frozen IS NULL AND TG_OP IN ('UPDATE', 'INSERT') THEN
        SELECT v.label INTO frozen FROM new_rows n JOIN geo.unit u ON u.id = n.unit_id
        JOIN geo.district_version v ON v.id = u.version_id WHERE v.status IN ('adopted', 'superseded') LIMIT 1;
    END IF;
    IF frozen IS NOT NULL THEN
        RAISE EXCEPTION 'Der Gebietsstand „%“ ist beschlossen; seine Umrisse werden nicht mehr geändert.', frozen
            USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Für Änderungen einen neuen Gebietsstand anlegen.';
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION geo.keep_adopted_outlines() IS 'Weist Änderungen an vereinfachten Umrissen beschlossener Gebietsstände ab';

CREATE OR REPLACE FUNCTION geo.keep_adopted_blocks() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
    frozen text;
BEGIN
    SELECT v.label INTO frozen
    FROM old_rows o JOIN geo.block_assignment a ON a.block_id = o.id JOIN geo.district_version v ON v.id = a.version_id
    WHERE v.status IN ('adopted', 'superseded') LIMIT 1;
    IF frozen IS NOT NULL THEN
        RAISE EXCEPTION 'Auf diesen Blöcken beruht der beschlossene Gebietsstand „%“; sie werden nicht mehr geändert.', frozen
            USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Neue Blöcke unter einer anderen Bezeichnung laden.';
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION geo.keep_adopted_blocks() IS 'Weist Änderungen an Blöcken beschlossener Gebietsstände ab';

CREATE OR REPLACE FUNCTION geo.keep_adopted_version() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
    open_fields text[] := ARRAY['is_current', 'status', 'valid'];
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'Der Gebietsstand „%“ ist beschlossen und wird nicht gelöscht.', OLD.label
            USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    IF NEW.based_on IS NULL THEN
        open_fields := open_fields || 'based_on'::text;  -- the draft it was planned near may go
    END IF;
    -- what may still change: which version is shown, and that a later version takes over (its end, once)
    IF (to_jsonb(NEW) - open_fields) <> (to_jsonb(OLD) - open_fields)
       OR NOT (NEW.status = OLD.status OR OLD.status = 'adopted' AND NEW.status = 'superseded')
       OR NEW.valid <> OLD.valid AND NOT (OLD.status = 'adopted' AND NEW.status = 'superseded' AND NEW.valid <@ OLD.valid
                                          AND lower(NEW.valid) = lower(OLD.valid)) THEN
        RAISE EXCEPTION 'Der Gebietsstand „%“ ist beschlossen und wird nicht mehr geändert.', OLD.label
            USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Für Änderungen einen neuen Gebietsstand anlegen.';
    END IF;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION geo.keep_adopted_version() IS 'Lässt an einem beschlossenen Gebietsstand nur die Ablösung und die Anzeige zu';

CREATE OR REPLACE FUNCTION geo.keep_adopted_table() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM geo.district_version WHERE status IN ('adopted', 'superseded')) THEN
        RAISE EXCEPTION 'Es gibt beschlossene Gebietsstände; %.% wird nicht geleert.', TG_TABLE_SCHEMA, TG_TABLE_NAME
            USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION geo.keep_adopted_table() IS 'Verhindert TRUNCATE, solange es beschlossene Gebietsstände gibt';

CREATE OR REPLACE TRIGGER keep_adopted_insert AFTER INSERT ON geo.unit
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION geo.keep_adopted_rows();
CREATE OR REPLACE TRIGGER keep_adopted_update AFTER UPDATE ON geo.unit
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION geo.keep_adopted_rows();
CREATE OR REPLACE TRIGGER keep_adopted_delete AFTER DELETE ON geo.unit
    REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION geo.keep_adopted_rows();
CREATE OR REPLACE TRIGGER keep_adopted_truncate BEFORE TRUNCATE ON geo.unit
    FOR EACH STATEMENT EXECUTE FUNCTION geo.keep_adopted_table();

CREATE OR REPLACE TRIGGER keep_adopted_insert AFTER INSERT ON geo.block_assignment
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION geo.keep_adopted_rows();
CREATE OR REPLACE TRIGGER keep_adopted_update AFTER UPDATE ON geo.block_assignment
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION geo.keep_adopted_rows();
CREATE OR REPLACE TRIGGER keep_adopted_delete AFTER DELETE ON geo.block_assignment
    REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION geo.keep_adopted_rows();
CREATE OR REPLACE TRIGGER keep_adopted_truncate BEFORE TRUNCATE ON geo.block_assignment
    FOR EACH STATEMENT EXECUTE FUNCTION geo.keep_adopted_table();

CREATE OR REPLACE TRIGGER keep_adopted_insert AFTER INSERT ON geo.unit_simplified
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION geo.keep_adopted_outlines();
CREATE OR REPLACE TRIGGER keep_adopted_update AFTER UPDATE ON geo.unit_simplified
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION geo.keep_adopted_outlines();
CREATE OR REPLACE TRIGGER keep_adopted_delete AFTER DELETE ON geo.unit_simplified
    REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION geo.keep_adopted_outlines();
CREATE OR REPLACE TRIGGER keep_adopted_truncate BEFORE TRUNCATE ON geo.unit_simplified
    FOR EACH STATEMENT EXECUTE FUNCTION geo.keep_adopted_table();

CREATE OR REPLACE TRIGGER keep_adopted_update AFTER UPDATE ON geo.block
    REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION geo.keep_adopted_blocks();
CREATE OR REPLACE TRIGGER keep_adopted_truncate BEFORE TRUNCATE ON geo.block
    FOR EACH STATEMENT EXECUTE FUNCTION geo.keep_adopted_table();

CREATE OR REPLACE TRIGGER keep_adopted BEFORE UPDATE OR DELETE ON geo.district_version
    FOR EACH ROW WHEN (OLD.status IN ('adopted', 'superseded')) EXECUTE FUNCTION geo.keep_adopted_version();
CREATE OR REPLACE TRIGGER keep_adopted_truncate BEFORE TRUNCATE ON geo.district_version
    FOR EACH STATEMENT EXECUTE FUNCTION geo.keep_adopted_table();
