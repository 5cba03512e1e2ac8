-- The life of a release: draft, approved, published, superseded, withdrawn; or discarded before it was ever shown.
-- What a release says is never changed once it is sealed, not even by the owner's ordinary statements; events are only added,
-- each with the hash of the one before. Who drops these triggers is found out by "release verify".
CREATE OR REPLACE FUNCTION release.keep_sealed() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    sealed text;
BEGIN
    IF TG_OP IN ('DELETE', 'TRUNCATE') THEN
        RAISE EXCEPTION 'Was zu einem Stand gehört, wird nicht gelöscht (%.%).', TG_TABLE_SCHEMA, TG_TABLE_NAME
            USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Einen Entwurf verwerfen: ./sozialbericht release discard';
    END IF;
    SELECT e.label INTO sealed FROM (SELECT DISTINCT edition_id FROM touched) t
    JOIN release.edition e ON e.id = t.edition_id AND (e.content_sha256 IS NOT NULL OR e.status <> 'draft') LIMIT 1;
    IF sealed IS NOT NULL THEN
        RAISE EXCEPTION 'Der Stand „%“ ist versiegelt und wird nicht mehr geändert (%.%).', sealed, TG_TABLE_SCHEMA, TG_TABLE_NAME
            USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Für Änderungen einen neuen Stand anlegen: ./sozialbericht release create';
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION release.keep_sealed() IS 'Weist Änderungen am Inhalt versiegelter Stände ab';

CREATE OR REPLACE FUNCTION release.keep_life() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    free constant text[] := ARRAY['status', 'published_at', 'withdrawn_at', 'withdrawn_reason', 'values_closed'];
    sealing constant text[] := ARRAY['content_sha256', 'figures_sha256'];
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.status <> 'draft' OR NEW.content_sha256 IS NOT NULL THEN
            RAISE EXCEPTION 'Ein neuer Stand beginnt als Entwurf.' USING ERRCODE = 'object_not_in_prerequisite_state';
        END IF;
        RETURN NEW;
    END IF;
    IF to_jsonb(NEW) - free - sealing <> to_jsonb(OLD) - free - sealing
       OR (OLD.content_sha256 IS NOT NULL OR OLD.status <> 'draft')
          AND (NEW.content_sha256, NEW.figures_sha256) IS DISTINCT FROM (OLD.content_sha256, OLD.figures_sha256) THEN
        RAISE EXCEPTION 'Der Stand „%“ ist festgeschrieben; nur sein Zustand ändert sich noch.', OLD.label
            USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    IF NEW.status <> OLD.status AND (OLD.status, NEW.status) NOT IN (
           ('draft', 'approved'), ('draft', 'discarded'), ('approved', 'published'), ('approved', 'discarded'),
           ('published', 'superseded'), ('superseded', 'published'), ('published', 'withdrawn'), ('superseded', 'withdrawn')
       ) OR OLD.status IN ('withdrawn', 'discarded') AND NEW IS DISTINCT FROM OLD THEN
        RAISE EXCEPTION 'Der Stand „%“ kann nicht von „%“ zu „%“ werden.', OLD.label, OLD.status, NEW.status
            USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    IF NEW.status = 'approved' AND NEW.content_sha256 IS NULL THEN
        RAISE EXCEPTION 'Der Stand „%“ ist noch nicht versiegelt.', OLD.label
            USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION release.keep_life() IS 'Lässt nur die Übergänge im Leben eines Stands zu';

CREATE OR REPLACE FUNCTION release.keep_all() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'Stände und ihre Ereignisse bleiben erhalten; %.% wird nur fortgeschrieben.', TG_TABLE_SCHEMA, TG_TABLE_NAME
        USING ERRCODE = 'object_not_in_prerequisite_state';
END
$$;
COMMENT ON FUNCTION release.keep_all() IS 'Weist Änderungen an Ständen und Ereignissen ab';

