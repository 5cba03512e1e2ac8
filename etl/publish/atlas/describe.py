"""What the atlas must know before it shows a value: units, indicators with their classes, signs, words."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import polars as pl

from etl.catalogue import Catalogue
from etl.publish import colours, german
from etl.publish.atlas.encode import compact, existing
from etl.publish.atlas.outlines import Mapped
from etl.publish.atlas.tables import INDICATOR, UNIT, without_key
from etl.publish.drawing.classes import (
    NOT_DISTINCT,
    NOT_FIRM,
    SIGNED_KINDS,
    TYPE_NOT_FIRM,
    Class,
    index_scheme,
    indicator_scheme,
)
from etl.publish.drawing.legend import BROKEN, HATCH_INK, NONE, WITHHELD, hatch_on, sign_fill
from etl.publish.source import Source

FORMAT = 1
"""Of the files; the pages refuse another."""


def read_units(source: Source, catalogue: Catalogue) -> pl.DataFrame:
    """Units of the current district versions at the catalogue's levels, in the order of the view."""
    levels = [level.code for level in catalogue.city.levels]
    columns = existing(UNIT, [c.name for c in source.views["gebiet"].columns])
    return source.frame("gebiet", columns, "aktuell").filter(pl.col("ebene").is_in(levels))


def describe(
    source: Source, catalogue: Catalogue, units: pl.DataFrame, codes: Collection[str], mapped: Mapped
) -> dict[str, Any]:
    """The content of ``daten/atlas.json``: tables of ``gebiet`` and ``kennzahl`` with classes, colours and words."""
    columns = existing(INDICATOR, [c.name for c in source.views["kennzahl"].columns])
    indicators = source.frame("kennzahl", [*columns, "reihenfolge"], "NOT luecke").sort("reihenfolge").select(columns)
    indicators = indicators.filter(pl.col("kennzahl").is_in(list(codes)))
    return {
        "format": FORMAT,
        "stadt": catalogue.city.name,
        "titel": catalogue.city.report_title,
        "stand": source.edition.label,
        "synthetisch": source.edition.synthetic,
        "ebenen": _levels(catalogue, mapped, units),
        "gebiete": compact("gebiet", without_key(units)),
        "kennzahlen": compact("kennzahl", without_key(indicators)),
        "klassen": {c: _classes(indicator_scheme(catalogue.indicator[c]).classes) for c in indicators["kennzahl"]},
        "vorzeichen": [c for c in indicators["kennzahl"] if catalogue.indicator[c].kind in SIGNED_KINDS],
        "indizes": _indices(catalogue),
        "typologien": _typologies(source),
        "luecken": _gaps(source),
        "zeichen": _signs(),
        "worte": {
            "status": german.STATUS, "guete": german.QUALITY, "vergleich": german.COMPARED, "bewertung": german.JUDGED,
            "trend": german.TREND, "polaritaet": german.POLARITY,
        },
    }  # fmt: skip


def _levels(catalogue: Catalogue, mapped: Mapped, units: pl.DataFrame) -> list[dict[str, Any]]:
    drawn = {areas.level for areas in mapped.levels}
    known = set(units["ebene"].unique().to_list())
    return [
        {"ebene": level.code, "titel": level.title, "mehrzahl": level.plural, "karte": rank > 0 and level.code in drawn,
         "stadt": rank == 0}
        for rank, level in enumerate(catalogue.city.levels)
        if level.code in known
    ]  # fmt: skip


def _classes(classes: tuple[Class, ...]) -> list[list[Any]]:
    """Number, label, fill, letters on it, hatch on it, sign."""
    return [[c.number, c.label, c.fill, colours.readable_on(c.fill), hatch_on(c.fill), c.mark] for c in classes]


def _indices(catalogue: Catalogue) -> list[dict[str, Any]]:
    return [
        {"index": i.code, "titel": i.title, "definition": " ".join(i.definition.split()), "hinweis": i.note,
         "nachkommastellen": i.decimals, "kreuz": i.cross is not None,
         "klassen": _classes(index_scheme(i, catalogue.indices).classes)}
        for i in catalogue.indices
    ]  # fmt: skip


def _typologies(source: Source) -> list[dict[str, Any]]:
    if "typ" not in source.views or "typologie" not in source.views:
        return []
    told = source.frame("typologie", ("typologie_id", "typologie", "titel", "gesichert", "begruendung")).to_dicts()
    types = source.frame("typ", ("typ_wert_id", "typologie", "typ", "typ_name")).filter(pl.col("typ").is_not_null())
    found = []
    for one in told:
        own = types.filter(pl.col("typologie") == one["typologie"]).unique(["typ"]).sort("typ")
        classes = tuple(
            # no order, so that each is also told by its number on the map
            Class(row["typ"], row["typ_name"], colours.category(row["typ"]), str(row["typ"]))
            for row in own.iter_rows(named=True)
        )
        if classes:
            found.append({"typologie": one["typologie"], "titel": one["titel"], "begruendung": one["begruendung"],
                          "gesichert": one["gesichert"], "klassen": _classes(classes)})  # fmt: skip
    return found


def _gaps(source: Source) -> list[dict[str, Any]]:
    columns = ("kennzahl_id", "thema", "kennzahl", "titel", "luecke_grund")
    return without_key(source.frame("kennzahl", columns, "luecke")).to_dicts()


def _signs() -> dict[str, Any]:
    signs: dict[str, Any] = {}
    for sign in (WITHHELD, BROKEN, NONE):
        fill, hatch, falling = sign_fill(sign)
        signs[sign] = {"titel": german.STATUS[sign], "farbe": fill, "schraffur": hatch, "fallend": falling}
    signs["schraffur"] = {
        "werte": NOT_DISTINCT,
        "index": NOT_FIRM,
        "typ": TYPE_NOT_FIRM,
        "farbe": HATCH_INK,
    }
    return signs
