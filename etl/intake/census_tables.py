"""Grid tables of the Zensus 2022 as they are published: one theme a CSV file, one cell a row.

``;``, UTF-8 (older dumps cp1252), decimal comma, ``GITTER_ID_100m;x_mp_100m;y_mp_100m`` in changing capitals, then the
values; ``–`` is *withheld* here, not zero. ``werterlaeuternde_Zeichen`` = ``KLAMMERN``: limited reliability.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from etl.catalogue.grids import GridForm
from etl.errors import InputError, InputProblem
from etl.intake.csvtable import LINE
from etl.intake.header import tidy
from etl.intake.rejects import Rejects
from etl.intake.wording import similar

X, Y, WEAK = "§x", "§y", "§weak"
SIZES = {"100m": 100, "1km": 1000, "10km": 10000}
_MIDPOINT = re.compile(r"^(?P<axis>[xy])_mp_(?P<size>100m|1km|10km)$", re.IGNORECASE)
_ID = re.compile(r"^gitter_id_(100m|1km|10km)$", re.IGNORECASE)
Bounds = tuple[float, float, float, float]


@dataclass(frozen=True)
class GridTable:
    """One file: cell size, headings of values, and cells with midpoints, values and whether they are weak.

    ``frame``: ``X``, ``Y`` (midpoint, integer metres), ``WEAK``, and a column a heading: a number, NULL where the file
    has the cell without a number (withheld).
    """

    name: str
    size: int
    headings: tuple[str, ...]
    frame: pl.DataFrame
    read: int


def _text(path: Path, folder: Path, file: str) -> Path:
    """The file as UTF-8 without a byte order mark; a recoded copy where it is not."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    with path.open("rb") as handle:
        try:
            while block := handle.read(1 << 20):
                decoder.decode(block)
            decoder.decode(b"", final=True)
            return path
        except UnicodeDecodeError:
            pass
    copy = folder / f"{path.name}.utf8"
    with path.open("r", encoding="cp1252", newline="") as source, copy.open("w", encoding="utf-8", newline="") as sink:
        try:
            while part := source.read(1 << 20):
                sink.write(part)
        except UnicodeDecodeError as error:
            raise InputError(InputProblem(file, "der Text ist weder UTF-8 noch cp1252")) from error
    return copy


def _headings(path: Path, file: str) -> list[str]:
    with path.open("r", encoding="utf-8-sig") as handle:
        first = handle.readline(64 * 1024)
    names = [tidy(n.strip('"')) for n in first.rstrip("\r\n").split(";")]
    if len(names) < 4:
        raise InputError(
            InputProblem(file, "ist keine Gittertabelle: erwartet sind GITTER_ID, x_mp, y_mp und Werte", 1)
        )
    return names


