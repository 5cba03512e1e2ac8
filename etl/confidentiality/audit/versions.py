"""Several releases side by side: which counts a later one corrected, and which an attacker takes to be the same."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from etl.catalogue import Catalogue
from etl.confidentiality.audit.definitions import Name, terms_of, year_of
from etl.confidentiality.audit.facts import Place, Row, Unit

SAME = 1e-9

Source = tuple[str, int]
"""Source and year: what a correction delivers anew."""


@dataclass
class Corrections:
    """``since``: from which editions on a source's year has other counts. ``changed``: cells of then that differ.

    ``changed`` holds measure and group, unit, year, edition; the unit alone where a district of it may have changed.
    """

    since: dict[Source, list[int]] = field(default_factory=dict)
    changed: set[tuple[Unit, int, int]] = field(default_factory=set)

    def state(self, source: Source, edition: int) -> int:
        """Which state of a source's year an edition shows: 0 is the first."""
        return sum(e <= edition for e in self.since.get(source, ()))


def _parts(row: Row) -> tuple[tuple[str, float | None], ...]:
    return (("numerator", row.numerator), ("denominator", row.denominator))


def corrections(catalogue: Catalogue, rows: list[Row], place: Place) -> Corrections:
    """Compare what successive editions show of the same value. Nothing hidden enters.

    What is shown twice with different numbers has been corrected. A whole that changed by more than its visible parts
    tells that something hidden did: all its hidden districts may have.
    """
    if len({r.edition for r in rows}) < 2:
        return Corrections()
    found = Corrections()
    indicators = {i.code: i for i in catalogue.indicators}
    before: dict[tuple[object, ...], tuple[int, float]] = {}
    differences: dict[tuple[int, str, str, str, str], dict[Unit, float]] = defaultdict(dict)
    since: dict[Source, set[int]] = defaultdict(set)
    cells: dict[tuple[int, str, str, str, str], list[tuple[Name, int]]] = {}
    for row in sorted(rows, key=lambda r: r.edition):
        if row.indicator not in indicators or not row.shown:
            continue
        for part, number in _parts(row):
            if number is None:
                continue
            key = (row.unit, row.period, row.indicator, row.group, part)
            old = before.get(key)
            before[key] = (row.edition, number)
            if old is None:
                continue
            what = (row.edition, row.indicator, row.group, row.period, part)
            differences[what][row.unit] = number - old[1]
            if abs(number - old[1]) <= SAME:
                continue
            year = year_of(row.period)
            terms = terms_of(indicators[row.indicator], part)
            cells[what] = [((m, row.group), year - lag) for m, lag, _ in terms]
            for measure, lag, _ in terms:
                if (source := catalogue.measure[measure].source) is not None:
                    since[source, year - lag].add(row.edition)
    found.since = {s: sorted(e) for s, e in since.items()}
    for what, touched in cells.items():
        for unit in _changed(differences[what], place):
            found.changed |= {(unit, year, what[0]) for _, year in touched}
    return found


def _changed(difference: dict[Unit, float], place: Place) -> set[Unit]:
    """Units that changed, and districts that may have because a whole changed by more than is seen in its parts."""
    children: dict[Unit, list[Unit]] = defaultdict(list)
    for unit, parent in place.parent.items():
        children[parent].append(unit)

    def below(unit: Unit) -> tuple[float, set[Unit]]:
        """The change seen in the parts of a unit, and the districts in which none can be seen."""
        seen, unseen = 0.0, set[Unit]()
        for child in children[unit]:
            if child in difference:
                seen += difference[child]
            elif not children[child]:
                unseen.add(child)
            else:
                more, hidden = below(child)
                seen, unseen = seen + more, unseen | hidden
        return seen, unseen

    found = {u for u, d in difference.items() if abs(d) > SAME}
    for unit, change in difference.items():
        seen, unseen = below(unit)
        if children[unit] and abs(change - seen) > SAME:
            found |= unseen
    return found
