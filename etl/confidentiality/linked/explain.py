"""Why a value is withheld, in a sentence; and how many are. Only the statistics office may read what this reads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, text

from etl.catalogue import Catalogue
from etl.confidentiality.linked.candidates import POPULATION
from etl.confidentiality.linked.pattern import SECONDARY
from etl.errors import SozialberichtError

WORDS = {"numerator": "der Zähler", "denominator": "der Nenner", "complement": "der Rest (Nenner minus Zähler)",
         "formula": "ein Bezirk, auf dem der Wert beruht,", "value": "der Wert"}  # fmt: skip

NEWEST = text("""
SELECT id, label FROM release.edition
WHERE status <> 'discarded' AND (CAST(:label AS text) IS NULL OR label = :label) ORDER BY id DESC LIMIT 1
""")

PLACE = text("""
SELECT u.id, u.name, d.label FROM geo.unit u JOIN geo.district_version d ON d.id = u.version_id
WHERE u.key = :key AND u.level <> 'vergleichsraum'
  AND CASE WHEN CAST(:version AS text) IS NULL THEN d.is_current ELSE d.label = :version END
""")

HIDDEN = text("""
SELECT part, rule, protects FROM warehouse.hidden_cell
WHERE edition_id = :edition AND indicator = :indicator AND unit_id = :unit AND group_code = :group AND period = :period
ORDER BY id
""")

STATUS = text("""
SELECT v.status FROM release.value v JOIN catalogue.indicator i ON i.id = v.indicator_id
WHERE v.edition_id = :edition AND i.code = :indicator AND v.unit_id = :unit AND v.group_code = :group
  AND v.period = :period
