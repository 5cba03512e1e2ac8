"""The chapter of profiles: each area of the finest level on a few pages, in the words all publications share."""

from __future__ import annotations

from etl.catalogue.chapters import Chapter
from etl.publish import german
from etl.publish.drawing import Areas
from etl.publish.profiles import KeyFigure, Profile, locator_figure, profiles, pyramid_figure, spine_figure
from etl.publish.report.model import Block, Cell, ChapterPage, Drawing, Paragraph, Points, Row, Section, Table
from etl.publish.report.numbers import Numbers
from etl.publish.report.sentences import listed
from etl.publish.report.tables import value_cell

YEARS = 10
KINDS = {"schule": "Schulen", "kita": "Kindertageseinrichtungen"}


def profiles_chapter(numbers: Numbers, chapter: Chapter, own: tuple[Block, ...]) -> ChapterPage:
    """The chapter; it is left out where no area has key figures."""
    found = profiles(numbers.source, numbers.catalogue)
    if not found:
        return ChapterPage(chapter.code, chapter.title, own)
    sections = tuple(_profile(numbers, profile) for profile in found)
    intro = Paragraph(
        "Je Gebiet: Lage, was gegenüber der Stadt auffällt, Kennzahlen mit 95-%-Bereich, Altersaufbau und die "
        "letzten Jahre. Genannt wird nur, was gesichert ist. Günstiger und ungünstiger gelten je Kennzahl, nicht für "
        "das Gebiet. In den Reihen stehen Schuljahre bei dem Jahr, in dem sie beginnen, zusammengefasste Zeiträume bei "
        "ihrem letzten."
    )
    return ChapterPage(chapter.code, chapter.title, (intro, *own), sections)


def _profile(numbers: Numbers, profile: Profile) -> Section:
    unit = next(u for u in numbers.units[profile.level] if u.key == profile.key)
    for figure in profile.figures:
        numbers.show(figure.code, unit)
        numbers.show(figure.code, numbers.city)
    line = f"Stand {numbers.source.edition.label}.{' Synthetische Daten.' if profile.synthetic else ''}"
    blocks: list[Block] = []
    locator = locator_figure(profile, numbers.areas.get(profile.level) or Areas("", (), (), (0.0, 0.0, 1.0, 1.0)))
    if locator:
        blocks.append(Drawing(locator, table=False, css="rand"))
    blocks.append(Paragraph(_where(profile)))
    for title, sentences in (
        ("Soziale Lage im Vergleich:", profile.situation), ("Günstiger als in der Stadt:", profile.strengths),
        ("Ungünstiger als in der Stadt:", profile.strains), ("Was außerdem auffällt:", profile.remarkable),
    ):  # fmt: skip
        if sentences:
            blocks.extend((Paragraph(title, strong=True), Points(tuple(("", s) for s in sentences))))
    if profile.facilities:
        blocks.append(Paragraph(_facilities(profile)))
    if profile.notes:
        blocks.append(Paragraph(" ".join(profile.notes), note=True))
    if (spine := spine_figure(profile)) is not None:
        blocks.append(Drawing(spine, line, css="breit"))
    if (pyramid := pyramid_figure(profile)) is not None:
        blocks.append(Drawing(pyramid, line, css="nebeneinander"))
    if (years := _years(numbers, profile)) is not None:
        blocks.append(years)
    return Section(profile.anchor, profile.name, tuple(blocks), page=True)


def _where(profile: Profile) -> str:
    place = f"{profile.level_title.split()[-1]} {profile.key}"
    if profile.parent_name and profile.parent_name != profile.city_name:
        place += f" in {profile.parent_name}"
    told = [f"{place}, {german.number(profile.hectares, 0)}{german.NBSP}Hektar"]
    if profile.inhabitants is not None:
        told.append(f"{german.number(profile.inhabitants, 0)} Personen mit Hauptwohnung ({profile.inhabitants_period})")
    return f"{', '.join(told)}."


def _years(numbers: Numbers, profile: Profile) -> Table | None:
    """The last years of one key figure a theme."""
    chosen = [f for code in profile.leading if (f := profile.figure(code)) is not None and f.periods]
    periods = sorted({_year(p) for f in chosen for p in f.periods})[-YEARS:]
    rows = []
    for figure in chosen:
        cells = _cells(figure, periods)
        if sum(c.css == "wert" for c in cells) > 1:
            rows.append(Row((Cell(figure.measure.heading), *cells)))
    if not rows:
        return None
    return Table(f"{profile.name} in den letzten Jahren", ("Kennzahl", *periods), tuple(rows))


def _year(period: str) -> str:
    """The year of a period's last part: „2023-2025“ is 2025, „2024/25“ is 2024."""
    return period.rpartition("-")[2].split("/")[0] if "-Q" not in period else period.split("-", maxsplit=1)[0]


def _cells(figure: KeyFigure, periods: list[str]) -> list[Cell]:
    found = {_year(p): r for p, r in zip(figure.periods, figure.series, strict=True)}
    return [value_cell(figure.measure, found[p]) if p in found else Cell("–") for p in periods]


def _facilities(profile: Profile) -> str:
    kinds: dict[str, list[str]] = {}
    for facility in profile.facilities:
        kinds.setdefault(KINDS.get(facility.kind, facility.kind.capitalize()), []).append(facility.name)
    return " ".join(f"{kind}: {listed(sorted(names))}." for kind, names in kinds.items())
