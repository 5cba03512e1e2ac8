"""The attacker's view of all releases: only what readers see, and how measures and indicators are defined.

Nothing of the solver is used. What is shown is known; counts follow from each other by the hierarchy of the units, by
the definitions of the measures (which classes of persons they count), by declared sums, and between two district
versions by the outlines of their districts.
"""

from __future__ import annotations

import itertools
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import yaml
from scipy.sparse import csr_array
from sqlalchemy import Connection, text

from etl.catalogue import Catalogue, Condition, Indicator, Measure
from etl.confidentiality.audit.intervals import Contradiction, System, bounds

NOWHERE = "nicht_zuordenbar"
KNOWN = ("gueltig", "unsicher")
IDENTITIES = Path(__file__).parents[1] / "identities.yaml"
MOST_CLASSES = 4_000
HIGHEST = 1e7
"""No count in a city is larger."""

Unit = tuple[str, str]
"""District version and key."""

Cell = tuple[str, str, Unit, int]
"""Kind (measure, class, shown), name, unit or piece, year."""


@dataclass(frozen=True)
class Row:
    """A value as the view shows it; the newest edition that still has a number for it."""

    unit: Unit
    level: str
    period: str
    indicator: str
    numerator: float | None
    denominator: float | None
    status: str
    exact: bool


@dataclass(frozen=True)
class Place:
    """Units as the view shows them: unit → parent, unit → level, and the pieces that versions share."""

    parent: dict[Unit, Unit]
    level: dict[Unit, str]
    pieces: dict[Unit, frozenset[int]] = field(default_factory=dict)


@dataclass(frozen=True)
class Hidden:
    """A hidden cell and how closely it can be bounded; ``exact``: only one whole number is left."""

    indicator: str
    part: str
    unit: Unit
    level: str
    period: str
    lower: float
    upper: float
    threshold: float

    @property
    def exact(self) -> bool:
        """Recovered: no other number agrees with what is shown."""
        return self.upper - self.lower < 1e-4 or np.floor(self.upper + 1e-4) <= np.ceil(self.lower - 1e-4)

    @property
    def disclosed(self) -> bool:
        """Certainly a small count: it is below the threshold whatever it is."""
        return self.threshold > 0 and self.upper < self.threshold - 1e-4


@dataclass(frozen=True)
class Finding:
    """What the attacker found. ``left_out``: estimated values that obey no relation and were not used."""

    rows: int
    hidden: tuple[Hidden, ...]
    left_out: int

    @property
    def recovered(self) -> tuple[Hidden, ...]:
        """Hidden cells that are exactly known."""
        return tuple(h for h in self.hidden if h.exact)

    @property
    def faults(self) -> tuple[Hidden, ...]:
        """Small counts that are exactly known, or certainly small."""
        return tuple(h for h in self.hidden if h.threshold > 0 and (h.disclosed or (h.exact and h.upper < h.threshold)))


ROWS = text("""
SELECT DISTINCT ON (gebietsstand, gebiet, zeitraum, kennzahl)
       gebietsstand, gebiet, ebene, zeitraum, kennzahl, zaehler, nenner, status, guete = 'exakt' AS exact
FROM sozialbericht.wert WHERE gruppe = 'insgesamt'
ORDER BY gebietsstand, gebiet, zeitraum, kennzahl, zaehler IS NULL AND nenner IS NULL, stand DESC
""")

UNITS = text("SELECT gebietsstand, gebiet, ebene, uebergeordnet FROM sozialbericht.gebiet ORDER BY 1, 2")

OVERLAPS = text("""
-- districts of two versions that share ground
SELECT a.gebietsstand AS one, a.gebiet AS unit, b.gebietsstand AS other, b.gebiet AS second
FROM sozialbericht.gebiet a
JOIN sozialbericht.gebiet b ON b.gebietsstand > a.gebietsstand AND b.geom && a.geom
 AND ST_Area(ST_Intersection(a.geom, b.geom)) > 1
WHERE NOT EXISTS (SELECT FROM sozialbericht.gebiet k
                  WHERE (k.gebietsstand, k.uebergeordnet) IN ((a.gebietsstand, a.gebiet), (b.gebietsstand, b.gebiet)))
ORDER BY 1, 2, 3, 4
""")


