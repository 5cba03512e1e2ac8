"""The report in YAML: its chapters in order, what each shows, and the key figures of an area's profile.

Beside it, in the folder ``texte``, lie the office's own texts as Markdown, one file a chapter, which no edition writes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import Field, model_validator

from etl.catalogue.base import Code, Strict
from etl.catalogue.faults import Fault, repeated, unknown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from etl.catalogue.load import Catalogue
    from etl.catalogue.measures import Indicator, Theme

FILE, TEXTS = "bericht.yaml", "texte"
FIGURES, MAPS, SERIES = 6, 3, 2
"""How many indicators of a theme are shown where nobody has chosen."""
OF_A_PROFILE = 16

Kind = Literal[
    "datenlage", "thema", "lagen", "steckbriefe", "ausblick", "methoden", "glossar", "anhang", "text",
]  # fmt: skip


class Chapter(Strict):
    """A chapter: what it is made of, and for a theme which indicators stand in its table, on maps and as series.

    ``text`` has nothing but the office's own text.
    """

    code: Code = Field(description="Address of the chapter and name of its text: texte/CODE.md")
    kind: Kind
    title: str
    theme: Code | None = None
    key_figures: tuple[str, ...] = Field((), description="Key messages and the table by area")
    maps: tuple[str, ...] = Field((), description="Each as a map of the newest values, with its numbers")
    series: tuple[str, ...] = Field((), description="Each as a line over the years, with its numbers")

    @model_validator(mode="after")
    def _of_a_theme(self) -> Chapter:
        if (self.kind == "thema") != (self.theme is not None):
            raise ValueError("„theme“ gehört genau zu Kapiteln der Art thema")
        if self.kind != "thema" and (self.key_figures or self.maps or self.series):
            raise ValueError("„key_figures“, „maps“ und „series“ gehören nur zu Kapiteln der Art thema")
        return self

    @property
    def indicators(self) -> tuple[str, ...]:
        """Codes of all indicators that the chapter names, each once."""
        return tuple(dict.fromkeys((*self.key_figures, *self.maps, *self.series)))


class AgeStructure(Strict):
    """What a profile's age pyramid is drawn from: two indicators by age group, with persons as their numerators."""

    people: str = Field(description="All inhabitants")
    women: str = Field(description="Women among them")

    @property
    def codes(self) -> tuple[str, str]:
        """Both codes: all inhabitants, women."""
        return self.people, self.women


class Plan(Strict):
    """The report: its chapters in order, the key figures of a profile, and what its age pyramid is drawn from."""

    occasion: str | None = Field(None, description="Why there is a report: first sentences of the first chapter")
    profile: tuple[str, ...] = Field((), description="Key figures of an area's profile, in order")
    age_structure: AgeStructure | None = Field(None, description="Without it profiles have no age pyramid")
    chapters: tuple[Chapter, ...] = Field(min_length=1)


def _shown(theme: Theme, level: str) -> list[Indicator]:
    """Indicators of a theme that can be mapped for areas of this level."""
    return [i for i in theme.indicators if i.gap is None and i.lowest_level == level]


def plan_of(catalogue: Catalogue) -> Plan:
    """The plan of ``bericht.yaml``; without one all chapters, with the first indicators of each theme."""
    if catalogue.plan is not None:
        return catalogue.plan
    lowest = catalogue.city.levels[-1].code
    chosen = {t.code: [i.code for i in _shown(t, lowest) or [i for i in t.indicators if i.gap is None]]
              for t in catalogue.themes}  # fmt: skip
    themes = [
        Chapter(
            code=t.code, kind="thema", title=t.title, theme=t.code, key_figures=tuple(chosen[t.code][:FIGURES]),
            maps=tuple(chosen[t.code][:MAPS]), series=tuple(chosen[t.code][:SERIES]),
        )
        for t in catalogue.themes
    ]  # fmt: skip
    each = max(1, OF_A_PROFILE // max(1, len(catalogue.themes)))
    return Plan(
        profile=tuple(code for codes in chosen.values() for code in codes[:each]),
        chapters=(
            Chapter(code="anlass", kind="datenlage", title="Anlass und Datenlage"),
            *themes,
            Chapter(code="lagen", kind="lagen", title="Soziale Lagen im Vergleich"),
            Chapter(code="steckbriefe", kind="steckbriefe", title="Steckbriefe"),
            Chapter(code="ausblick", kind="ausblick", title="Ausblick"),
            Chapter(code="methoden", kind="methoden", title="Methoden"),
            Chapter(code="glossar", kind="glossar", title="Glossar"),
            Chapter(code="anhang", kind="anhang", title="Anhang: Tabellen und Quellen"),
        ),
    )


def _age_faults(ages: AgeStructure, catalogue: Catalogue) -> Iterator[Fault]:
    for code in ages.codes:
        if code not in catalogue.indicator:
            yield unknown(FILE, "age_structure", code, "die Kennzahl", catalogue.indicator)
        elif not catalogue.indicator[code].grouped:
            yield Fault(FILE, "age_structure", f"{code} wird nicht nach Altersgruppen berechnet")


def plan_faults(catalogue: Catalogue) -> Iterator[Fault]:
    """Faults of ``bericht.yaml``: unknown indicators and themes, or such that do not belong together."""
    plan = catalogue.plan
    if plan is None:
        return
    yield from repeated(FILE, "das Kapitel", (c.code for c in plan.chapters))
    themes = {t.code: {i.code for i in t.indicators} for t in catalogue.themes}
    for code in plan.profile:
        if code not in catalogue.indicator:
            yield unknown(FILE, "profile", code, "die Kennzahl", catalogue.indicator)
    if plan.age_structure:
        yield from _age_faults(plan.age_structure, catalogue)
    for chapter in plan.chapters:
        if chapter.theme is None:
            continue
        if chapter.theme not in themes:
            yield unknown(FILE, f"{chapter.code}.theme", chapter.theme, "das Thema", themes)
            continue
        for code in chapter.indicators:
            if code not in catalogue.indicator:
                yield unknown(FILE, chapter.code, code, "die Kennzahl", catalogue.indicator)
            elif code not in themes[chapter.theme]:
                yield Fault(FILE, chapter.code, f"{code} gehört nicht zum Thema {chapter.theme}")
            elif catalogue.indicator[code].gap is not None:
                yield Fault(FILE, chapter.code, f"{code} ist eine Lücke und wird nicht berechnet")
