"""GENESIS „flat“ CSV, new (one column ``value``) and old (a column a value variable, blanks before its heading)."""

from __future__ import annotations

import re
from pathlib import Path

import polars as pl

from etl.catalogue.sources import FileFormat
from etl.catalogue.statistics import GenesisTable
from etl.errors import InputError, InputProblem
from etl.intake.csvtable import LINE, batches
from etl.intake.genesis_cells import (
    NAME,
    QUALITY,
    REGION,
    TIME,
    TOTAL,
    VALUE,
    WRITTEN,
    Parts,
    attribute,
    empty,
    is_total,
    official_key,
)
from etl.intake.rejects import Rejects

NEW = {
    "time": "time", "statistic": "statistics_code", "variable": "{}_variable_code",
    "code": "{}_variable_attribute_code", "label": "{}_variable_attribute_label",
}  # fmt: skip
OLD = {
    "time": "Zeit", "statistic": "Statistik_Code", "variable": "{}_Merkmal_Code",
    "code": "{}_Auspraegung_Code", "label": "{}_Auspraegung_Label",
}  # fmt: skip
_OLD_VALUE = re.compile(r"^(?P<code>[A-Z0-9]{3,})__(?P<label>.+?)__(?P<unit>.+)$")
_OLD_QUALITY = re.compile(r"^(?P<code>[A-Z0-9]{3,})__.+__q$")


def is_new(names: list[str]) -> bool:
    """Whether these headings are those of the new flat layout."""
    return {"time", "value", "value_variable_code"} <= set(names)


def is_old(names: list[str]) -> bool:
    """Whether these headings are those of the old flat layout."""
    values = [n for n in names if _OLD_VALUE.match(n) and not _OLD_QUALITY.match(n)]
    return {"Statistik_Code", "Zeit"} <= set(names) and bool(values)


def read_flat(path: Path, names: list[str], encoding: str, file: str, declared: GenesisTable) -> Parts:
    """Values of a flat table. Lines with another number of fields than the header go to the rejects.

    Raises InputError where a heading is missing that the layout needs.
    """
    new = is_new(names)
    words = NEW if new else OLD
    if twice := sorted({n for n in names if names.count(n) > 1}):
        raise InputError(InputProblem(file, f"die Spalte {', '.join(twice)} kommt mehrfach vor", line=1))
    layout = FileFormat(type="csv", encoding=encoding, separator=";")
    rejects = Rejects()
    frames = [pl.DataFrame(schema={**dict.fromkeys(names, pl.String), LINE: pl.Int64})]
    for batch in batches(path, layout, tuple(names), file):
        frames.append(batch.frame)
        rejects.add_rows([(r.line, None, None, r.reason) for r in batch.ragged])
    frame = pl.concat(frames)
    places = [n for n in range(1, 20) if words["variable"].format(n) in names]
    missing = [
        words[key].format(n) for n in places for key in ("code", "label") if words[key].format(n) not in names
    ]  # fmt: skip
    if missing or not places:
        reason = f"es fehlt die Spalte {', '.join(missing or [words['variable'].format(1)])}"
        raise InputError(InputProblem(file, reason, line=1))
    frame = _long(frame, names, new=new)
    parts = Parts(pl.DataFrame(schema=empty(declared)), rejects=rejects)
    parts.code = _statistic(frame, words["statistic"])
    parts.cells = _cells(frame, words, places, declared, parts)
    return parts


def _statistic(frame: pl.DataFrame, column: str) -> str | None:
    found = frame[column].drop_nulls().unique().to_list() if column in frame.columns else []
    return str(found[0]) if len(found) == 1 else None


def _long(frame: pl.DataFrame, names: list[str], *, new: bool) -> pl.DataFrame:
    """One row a value, with value variable, text and quality."""
    if new:
        quality = pl.col("value_q") if "value_q" in names else pl.lit("")
        return frame.with_columns(
            pl.col("value_variable_code").alias(VALUE), pl.col("value").alias(WRITTEN), quality.alias(QUALITY)
        )
    qualities = {m["code"]: n for n in names if (m := _OLD_QUALITY.match(n))}
    parts = []
    for name in names:
        match = _OLD_VALUE.match(name)
        if match is None or name in qualities.values():
            continue
        quality = pl.col(qualities[match["code"]]) if match["code"] in qualities else pl.lit("")
        parts.append(
            frame.with_columns(
                pl.lit(match["code"]).alias(VALUE), pl.col(name).alias(WRITTEN), quality.alias(QUALITY)
            )
        )  # fmt: skip
    return pl.concat(parts)


def _cells(
    frame: pl.DataFrame, words: dict[str, str], places: list[int], declared: GenesisTable, parts: Parts
) -> pl.DataFrame:
    """Region and attributes from the numbered columns; rows of variables that nobody declared are left out."""
    variable = [pl.col(words["variable"].format(n)).str.strip_chars() for n in places]
    code = [pl.col(words["code"].format(n)).str.strip_chars() for n in places]
    label = [pl.col(words["label"].format(n)).str.strip_chars() for n in places]

    def first(chosen: list[pl.Expr], wanted: list[pl.Expr]) -> pl.Expr:
        return pl.coalesce(*(pl.when(c).then(w) for c, w in zip(chosen, wanted, strict=True)))

    region = [v.is_in(list(declared.regions)) for v in variable]
    attributes = []
    for name in declared.variables:
        codes = [pl.when(is_total(c, t)).then(pl.lit(TOTAL)).otherwise(c) for c, t in zip(code, label, strict=True)]
        attributes.append(first([v == name for v in variable], codes).fill_null(TOTAL).alias(attribute(name)))
    listed = [*declared.regions, *declared.variables, ""]
    other = [~v.is_in(listed) & ~is_total(c, t) for v, c, t in zip(variable, code, label, strict=True)]
    frame = frame.with_columns(pl.any_horizontal(*other).alias("§other"))
    if strange := sorted(
        {str(w) for v in variable for w in frame.filter("§other").select(v.alias("w"))["w"].unique()} - set(listed)
    ):
        parts.warnings.append(f"Zeilen mit dem Merkmal {', '.join(strange)} gehören zu keiner vereinbarten Spalte")
    return frame.filter(~pl.col("§other")).select(
        LINE,
        pl.col(words["time"]).str.strip_chars().alias(TIME),
        official_key(first(region, code)).fill_null("").alias(REGION),
        first(region, label).fill_null("").alias(NAME),
        pl.col(VALUE).str.strip_chars(),
        *attributes,
        WRITTEN,
        QUALITY,
    )
