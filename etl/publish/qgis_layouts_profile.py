"""The atlas of district profiles: two pages a district, drawn by the project itself from one row of its query."""

from __future__ import annotations

from dataclasses import dataclass

from etl.catalogue import Catalogue, Indicator
from etl.catalogue.chapters import plan_of
from etl.publish import german, qgis_layers
from etl.publish.drawing.lines import MAIN
from etl.publish.qgis_expressions import literal
from etl.publish.qgis_layouts_figures import pyramid, series_charts, table
from etl.publish.qgis_layouts_items import (
    INK,
    LEFT,
    QUIET,
    WARNING,
    WIDE,
    Atlas,
    Box,
    Item,
    Label,
    Layout,
    Map,
    Rule,
    ScaleBar,
    bar_length,
    heading,
    north_arrow,
    number,
)  # fmt: skip
from etl.publish.qgis_layouts_query import profile_query
from etl.publish.qgis_styles import OUTLINE_STYLE, Style, Symbol
from etl.publish.qgis_styles import Rule as Class

NAME = "Steckbrief"
LAYER = "steckbrief"
SERIES = 6
PERSONS, AREA = '"einwohner"', '"flaeche_ha"'


@dataclass(frozen=True)
class Content:
    """What profiles show: the level, key figures in order, series over the years, the age structure's indicators."""

    level: str
    city: str
    figures: tuple[Indicator, ...]
    series: tuple[Indicator, ...]
    ages: tuple[str, str] | None


