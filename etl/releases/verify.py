"""Whether a release still is what was approved: its chain, its content, and its values computed again.

Nothing is solved anew: which values are withheld is taken from the release and only checked against the rules. All of
it happens in the caller's transaction, which has to be rolled back.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, text

from etl.catalogue import Catalogue
from etl.confidentiality.threshold import judge
from etl.errors import SozialberichtError
from etl.indicators import compute
from etl.indicators.aggregate import aggregate
from etl.releases.content import content, content_tables, row_content
from etl.releases.edition import code_version, fill, one_at_a_time
from etl.releases.life import Known

CHAIN = text("""
SELECT e.id FROM release.event e
LEFT JOIN release.event b ON b.id = e.id - 1
WHERE e.sha256 <> release.fingerprint(e) OR e.previous_sha256 <> coalesce(b.sha256, repeat('0', 64))
   OR e.id > 1 AND b.id IS NULL
ORDER BY e.id LIMIT 1
""")

STEPS = text("""
SELECT e.kind, e.actor, e.content_sha256, e.detail FROM release.event e WHERE e.edition_id = :id ORDER BY e.id
""")

TRIGGERS = text("""
SELECT c.oid::regclass::text FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'edition_id' AND NOT a.attisdropped
CROSS JOIN LATERAL unnest(CASE WHEN c.oid = 'release.event'::regclass THEN ARRAY['keep', 'chain']
                               ELSE ARRAY['keep', 'keep_added', 'keep_changed'] END) AS wanted(name)
LEFT JOIN pg_trigger t ON t.tgrelid = c.oid AND t.tgname = wanted.name AND t.tgenabled IN ('O', 'A')
WHERE c.relkind = 'r' AND (n.nspname = 'release' OR n.nspname = 'warehouse' AND c.relname LIKE 'frozen\\_%')
  AND t.oid IS NULL
UNION
SELECT 'release.edition' FROM unnest(ARRAY['keep', 'life']) AS wanted(name)
WHERE NOT EXISTS (SELECT FROM pg_trigger t WHERE t.tgrelid = 'release.edition'::regclass AND t.tgname = wanted.name
                                             AND t.tgenabled IN ('O', 'A'))
ORDER BY 1
""")

COUNTED = text("""
WITH now AS (
    SELECT c.unit_id, m.code, c.group_code, c.period, c.value, c.status
    FROM warehouse.unit_count c JOIN catalogue.measure m ON m.id = c.measure_id
    WHERE c.unit_id IN (SELECT unit_id FROM warehouse.frozen_count WHERE edition_id = :id)
), frozen AS (
    SELECT unit_id, measure, group_code, period, value, status FROM warehouse.frozen_count WHERE edition_id = :id
)
SELECT count(*) FROM ((TABLE now EXCEPT TABLE frozen) UNION ALL (TABLE frozen EXCEPT TABLE now)) x
""")

RESTORE = text("""
INSERT INTO warehouse.unit_count (unit_id, measure_id, group_code, period, value, status, quality, reference_date)
SELECT f.unit_id, m.id, f.group_code, f.period, f.value, f.status, f.quality, f.reference_date
FROM warehouse.frozen_count f
JOIN catalogue.measure m ON m.code = f.measure
JOIN geo.unit u ON u.id = f.unit_id
WHERE f.edition_id = :id
""")

EXPOSED = text("""
-- as sql/checks/small_counts_are_withheld.sql for one release, and areas with too few inhabitants
SELECT DISTINCT i.code AS kennzahl, u.key AS gebiet, v.group_code AS gruppe, v.period AS zeitraum
FROM release.value v
JOIN release.edition e ON e.id = v.edition_id
JOIN judged_value j ON j.unit_id = v.unit_id AND j.indicator_id = v.indicator_id AND j.group_code = v.group_code
                   AND j.period = v.period AND NOT j.official
JOIN warehouse.indicator_value x ON x.unit_id = v.unit_id AND x.indicator_id = v.indicator_id
                                AND x.group_code = v.group_code AND x.period = v.period