def read_rows(connection: Connection) -> list[Row]:
    """All values of all editions that a reader sees."""
    return [
        Row((r.gebietsstand, r.gebiet), r.ebene, r.zeitraum, r.kennzahl, r.zaehler, r.nenner, r.status, r.exact)
        for r in connection.execute(ROWS)
    ]


def read_places(connection: Connection) -> Place:
    """All units that a reader sees, and what the districts of two versions have in common."""
    rows = connection.execute(UNITS).all()
    parent = {(r.gebietsstand, r.gebiet): (r.gebietsstand, r.uebergeordnet) for r in rows if r.uebergeordnet}
    level = {(r.gebietsstand, r.gebiet): r.ebene for r in rows}
    pieces: dict[Unit, set[int]] = defaultdict(set)
    overlaps = connection.execute(OVERLAPS).all()
    for number, row in enumerate(overlaps if len({v for v, _ in level}) == 2 else []):
        pieces[row.one, row.unit].add(number)
        pieces[row.other, row.second].add(number)
    return Place(parent, level, {u: frozenset(p) for u, p in pieces.items()})


def _year(period: str) -> int:
    return int(re.split(r"-(?=\d{4})", period)[-1][:4])


def _terms(indicator: Indicator, part: str) -> list[tuple[str, int, float]]:
    """Measure, lag, coefficient of a numerator or denominator, its pooled years included."""
    terms = indicator.terms("numerator" if part == "numerator" else "denominator")
    return [(t.measure, t.lag + back, t.coefficient) for t in terms for back in range(indicator.pool)]


def _holds(condition: Condition, value: str | int) -> bool:
    if condition.eq is not None and str(value) != str(condition.eq):
        return False
    if condition.isin is not None and str(value) not in {str(v) for v in condition.isin}:
        return False
    if condition.ge is not None and int(value) < condition.ge:
        return False
    return condition.lt is None or int(value) < condition.lt


def _words(measures: Iterable[Measure], name: str) -> list[str | int]:
    """One value of a dimension for each kind that the measures' conditions can tell apart."""
    conditions = [m.filter[name] for m in measures if name in m.filter]
    words = sorted({str(w) for c in conditions for w in (*(c.isin or ()), *([] if c.eq is None else [c.eq]))})
    limits = sorted({x for c in conditions for x in (c.ge, c.lt) if x is not None})
    if limits:
        numbers = [int(w) for w in words if w.lstrip("-").isdigit()]
        return sorted({limits[0] - 1, *limits, *numbers, *(n + 1 for n in numbers)})
    return [*words, "\0anything else"]


def classes(measures: list[Measure]) -> list[frozenset[str]]:
    """Which measures a person can be counted in at once, by their definitions; each combination once.

    Sums, age limits and conditions on the year are no plain yes or no and are left out.
    """
    plain = [
        m for m in measures
        if m.kind == "count" and m.age_limit is None and m.column is None
        and all(c.within_years is None for c in m.filter.values())
    ]  # fmt: skip
    names = sorted({name for m in plain for name in m.filter})
    values = [_words(plain, name) for name in names]
    if np.prod([len(v) for v in values], dtype=float) > MOST_CLASSES:
        return []
    found: dict[frozenset[str], None] = {}
    for combination in itertools.product(*values):
        person = dict(zip(names, combination, strict=True))
        counted = frozenset(m.code for m in plain if all(_holds(c, person[n]) for n, c in m.filter.items()))
        if counted:
            found[counted] = None
    return list(found)


class _Equations:
    """Unknowns and what is known of them."""

    def __init__(self) -> None:
        self.number: dict[Cell, int] = {}
        self.rows: list[tuple[list[tuple[int, float]], float]] = []

    def cell(self, cell: Cell) -> int:
        return self.number.setdefault(cell, len(self.number))

    def equation(self, terms: Iterable[tuple[Cell, float]], right: float = 0.0) -> None:
        self.rows.append(([(self.cell(c), f) for c, f in terms], right))


