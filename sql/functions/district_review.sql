-- Review of a draft by hand: what is wrong with a district, and what happens when a block changes its district.

CREATE OR REPLACE FUNCTION geo.district_faults(version integer, only_units integer[] DEFAULT NULL)
RETURNS TABLE (unit_id integer, blocks integer, stray integer, persons double precision, fault text, remark text)
LANGUAGE sql STABLE SECURITY DEFINER  -- planners see sums of districts, never the counts by block
SET search_path = pg_catalog, public
AS $$
WITH RECURSIVE district AS (
    SELECT u.id, u.key, p.key AS parent_key
    FROM geo.unit u LEFT JOIN geo.unit p ON p.id = u.parent_id
    WHERE u.version_id = version AND (only_units IS NULL OR u.id = ANY (only_units))
      AND u.level IN (SELECT DISTINCT x.level FROM geo.block_assignment a JOIN geo.unit x ON x.id = a.unit_id
                      WHERE a.version_id = version)
), member AS MATERIALIZED (
    SELECT a.unit_id, a.block_id, b.key, b.parent_key, w.persons
    FROM geo.block_assignment a
    JOIN district d ON d.id = a.unit_id
    JOIN geo.block b ON b.id = a.block_id
    LEFT JOIN warehouse.planning_block w ON w.version_id = version AND w.block_id = a.block_id
    WHERE a.version_id = version
), reach (unit_id, block_id) AS (
    -- from the block where most people live; what it does not reach hangs apart
    (SELECT DISTINCT ON (m.unit_id) m.unit_id, m.block_id FROM member m
     ORDER BY m.unit_id, m.persons DESC NULLS LAST, m.block_id)
    UNION
    SELECT r.unit_id, a.block_id
    FROM reach r
    JOIN geo.block_neighbour n ON n.block_id = r.block_id
    JOIN geo.block_assignment a ON a.version_id = version AND a.block_id = n.neighbour_id AND a.unit_id = r.unit_id
), side AS (
    SELECT m.*, r.block_id IS NOT NULL AS reached,
           count(r.block_id) OVER (PARTITION BY m.unit_id) * 2 >= count(*) OVER (PARTITION BY m.unit_id) AS reached_most
    FROM member m LEFT JOIN reach r ON r.unit_id = m.unit_id AND r.block_id = m.block_id
), summed AS (
    SELECT m.unit_id, count(*)::integer AS blocks, sum(m.persons) AS persons,
           -- the smaller side is the one cut off
           CASE WHEN bool_and(m.reached) THEN 0
                ELSE count(*) FILTER (WHERE m.reached <> m.reached_most) END::integer AS stray,
           (array_agg(m.key ORDER BY m.key) FILTER (WHERE m.reached <> m.reached_most))[1:5] AS stray_keys,
           (array_agg(m.key ORDER BY m.key) FILTER (WHERE m.parent_key <> d.parent_key))[1:5] AS foreign_keys
    FROM side m JOIN district d ON d.id = m.unit_id
    GROUP BY m.unit_id
)
SELECT d.id, coalesce(s.blocks, 0), coalesce(s.stray, 0), s.persons,
       concat_ws('; ',
           CASE WHEN s.stray > 0 THEN format('nicht zusammenhängend: %s (%s%s)',
               CASE WHEN s.stray = 1 THEN '1 Block abgetrennt' ELSE s.stray || ' Blöcke abgetrennt' END,
               array_to_string(s.stray_keys, ', '), CASE WHEN s.stray > 5 THEN ' …' ELSE '' END) END,
           CASE WHEN s.foreign_keys IS NOT NULL THEN
               format('Blöcke eines anderen Stadtteils: %s', array_to_string(s.foreign_keys, ', ')) END,
           CASE WHEN s.persons > 0 AND s.persons < (v.parameters #>> '{band,min}')::float THEN
               format('%s Einwohner, weniger als %s', round(s.persons), round((v.parameters #>> '{band,min}')::numeric))
                WHEN s.persons > (v.parameters #>> '{band,max}')::float THEN
               format('%s Einwohner, mehr als %s', round(s.persons), round((v.parameters #>> '{band,max}')::numeric)) END),
       CASE WHEN s.blocks IS NULL THEN 'ohne Blöcke; entfällt beim Beschluss' ELSE '' END
FROM district d
CROSS JOIN (SELECT x.parameters FROM geo.district_version x WHERE x.id = version) v
LEFT JOIN summed s ON s.unit_id = d.id
$$;
COMMENT ON FUNCTION geo.district_faults(integer, integer[]) IS
    'Bezirke eines Gebietsstands mit Blöcken, abgetrennten Blöcken, Einwohnern, Fehlern (leer: keine) und Bemerkung';

CREATE OR REPLACE FUNCTION geo.review_begins() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public
AS $$
BEGIN
    -- one change at a time, and none while a version is adopted: marks must see every earlier change
    PERFORM pg_advisory_xact_lock(7262202);
    RETURN NULL;
END
$$;

CREATE OR REPLACE FUNCTION geo.review_block_moves() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public
AS $$
DECLARE
    wrong record;
BEGIN
    IF NEW.version_id <> OLD.version_id OR NEW.block_id <> OLD.block_id THEN
        RAISE EXCEPTION 'Eine Zuordnung wechselt nur den Bezirk, nicht den Block oder den Gebietsstand.';
    END IF;
    SELECT v.label INTO wrong FROM geo.district_version v WHERE v.id = NEW.version_id AND v.status IN ('adopted', 'superseded');
    IF FOUND THEN
        RAISE EXCEPTION 'Der Gebietsstand „%“ ist beschlossen; seine Zuordnungen werden nicht mehr geändert.', wrong.label
            USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    SELECT u.key INTO wrong FROM geo.unit u, geo.unit o
    WHERE u.id = NEW.unit_id AND o.id = OLD.unit_id AND (u.version_id <> NEW.version_id OR u.level <> o.level);
    IF FOUND THEN
        RAISE EXCEPTION 'Das Gebiet „%“ ist kein Bezirk dieses Gebietsstands.', wrong.key;
    END IF;
    RETURN NEW;
END
$$;

CREATE OR REPLACE FUNCTION geo.review_marks(version integer, units integer[]) RETURNS void
LANGUAGE sql SECURITY DEFINER
SET search_path = pg_catalog, public
AS $$
    INSERT INTO geo.unit_review AS r (unit_id, state, note, changed_at, changed_by)
    SELECT f.unit_id, CASE WHEN f.fault = '' THEN 'gueltig' ELSE 'ungueltig' END,
           concat_ws('; ', nullif(f.fault, ''), nullif(f.remark, '')), clock_timestamp(), session_user
    FROM geo.district_faults(version, units) f
    ON CONFLICT (unit_id) DO UPDATE
    SET state = excluded.state, note = excluded.note, changed_at = excluded.changed_at, changed_by = excluded.changed_by
$$;
COMMENT ON FUNCTION geo.review_marks(integer, integer[]) IS 'Merkt an Bezirken an, was ungültig ist, mit Zeit und Rolle';

CREATE OR REPLACE FUNCTION geo.review_block_moved() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public
AS $$
DECLARE
    changed record;
BEGIN
    FOR changed IN  -- one round a version, not a row
        SELECT n.version_id, array_agg(DISTINCT t.unit_id) AS units
        FROM new_rows n JOIN old_rows o ON o.id = n.id AND o.unit_id <> n.unit_id
        CROSS JOIN LATERAL (VALUES (o.unit_id), (n.unit_id)) AS t (unit_id)
        GROUP BY n.version_id
    LOOP
        UPDATE geo.unit u SET geom = (
            SELECT ST_Multi(ST_Union(b.geom)) FROM geo.block_assignment a JOIN geo.block b ON b.id = a.block_id
            WHERE a.version_id = changed.version_id AND a.unit_id = u.id)
        WHERE u.id = ANY (changed.units);
        -- a change after the review needs a new one
        UPDATE geo.district_version SET status = 'draft' WHERE id = changed.version_id AND status = 'reviewed';
        PERFORM geo.review_marks(changed.version_id, changed.units);
        INSERT INTO geo.assignment_change (version_id, kind, subject, before, after, note)
        SELECT n.version_id, 'zuordnung', b.key, f.key, t.key,
               concat_ws(' | ', f.key || ': ' || nullif(fr.note, ''), t.key || ': ' || nullif(tr.note, ''))
        FROM new_rows n JOIN old_rows o ON o.id = n.id AND o.unit_id <> n.unit_id
        JOIN geo.block b ON b.id = n.block_id
        JOIN geo.unit f ON f.id = o.unit_id
        JOIN geo.unit t ON t.id = n.unit_id
        LEFT JOIN geo.unit_review fr ON fr.unit_id = f.id
        LEFT JOIN geo.unit_review tr ON tr.unit_id = t.id
        WHERE n.version_id = changed.version_id
        ORDER BY b.key;
    END LOOP;
    RETURN NULL;
END
$$;

CREATE OR REPLACE TRIGGER review_begins BEFORE UPDATE ON geo.block_assignment
    FOR EACH STATEMENT EXECUTE FUNCTION geo.review_begins();
CREATE OR REPLACE TRIGGER review_block_moves BEFORE UPDATE ON geo.block_assignment
    FOR EACH ROW EXECUTE FUNCTION geo.review_block_moves();
CREATE OR REPLACE TRIGGER review_block_moved AFTER UPDATE ON geo.block_assignment
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION geo.review_block_moved();

CREATE OR REPLACE FUNCTION geo.review_edit_block() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public
AS $$
DECLARE
    spot record;
    target integer;
BEGIN
    PERFORM pg_advisory_xact_lock(7262202);
    SELECT a.version_id, b.parent_key, b.key, u.level, u.key AS was, v.status, v.label INTO spot
    FROM geo.block_assignment a JOIN geo.block b ON b.id = a.block_id JOIN geo.unit u ON u.id = a.unit_id
    JOIN geo.district_version v ON v.id = a.version_id
    WHERE a.id = OLD.zuordnung_id;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'Der Block „%“ ist inzwischen neu zugeordnet worden; bitte die Karte neu laden.', OLD.block;
    END IF;
    IF spot.status IN ('adopted', 'superseded') THEN
        RAISE EXCEPTION 'Der Gebietsstand „%“ ist inzwischen beschlossen und wird nicht mehr geändert.', spot.label
            USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    IF (to_jsonb(NEW) - 'bezirk') <> (to_jsonb(OLD) - 'bezirk') THEN
        RAISE EXCEPTION 'An einem Block lässt sich hier nur der Bezirk ändern.';
    END IF;
    SELECT u.id INTO target FROM geo.unit u
    WHERE u.version_id = spot.version_id AND u.level = spot.level AND u.key = btrim(NEW.bezirk);
    IF target IS NULL THEN
        -- a new number in the block's own Stadtteil founds a district
        IF btrim(NEW.bezirk) IS NULL OR left(btrim(NEW.bezirk), length(spot.parent_key)) <> spot.parent_key
           OR substr(btrim(NEW.bezirk), length(spot.parent_key) + 1) !~ '^[0-9]{2}$' THEN
            RAISE EXCEPTION 'Den Bezirk „%“ gibt es nicht. Ein neuer Bezirk im Stadtteil % heißt %01 bis %99.',
                coalesce(NEW.bezirk, ''), spot.parent_key, spot.parent_key, spot.parent_key;
        END IF;
        INSERT INTO geo.unit (version_id, level, key, name, parent_id)
        SELECT spot.version_id, spot.level, btrim(NEW.bezirk), 'Bezirk ' || btrim(NEW.bezirk), p.id
        FROM geo.unit c JOIN geo.unit p ON p.version_id = c.version_id AND p.key = spot.parent_key AND p.level <> spot.level
        WHERE c.version_id = spot.version_id AND c.level = spot.level AND c.key = spot.was
        RETURNING id INTO target;
        IF target IS NULL THEN
            RAISE EXCEPTION 'Den Stadtteil „%“ gibt es in diesem Gebietsstand nicht.', spot.parent_key;
        END IF;
    END IF;
    UPDATE geo.block_assignment a SET unit_id = target WHERE a.id = OLD.zuordnung_id AND a.unit_id <> target;
    RETURN NEW;
END
$$;

CREATE OR REPLACE FUNCTION geo.review_edit_district() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public
AS $$
DECLARE
    spot record;
BEGIN
    PERFORM pg_advisory_xact_lock(7262202);
    SELECT u.version_id, u.key, u.name, v.status, v.label INTO spot
    FROM geo.unit u JOIN geo.district_version v ON v.id = u.version_id WHERE u.id = OLD.bezirk_id;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'Den Bezirk „%“ gibt es nicht mehr; bitte die Karte neu laden.', OLD.bezirk;
    END IF;
    IF spot.status IN ('adopted', 'superseded') THEN
        RAISE EXCEPTION 'Der Gebietsstand „%“ ist inzwischen beschlossen und wird nicht mehr geändert.', spot.label
            USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    IF (to_jsonb(NEW) - 'name') <> (to_jsonb(OLD) - 'name') THEN
        RAISE EXCEPTION 'An einem Bezirk lässt sich hier nur der Name ändern; Grenzen ändern sich mit den Blöcken.';
    END IF;
    IF btrim(coalesce(NEW.name, '')) = '' THEN
        RAISE EXCEPTION 'Der Bezirk „%“ braucht einen Namen.', OLD.bezirk;
    END IF;
    IF btrim(NEW.name) <> spot.name THEN
        UPDATE geo.unit SET name = btrim(NEW.name) WHERE id = OLD.bezirk_id;
        INSERT INTO geo.assignment_change (version_id, kind, subject, before, after, note)
        SELECT spot.version_id, 'name', spot.key, spot.name, btrim(NEW.name),
               coalesce((SELECT 'Den Namen trägt auch ' || string_agg(u.key, ', ' ORDER BY u.key) FROM geo.unit u
                         WHERE u.version_id = spot.version_id AND u.name = btrim(NEW.name) AND u.id <> OLD.bezirk_id), '');
        UPDATE geo.district_version SET status = 'draft' WHERE id = spot.version_id AND status = 'reviewed';
    END IF;
    RETURN NEW;
END
$$;