JOIN catalogue.indicator i ON i.id = v.indicator_id
JOIN geo.unit u ON u.id = v.unit_id
CROSS JOIN LATERAL (
    SELECT CASE WHEN x.smallest_agency IS NULL THEN (e.policy ->> 'min_count')::int
                ELSE (e.policy ->> 'min_count_agency')::int END AS least
) p
-- sums and differences of counts may be small where none of these is shown
CROSS JOIN LATERAL unnest(ARRAY[
    CASE WHEN i.kind IN ('anzahl', 'anteil', 'rate', 'quotient', 'dichte') THEN v.numerator END,
    CASE WHEN i.kind = 'anteil' AND v.denominator >= v.numerator THEN v.denominator - v.numerator END
]) AS shown(persons)
WHERE v.edition_id = :id AND v.status IN ('gueltig', 'unsicher')
  AND (j.too_few OR j.small_base
       OR shown.persons < p.least AND x.smallest_count <= shown.persons
          AND NOT (shown.persons = 0 AND ((e.policy ->> 'show_zeros')::boolean OR u.level = 'nicht_zuordenbar'
                                          OR EXISTS (SELECT FROM catalogue.measure m
                                                     WHERE jsonb_exists(m.definition -> 'structural_zeros', u.key)))))
ORDER BY 1, 2, 3, 4
""")

PATTERN = text("""
CREATE TEMPORARY TABLE protected_value ON COMMIT DROP AS
SELECT j.indicator_id, j.unit_id, j.group_code, j.period, j.reference_date, j.quality, s.status,
       CASE WHEN s.status IN ('gueltig', 'unsicher') THEN j.numerator END AS numerator,
       CASE WHEN s.status IN ('gueltig', 'unsicher') THEN j.denominator END AS denominator,
       CASE WHEN s.status IN ('gueltig', 'unsicher') THEN j.value END AS value
FROM judged_value j
LEFT JOIN release.value v ON v.edition_id = :id AND v.unit_id = j.unit_id AND v.indicator_id = j.indicator_id
                         AND v.group_code = j.group_code AND v.period = j.period
CROSS JOIN LATERAL (SELECT CASE WHEN v.status = 'geheim' THEN 'geheim' ELSE j.status END AS status) s
""")

INHABITANTS = text("""
CREATE TEMPORARY TABLE protected_population ON COMMIT DROP AS
SELECT r.unit_id, r.period, CASE WHEN r.status <> 'geheim' THEN c.value END AS persons,
       CASE WHEN r.status = 'geheim' THEN 'geheim' ELSE coalesce(c.status, 'fehlt') END AS status
FROM release.unit_population r
LEFT JOIN catalogue.measure m ON m.code = :population
LEFT JOIN warehouse.unit_count c ON c.unit_id = r.unit_id AND c.measure_id = m.id AND c.period = r.period
                                AND c.group_code = 'insgesamt'
WHERE r.edition_id = :id
""")

AGAIN = text("""
INSERT INTO release.edition (label, status, synthetic, policy, catalogue_sha256, deliveries, code_version, indicators,
                             geometry)
SELECT label || ' (Nachrechnung)', 'draft', synthetic, policy, catalogue_sha256, deliveries, code_version, indicators,
       geometry
FROM release.edition WHERE id = :id
RETURNING id
""")

PROVISIONAL = text("""
UPDATE release.value n SET provisional = true FROM release.value o
WHERE o.edition_id = :id AND n.edition_id = :again AND o.provisional
  AND (n.unit_id, n.indicator_id, n.group_code, n.period) = (o.unit_id, o.indicator_id, o.group_code, o.period)
