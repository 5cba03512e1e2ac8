"""Editions: protected values written once and sealed; they are audited, approved and published as they are."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, text

from etl import __version__
from etl.catalogue import Catalogue
from etl.catalogue.city import COMPARISON
from etl.confidentiality.linked.stored import keep_reasons
from etl.confidentiality.protect import protect
from etl.errors import SozialberichtError
from etl.releases import life
from etl.releases.content import content, content_tables
from etl.releases.derived import add_derived
from etl.releases.derived.significance import add_significance
from etl.releases.marks import mark_corrected, mark_provisional
from etl.settings import PROJECT
from etl.warehouse import restored

LOCK = 7_262_102
"""Advisory lock: one release at a time."""

CREATE = text("""
INSERT INTO release.edition (label, status, synthetic, policy, catalogue_sha256, deliveries, code_version, indicators,
                             geometry)
SELECT :label, 'draft', coalesce(bool_or(d.synthetic), false),
       (SELECT policy FROM catalogue.city), (SELECT catalogue_sha256 FROM catalogue.city),
       coalesce(jsonb_agg(jsonb_build_object('source', d.source, 'reference_date', d.reference_date,
                                             'sha256', d.sha256, 'synthetic', d.synthetic)
                          ORDER BY d.source, d.reference_date), '[]'),
       :code_version,
       (SELECT coalesce(jsonb_agg(to_jsonb(i) - 'id' ORDER BY i.code), '[]') FROM catalogue.indicator i),
       (SELECT coalesce(jsonb_agg(to_jsonb(g) ORDER BY g.label), '[]') FROM (
           SELECT v.label, v.is_current AS current, count(u.id) AS units,
                  encode(sha256(string_agg(convert_to(concat_ws(' ', u.level, u.key, u.name, u.parent_id), 'UTF8')
                                           || coalesce(ST_AsBinary(u.geom), ''), '' ORDER BY u.id)), 'hex') AS sha256
           FROM geo.district_version v JOIN geo.unit u ON u.version_id = v.id
           WHERE v.is_current OR v.status IN ('adopted', 'superseded')
           GROUP BY v.id) g)
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
SELECT :edition, unit_id, period, persons, status FROM protected_population ORDER BY unit_id
""")

FREEZE = text("""
INSERT INTO warehouse.frozen_count (edition_id, unit_id, measure, group_code, period, value, status, quality,
                                    reference_date)
SELECT :edition, c.unit_id, m.code, c.group_code, c.period, c.value, c.status, c.quality, c.reference_date
FROM warehouse.unit_count c
JOIN catalogue.measure m ON m.id = c.measure_id
JOIN geo.unit u ON u.id = c.unit_id
-- as in FILL: nothing is kept of what no release shows
JOIN geo.district_version d ON d.id = u.version_id
                           AND (d.is_current OR d.status IN ('adopted', 'superseded') OR u.level = :comparison)
ORDER BY c.unit_id, m.code, c.period
""")


@dataclass(frozen=True)
class Edition:
    """A written edition: ``unchanged`` means that one that is there already says the same and stands.

    ``state``: of that edition, as in ``release.edition.status``; ``id`` its number.
    """

    label: str
    values: int
    withheld: int
    unchanged: bool
    state: str = "published"
    id: int = 0


def code_version() -> str:
    """The program's version, with its commit where it runs from a repository; ``+`` stands for changes since."""
    try:
        found = subprocess.run(  # noqa: S603
            ["git", "-C", str(PROJECT), "describe", "--always", "--dirty=+", "--abbrev=12", "--exclude=*"],  # noqa: S607
            capture_output=True, text=True, timeout=20, check=True,
        ).stdout.strip()  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        return __version__
    return f"{__version__} ({found})"


def free_label(connection: Connection, wanted: str) -> str:
    """``wanted``, or with the next number behind it where that label is taken."""
    taken = set(connection.scalars(text("SELECT label FROM release.edition")))
    label, number = wanted, 2
    while label in taken:
        label, number = f"{wanted}-{number}", number + 1
    return label


def one_at_a_time(connection: Connection) -> None:
    """Wait until no other release is being made or changed; held to the end of the caller's transaction."""
    connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK})


def fill(connection: Connection, catalogue: Catalogue, edition: int) -> int:
    """Write what ``protected_value`` and ``protected_population`` hold, and what follows from it, into a draft.

    Returns the number of values.
    """
    values = connection.execute(FILL, {"edition": edition, "comparison": COMPARISON}).rowcount
    if values:
        add_significance(connection, catalogue, edition)
        connection.execute(POPULATION, {"edition": edition})
        add_derived(connection, catalogue, edition)
    return values


def create_edition(connection: Connection, catalogue: Catalogue, *, label: str | None = None) -> Edition:
    """Protect the computed values and freeze them as a draft, sealed, in the caller's transaction.

    Where the published edition, or the candidate, says the same already, that one stands and none is made. An older
    draft is discarded. Raises SozialberichtError where nothing is computed, where an approved edition waits to be
    published, or where this database is behind what is known of it outside.
    """
    one_at_a_time(connection)
    restored.require_current(connection)
    waiting = life.candidate(connection)
    old = connection.execute(
        text("SELECT id, label, status, figures_sha256 FROM release.edition WHERE status = 'published'")
    ).first()
    attempt = connection.begin_nested()
    label = free_label(connection, label or date.today().isoformat())
    edition = int(connection.scalar(CREATE, {"label": label, "code_version": code_version()}) or 0)
    protection = protect(connection, catalogue)
    values = fill(connection, catalogue, edition)
    if values == 0:
        raise SozialberichtError("Es gibt noch keine berechneten Werte: zuerst liefern und „compute“ ausführen.")
    mark_provisional(connection, catalogue, edition)
    withheld = connection.scalar(
        text("SELECT count(*) FROM release.value WHERE edition_id = :id AND status = 'geheim'"), {"id": edition}
    )
    found = content(connection, edition)
    for same in (waiting, old):
        if same is not None and same.figures_sha256 == found.figures:
            attempt.rollback()
            return Edition(same.label, values, int(withheld or 0), unchanged=True, state=same.status, id=same.id)
    if waiting is not None and waiting.status == "approved":
        attempt.rollback()
        raise SozialberichtError(
            f"Der Stand „{waiting.label}“ ist freigegeben und noch nicht veröffentlicht; die Zahlen haben sich seither "
            f"geändert. Zuerst „release publish {waiting.label}“ oder „release discard {waiting.label}“."
        )
    if mark_corrected(connection, edition):
        found = content(connection, edition)
    connection.execute(FREEZE, {"edition": edition, "comparison": COMPARISON})
    keep_reasons(connection, edition)
    connection.execute(
        text("UPDATE release.edition SET figures_sha256 = :figures, content_sha256 = :whole WHERE id = :id"),
        {"figures": found.figures, "whole": found.whole, "id": edition},
    )
    attempt.commit()
    # views join these right away: without fresh statistics the planner takes a new release for empty
    listed = ", ".join(table.fullname for table in content_tables())
    connection.execute(text(f"ANALYZE release.edition, catalogue.indicator, {listed}"))
    if waiting is not None:
        life.discard(connection, waiting.label)
    life.note(
        connection, edition, "created",
        programm=code_version(), werte=values, geheim=int(withheld or 0), primaer=protection.primaries,
        sekundaer=protection.secondaries, kosten=protection.cost, schranke=protection.bound,
        ungeschuetzt=len(protection.unprotected),
    )  # fmt: skip
    return Edition(label, values, int(withheld or 0), unchanged=False, state="draft", id=edition)
