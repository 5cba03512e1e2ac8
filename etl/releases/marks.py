"""Marks of released values: ``r``, other than the release before showed; ``p``, from a provisional delivery."""

from __future__ import annotations

from sqlalchemy import Connection, text

from etl.catalogue import Catalogue

CORRECTED = text("""
UPDATE release.value v SET corrected = true
FROM release.value o, release.edition e
WHERE e.status = 'published' AND o.edition_id = e.id AND v.edition_id = :edition
  AND (o.unit_id, o.indicator_id, o.group_code, o.period) = (v.unit_id, v.indicator_id, v.group_code, v.period)
  AND o.status IN ('gueltig', 'unsicher') AND v.status IN ('gueltig', 'unsicher')
  AND (o.numerator, o.denominator, o.value) IS DISTINCT FROM (v.numerator, v.denominator, v.value)
""")

PROVISIONAL = text("""
UPDATE release.value v SET provisional = true
FROM warehouse.period p, catalogue.indicator i,
     unnest(CAST(:codes AS text[]), CAST(:sources AS text[]), CAST(:days AS int[])) AS s(code, source, days)
WHERE v.edition_id = :edition AND p.code = v.period AND i.id = v.indicator_id AND s.code = i.code
  AND v.status IN ('gueltig', 'unsicher')
  AND EXISTS (
      SELECT FROM intake.delivery d
      WHERE d.source = s.source AND d.status = 'active' AND d.reference_date <@ p.valid
        AND (d.received_at AT TIME ZONE 'Europe/Berlin')::date < d.reference_date + s.days)
""")


def mark_corrected(connection: Connection, edition: int) -> int:
    """Mark values of a draft that the published release shows otherwise; returns how many."""
    return connection.execute(CORRECTED, {"edition": edition}).rowcount


def mark_provisional(connection: Connection, catalogue: Catalogue, edition: int) -> int:
    """Mark values of a draft that rest on deliveries taken in before their source holds them final; returns how many.

    A source says by ``provisional_days`` how many days after the reference date its figures are final.
    """
    rows = sorted(
        {
            (i.code, source.code, source.provisional_days)
            for i in catalogue.indicators
            for part in ("numerator", "denominator")
            for term in i.terms(part)
            if (code := catalogue.measure[term.measure].source) is not None
            and (source := catalogue.source[code]).provisional_days is not None
        }
    )
    if not rows:
        return 0
    names = ("codes", "sources", "days")
    listed = {name: [row[n] for row in rows] for n, name in enumerate(names)}
    return connection.execute(PROVISIONAL, {"edition": edition, **listed}).rowcount