""")


@dataclass(frozen=True)
class Done:
    """One thing that was looked at; ``good`` is None where it could not be."""

    good: bool | None
    words: str


@dataclass(frozen=True)
class Verified:
    """Everything that was looked at; ``same``: nothing was found to differ."""

    done: tuple[Done, ...]

    @property
    def same(self) -> bool:
        """Whether nothing is wrong."""
        return all(one.good is not False for one in self.done)


def verify(connection: Connection, catalogue: Catalogue, edition: Known) -> Verified:
    """Look at a release in every way; the caller rolls the transaction back.

    Raises SozialberichtError for a release from before releases were sealed.
    """
    if edition.content_sha256 is None:
        raise SozialberichtError(
            f"Der Stand „{edition.label}“ ist nicht versiegelt (er stammt aus einer früheren Fassung des Programms) "
            "und kann nicht nachgeprüft werden. Abhilfe: einen neuen Stand anlegen."
        )
    one_at_a_time(connection)
    done = [_chain(connection), *_life(connection, edition), _triggers(connection), _sealed(connection, edition)]
    if catalogue.sha256 != edition.catalogue_sha256:
        done.append(Done(None, "nicht nachgerechnet: der Katalog ist heute ein anderer"))
        return Verified(tuple(done))
    compute.one_at_a_time(connection)
    done.append(_from_deliveries(connection, catalogue, edition))
    done += _recomputed(connection, catalogue, edition)
    return Verified(tuple(done))


def _chain(connection: Connection) -> Done:
    broken = connection.scalar(CHAIN)
    if broken is not None:
        return Done(False, f"Die Kette der Ereignisse ist beim Ereignis {broken} gebrochen")
    return Done(True, "Kette der Ereignisse unversehrt")


def _life(connection: Connection, edition: Known) -> list[Done]:
    """The events of a release: its content the same in all of them, approved by a second person."""
    events = connection.execute(STEPS, {"id": edition.id}).all()
    by_kind = {event.kind: event for event in events}
    missing = [
        kind
        for kind in ("created", "audited", "approved", "published")
        if kind not in by_kind and edition.status in {"published", "superseded", "withdrawn"}
    ]
    done = [Done(not missing, f"Ereignisse fehlen: {', '.join(missing)}" if missing else "Ereignisse vollständig")]
    told = {event.content_sha256 for event in events if event.kind != "created"} | {edition.content_sha256}
    first = by_kind.get("created")
    if first is not None and {first.content_sha256} != told:
        done.append(Done(False, "der Prüfwert des Inhalts ist nicht in allen Ereignissen derselbe"))
    approved = by_kind.get("approved")
    if approved is not None and approved.actor == edition.created_by:
        alone = edition.synthetic and edition.policy.get("approval") == "selbst"
        done.append(
            Done(None if alone else False, f"angelegt und freigegeben von derselben Anmeldung ({approved.actor})")
        )
    audited = by_kind.get("audited")
    if audited is not None and audited.detail.get("ausgelassen"):
        done.append(Done(None, "ohne Prüfung (nur synthetische Daten)"))
    return done


def _triggers(connection: Connection) -> Done:
    open_tables = connection.scalars(TRIGGERS).all()
    if open_tables:
        return Done(False, f"ohne Schutz gegen Änderungen: {', '.join(open_tables)}")
    return Done(True, "alle Tabellen gegen Änderungen geschützt")


def _sealed(connection: Connection, edition: Known) -> Done:
    found = content(connection, edition.id)
    if (found.figures, found.whole) != (edition.figures_sha256, edition.content_sha256):
        return Done(False, "der Inhalt ist nicht mehr der, der versiegelt wurde")
    return Done(True, f"Inhalt wie versiegelt ({found.whole[:16]}…)")


def _from_deliveries(connection: Connection, catalogue: Catalogue, edition: Known) -> Done:
    """The frozen counts against the counts of the deliveries, as long as these are the same ones."""
    same = connection.scalar(
        text("""
        SELECT (SELECT jsonb_agg(d ->> 'sha256' ORDER BY d ->> 'sha256') FROM jsonb_array_elements(e.deliveries) d)
             = (SELECT jsonb_agg(sha256 ORDER BY sha256) FROM intake.delivery WHERE status = 'active')
        FROM release.edition e WHERE e.id = :id
        """),
        {"id": edition.id},
    )
    if not same:
        return Done(None, "nicht mit den Lieferungen verglichen: es gelten heute andere")
    aggregate(connection, catalogue)
    other = connection.scalar(COUNTED, {"id": edition.id})
    if other:
        return Done(False, f"die festgeschriebenen Zählungen weichen von denen der Lieferungen ab ({other} Zeilen)")
    return Done(True, "festgeschriebene Zählungen gleich denen der Lieferungen")


def _recomputed(connection: Connection, catalogue: Catalogue, edition: Known) -> list[Done]:
    """Values, and what follows from them, computed from the frozen counts."""
    at = {"id": edition.id}
    connection.execute(text("DELETE FROM warehouse.unit_count"))
    connection.execute(RESTORE, at)
    compute.from_unit_counts(connection, catalogue)
    judge(connection, catalogue)
    exposed = connection.execute(EXPOSED, at).all()
    if exposed:
        first = exposed[0]
        where = f"{first.kennzahl}, {first.gebiet}, {first.gruppe}, {first.zeitraum}"
        rules = Done(False, f"{len(exposed)} Werte stehen offen, die zurückzuhalten sind; zuerst {where}")
    else:
        rules = Done(True, "alles zurückgehalten, was nach den Regeln zurückzuhalten ist")
    connection.execute(text("DROP TABLE IF EXISTS pg_temp.protected_value, pg_temp.protected_population"))
    connection.execute(PATTERN, at)
    connection.execute(INHABITANTS, {**at, "population": catalogue.city.population})
    again = int(connection.scalar(AGAIN, at) or 0)
    fill(connection, catalogue, again)
    connection.execute(PROVISIONAL, {**at, "again": again})
    words = _first_difference(connection, edition.id, again)
    if content(connection, again).figures == edition.figures_sha256:
        if words is not None:
            return [rules, Done(False, f"nachträglich verändert wurde zuerst: {words}")]
        return [rules, Done(True, "alle Werte aus den festgeschriebenen Zählungen neu berechnet: gleich")]
    words = words or "nur die Angaben zum Stand selbst"
    other = "" if edition.code_version == code_version() else f" (angelegt mit {edition.code_version})"
    return [rules, Done(False, f"neu berechnet ergibt sich anderes: {words}{other}")]


VALUE = """
SELECT i.code AS indicator, v.label AS version, u.key AS unit, coalesce(o.group_code, n.group_code) AS group_code,
       coalesce(o.period, n.period) AS period, o.told AS stored, n.told AS computed
