"""What moved since the previous edition: new periods, corrected values, and the key figures then and now.

Both editions are read from the view ``wert``, which keeps superseded ones; only values that both show are compared.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from etl.publish import german
from etl.publish.report.model import Block, Cell, Paragraph, Points, Row, Section, Table, table
from etl.publish.report.numbers import ALL, Numbers, spoken_period

KEY = ("gebietsstand", "ebene", "gebiet", "kennzahl", "gruppe", "zeitraum")
FIRST = "Dies ist die erste Ausgabe; es gibt keine frühere, mit der sie zu vergleichen wäre."
LISTED = 25
"""Corrected values that a chapter names; the separate page has all of them."""


@dataclass(frozen=True)
class Change:
    """A value that both editions show and that differs."""

    code: str
    unit: str
    group: str
    period: str
    before: float
    after: float


@dataclass(frozen=True)
class Changes:
    """What differs between the edition before (None: there is none) and this one."""

    numbers: Numbers
    previous: str | None
    corrected: tuple[Change, ...]
    new_periods: dict[str, tuple[str, ...]]
    """Periods by indicator that the edition before had no value of; all of them where it did not have the indicator."""
    added: tuple[str, ...]
    """Indicators that are new."""
    before: dict[str, tuple[str, float]]
    """The city's newest value in the edition before, by indicator: period and value."""

    def of_theme(self, theme: str) -> tuple[Block, ...]:
        """What moved among a theme's indicators."""
        if self.previous is None:
            return (Paragraph(FIRST),)
        own = [i.code for t in self.numbers.catalogue.themes if t.code == theme for i in t.indicators]
        blocks: list[Block] = []
        if points := self._points(own):
            blocks.append(Points(points))
        if moved := self._moved(own):
            blocks.append(moved)
        if listed := self._listed(own, LISTED):
            blocks.append(listed)
        if not blocks:
            return (
                Paragraph(f"Gegenüber dem Stand {self.previous} gibt es hier weder neue Zeiträume noch andere Werte."),
            )
        return tuple(blocks)

    def everything(self) -> tuple[Section, ...]:
        """The whole list, a section a theme."""
        found = []
        for theme in self.numbers.catalogue.themes:
            own = [i.code for i in theme.indicators]
            blocks = [b for b in (self._moved(own), self._listed(own, None)) if b is not None]
            points = self._points(own)
            if points or blocks:
                found.append(Section(theme.code, theme.title, (*((Points(points),) if points else ()), *blocks)))
        return tuple(found)

    def summary(self) -> str:
        """What moved in a sentence or two."""
        if self.previous is None:
            return FIRST
        periods = len({p for periods in self.new_periods.values() for p in periods})
        told = [f"Die letzte Ausgabe war der Stand {self.previous}."]
        if self.added:
            told.append(f"Neu aufgenommene Kennzahlen: {len(self.added)}.")
        if periods:
            told.append(f"Neue Zeiträume gibt es bei {len(self.new_periods)} Kennzahlen.")
        told.append(
            f"Bei früheren Zeiträumen sind {german.number(len(self.corrected), 0)} gezeigte Werte anders als damals."
            if self.corrected
            else "Werte früherer Zeiträume sind unverändert."
        )
        return " ".join(told)

    def _title(self, code: str) -> str:
        return self.numbers.catalogue.indicator[code].title

    def _points(self, codes: list[str]) -> tuple[tuple[str, str], ...]:
        points = [("Neu aufgenommen:", f"{self._title(c)}.") for c in codes if c in self.added]
        by_periods: dict[tuple[str, ...], list[str]] = {}
        for code in codes:
            if code in self.new_periods and code not in self.added:
                by_periods.setdefault(self.new_periods[code], []).append(self._title(code))
        for periods, titles in by_periods.items():
            points.append((f"Neu ist {', '.join(spoken_period(p) for p in periods)}:", f"{'; '.join(titles)}."))
        return tuple(points)

    def _moved(self, codes: list[str]) -> Table | None:
        """The city's newest value then and now, where the period is another one."""
        rows: list[tuple[str, ...]] = []
        for code in codes:
            reading = self.numbers.newest(code, self.numbers.city)
            if code not in self.before or not reading.shown or reading.value is None:
                continue
            period, value = self.before[code]
            if period == reading.period:
                continue
            measure = self.numbers.measure(code)
            self.numbers.show(code, self.numbers.city)
            rows.append(
                (measure.heading, spoken_period(period), measure.text(value, unit=False), spoken_period(reading.period),
                 measure.text(reading.value, unit=False))
            )  # fmt: skip
        if not rows:
            return None
        columns = ("Kennzahl", "damals", "Wert damals", "jetzt", "Wert jetzt")
        return table(f"{self.numbers.city.name}: jüngster Wert in der letzten Ausgabe und jetzt", columns, rows,
                     words=frozenset({0, 1, 3}))  # fmt: skip

    def _listed(self, codes: list[str], most: int | None) -> Table | None:
        own = [c for c in self.corrected if c.code in codes]
        if not own:
            return None
        rows = []
        for change in own[:most]:
            measure = self.numbers.measure(change.code)
            group = "" if change.group == ALL else f", {change.group}"
            rows.append(
                Row((Cell(measure.heading + group), Cell(change.unit), Cell(spoken_period(change.period)),
                     Cell(measure.text(change.before, unit=False)), Cell(measure.text(change.after, unit=False))))
            )  # fmt: skip
        more = len(own) - len(rows)
        note = f"Weitere {german.number(more, 0)} Werte stehen in der Datei aenderungen.html." if more else ""
        columns = ("Kennzahl", "Gebiet", "Zeitraum", "damals", "jetzt")
        return Table(
            "Werte früherer Zeiträume, die jetzt anders sind", columns, tuple(rows), frozenset({0, 1, 2}), note=note
        )


