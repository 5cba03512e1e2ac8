"""What the atlas shows, as tables of the views: values by theme, the newest of all, indices, types, trends, ages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from etl.publish.age_groups import AGE_GROUP
from etl.publish.atlas.encode import compact, existing
from etl.publish.source import Source

VALUE = (
    "wert_id", "kennzahl", "ebene", "gebiet", "zeitraum", "wert", "status", "guete", "ki_unten", "ki_oben",
    "vergleich_stadt", "bewertung_stadt", "trend", "klasse", "zaehler", "nenner", "kennzeichen",
)  # fmt: skip
UNIT = (
    "gebiet_id", "gebietsstand", "ebene", "gebiet", "name", "uebergeordnet", "flaeche_ha", "einwohner",
    "einwohner_status", "einwohner_zeitraum", "hinweis",
)  # fmt: skip
INDICATOR = (
    "kennzahl_id", "kennzahl", "thema", "thema_titel", "titel", "definition", "zaehler", "nenner", "faktor", "einheit",
    "polaritaet", "nachkommastellen", "ki_methode", "quelle", "eigner", "bezug", "hinweis", "brueche",
)  # fmt: skip
INDEX = (
    "index_wert_id", "ebene", "gebiet", "index", "zeitraum", "wert", "klasse", "klasse_name", "rang", "rang_von",
    "rang_bis", "gebiete", "stabilitaet", "stabil", "status",
)  # fmt: skip
TYPE = (
    "typ_wert_id", "ebene", "gebiet", "typologie", "typ", "typ_name", "beschreibung", "gesichert", "status",
)  # fmt: skip
TREND = (
    "trend_id", "ebene", "gebiet", "kennzahl", "von_zeitraum", "bis_zeitraum", "richtung", "bewertung", "steigung",
    "steigung_unten", "steigung_oben", "einheit",
)  # fmt: skip
TOTAL = "insgesamt"


@dataclass(frozen=True)
class Shown:
    """Values of the current district versions: totals, and age groups for the pyramid."""

    totals: pl.DataFrame
    ages: pl.DataFrame

    @property
    def codes(self) -> set[str]:
        """Indicators with at least one row."""
        return set(self.totals["kennzahl"].unique().to_list())


def read_shown(source: Source, units: pl.DataFrame, ages_of: Sequence[str]) -> Shown:
    """Values of the units given (``gebietsstand``, ``ebene``, ``gebiet``), in the order of the view.

    ``ages_of``: the indicators whose age groups make the pyramid.
    """
    columns = existing(VALUE, [c.name for c in source.views["wert"].columns])
    rows = source.frame("wert", [*columns, "gebietsstand", "gruppe"], "aktuell")
    rows = rows.join(
        units.select("gebietsstand", "ebene", "gebiet"), on=["gebietsstand", "ebene", "gebiet"], how="semi"
    )
    totals = rows.filter(pl.col("gruppe") == TOTAL).select(columns)
    ages = rows.filter(pl.col("kennzahl").is_in(ages_of) & pl.col("gruppe").str.contains(f"^{AGE_GROUP.pattern}$"))
    newest = ages["zeitraum"].max()
    ages = ages.filter(pl.col("zeitraum") == newest) if newest is not None else ages.clear()
    return Shown(
        totals, ages.select("wert_id", "kennzahl", "ebene", "gebiet", "gruppe", "zeitraum", "zaehler", "wert", "status")
    )


def newest_rows(totals: pl.DataFrame) -> pl.DataFrame:
    """Each indicator's rows of the newest period that shows anything, or of its newest at all."""
    ranked = totals.with_columns(pl.col("wert").is_not_null().any().over("kennzahl", "zeitraum").alias("_shown"))
    chosen = ranked.group_by("kennzahl").agg(
        pl.coalesce(pl.col("zeitraum").filter(pl.col("_shown")).max(), pl.col("zeitraum").max()).alias("zeitraum")
    )
    return totals.join(chosen, on=["kennzahl", "zeitraum"], how="semi")


def without_key(frame: pl.DataFrame) -> pl.DataFrame:
    """The frame without its first column, the view's key, which no page needs."""
    return frame.drop(frame.columns[0])


def value_table(frame: pl.DataFrame) -> dict[str, Any]:
    """Rows of ``wert``, compact."""
    return compact("wert", without_key(frame))


def index_table(source: Source, units: pl.DataFrame) -> dict[str, Any] | None:
    """Rows of ``index_zeitreihe``; None where there are none."""
    return _table(source, "index_zeitreihe", INDEX, units)


def type_table(source: Source, units: pl.DataFrame) -> dict[str, Any] | None:
    """Rows of ``typ``; None where there are none."""
    return _table(source, "typ", TYPE, units)


def trend_table(source: Source, units: pl.DataFrame) -> dict[str, Any] | None:
    """Newest trends of ``trend``; None where there are none."""
    return _table(source, "trend", TREND, units, "aktuell AND juengster AND gruppe = 'insgesamt'")


def _table(
    source: Source, view: str, wanted: Sequence[str], units: pl.DataFrame, where: str = "true"
) -> dict[str, Any] | None:
    if view not in source.views:
        return None
    columns = existing(wanted, [c.name for c in source.views[view].columns])
    rows = source.frame(view, [*columns, "gebietsstand"], where)
    rows = rows.join(
        units.select("gebietsstand", "ebene", "gebiet"), on=["gebietsstand", "ebene", "gebiet"], how="semi"
    )
    return None if rows.is_empty() else compact(view, without_key(rows.select(columns)))
