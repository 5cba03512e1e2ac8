"""Editions: protected values written once, then published in one step; readers never see half of one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, text

from etl.catalogue import Catalogue
from etl.catalogue.city import COMPARISON
from etl.confidentiality.protect import protect
from etl.errors import SozialberichtError
from etl.releases.derived import add_derived
from etl.releases.derived.significance import add_significance

LOCK = 7_262_102
"""Advisory lock: one release at a time."""

CREATE = text("""
INSERT INTO release.edition (label, status, synthetic, policy, catalogue_sha256, deliveries)
SELECT :label, 'draft', coalesce(bool_or(d.synthetic), false),
       (SELECT policy FROM catalogue.city), (SELECT catalogue_sha256 FROM catalogue.city),
       coalesce(jsonb_agg(jsonb_build_object('source', d.source, 'reference_date', d.reference_date,
                                             'sha256', d.sha256) ORDER BY d.source, d.reference_date), '[]')
FROM intake.delivery d
WHERE d.status = 'active'
RETURNING id
""")

FILL = text("""
INSERT INTO release.value (edition_id, unit_id, indicator_id, group_code, period, reference_date, numerator,
    denominator, value, status, quality, class_no)
SELECT :edition, p.unit_id, p.indicator_id, p.group_code, p.period, p.reference_date,
       -- sums of fractions in another order differ in their last digits: that is no other edition
       round(p.numerator::numeric, 6)::double precision, round(p.denominator::numeric, 6)::double precision,
       round(p.value::numeric, i.decimals)::double precision, p.status, p.quality,
       -- classes by the unrounded value; a limit belongs to the class above it
       CASE WHEN p.value IS NOT NULL AND b.breaks <> '{}' THEN width_bucket(p.value, b.breaks) + 1 END
FROM protected_value p
JOIN catalogue.indicator i ON i.id = p.indicator_id
JOIN geo.unit u ON u.id = p.unit_id
-- drafts beside the version shown would give their differences away; comparison areas are no division of the city
JOIN geo.district_version d ON d.id = u.version_id
                           AND (d.is_current OR d.status IN ('adopted', 'superseded') OR u.level = :comparison)
CROSS JOIN LATERAL (
    SELECT coalesce(array_agg(x::double precision ORDER BY n), '{}') AS breaks
    FROM jsonb_array_elements_text(i.class_breaks) WITH ORDINALITY AS e(x, n)
) b
ORDER BY p.unit_id, p.period, i.code
""")

POPULATION = text("""
INSERT INTO release.unit_population (edition_id, unit_id, period, persons, status)
SELECT DISTINCT ON (c.unit_id) :edition, c.unit_id, c.period,
       CASE WHEN c.value >= :min_count THEN c.value END,
       CASE WHEN c.value < :min_count THEN 'geheim' ELSE c.status END
FROM warehouse.unit_count c
JOIN catalogue.measure m ON m.id = c.measure_id AND m.code = :measure
JOIN warehouse.period p ON p.code = c.period
JOIN geo.unit u ON u.id = c.unit_id
JOIN geo.district_version d ON d.id = u.version_id AND (d.is_current OR d.status IN ('adopted', 'superseded'))
WHERE c.group_code = 'insgesamt'
ORDER BY c.unit_id, upper(p.valid) DESC
""")

SAME = text("""
SELECT NOT EXISTS (
    (SELECT unit_id, indicator_id, group_code, period, reference_date, numerator, denominator, value, status, quality,
            class_no, ci_lower, ci_upper, compared, trend FROM release.value WHERE edition_id = :new
     EXCEPT
     SELECT unit_id, indicator_id, group_code, period, reference_date, numerator, denominator, value, status, quality,
            class_no, ci_lower, ci_upper, compared, trend FROM release.value WHERE edition_id = :old)
    UNION ALL
    (SELECT unit_id, indicator_id, group_code, period, reference_date, numerator, denominator, value, status, quality,
            class_no, ci_lower, ci_upper, compared, trend FROM release.value WHERE edition_id = :old
     EXCEPT
     SELECT unit_id, indicator_id, group_code, period, reference_date, numerator, denominator, value, status, quality,
            class_no, ci_lower, ci_upper, compared, trend FROM release.value WHERE edition_id = :new)
) AND (SELECT n.deliveries = o.deliveries AND n.policy = o.policy FROM release.edition n, release.edition o
       WHERE n.id = :new AND o.id = :old)
""")


@dataclass(frozen=True)
class Edition:
    """A written edition: ``unchanged`` means that the published one already says the same and stands."""

    label: str
    values: int
    withheld: int
    unchanged: bool


def free_label(connection: Connection, wanted: str) -> str:
    """``wanted``, or with the next number behind it where that label is taken."""
    taken = set(connection.scalars(text("SELECT label FROM release.edition")))
    label, number = wanted, 2
    while label in taken:
        label, number = f"{wanted}-{number}", number + 1
    return label


def publish_edition(connection: Connection, catalogue: Catalogue, *, label: str | None = None) -> Edition:
    """Protect the computed values, write them as a new edition and publish it, in the caller's transaction.

    Where nothing differs from the published edition it stays and none is made. Earlier editions are kept as
    ``superseded``, their values untouched.
    """
    connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK})
    old = connection.execute(text("SELECT id, label FROM release.edition WHERE status = 'published'")).first()
    attempt = connection.begin_nested()
    label = free_label(connection, label or date.today().isoformat())
    edition = connection.scalar(CREATE, {"label": label})
    protect(connection, catalogue)
    values = connection.execute(FILL, {"edition": edition, "comparison": COMPARISON}).rowcount
    if values == 0:
        raise SozialberichtError("Es gibt noch keine berechneten Werte: zuerst liefern und „compute“ ausführen.")
    add_significance(connection, catalogue, int(edition or 0))
    add_derived(connection, catalogue, int(edition or 0))
    if catalogue.city.population is not None:
        parameters = {"measure": catalogue.city.population, "min_count": catalogue.policy.min_count}
        connection.execute(POPULATION, {"edition": edition, **parameters})
    withheld = connection.scalar(
        text("SELECT count(*) FROM release.value WHERE edition_id = :id AND status = 'geheim'"), {"id": edition}
    )
    unchanged = old is not None and bool(connection.scalar(SAME, {"new": edition, "old": old.id}))
    if unchanged and old is not None:
        attempt.rollback()
        return Edition(old.label, values, int(withheld or 0), unchanged=True)
    connection.execute(text("UPDATE release.edition SET status = 'superseded' WHERE status = 'published'"))
    connection.execute(
        text("UPDATE release.edition SET status = 'published', published_at = now() WHERE id = :id"), {"id": edition}
    )
    attempt.commit()
    # readers' views join these right away: without fresh statistics the planner takes a new release for empty
    connection.execute(text("ANALYZE release.edition, release.value, release.unit_population, catalogue.indicator"))
    return Edition(label, values, int(withheld or 0), unchanged=False)