def find_changes(numbers: Numbers) -> Changes:
    """Compare the edition with the newest one before it that is not withdrawn."""
    listed = numbers.source.frame("veroeffentlichung", ("veroeffentlichung_id", "stand", "zustand"))
    old = listed.filter(pl.col("zustand") == "ersetzt").sort("veroeffentlichung_id")
    if old.is_empty():
        return Changes(numbers, None, (), {}, (), {})
    previous = str(old["stand"][-1])
    columns = ("wert_id", *KEY, "name", "bis", "wert", "status")
    then = numbers.source.frame("wert", columns, "stand = %(stand)s", stand=previous)
    now = numbers.source.frame("wert", columns, "aktuell")
    shown = pl.col("status").is_in(list(german.SHOWN))
    then, now = (f.filter(shown, pl.col("kennzahl").is_in(list(numbers.catalogue.indicator))) for f in (then, now))
    both = then.join(now, on=KEY, suffix="_jetzt").filter(pl.col("wert") != pl.col("wert_jetzt"))
    corrected = tuple(
        Change(r["kennzahl"], r["name_jetzt"], r["gruppe"], r["zeitraum"], r["wert"], r["wert_jetzt"])
        for r in both.sort("kennzahl", "zeitraum", "ebene", "gebiet", "gruppe").iter_rows(named=True)
    )
    city = pl.col("ebene") == numbers.city.level
    periods = now.filter(city).select("kennzahl", "zeitraum", "bis").unique()
    fresh = periods.join(then.filter(city), on=("kennzahl", "zeitraum"), how="anti").sort("kennzahl", "bis")
    new: dict[str, list[str]] = {}
    for row in fresh.iter_rows(named=True):
        new.setdefault(row["kennzahl"], []).append(row["zeitraum"])
    known = set(then["kennzahl"])
    newest = then.filter(city, pl.col("gruppe") == ALL).sort("bis").group_by("kennzahl", maintain_order=True).last()
    return Changes(
        numbers, previous, corrected, {c: tuple(p) for c, p in new.items()},
        tuple(sorted(set(now["kennzahl"]) - known)),
        {r["kennzahl"]: (r["zeitraum"], r["wert"]) for r in newest.iter_rows(named=True)},
    )  # fmt: skip