def content(catalogue: Catalogue) -> Content:
    """The finest level that half of the chosen key figures reach, and what of the plan there is for it."""
    plan = plan_of(catalogue)
    levels = [level.code for level in catalogue.city.levels]
    chosen = [catalogue.indicator[c] for c in plan.profile if catalogue.indicator[c].gap is None]
    depth = {i.code: levels.index(i.lowest_level) for i in catalogue.indicators}
    reached = sorted(depth[i.code] for i in chosen)
    rank = reached[len(reached) // 2] if reached else len(levels) - 1

    def shown(codes: tuple[str, ...]) -> list[Indicator]:
        found = [catalogue.indicator[c] for c in codes if c in catalogue.indicator]
        return [i for i in found if i.gap is None and depth[i.code] >= rank]

    chapters = [[i for i in shown(c.series) if i.periodicity != "einmalig"] for c in plan.chapters if c.kind == "thema"]
    turns = [chapter[n] for n in range(SERIES) for chapter in chapters if n < len(chapter)]
    ages = plan.age_structure.codes if plan.age_structure else None
    if ages and any(depth[code] < rank for code in ages):
        ages = None
    return Content(
        level=levels[rank],
        city=levels[0],
        figures=tuple(shown(tuple(plan.profile))),
        series=tuple(turns[:SERIES]),
        ages=ages,
    )


def layer(catalogue: Catalogue) -> dict[str, object]:
    """The query as a layer for the builder, with the style of the locator map."""
    known = content(catalogue)
    query = profile_query(
        known.level, known.city, [i.code for i in known.figures], [i.code for i in known.series],
        known.ages,
    )  # fmt: skip
    escaped = query.replace("\\", "\\\\").replace('"', '\\"')
    uri = (
        f"service='{catalogue.city.database}' key='gebiet_id' estimatedmetadata=true srid={qgis_layers.SRID} "
        f"type=MultiPolygon checkPrimaryKeyUnicity='0' table=\"({escaped})\" (geom)"
    )
    here = "\"gebiet_id\" = attribute(@atlas_feature, 'gebiet_id')"
    rules = (
        Class("hier", "dieser Steckbrief", here, Symbol("fill", "#f0c05a", width=0.8, outline=INK)),
        Class("andere", "andere", "ELSE", Symbol("fill", "#eef0f2", width=0.25, outline="#9aa0a6")),
    )
    style = Style("Lage", rules)
    return {"id": LAYER, "name": "Steckbriefe", "uri": uri, "style": style}


def _frame(catalogue: Catalogue, page: int, title: str) -> list[Item]:
    """Head and foot of a page."""
    stand = "[% coalesce(\"stand\", '') %]"
    note = "[% coalesce(\"hinweis\", '') %]"
    return [
        Rule(Box(LEFT, 12, 1.6, 17 if page == 0 else 11.5, page), color=MAIN),
        Label(Box(LEFT + 5, 11, 120, 5, page), f"{catalogue.city.report_title} · {NAME}", size=8, color=QUIET),
        Label(Box(LEFT + 115, 11, 65, 5, page), f"Stand {stand}", size=8, color=QUIET, align="right"),
        Label(Box(LEFT + 5, 15.5, 175, 9.5, page), title, size=18 if page == 0 else 14, bold=True),
        Label(Box(LEFT, 281.5, 130, 4.5, page), note, size=7.5, bold=True, color=WARNING),
        Rule(Box(LEFT, 286, WIDE, 0.2, page)),
        Label(
            Box(LEFT, 287.5, 150, 4, page),
            f"{catalogue.city.report_title}, Stand {stand}, Gebietsstand „[% \"gebietsstand\" %]“",
            size=6.5, color=QUIET,
        ),
        Label(Box(LEFT + 150, 287.5, 30, 4, page), f"Seite {page + 1} von 2", size=6.5, color=QUIET, align="right"),
    ]  # fmt: skip


def _at_a_glance() -> list[Item]:
    """Size, facilities, index classes with how firm they are, and the type."""
    people = (
        f"CASE WHEN \"einwohner\" IS NOT NULL THEN {number(PERSONS, 0)} || ' (' || \"einwohner_zeitraum\" || ')' "
        f"ELSE '{german.STATUS['fehlt']}' END"
    )
    dense = f"coalesce({number(f'{PERSONS} / {AREA}', 1)}, '–')"
    kinds = (("kita", "Kindertagesstätte", "Kindertagesstätten"), ("schule", "Schule", "Schulen"))
    counted = ", ".join(
        f"with_variable('n', coalesce(map_get(from_json(\"einrichtungen\"), '{code}'), 0), "
        f"CASE WHEN @n = 0 THEN '' WHEN @n = 1 THEN '1 {one}' ELSE @n || ' {many}' END)"
        for code, one, many in kinds
    )
    places = f"coalesce(nullif(array_to_string(array_filter(array({counted}), @element <> ''), ', '), ''), 'keine')"
    places = f"if(\"einrichtungen\" IS NULL, '{german.STATUS['fehlt']}', {places})"
    figures = [
        ("Einwohner", people),
        ("Fläche", f"{number(AREA, 1)} || '{german.NBSP}ha'"),
        ("Einwohner je Hektar", dense),
        ("Einrichtungen", places),
    ]
    items: list[Item] = [*heading(113, 33, 82, "Auf einen Blick", 0)]
    y = 41.0
    for name, expression in figures:
        high = 8.5 if name == "Einrichtungen" else 5
        items.append(Label(Box(113, y, 34, high), name, size=8, color=QUIET))
        items.append(Label(Box(147, y, 48, high), f"[% {expression} %]", size=8, bold=True))
        y += high
    rank = (
        "coalesce(', Rang ' || map_get(@element, 'rang') || ' von ' || map_get(@element, 'gebiete') || "
        "' (' || map_get(@element, 'rang_von') || ' bis ' || map_get(@element, 'rang_bis') || ')', '')"
    )
    classes = (
        "array_to_string(array_foreach(array_filter(from_json(\"indizes\"), map_get(@element, 'status') = 'gueltig'), "
        f"map_get(@element, 'titel') || ': ' || map_get(@element, 'klasse') || {rank} || "
        "if(map_get(@element, 'stabil'), '', ', Klasse nicht gesichert')), '\\n')"
    )
    types = (
        "array_to_string(array_foreach(from_json(\"typen\"), map_get(@element, 'name') || "
        "if(map_get(@element, 'gesichert'), '', ' (Einteilung nicht gesichert)')), '\\n')"
    )
    there = f"coalesce({classes}, '') <> ''"
    has_type = f"coalesce({types}, '') <> ''"
    note = "Rang 1: höchster Indexwert; in Klammern, wie weit der Zufall den Rang verschieben kann."
    items += [
        Label(Box(113, y + 2, 82, 4.5), f"[% if({there}, 'Soziale Lage im Vergleich', '') %]", size=8, bold=True),
        Label(Box(113, y + 6.8, 82, 20), f"[% coalesce({classes}, '') %]", size=7.6),
        Label(Box(113, y + 26.5, 82, 6.5), f"[% if({there}, {literal(note)}, '') %]", size=6.5, italic=True,
              color=QUIET),
        Label(Box(113, y + 34, 82, 4.5), f"[% if({has_type}, 'Gebietstyp (Lesehilfe, kein Urteil)', '') %]", size=8,
              bold=True),
        Label(Box(113, y + 38.8, 82, 13), f"[% coalesce({types}, '') %]", size=7.6),
    ]  # fmt: skip
    return items


def _sentences(left: float) -> list[Item]:
    """What lies better and worse than in the city beyond chance, in plain words."""
    wide = LEFT + WIDE - left
    value = number("map_get(@element, '{}')", "map_get(@element, 'stellen')")
    unit = f"if(map_get(@element, 'einheit') IN ('', 'Index'), '', '{german.NBSP}' || map_get(@element, 'einheit'))"
    trend = (
        "CASE WHEN map_get(@element, 'trend') = 'steigend' THEN ', in fünf Jahren gestiegen' "
        "WHEN map_get(@element, 'trend') = 'fallend' THEN ', in fünf Jahren gesunken' ELSE '' END"
    )
    items: list[Item] = []
    for y, column, title, none in (
        (33.0, "staerken", "Günstiger als in der Stadt", "günstiger"),
        (73.0, "belastungen", "Ungünstiger als in der Stadt", "ungünstiger"),
    ):
        each = (
            f"'• ' || map_get(@element, 'titel') || ': ' || {value.format('wert')} || {unit} || ', ' || "
            "if(map_get(@element, 'mehr'), 'höher', 'niedriger') || ' als in der Stadt (' || "
            f"{value.format('stadt')} || {unit} || ')' || {trend}"
        )
        text = (
            f"coalesce(array_to_string(array_foreach(from_json(\"{column}\"), {each}), '\\n'), "
            f"'Bei keiner gewerteten Kennzahl liegt der Wert gesichert {none} als in der Stadt.')"
        )
        items += [*heading(left, y, wide, title, 1), Label(Box(left, y + 7, wide, 33, 1), f"[% {text} %]", size=7.2)]
    lines = " || ".join(
        f"coalesce('• {title}: ' || map_get(from_json(\"trends\"), '{key}') || '\n', '')"
        for key, title in (("steigend", "gestiegen"), ("fallend", "gesunken"))
    )
    none = "'Bei keiner der Kennzahlen oben ist über fünf Jahre ein Trend gesichert.'"
    return [
        *items,
        *heading(left, 113, wide, "In fünf Jahren verändert", 1),
        Label(Box(left, 120, wide, 26, 1), f"[% coalesce(nullif({lines}, ''), {none}) %]", size=7.2),
    ]


def _notes(catalogue: Catalogue, known: Content) -> list[Item]:
    """What a reader must know of the data; nothing of what is hidden."""
    titles = {owner.code: owner.title for owner in catalogue.owners}
    used = dict.fromkeys(
        titles[s.owner] for i in (*known.figures, *known.series) for s in qgis_layers.sources_of(catalogue, i)
    )
    sources = "; ".join(used)
    word = "map_get(from_json(\"datenlage\"), '{}')"
    parts = [
        f"coalesce('{title}: ' || {word.format(key)} || '. ', '')"
        for key, title in (
            ("geschaetzt", "Geschätzt, weil nur für andere Gebiete gezählt"), ("unsicher", "Unsicher"),
            ("nicht_vergleichbar", "Nicht vergleichbar"), ("fehlt", "Keine Angabe"),
        )
    ]  # fmt: skip
    text = (
        f"[% {' || '.join(parts)} || "
        "if(strpos(coalesce(\"hinweis\", ''), 'vorläufig') > 0, 'Die Gebiete sind vorläufig. ', '') "
        "%]Als günstiger oder ungünstiger gilt nur, was sich auch dann von der übrigen Stadt unterscheidet, wenn alle "
        "Kennzahlen und Gebiete zugleich geprüft werden. Intervalle sagen, wie weit der Zufall kleiner Zahlen einen "
        f"Wert verschieben kann. Quellen: {sources}."
    )
    return [
        *heading(LEFT, 249.5, WIDE, "Hinweise zu den Daten", 1),
        Label(Box(LEFT, 257, WIDE, 24, 1), text, size=6.8),
    ]


def profile_layout(catalogue: Catalogue) -> Layout:
    """Two pages a district: where it lies, key figures beside the city's, ages, series, words, notes on the data."""
    known = content(catalogue)
    level = next(x for x in catalogue.city.levels if x.code == known.level)
    coarser = [x.code for x in catalogue.city.levels][: [x.code for x in catalogue.city.levels].index(known.level)]
    below = f"{level.title} [% \"gebiet\" %][% coalesce(' in ' || \"liegt_in\", '') %]"
    # without names: the order in which QGIS writes labels is not the same each time
    outlines = tuple((f"gebiet_{code}", OUTLINE_STYLE) for code in coarser)
    location = Map(
        Box(LEFT, 33, 92, 86), "Lage", layers=(*outlines, ("grundkarte", ""), (LAYER, "Lage")),
        extent=tuple(catalogue.city.view or catalogue.city.extent),
    )  # fmt: skip
    items: list[Item] = [
        *_frame(catalogue, 0, '[% "name" %]'),
        Label(Box(LEFT + 5, 24.6, 170, 5), below, size=9, color=QUIET),
        location,
        ScaleBar(Box(LEFT + 3, 105, 40, 7), "Lage", bar_length(catalogue), segments=1),
        *north_arrow(LEFT + 82, 36),
        *_at_a_glance(),
        *table(known.figures, level.title.split()[-1]),
        *_frame(catalogue, 1, '[% "name" %]'),
        *(pyramid("Stadt") if known.ages else []),
        *_sentences(LEFT + 92 if known.ages else LEFT),
        *series_charts(known.series, "Stadt"),
        *_notes(catalogue, known),
    ]
    return Layout(
        NAME, 210, 297, 2, tuple(items),
        Atlas(LAYER, '"gebiet" || \' \' || "name"', "'steckbrief_' || \"gebiet\"", '"gebiet"'),
    )  # fmt: skip