FROM (SELECT t.*, {row} AS told FROM release.value t WHERE edition_id = :old) o
FULL JOIN (SELECT t.*, {row} AS told FROM release.value t WHERE edition_id = :new) n
       ON (n.unit_id, n.indicator_id, n.group_code, n.period) = (o.unit_id, o.indicator_id, o.group_code, o.period)
JOIN catalogue.indicator i ON i.id = coalesce(o.indicator_id, n.indicator_id)
JOIN geo.unit u ON u.id = coalesce(o.unit_id, n.unit_id)
JOIN geo.district_version v ON v.id = u.version_id
WHERE o.told IS DISTINCT FROM n.told
ORDER BY i.code, u.id, 4, 5 LIMIT 1
"""

ROWS = """
SELECT count(*) FROM (
    ((SELECT {row} FROM {table} t WHERE edition_id = :old) EXCEPT (SELECT {row} FROM {table} t WHERE edition_id = :new))
    UNION ALL
    ((SELECT {row} FROM {table} t WHERE edition_id = :new) EXCEPT (SELECT {row} FROM {table} t WHERE edition_id = :old))
) x
"""


def _first_difference(connection: Connection, old: int, new: int) -> str | None:
    """Indicator, unit, period and column of the first value that differs, or the first table; None: all are equal."""
    both = {"old": old, "new": new}
    tables = {table.name: table for table in content_tables()}
    found = connection.execute(text(VALUE.format(row=row_content(tables["value"]))), both).mappings().first()
    if found is not None:
        return _named(dict(found))
    for table in tables.values():
        number = connection.scalar(text(ROWS.format(row=row_content(table), table=table.fullname)), both)
        if number:
            return f"Tabelle {table.fullname}, {number} Zeilen"
    return None


def _named(row: dict[str, Any]) -> str:
    where = f"{row['indicator']}, Gebiet {row['unit']} ({row['version']}), {row['group_code']}, {row['period']}"
    stored, computed = row["stored"], row["computed"]
    if stored is None or computed is None:
        return f"{where}: {'fehlt im Stand' if stored is None else 'ist nicht nachzurechnen'}"
    column = next(name for name in sorted({*stored, *computed}) if stored.get(name) != computed.get(name))
    return f"{where}, Spalte {column}"
