"""Profiles from the published views: a handful of queries for all areas together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl
import shapely

from etl.catalogue import Catalogue, Indicator
from etl.catalogue.chapters import AgeStructure, plan_of
from etl.publish import german
from etl.publish.age_groups import AGE_GROUP, age_label
from etl.publish.drawing import MISSING, PyramidRow, Reading, measure_of, short_name
from etl.publish.profiles import sentences
from etl.publish.profiles.model import Facility, IndexLine, KeyFigure, Profile, Pyramid, TypeLine
from etl.publish.source import Source

ALL = "insgesamt"
FACILITIES = {"kita": "Kindertagesstätte", "schule": "Schule"}
COLUMNS = (
    "wert_id", "gebietsstand", "ebene", "gebiet", "zeitraum", "von", "kennzahl", "gruppe", "zaehler", "wert", "status",
    "guete", "ki_unten", "ki_oben", "vergleich_stadt", "bewertung_stadt", "trend", "klasse", "signifikant_bh",
)  # fmt: skip


def reading_of(row: Mapping[str, Any]) -> Reading:
    """A row of the view ``wert`` as it is drawn."""
    shown = row["status"] in german.SHOWN and row["wert"] is not None
    if not shown:
        return Reading(status=row["status"] if row["status"] not in german.SHOWN else "fehlt", period=row["zeitraum"])
    return Reading(
        value=row["wert"], status=row["status"], low=row["ki_unten"], high=row["ki_oben"], category=row["klasse"],
        compared=row["vergleich_stadt"], judged=row["bewertung_stadt"], trend=row["trend"], quality=row["guete"],
        period=row["zeitraum"],
    )  # fmt: skip


@dataclass(frozen=True)
class Values:
    """The values that profiles need, by indicator, group and level, each ordered by period."""

    rows: Mapping[tuple[str, str, str], pl.DataFrame]

    def of(self, code: str, level: str, group: str = ALL) -> pl.DataFrame:
        """Rows of an indicator at a level; empty where there are none."""
        return self.rows.get((code, group, level), _EMPTY)


_EMPTY = pl.DataFrame(schema=dict.fromkeys(COLUMNS, pl.String()))


def profiles(source: Source, catalogue: Catalogue) -> tuple[Profile, ...]:
    """A profile for each area of the lowest level that shows any key figure, in the order of their keys.

    The key figures are those of the report's plan. Nothing where no values are published. Views only; the number of
    queries does not depend on the number of areas.
    """
    plan = plan_of(catalogue)
    chosen = [i for c in plan.profile if (i := catalogue.indicator.get(c)) and i.gap is None]
    units = source.frame("gebiet", (
        "gebiet_id", "gebietsstand", "ebene", "gebiet", "name", "uebergeordnet", "flaeche_ha", "einwohner",
        "einwohner_zeitraum", "hinweis", "geom",
    ), "aktuell")  # fmt: skip
    ages = plan.age_structure
    values = _values(source, units, [*(i.code for i in chosen), *(ages.codes if ages else ())])
    level = _lowest(catalogue, units, values, [i.code for i in chosen])
    if level is None:
        return ()
    here = units.filter((pl.col("ebene") == level) & pl.col("geom").is_not_null()).sort("gebiet")
    figures = _figures(catalogue, chosen, values, level)
    order = [c for chapter in plan.chapters for c in chapter.series]
    leading = _leading(catalogue, order, [f.code for f in chosen])
    indices, types, places = _indices(source, level), _types(source, level), _facilities(source, here)
    names = {(r["ebene"], r["gebiet"]): short_name(r["name"]) for r in units.iter_rows(named=True)}
    parent_of = {lv.code: lv.parent for lv in catalogue.city.levels}
    title = next(lv.title for lv in catalogue.city.levels if lv.code == level)
    made = []
    for row in here.iter_rows(named=True):
        key = row["gebiet"]
        own = tuple(f for f in figures.get(key, ()))
        provisional = "vorläufig" in (row["hinweis"] or "") or "vorläufig" in row["name"]
        synthetic = source.edition.synthetic
        made.append(
            Profile(
                level=level, level_title=title, key=key, name=short_name(row["name"]),
                parent=row["uebergeordnet"] or "",
                parent_name=names.get((parent_of[level] or "", row["uebergeordnet"] or ""), ""),
                city_name=catalogue.city.name, inhabitants=row["einwohner"],
                inhabitants_period=row["einwohner_zeitraum"] or "", hectares=row["flaeche_ha"],
                version=row["gebietsstand"], provisional=provisional, synthetic=synthetic, figures=own,
                leading=leading, pyramid=pyramid_of(values, catalogue, ages, level, key),
                indices=indices.get(key, ()), types=types.get(key, ()),
                situation=sentences.situation(indices.get(key, ()), types.get(key, ())),
                strengths=sentences.judged(own, "guenstiger", catalogue.city.name),
                strains=sentences.judged(own, "unguenstiger", catalogue.city.name),
                remarkable=sentences.remarkable(own, catalogue.city.name),
                facilities=places.get(key, ()),
                notes=sentences.notes(own, provisional=provisional, synthetic=synthetic),
            )
        )  # fmt: skip
    return tuple(made)


def _values(source: Source, units: pl.DataFrame, codes: Iterable[str]) -> Values:
    """Values of the current release in the current district version; one query."""
    condition = "aktuell AND kennzahl = ANY(%(codes)s)"
    rows = source.frame("wert", COLUMNS, condition, codes=sorted(set(codes)))
    rows = rows.filter(pl.col("gebietsstand").is_in(units["gebietsstand"].unique().implode())).sort("von", "gebiet")
    parts = rows.partition_by("kennzahl", "gruppe", "ebene", as_dict=True, maintain_order=True)
    return Values({(str(k[0]), str(k[1]), str(k[2])): part for k, part in parts.items()})


def _lowest(catalogue: Catalogue, units: pl.DataFrame, values: Values, codes: Iterable[str]) -> str | None:
    """The lowest level below the city with outlines and any shown key figure."""
    drawn = set(units.filter(pl.col("geom").is_not_null())["ebene"])
    for level in reversed(catalogue.city.levels[1:]):
        if level.code in drawn and any(
            values.of(c, level.code)["status"].is_in(list(german.SHOWN)).any() for c in codes
        ):
            return level.code
    return None


def _leading(catalogue: Catalogue, order: Iterable[str], chosen: list[str]) -> tuple[str, ...]:
    """One key figure a theme for the series: the first that the plan's chapters draw, else the theme's first."""
    drawn = list(order)
    found = []
    for theme in catalogue.themes:
        own = [i.code for i in theme.indicators if i.code in chosen]
        if own:
            found.append(next((c for c in drawn if c in own), own[0]))
    return tuple(found)


def _figures(
    catalogue: Catalogue, chosen: Iterable[Indicator], values: Values, level: str
) -> dict[str, tuple[KeyFigure, ...]]:
    """Key figures by area, in order."""
    themes = {i.code: t for t in catalogue.themes for i in t.indicators}
    found: dict[str, list[KeyFigure]] = {}
    for indicator in chosen:
        rows = values.of(indicator.code, level)
        shown = rows.filter(pl.col("status").is_in(list(german.SHOWN)))
        if shown.is_empty():
            continue
        newest = shown["zeitraum"][-1]
        periods = tuple(rows["zeitraum"].unique(maintain_order=True))
        periods = periods[: periods.index(newest) + 1]
        city = {
            r["zeitraum"]: reading_of(r)
            for r in values.of(indicator.code, catalogue.city.top.code).iter_rows(named=True)
        }
        by_area: dict[str, dict[str, Reading]] = {}
        firm: dict[str, bool] = {}
        for row in rows.iter_rows(named=True):
            by_area.setdefault(row["gebiet"], {})[row["zeitraum"]] = reading_of(row)
            if row["zeitraum"] == newest:
                firm[row["gebiet"]] = row["signifikant_bh"] is not False
        comparable = indicator.kind not in ("anzahl", "summe")
        others = tuple(
            r.value for a in by_area.values() if (r := a.get(newest, MISSING)).shown and r.value is not None
        ) if comparable else ()  # fmt: skip
        for area, readings in by_area.items():
            theme = themes[indicator.code]
            found.setdefault(area, []).append(
                KeyFigure(
                    indicator.code, theme.code, theme.title, measure_of(indicator), indicator.polarity,
                    readings.get(newest, MISSING), city.get(newest, MISSING), others,
                    periods, tuple(readings.get(p, MISSING) for p in periods),
                    tuple(city.get(p, MISSING) for p in periods), firm.get(area, True),
                )
            )  # fmt: skip
    order = {t.code: n for n, t in enumerate(catalogue.themes)}
    return {area: tuple(sorted(own, key=lambda f: order[f.theme])) for area, own in found.items()}


def pyramid_of(values: Values, catalogue: Catalogue, ages: AgeStructure | None, level: str, key: str) -> Pyramid | None:
    """Inhabitants by age and sex in the newest period that has both; None where there are no age groups."""
    if ages is None:
        return None
    groups = sorted(
        {g for code, g, lv in values.rows if code == ages.people and lv == level and AGE_GROUP.fullmatch(g)}
    )
    periods = values.of(ages.women, level)["zeitraum"].unique(maintain_order=True).to_list()
    if not groups or not periods:
        return None
    newest = periods[-1]

    def persons(code: str, lv: str, area: str | None, group: str) -> tuple[float | None, str]:
        rows = values.of(code, lv, group).filter(pl.col("zeitraum") == newest)
        if area is not None:
            rows = rows.filter(pl.col("gebiet") == area)
        if rows.is_empty():
            return None, "fehlt"
        row = rows.row(0, named=True)
        value = row["zaehler"] if row["status"] in german.SHOWN else None
        return (None, row["status"]) if value is None else (float(value), row["status"])

    top = catalogue.city.top.code
    total, _ = persons(ages.people, level, key, ALL)
    city_total, _ = persons(ages.people, top, None, ALL)
    rows = []
    for group in groups:
        everyone, status = persons(ages.people, level, key, group)
        women, women_status = persons(ages.women, level, key, group)
        city = _halves(persons(ages.people, top, None, group)[0], persons(ages.women, top, None, group)[0])
        left, right = _halves(everyone, women)
        rows.append(
            PyramidRow(
                age_label(group), left, right,
                (_share(city[0], city_total), _share(city[1], city_total)),
                women_status if everyone is not None and women is None else status,
            )
        )  # fmt: skip
    if all(r.women is None for r in rows):
        return None
    return Pyramid(newest, tuple(rows), total)


def _halves(everyone: float | None, women: float | None) -> tuple[float | None, float | None]:
    """Women and all others; both are known or none."""
    return (None, None) if everyone is None or women is None else (women, everyone - women)


def _share(part: float | None, total: float | None) -> float | None:
    return None if part is None or not total else part / total


def _indices(source: Source, level: str) -> dict[str, tuple[IndexLine, ...]]:
    if "index_aktuell" not in source.views:
        return {}
    columns = ("index_wert_id", "ebene", "gebiet", "index", "titel", "zeitraum", "klasse", "klasse_name", "rang_von",
               "rang_bis", "gebiete", "stabil", "status")  # fmt: skip
    found: dict[str, list[IndexLine]] = {}
    for r in (
        source.frame("index_aktuell", columns, "ebene = %(level)s", level=level).sort("index").iter_rows(named=True)
    ):
        shown = r["status"] in german.SHOWN and r["klasse"] is not None
        ranks = (r["rang_von"], r["rang_bis"]) if shown and r["rang_von"] is not None else None
        found.setdefault(r["gebiet"], []).append(
            IndexLine(
                r["index"], r["titel"], r["klasse_name"] if shown else german.STATUS.get(r["status"], r["status"]),
                r["klasse"] if shown else None, r["zeitraum"], shown, shown and bool(r["stabil"]), ranks,
                r["gebiete"] if shown else None,
            )
        )  # fmt: skip
    return {area: tuple(lines) for area, lines in found.items()}


def _types(source: Source, level: str) -> dict[str, tuple[TypeLine, ...]]:
    if "typ" not in source.views:
        return {}
    columns = ("typ_wert_id", "ebene", "gebiet", "titel", "typ_name", "beschreibung", "gesichert", "status")
    found: dict[str, list[TypeLine]] = {}
    for r in source.frame("typ", columns, "ebene = %(level)s", level=level).iter_rows(named=True):
        if r["status"] in german.SHOWN and r["typ_name"]:
            line = TypeLine(r["titel"], r["typ_name"], r["beschreibung"] or "", bool(r["gesichert"]))
            found.setdefault(r["gebiet"], []).append(line)
    return {area: tuple(lines) for area, lines in found.items()}


def _facilities(source: Source, units: pl.DataFrame) -> dict[str, tuple[Facility, ...]]:
    """Facilities by the area they lie in, by kind and name."""
    rows = source.frame("einrichtung", ("einrichtung_id", "art", "name", "anschrift", "geom")).filter(
        pl.col("geom").is_not_null()
    )
    if rows.is_empty():
        return {}
    tree = shapely.STRtree(shapely.from_wkb(units["geom"].to_list()))
    points, areas = tree.query(shapely.from_wkb(rows["geom"].to_list()), predicate="intersects").tolist()
    keys = units["gebiet"].to_list()
    found: dict[str, dict[int, Facility]] = {}
    for point, area in zip(points, areas, strict=True):
        row = rows.row(point, named=True)
        kind = FACILITIES.get(row["art"], row["art"].capitalize())
        found.setdefault(keys[area], {})[point] = Facility(kind, row["name"], row["anschrift"] or "")
    return {k: tuple(sorted(v.values(), key=lambda f: (f.kind, f.name))) for k, v in found.items()}