CREATE OR REPLACE FUNCTION release.fingerprint(e release.event) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT encode(sha256(convert_to(string_agg(coalesce(octet_length(f) || ':' || f, '-'), ',' ORDER BY n), 'UTF8')), 'hex')
    FROM unnest(ARRAY[e.id::text, e.edition_id::text, e.kind,
                      to_char(e.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'), e.actor, e.role, e.content_sha256,
                      e.detail::text, e.clock_behind_ms::text, e.previous_sha256]) WITH ORDINALITY AS u(f, n)
$$;
COMMENT ON FUNCTION release.fingerprint(release.event) IS 'Prüfwert (SHA-256) eines Ereignisses über alle seine Spalten';

CREATE OR REPLACE FUNCTION release.chain() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    last release.event;
BEGIN
    PERFORM pg_advisory_xact_lock(7262198);
    SELECT * INTO last FROM release.event ORDER BY id DESC LIMIT 1;
    NEW.id := coalesce(last.id, 0) + 1;
    NEW.at := clock_timestamp();
    NEW.actor := session_user;
    NEW.role := CASE current_setting('role') WHEN 'none' THEN session_user::text ELSE current_setting('role') END;
    NEW.detail := coalesce(NEW.detail, '{}');
    NEW.content_sha256 := (SELECT content_sha256 FROM release.edition WHERE id = NEW.edition_id);
    -- numbers order the chain; a clock that jumps back is told and does no harm
    NEW.clock_behind_ms := CASE WHEN NEW.at < last.at THEN ceil(extract(epoch FROM last.at - NEW.at) * 1000)::bigint END;
    NEW.previous_sha256 := coalesce(last.sha256, repeat('0', 64));
    NEW.sha256 := release.fingerprint(NEW);
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION release.chain() IS 'Nummeriert, datiert und verkettet jedes neue Ereignis';

CREATE OR REPLACE FUNCTION release.approve(wanted integer) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    e release.edition;
    audited release.event;
    rehearsal boolean; -- nothing but synthetic data, and the policy lets one person do it all
BEGIN
    SELECT * INTO e FROM release.edition WHERE id = wanted FOR UPDATE;
    IF e.id IS NULL OR e.status <> 'draft' OR e.content_sha256 IS NULL THEN
        RAISE EXCEPTION 'Freizugeben ist nur ein versiegelter Entwurf; „%“ ist keiner.', coalesce(e.label, wanted::text)
            USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    rehearsal := e.policy ->> 'approval' = 'selbst' AND jsonb_array_length(e.deliveries) > 0
        AND NOT EXISTS (SELECT FROM jsonb_array_elements(e.deliveries) d WHERE (d -> 'synthetic') IS DISTINCT FROM 'true');
    IF session_user = e.created_by AND NOT rehearsal THEN
        RAISE EXCEPTION 'Wer einen Stand angelegt hat (hier %), gibt ihn nicht auch frei.', e.created_by
            USING ERRCODE = 'insufficient_privilege', HINT = 'Eine zweite Person meldet sich als Rolle freigabe an.';
    END IF;
    SELECT * INTO audited FROM release.event
    WHERE edition_id = e.id AND kind = 'audited' ORDER BY id DESC LIMIT 1;
    IF audited.id IS NULL OR audited.content_sha256 IS DISTINCT FROM e.content_sha256
       OR (audited.detail -> 'bestanden') IS DISTINCT FROM 'true'
          AND NOT (rehearsal AND (audited.detail -> 'ausgelassen') IS NOT DISTINCT FROM 'true') THEN
        RAISE EXCEPTION 'Der Stand „%“ hat keine bestandene Prüfung dieses Inhalts.', e.label
            USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Zuerst prüfen: ./sozialbericht release audit';
    END IF;
    INSERT INTO release.event (edition_id, kind, detail)
    VALUES (e.id, 'approved', jsonb_build_object('vier_augen', session_user <> e.created_by));
    UPDATE release.edition SET status = 'approved' WHERE id = e.id;
END
$$;
COMMENT ON FUNCTION release.approve(integer) IS 'Gibt einen geprüften Entwurf frei; die zweite Person nach der, die ihn angelegt hat';

DO $$
DECLARE
    part record;
BEGIN
    IF to_regclass('release.event') IS NULL THEN
        RETURN; -- a database on its way to the present
    END IF;
    CREATE OR REPLACE TRIGGER chain BEFORE INSERT ON release.event FOR EACH ROW EXECUTE FUNCTION release.chain();
    CREATE OR REPLACE TRIGGER keep BEFORE UPDATE OR DELETE OR TRUNCATE ON release.event
        FOR EACH STATEMENT EXECUTE FUNCTION release.keep_all();
    CREATE OR REPLACE TRIGGER keep BEFORE DELETE OR TRUNCATE ON release.edition
        FOR EACH STATEMENT EXECUTE FUNCTION release.keep_all();
    CREATE OR REPLACE TRIGGER life BEFORE INSERT OR UPDATE ON release.edition
        FOR EACH ROW EXECUTE FUNCTION release.keep_life();
    FOR part IN
        SELECT c.oid::regclass AS name FROM pg_class c
        JOIN pg_namespace n ON n.oid = c.relnamespace
        JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'edition_id' AND NOT a.attisdropped
        WHERE c.relkind = 'r' AND (n.nspname = 'release' OR n.nspname = 'warehouse' AND c.relname LIKE 'frozen\_%')
          AND c.oid <> 'release.event'::regclass
    LOOP
        EXECUTE format('CREATE OR REPLACE TRIGGER keep BEFORE DELETE OR TRUNCATE ON %s '
                       'FOR EACH STATEMENT EXECUTE FUNCTION release.keep_sealed()', part.name);
        EXECUTE format('CREATE OR REPLACE TRIGGER keep_added AFTER INSERT ON %s REFERENCING NEW TABLE AS touched '
                       'FOR EACH STATEMENT EXECUTE FUNCTION release.keep_sealed()', part.name);
        EXECUTE format('CREATE OR REPLACE TRIGGER keep_changed AFTER UPDATE ON %s REFERENCING OLD TABLE AS touched '
                       'FOR EACH STATEMENT EXECUTE FUNCTION release.keep_sealed()', part.name);
    END LOOP;
END
$$;