def _known_alone(rows: list[tuple[list[tuple[int, float]], float]], count: int) -> dict[int, float]:
    """What follows at once: the last unknown of an equation, over and over."""
    known: dict[int, float] = {}
    where: dict[int, list[int]] = defaultdict(list)
    left = []
    for r, (terms, _) in enumerate(rows):
        merged: dict[int, float] = defaultdict(float)
        for n, c in terms:
            merged[n] += c
        left.append({n: c for n, c in merged.items() if c})
        for n in merged:
            where[n].append(r)
    right = [value for _, value in rows]
    queue = [r for r, terms in enumerate(left) if len(terms) == 1]
    while queue:
        row = queue.pop()
        if len(left[row]) != 1:
            continue
        [(n, c)] = left[row].items()
        known[n] = right[row] / c
        for other in where[n]:
            factor = left[other].pop(n, 0.0)
            right[other] -= factor * known[n]
            if len(left[other]) == 1:
                queue.append(other)
            elif not left[other] and abs(right[other]) > 1e-6 * max(1.0, abs(known[n])):
                raise Contradiction("two ways to compute the same count give different results")
    return known


class _Attack:
    def __init__(self, catalogue: Catalogue, rows: list[Row], places: Place) -> None:
        self.catalogue = catalogue
        self.indicators = {i.code: i for i in catalogue.indicators}
        self.usable = [r for r in rows if r.indicator in self.indicators and r.exact]
        self.left_out = sum(r.indicator in self.indicators and not r.exact for r in rows)
        self.places = places
        self.equations = _Equations()
        self.targets: dict[tuple[Cell, str], Row] = {}
        self.used: set[tuple[str, int]] = set()

    def measures(self, terms: list[tuple[str, int, float]], row: Row) -> list[tuple[Cell, float]]:
        found = []
        for measure, lag, coefficient in terms:
            if self.catalogue.measure[measure].kind != "area_km2":
                year = _year(row.period) - lag
                self.used.add((measure, year))
                found.append((("measure", measure, row.unit, year), coefficient))
        return found

    def shown(self) -> None:
        """Numerators and denominators: known where a number stands, else a target with its complement."""
        for row in self.usable:
            indicator = self.indicators[row.indicator]
            if indicator.formula == "segregation":
                continue
            parts = {p: self.measures(_terms(indicator, p), row) for p in ("numerator", "denominator")}
            for part, number in (("numerator", row.numerator), ("denominator", row.denominator)):
                if not parts[part]:
                    continue
                if row.status in KNOWN and number is not None:
                    self.equations.equation(parts[part], number)
                elif row.status == "geheim":
                    self.target(row, part, parts[part])
            if row.status == "geheim" and indicator.kind == "anteil":
                rest = [*parts["denominator"], *((c, -f) for c, f in parts["numerator"])]
                self.target(row, "complement", rest)

    def target(self, row: Row, part: str, terms: list[tuple[Cell, float]]) -> None:
        cell: Cell = ("shown", f"{row.indicator} {part}", row.unit, _year(row.period))
        if terms:
            self.equations.equation([(cell, -1.0), *terms])
            self.targets[cell, part] = row

    def hierarchy(self) -> None:
        """A unit is the sum of its children; the city also of what could not be attributed."""
        below: dict[tuple[Unit, str], list[Unit]] = defaultdict(list)
        for unit, parent in self.places.parent.items():
            below[parent, self.places.level[unit]].append(unit)
        tops = {u for u in self.places.level if u not in self.places.parent}
        for measure, year in sorted(self.used):
            for (parent, _), children in below.items():
                parts = [*children, *([(parent[0], NOWHERE)] if parent in tops else [])]
                # unlocated persons stand under this key in the view
                self.equations.equation(
                    [(("measure", measure, parent, year), 1.0),
                     *((("measure", measure, self.nowhere(u), year), -1.0) for u in parts)]
                )  # fmt: skip

    def nowhere(self, unit: Unit) -> Unit:
        """The unit; for the pseudo-unit of a version its own key."""
        if unit[1] != NOWHERE:
            return unit
        keys = {r.unit for r in self.usable if r.level == NOWHERE and r.unit[0] == unit[0]}
        return min(keys, default=unit)

    def definitions(self) -> None:
        """measure = Σ classes, in the units that have no children; over shared pieces where there are two versions."""
        parents = set(self.places.parent.values())
        leaves = [u for u in self.places.level if u not in parents]
        leaves += sorted({self.nowhere((v, NOWHERE)) for v, _ in leaves})
        for source in self.catalogue.sources:
            mine = [m for m in self.catalogue.measures_of(source.code) if m.source == source.code]
            found = classes(mine) if source.smallest_level == "block" else []
            for measure, year in sorted(self.used):
                counted = [n for n, c in enumerate(found) if measure in c]
                for unit in leaves if counted else ():
                    pieces = sorted(self.places.pieces.get(unit, ()))
                    at: list[Unit] = [("", str(p)) for p in pieces] or [unit]
                    self.equations.equation(
                        [(("measure", measure, unit, year), -1.0),
                         *((("class", f"{source.code} {n}", piece, year), 1.0) for n in counted for piece in at)]
                    )  # fmt: skip

    def declared(self) -> None:
        """Sums that are known to hold between measures."""
        for entry in yaml.safe_load(IDENTITIES.read_text(encoding="utf-8"))["identities"]:
            whole, parts = entry["whole"], entry["parts"]
            if {whole, *parts} <= set(self.catalogue.measure):
                places = {(c[2], c[3]) for c in self.equations.number if c[0] == "measure" and c[1] in {whole, *parts}}
                for unit, year in sorted(places):
                    at = [("measure", m, unit, year) for m in (whole, *parts)]
                    self.equations.equation([(c, 1.0 if n == 0 else -1.0) for n, c in enumerate(at)])

    def threshold(self, cell: Cell, part: str, row: Row) -> float:
        """Below which number a target is a small count of persons; 0 where it is none."""
        indicator = self.indicators[row.indicator]
        names = ("numerator", "denominator") if part == "complement" else (part,)
        terms = [t for p in names for t in _terms(indicator, p)]
        policy, limits = self.catalogue.policy, []
        if part != "complement" and any(f != 1 for _, _, f in terms):
            return 0.0
        for measure in (self.catalogue.measure[m] for m, _, _ in terms):
            if measure.kind != "count" or not measure.confidential or measure.source is None:
                return 0.0
            forms = self.catalogue.source[measure.source].forms
            agency = any(s.at_most is not None for f in forms for s in getattr(f, "symbols", {}).values())
            limits.append(policy.min_count_agency if agency else policy.min_count)
        return float(max(limits, default=0))

    def bounded(self) -> Iterator[Hidden]:
        rows, number = self.equations.rows, self.equations.number
        known = _known_alone(rows, len(number))
        visible = np.zeros(len(number), dtype=bool)
        values = np.zeros(len(number))
        for n, value in known.items():
            visible[n], values[n] = True, value
        data = [(r, n, c) for r, (terms, _) in enumerate(rows) for n, c in terms]
        at, cells, factors = (np.array(x) for x in zip(*data, strict=True))
        matrix = csr_array((factors, (at, cells)), shape=(len(rows), len(number)))
        lower = np.zeros(len(number))
        for (kind, name, _, _), place in number.items():
            indicator = self.indicators[name.split()[0]] if kind == "shown" else None
            # differences may be negative, and a complement where numerators have another source
            if indicator is not None and (
                name.endswith("complement") or any(t[2] < 0 for t in _terms(indicator, name.split()[1]))
            ):
                lower[place] = -HIGHEST
        wanted = np.zeros(len(number), dtype=bool)
        wanted[[number[cell] for cell, _ in self.targets]] = True
        system = System(matrix, np.array([v for _, v in rows]), lower, np.full(len(number), HIGHEST), visible, values)
        low, high = bounds(system, wanted)
        for (cell, part), row in self.targets.items():
            place = number[cell]
            yield Hidden(
                row.indicator, part, row.unit, row.level, row.period, float(low[place]), float(high[place]),
                self.threshold(cell, part, row),
            )  # fmt: skip


def attack(
    catalogue: Catalogue, rows: list[Row], places: Place, tell: Callable[[str], None] = lambda _t: None
) -> Finding:
    """Bound every hidden numerator, denominator and complement from all values together. Counts of persons or cases.

    Raises Contradiction (etl.confidentiality.audit.intervals) where what is shown cannot all be true.
    """
    attacker = _Attack(catalogue, rows, places)
    attacker.shown()
    attacker.hierarchy()
    attacker.definitions()
    attacker.declared()
    tell(f"{len(attacker.equations.number)} Unbekannte, {len(attacker.equations.rows)} Gleichungen")
    hidden = tuple(attacker.bounded()) if attacker.targets else ()
    return Finding(len(rows), hidden, attacker.left_out)


def audit_release(connection: Connection, catalogue: Catalogue) -> Finding:
    """Attack what a reader sees through this connection."""
    return attack(catalogue, read_rows(connection), read_places(connection))
