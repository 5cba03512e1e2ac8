-- The audit log: entries are only ever added, each with the hash of the one before.
-- Whoever inserts, the trigger numbers, dates, signs and chains the entry; changing and deleting is refused to everybody.
CREATE OR REPLACE FUNCTION audit.part(field text) RETURNS text
LANGUAGE sql IMMUTABLE AS $$
    -- length first, so that no two lists of fields give the same text
    SELECT coalesce(octet_length(field) || ':' || field, '-') || ','
$$;
COMMENT ON FUNCTION audit.part(text) IS 'Ein Feld mit seiner Länge davor, für den Prüfwert eines Eintrags';

CREATE OR REPLACE FUNCTION audit.fingerprint(e audit.entry) RETURNS text
LANGUAGE sql STABLE AS $$
    SELECT encode(sha256(convert_to(
        audit.part(e.id::text) || audit.part(to_char(e.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'))
        || audit.part(e.actor) || audit.part(e.role) || audit.part(e.application) || audit.part(e.action)
        || audit.part(e.object) || audit.part(e.detail::text) || audit.part(e.clock_behind_ms::text)
        || audit.part(e.previous_sha256), 'UTF8')), 'hex')
$$;
COMMENT ON FUNCTION audit.fingerprint(audit.entry) IS 'Prüfwert (SHA-256) eines Eintrags über alle seine Spalten';

CREATE OR REPLACE FUNCTION audit.chain() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    last audit.entry;
BEGIN
    -- one chain: whoever writes waits until the writer before has committed or given up
    PERFORM pg_advisory_xact_lock(7262199);
    SELECT * INTO last FROM audit.entry ORDER BY id DESC LIMIT 1;
    NEW.id := coalesce(last.id, 0) + 1;
    NEW.at := clock_timestamp();
    NEW.actor := session_user;
    NEW.role := CASE current_setting('role') WHEN 'none' THEN session_user::text ELSE current_setting('role') END;
    NEW.application := coalesce(current_setting('application_name', true), '');
    NEW.detail := coalesce(NEW.detail, '{}');
    -- numbers order the chain; a clock that jumps back is told and does no harm
    NEW.clock_behind_ms := CASE WHEN NEW.at < last.at
        THEN ceil(extract(epoch FROM last.at - NEW.at) * 1000)::bigint END;
    NEW.previous_sha256 := coalesce(last.sha256, repeat('0', 64));
    NEW.sha256 := audit.fingerprint(NEW);
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION audit.chain() IS 'Nummeriert, datiert und verkettet jeden neuen Eintrag';

CREATE OR REPLACE FUNCTION audit.keep() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'Das Protokoll wird nur fortgeschrieben; Einträge werden weder geändert noch gelöscht.'
        USING ERRCODE = 'object_not_in_prerequisite_state';
END
$$;
COMMENT ON FUNCTION audit.keep() IS 'Weist Änderungen am Protokoll ab';

CREATE OR REPLACE TRIGGER chain BEFORE INSERT ON audit.entry FOR EACH ROW EXECUTE FUNCTION audit.chain();
CREATE OR REPLACE TRIGGER keep BEFORE UPDATE OR DELETE OR TRUNCATE ON audit.entry
    FOR EACH STATEMENT EXECUTE FUNCTION audit.keep();

CREATE OR REPLACE FUNCTION audit.record(action text, object text, detail jsonb DEFAULT '{}') RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    number bigint;
BEGIN
    PERFORM pg_advisory_xact_lock(7262199);
    IF NOT EXISTS (SELECT FROM audit.entry) THEN
        -- something that no other database has, so that two chains are never taken for one
        INSERT INTO audit.entry (action, object, detail)
        VALUES ('protokoll_begonnen', current_database(), jsonb_build_object('kette', gen_random_uuid()));
    END IF;
    INSERT INTO audit.entry (action, object, detail) VALUES (action, object, detail) RETURNING id INTO number;
    RETURN number;
END
$$;
COMMENT ON FUNCTION audit.record(text, text, jsonb) IS 'Schreibt einen Eintrag in das Protokoll und gibt seine Nummer zurück';

CREATE OR REPLACE FUNCTION audit.mirror_release_event() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM audit.record('stand_' || NEW.kind, (SELECT label FROM release.edition WHERE id = NEW.edition_id),
        jsonb_build_object('inhalt', NEW.content_sha256, 'ereignis', NEW.sha256));
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION audit.mirror_release_event() IS 'Trägt jedes Ereignis im Leben eines Stands in das Protokoll ein';

DO $$
BEGIN
    IF to_regclass('release.event') IS NOT NULL THEN
        CREATE OR REPLACE TRIGGER mirror AFTER INSERT ON release.event
            FOR EACH ROW EXECUTE FUNCTION audit.mirror_release_event();
    END IF;
END
$$;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA audit FROM PUBLIC;