def read_grid_table(  # noqa: PLR0917
    path: Path, name: str, form: GridForm, bounds: Bounds, folder: Path, rejects: Rejects
) -> GridTable:
    """Read the cells of a table whose midpoint lies in ``bounds`` (of the grid's CRS; min x, min y, max x, max y).

    Rows with a fault go to ``rejects``. ``folder`` takes a recoded copy. Raises InputError for files that are no grid
    table.
    """
    real = _text(path, folder, name)
    names = _headings(real, name)
    axes = {m["axis"].lower(): (n, SIZES[m["size"].lower()]) for n in names if (m := _MIDPOINT.match(n))}
    if set(axes) != {"x", "y"} or axes["x"][1] != axes["y"][1]:
        close = similar("x_mp_100m", names)
        hint = f"; ähnlich ist „{close}“" if close else ""
        raise InputError(InputProblem(name, f"die Spalten x_mp_… und y_mp_… fehlen{hint}", line=1))
    size, mark = axes["x"][1], next((n for n in names if n.casefold() == form.mark.casefold()), None)
    identity = next((n for n in names if _ID.match(n)), None)
    values = [n for n in names if n not in (axes["x"][0], axes["y"][0], mark, identity)]
    cells = _cells(real, names, name)
    x, y = (pl.col(axes[a][0]).str.strip_chars().str.replace(r"[.,]0+$", "") for a in "xy")
    cells = cells.with_columns(x.cast(pl.Int64, strict=False).alias(X), y.cast(pl.Int64, strict=False).alias(Y))
    west, south, east, north = bounds
    near = pl.col(X).is_between(west, east) & pl.col(Y).is_between(south, north)
    try:
        found = cells.filter(near | pl.col(X).is_null() | pl.col(Y).is_null()).collect(engine="streaming")
        read = int(cells.select(pl.len()).collect(engine="streaming").item())
    except pl.exceptions.PolarsError as error:
        raise InputError(InputProblem(name, "die Tabelle ist nicht lesbar (Trennzeichen ist das Semikolon)")) from error
    found = _sound(found, axes, identity, size, rejects)
    frame = found.select(LINE, X, Y, _weak(form, mark).alias(WEAK), *(_number(form, v).alias(v) for v in values))
    signs = list(form.withheld)
    for value in values:
        # a row that is too short has no text there: as much a fault as an empty cell
        written = pl.Series("§w", found[value].str.strip_chars().fill_null(""))
        strange = frame.with_columns(written).filter(pl.col(value).is_null() & ~pl.col("§w").is_in(signs))
        reason = "ist keine Zahl mit Dezimalkomma und kein Zeichen für einen fehlenden Wert"
        rejects.add_rows([(n, value, w, reason) for n, w in strange.select(LINE, "§w").iter_rows()])
    wrong = rejects.table()["line"].unique()
    return GridTable(name, size, tuple(values), frame.filter(~pl.col(LINE).is_in(wrong.implode())).drop(LINE), read)


def _cells(path: Path, names: list[str], file: str) -> pl.LazyFrame:
    schema = dict.fromkeys(names, pl.String)
    if len(schema) != len(names):
        raise InputError(InputProblem(file, "eine Spalte kommt mehrfach vor", line=1))
    return pl.scan_csv(
        path, separator=";", has_header=True, schema=schema, infer_schema=False, row_index_name=LINE,
        row_index_offset=2, empty_string_is_null=False, encoding="utf8",
    ).with_columns(pl.col(LINE).cast(pl.Int64))  # fmt: skip


def _number(form: GridForm, column: str) -> pl.Expr:
    text = pl.col(column).str.strip_chars()
    pattern = rf"^-?\d+(?:{re.escape(form.decimal)}\d+)?$"
    plain = text.str.replace(form.decimal, ".", literal=True)
    return pl.when(text.str.contains(pattern)).then(plain).cast(pl.Float64, strict=False)


def _weak(form: GridForm, mark: str | None) -> pl.Expr:
    return pl.col(mark).str.strip_chars().is_in(list(form.weak)) if mark else pl.lit(value=False)


def _sound(
    found: pl.DataFrame, axes: dict[str, tuple[str, int]], identity: str | None, size: int, rejects: Rejects
) -> pl.DataFrame:
    """Cells with a midpoint that is one, an identity that agrees with it, and none of them twice."""
    half = size // 2
    heading = f"{axes['x'][0]}/{axes['y'][0]}"
    middle = ((pl.col(X) - half) % size == 0) & ((pl.col(Y) - half) % size == 0)
    checks = [(heading, middle.fill_null(value=False), f"ist nicht die Mitte einer Zelle von {size} m")]
    if identity is not None:
        corner = pl.format("N{}E{}", pl.col(Y) - half, pl.col(X) - half)
        agrees = pl.col(identity).str.strip_chars().str.ends_with(corner)
        checks.append((identity, agrees.fill_null(value=False), "die Kennung passt nicht zum Mittelpunkt"))
    checks.append((heading, ~pl.struct(X, Y).is_duplicated(), "die Zelle kommt mehrfach vor"))
    for column, right, reason in checks:
        wrong = found.filter(~right)
        shown = wrong.select(LINE, pl.format("{}/{}", *(pl.col(axes[a][0]) for a in "xy")).alias("v"))
        rejects.add_rows([(n, column, v, reason) for n, v in shown.iter_rows()])
        found = found.filter(right)
    return found
