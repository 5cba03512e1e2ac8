"""The list of everything that a release shows: expressions over measures, and the columns of the views that hold them.

What is not on this list is not published: ``unlisted_columns`` names numbers in the published views that nobody has
declared.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import Connection, text

from etl.catalogue import Catalogue, Indicator
from etl.indicators.terms import CITY, rows_of

Part = Literal["numerator", "denominator", "complement", "formula"]
Terms = tuple[tuple[str, int, float], ...]
"""Measure, lag in years, coefficient; each measure and lag once, in order."""


@dataclass(frozen=True)
class Shown:
    """A part of an indicator that its values show, over measures.

    ``complement``: denominator - numerator of a share, which anybody can subtract. ``formula``: measures of the
    districts that go into a value in no linear way. Areas are public and left out.
    """

    indicator: str
    part: Part
    terms: Terms

    @property
    def name(self) -> str:
        """The expression in words that are the same for equal expressions."""
        return expression_name(self.terms)

    @property
    def plain(self) -> bool:
        """Whether it is a measure of the same year and nothing else."""
        return len(self.terms) == 1 and self.terms[0][1:] == (0, 1.0)


def expression_name(terms: Terms) -> str:
    """Terms as text, for keys and messages, e.g. ``+1*ew -1*ew[-5]``."""
    return " ".join(f"{c:+g}*{m}" + (f"[-{lag}]" if lag else "") for m, lag, c in terms)


def _merged(terms: Iterable[tuple[str, int, float]]) -> Terms:
    total: dict[tuple[str, int], float] = defaultdict(float)
    for measure, lag, coefficient in terms:
        total[measure, lag] += coefficient
    return tuple((m, lag, c) for (m, lag), c in sorted(total.items()) if abs(c) > 1e-12)


def parts_of(catalogue: Catalogue, indicator: Indicator) -> list[Shown]:
    """What the values of an indicator show in the city; nothing for one that has no source."""
    parts: dict[str, Terms] = {}
    for part in ("numerator", "denominator"):
        parts[part] = _merged(
            (r.measure, r.lag, r.coefficient)
            for r in rows_of(catalogue, indicator)
            if r.scope == CITY and r.part == part and catalogue.measure[r.measure].kind != "area_km2"
        )
    if indicator.formula == "segregation":
        return [Shown(indicator.code, "formula", _merged([*parts["numerator"], *parts["denominator"]]))]
    found = [Shown(indicator.code, "numerator", parts["numerator"])] if parts["numerator"] else []
    if parts["denominator"]:
        found.append(Shown(indicator.code, "denominator", parts["denominator"]))
    if indicator.kind == "anteil" and parts["denominator"]:
        rest = _merged([*parts["denominator"], *((m, lag, -c) for m, lag, c in parts["numerator"])])
        if rest:
            found.append(Shown(indicator.code, "complement", rest))
    return found


def shown_parts(catalogue: Catalogue) -> list[Shown]:
    """Everything that the values of all indicators show."""
    return [shown for indicator in catalogue.indicators for shown in parts_of(catalogue, indicator)]


def year_of(period: str) -> int:
    """The year by which terms meet: of ``2025``, ``2024/25`` (begins 2024), ``2023-2025`` and ``2022/23-2024/25``."""
    return int(re.split(r"-(?=\d{4})", period)[-1][:4])


VERSIONS = "(d.is_current OR d.status IN ('adopted', 'superseded'))"
"""District versions whose values are shown."""

CELLS = text(f"""
SELECT i.code AS indicator, v.unit_id, v.group_code, v.period, v.status
FROM warehouse.indicator_value v
JOIN catalogue.indicator i ON i.id = v.indicator_id
JOIN geo.unit u ON u.id = v.unit_id AND u.level <> 'vergleichsraum'
JOIN geo.district_version d ON d.id = u.version_id AND {VERSIONS}
ORDER BY 1, 2, 3, 4
""")  # noqa: S608  # a constant of this module


@dataclass(frozen=True)
class Line:
    """A line of the list: a part of an indicator for a unit, group and period."""

    shown: Shown
    unit: int
    group: str
    period: str


def released_list(connection: Connection, catalogue: Catalogue) -> list[Line]:
    """Every table × unit × group × period × version that a release of the present state would show.

    The unit's id belongs to one district version; comparison areas are official statistics and not ours to protect.
    """
    parts: dict[str, list[Shown]] = defaultdict(list)
    for shown in shown_parts(catalogue):
        parts[shown.indicator].append(shown)
    return [
        Line(shown, row.unit_id, row.group_code, row.period)
        for row in connection.execute(CELLS)
        for shown in parts[row.indicator]
    ]


COUNTS = {
    "wert": {"zaehler": "numerator", "nenner": "denominator", "wert": "numerator, denominator",
             "ki_unten": "value", "ki_oben": "value", "ki998_unten": "value", "ki998_oben": "value",
             "geglaettet": "value", "klasse": "value"},
    "gebiet": {"einwohner": "population"},
    "umsteigeschluessel": {"einwohneranteil": "population of the pieces", "schaetzfehler_prozent": "value"},
}  # fmt: skip
"""Columns that hold counts, or figures made of them: view → column → which part of the list."""

DERIVED = {
    "trend": "trends of visible values",
    "veraenderung": "differences of visible values",
    "vergleich": "visible values beside each other",
    "pruefumfang": "numbers of comparisons, not of persons",
    "index_aktuell": "indices of visible values",
    "index_zeitreihe": "indices of visible values",
    "index_bestandteil": "visible values and their z values",
    "indexklasse": "facts of the catalogue",
    "ungleichheit": "spread of visible values; withheld where one district is",
    "nachbarschaft": "visible values of neighbours",
    "typ": "types of areas by visible values",
    "typprofil": "means of visible values",
    "prognose": "projected from visible persons by age, births and deaths; in tens",
    "prognose_szenario": "assumptions of the projection",
    "prognosefehler": "projected from earlier visible values, beside visible ones",
    "bedarf": "projected children times a quota; places are no persons",
    "typologie": "how well the types are founded, from visible values",
    "sondergebiet_wert": "estimates from values that are published",
    "vergleichswert": "official statistics, protected by those who published them",
    "vergleichsraum": "official statistics, protected by those who published them",
    "kennzahl": "facts of the catalogue",
    "quelle": "facts of the catalogue",
    "datenluecke": "facts of the catalogue",
    "veroeffentlichung": "facts of the releases",
    "lieferung": "facts of the deliveries, no numbers of rows",
    "eigene_lieferung": "rows of an office's own files, shown to its own department only",
    "lieferstand": "which sources have delivered which periods",
    "vergleichsbericht": "which indicators other cities have",
    "grundkarte": "geometry",
    "einrichtung": "places, no persons",
}
"""Views whose numbers are no counts of persons of the city, and why."""

KEYS_AND_AREAS = re.compile(r"(_id|^flaeche_ha|^rang|^sortierung|_srid|^flaechenanteil)$")
THEME = re.compile(r"_(aktuell|zeitreihe)$")
THEME_COLUMN = re.compile(r"^[a-z]{3}\d{2}(_ki_u|_ki_o|_klasse)?$|^(wert|zaehler|nenner|klasse|ki_unten|ki_oben)$")

NUMBERS = text("""
SELECT c.relname AS view, a.attname AS column
FROM pg_attribute a
JOIN pg_class c ON c.oid = a.attrelid AND c.relkind IN ('v', 'm', 'r', 'p')
JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = 'sozialbericht'
JOIN pg_type t ON t.oid = a.atttypid
WHERE a.attnum > 0 AND NOT a.attisdropped
  AND (t.typcategory = 'N' OR t.typname IN ('json', 'jsonb') OR t.typelem IN (20, 21, 23, 700, 701, 1700))
ORDER BY 1, 2
""")


def unlisted_columns(connection: Connection) -> list[str]:
    """Columns ``view.column`` of the published schema that may hold counts and are not declared here."""
    found = []
    for view, column in connection.execute(NUMBERS):
        theme = THEME.search(view) is not None and THEME_COLUMN.match(column) is not None
        if not (theme or view in DERIVED or column in COUNTS.get(view, {}) or KEYS_AND_AREAS.search(column)):
            found.append(f"{view}.{column}")
    return found
