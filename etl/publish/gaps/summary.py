"""How complete the themes are, what to ask which office for, and what an unanswered request costs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from etl.catalogue import Catalogue
from etl.catalogue.needs import blocked_indices, needs
from etl.publish.gaps.read import THERE, Overdue, Row, at_smallest_level, spans


@dataclass(frozen=True)
class ThemeState:
    """A theme's periods of indicators by state, each at the smallest level that its data reach."""

    code: str
    title: str
    indicators: int
    states: Counter[str]

    @property
    def expected(self) -> int:
        """Periods of indicators that should be there by now."""
        return sum(self.states.values())

    @property
    def complete(self) -> int:
        """Those that are wholly delivered, withheld and estimated ones among them."""
        return sum(self.states[s] for s in THERE)

    @property
    def percent(self) -> float:
        """Share of the expected that is wholly delivered, in percent; 0 where nothing is expected yet."""
        return 100 * self.complete / self.expected if self.expected else 0.0


@dataclass(frozen=True)
class Request:
    """What to ask an office for: a source's overdue periods, and the indicators and indices that wait for them."""

    owner: str
    source: str
    title: str
    periods: tuple[str, ...]
    since: date
    state: str
    indicators: tuple[str, ...]
    indices: tuple[str, ...]

    @property
    def spoken(self) -> str:
        """The periods in short."""
        return spans(self.periods)


@dataclass(frozen=True)
class WithoutSource:
    """An indicator that nobody delivers at small scale, or a question of another report that ours does not answer."""

    origin: str
    code: str | None
    title: str
    owner: str
    reason: str
    closed_by: str
    partly: bool


@dataclass(frozen=True)
class Summary:
    """Everything that ``status`` tells."""

    day: date
    themes: tuple[ThemeState, ...]
    requests: tuple[Request, ...]
    gaps: tuple[WithoutSource, ...]
    questions: tuple[WithoutSource, ...]
    rows: tuple[Row, ...] = field(repr=False)
    """One row an indicator and period, at the smallest level."""


def _themes(catalogue: Catalogue, rows: Iterable[Row]) -> tuple[ThemeState, ...]:
    by_theme: dict[str, Counter[str]] = {t.code: Counter() for t in catalogue.themes}
    for row in rows:
        if row.thema in by_theme:
            by_theme[row.thema][row.zustand_kennzahl] += 1
    return tuple(ThemeState(t.code, t.title, len(t.indicators), by_theme[t.code]) for t in catalogue.themes)


def requests_of(catalogue: Catalogue, overdue: Iterable[Overdue]) -> tuple[Request, ...]:
    """One request a source with overdue periods, those that block most first."""
    waiting: dict[str, list[str]] = {}
    for need in needs(catalogue):
        waiting.setdefault(need.source, []).append(need.indicator)
    blocked = blocked_indices(catalogue)
    by_source: dict[str, list[Overdue]] = {}
    for row in overdue:
        by_source.setdefault(row.quelle, []).append(row)
    found = []
    for source, periods in by_source.items():
        indicators = tuple(dict.fromkeys(waiting.get(source, ())))
        indices = tuple(sorted({index for code in indicators for index in blocked.get(code, ())}))
        first = periods[0]
        found.append(
            Request(
                first.eigner,
                source,
                first.titel,
                tuple(p.zeitraum for p in periods),
                min(p.faellig_am for p in periods),
                "fehlt" if any(p.zustand == "fehlt" for p in periods) else "verspaetet",
                indicators,
                indices,
            )
        )
    return tuple(sorted(found, key=lambda r: (-len(r.indices), -len(r.indicators), r.owner, r.title)))


def _without_source(rows: Iterable[Row], catalogue: Catalogue) -> tuple[WithoutSource, ...]:
    codes = {i.code for i in catalogue.indicators if i.gap is not None}
    return tuple(
        dict.fromkeys(
            WithoutSource(
                row.herkunft, row.kennzahl, row.titel, row.eigner, row.grund or "", row.schliesst or "",
                row.zustand == "teilweise",
            )
            for row in rows
            if not row.of_catalogue or row.kennzahl in codes
        )
    )  # fmt: skip


def summarise(
    catalogue: Catalogue,
    rows: list[Row],
    overdue: list[Overdue],
    day: date,
    *,
    theme: str | None = None,
    year: int | None = None,
    owner: str | None = None,
) -> Summary:
    """Sum up the rows, all of them or those of a theme, a year or an office (a part of its title)."""
    levels = tuple(level.code for level in catalogue.city.levels)

    def wanted(row: Row) -> bool:
        return (
            (theme is None or row.thema == theme)
            and (year is None or row.jahr is None or row.jahr == year)
            and (owner is None or owner.lower() in row.eigner.lower())
        )

    chosen = [row for row in rows if wanted(row)]
    single = at_smallest_level(chosen, levels)
    listed = _without_source(chosen, catalogue)
    late = [o for o in overdue if year in (None, o.jahr) and (owner is None or owner.lower() in o.eigner.lower())]
    asked = requests_of(catalogue, late)
    if theme is not None:
        own = {i.code for t in catalogue.themes if t.code == theme for i in t.indicators}
        asked = tuple(r for r in asked if own & set(r.indicators))
    themes = tuple(t for t in _themes(catalogue, single) if theme is None or t.code == theme)
    return Summary(
        day,
        themes,
        asked,
        tuple(g for g in listed if g.origin == "Katalog"),
        tuple(g for g in listed if g.origin != "Katalog"),
        tuple(single),
    )