""")


@dataclass(frozen=True)
class Explained:
    """A value with its status and one sentence a reason; none where it is not withheld."""

    edition: str
    indicator: str
    unit: str
    group: str
    period: str
    status: str
    sentences: tuple[str, ...]
    rules: tuple[str, ...]


def _edition(connection: Connection, label: str | None) -> tuple[int, str]:
    row = connection.execute(NEWEST, {"label": label}).first()
    if row is None:
        wanted = f"den Stand „{label}“" if label else "einen Stand"
        raise SozialberichtError(f"Es gibt {wanted} nicht. Welche es gibt, zeigt „release list“.")
    return int(row.id), str(row.label)


def _cell(connection: Connection, catalogue: Catalogue, cell: dict[str, Any]) -> str:
    """A protected cell in words: „Bezirk X, 2025: Arbeitslose unter 25“."""
    place = connection.scalar(text("SELECT name FROM geo.unit WHERE id = :id"), {"id": cell["unit"]})
    measure = catalogue.measure.get(cell["name"])
    title = measure.title if measure else f"Rechenausdruck {cell['name']}"
    group = "" if cell["group"] == "insgesamt" else f" ({cell['group']})"
    return f"{title}{group}, {place or 'Gebiet'}, {cell['year']}"


def _sentence(connection: Connection, catalogue: Catalogue, row: Any) -> str:
    policy = catalogue.policy
    part = WORDS[row.part]
    known = {
        "klein": f"{part} liegt unter der Mindestzahl ({policy.min_count}, bei Zahlen der Agentur "
                 f"{policy.min_count_agency})",
        "glied": f"{part} enthält eine kleine Anzahl, die sich sonst herausrechnen ließe",
        "wenige_einwohner": f"im Gebiet wohnen weniger als {policy.min_population} Personen; dort wird keine soziale "
                            "Kennzahl gezeigt",
        "zurueckgehalten": f"{part} ist schon in der gelieferten Datei zurückgehalten",
        "beitragende": "zu der Summe tragen zu wenige Personen oder Fälle bei",
        "dominanz": "ein Einzelner bestimmt die Summe zu sehr",
        "kleiner_nenner": f"der Nenner liegt unter {policy.min_denominator}",
        "frueher": "der Wert war in der vorigen Veröffentlichung geheim, und seine Zahlen sind dieselben",
        "bezirke": "er beruht auf allen Bezirken, und einer davon ist geheim",
    }  # fmt: skip
    if row.rule != SECONDARY:
        return known[row.rule]
    named = [_cell(connection, catalogue, cell) for cell in row.protects]
    if not named:
        return f"{part} schützt andere geheime Zahlen, die sich sonst herausrechnen ließen"
    return f"{part} schützt: {'; '.join(named)}. Wäre er sichtbar, ließe sich das herausrechnen oder zu eng eingrenzen"


def explain(
    connection: Connection,
    catalogue: Catalogue,
    *,
    indicator: str,
    unit: str,
    period: str,
    group: str = "insgesamt",
    version: str | None = None,
    edition: str | None = None,
) -> Explained:
    """Why a value of a release (default: the newest) is withheld.

    ``indicator`` is a code or EINWOHNER, ``unit`` a unit's key, ``version`` a district version's label (default: the
    current one). Raises SozialberichtError where there is no such release, unit or value.
    """
    number, label = _edition(connection, edition)
    place = connection.execute(PLACE, {"key": unit, "version": version}).first()
    if place is None:
        raise SozialberichtError(
            f"Ein Gebiet mit dem Schlüssel „{unit}“ gibt es in diesem Gebietsstand nicht; Schlüssel stehen in der "
            "Sicht „gebiet“, ein anderer Gebietsstand wird mit --gebietsstand gewählt."
        )
    key = {"edition": number, "indicator": indicator, "unit": place.id, "group": group, "period": period}
    rows = connection.execute(HIDDEN, key).all()
    status = "geheim" if rows and indicator == POPULATION else connection.scalar(STATUS, key)
    if status is None:
        raise SozialberichtError(
            f"Der Stand „{label}“ hat keinen Wert {indicator} für „{unit}“, {period}, Gruppe {group}. Abhilfe: "
            "Kennzahl, Zeitraum (zum Beispiel 2025, 2024/25, 2023-2025) und Gruppe wie in der Sicht „wert“ angeben."
        )
    # what is hidden for its own sake needs no other reason
    own = [row for row in rows if row.rule != SECONDARY] or rows
    sentences = dict.fromkeys(_sentence(connection, catalogue, row) for row in own)
    return Explained(
        label, indicator, str(place.name), group, period, str(status), tuple(sentences), tuple(r.rule for r in own)
    )


SHARES = text("""
SELECT t.title AS theme, u.level, count(*) AS values, count(*) FILTER (WHERE v.status = 'geheim') AS withheld,
       count(*) FILTER (WHERE v.status = 'geheim' AND h.only_protects) AS for_others
FROM release.value v
JOIN catalogue.indicator i ON i.id = v.indicator_id
JOIN catalogue.theme t ON t.code = i.theme
JOIN geo.unit u ON u.id = v.unit_id AND u.level <> 'vergleichsraum'
LEFT JOIN geo.level l ON l.code = u.level
LEFT JOIN (
    SELECT c.indicator, c.unit_id, c.group_code, c.period, bool_and(c.rule IN ('schutz', 'frueher')) AS only_protects
    FROM warehouse.hidden_cell c WHERE c.edition_id = :edition GROUP BY 1, 2, 3, 4
) h ON h.indicator = i.code AND h.unit_id = v.unit_id AND h.group_code = v.group_code AND h.period = v.period
WHERE v.edition_id = :edition AND v.status IN ('gueltig', 'unsicher', 'geheim', 'nicht_sinnvoll')
GROUP BY t.rank, t.title, coalesce(l.rank, 99), u.level
ORDER BY t.rank, coalesce(l.rank, 99)
""")


@dataclass(frozen=True)
class Share:
    """How many values of a theme and level are withheld; ``for_others``: only to protect others."""

    theme: str
    level: str
    values: int
    withheld: int
    for_others: int


def shares(connection: Connection, edition: str | None = None) -> tuple[str, list[Share]]:
    """The release's label, and the share of withheld values by theme and level."""
    number, label = _edition(connection, edition)
    return label, [Share(*row) for row in connection.execute(SHARES, {"edition": number})]
