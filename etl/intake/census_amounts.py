"""From the tables of a grid to amounts of cells: shares of dwellings, rents times dwellings, coarse cells spread."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import polars as pl

from etl.catalogue.grids import GridAmount, GridForm
from etl.errors import InputError, InputProblem
from etl.intake.census_tables import WEAK, GridTable, X, Y
from etl.intake.dasymetric import coarse_index, spread
from etl.intake.wording import counted, similar, thousands

SIZE, CODE, VALUE = "§size", "§code", "§value"
WIDE = 1000
"""Cells (metres) whose shares complete those of smaller cells."""


@dataclass
class Amounts:
    """``cells``: X, Y, SIZE, CODE, VALUE (never NULL: cells without a number are left out). ``notes``: German texts."""

    cells: pl.DataFrame
    notes: list[str] = field(default_factory=list)


def joined(tables: list[GridTable], file: str) -> dict[int, pl.DataFrame]:
    """One frame a cell size with the values of all tables (NULL: withheld or without a row).

    Raises InputError where two tables have the same heading.
    """
    out: dict[int, pl.DataFrame] = {}
    for table in tables:
        frame = table.frame.with_columns(pl.lit(value=True).alias(_given(h)) for h in table.headings)
        if table.size not in out:
            out[table.size] = frame
            continue
        before = out[table.size]
        twice = set(table.headings) & set(before.columns)
        if twice:
            listed = ", ".join(sorted(twice))
            raise InputError(InputProblem(file, f"die Spalte {listed} steht in mehreren Tabellen", column=table.name))
        both = before.join(frame.rename({WEAK: "§also"}), on=[X, Y], how="full", coalesce=True)
        weak = pl.col(WEAK).fill_null(value=False) | pl.col("§also").fill_null(value=False)
        out[table.size] = both.with_columns(weak.alias(WEAK)).drop("§also")
    return out


def _given(heading: str) -> str:
    """Column that is true where the heading's table has the cell: a cell without a row holds nothing, true zero."""
    return f"§given:{heading}"


def heading_of(wanted: str, frame: pl.DataFrame | None, file: str, size: int) -> str:
    """The heading as the file spells it (capitals vary). Raises InputError where no table has it."""
    names = [n for n in (frame.columns if frame is not None else []) if not n.startswith("§")]
    found = next((n for n in names if n.casefold() == wanted.casefold()), None)
    if found is None:
        close = similar(wanted, names)
        hint = f"; ähnlich ist „{close}“" if close else ""
        raise InputError(InputProblem(file, f"keine Tabelle mit Zellen von {size} m hat die Spalte „{wanted}“{hint}"))
    return found


def amounts_of(tables: list[GridTable], form: GridForm, file: str) -> Amounts:
    """The amounts that the form declares. Raises InputError where a heading is missing."""
    grids = joined(tables, file)
    result = Amounts(pl.DataFrame())
    for heading in form.fill:
        _fill(grids, heading, form, result, file)
    parts = []
    for code, amount in form.amounts.items():
        size = amount.size or form.size
        cells = _cells(grids.get(size), amount, file, size)
        known = cells.filter(pl.col(VALUE).is_not_null())
        missing = len(cells) - len(known)
        if missing:
            result.notes.append(f"{code}: {counted(missing, 'Zelle', 'Zellen')} ohne Angabe, nicht als null gezählt")
        if amount.by is not None:
            known = _spread(known, size, amount.by, grids, file, code, result)
        parts.append(known.select(X, Y, SIZE, pl.lit(code).alias(CODE), VALUE))
    result.cells = pl.concat(parts)
    weak = int(sum(int(frame[WEAK].sum()) for frame in grids.values()))
    if weak:
        text = f"{counted(weak, 'Zelle', 'Zellen')} mit Werten in Klammern (eingeschränkt aussagefähig), mitgezählt"
        result.notes.append(text)
    return result


def _cells(frame: pl.DataFrame | None, amount: GridAmount, file: str, size: int) -> pl.DataFrame:
    """Count × shares × (1 − less) × means of every cell that the count's table has."""
    names = {h: heading_of(h, frame, file, size) for h in amount.headings}
    if frame is None:
        raise InputError(InputProblem(file, f"es fehlt eine Tabelle mit Zellen von {size} m"))
    value = pl.col(names[amount.count])
    for heading in amount.shares:
        value = value * pl.col(names[heading]) / 100
    for heading in amount.less:
        value = value * (1 - pl.col(names[heading]) / 100)
    for heading in amount.times:
        value = value * pl.col(names[heading])
    # a cell without dwellings has no share and no rent, and none of them is missing
    value = pl.when(pl.col(names[amount.count]) == 0).then(0.0).otherwise(value)
    rows = frame.filter(pl.col(_given(names[amount.count])).fill_null(value=False))
    return rows.select(X, Y, pl.lit(size).alias(SIZE), value.alias(VALUE))


def _fill(grids: dict[int, pl.DataFrame], heading: str, form: GridForm, result: Amounts, file: str) -> None:
    """Give withheld shares what the 1-km cell around them leaves for them, else its mean, else that of all cells.

    Small cells are withheld and are unlike the others (houses of owners). Where the archive has the same share by 1-km
    cell as well, the withheld cells of a 1-km cell together get what its own share leaves over from the known ones.
    """
    amount = next(a for a in form.amounts.values() if heading in (*a.shares, *a.less))
    size = amount.size or form.size
    frame = grids.get(size)
    name, count = heading_of(heading, frame, file, size), heading_of(amount.count, frame, file, size)
    if frame is None:
        return
    gaps = frame.filter(pl.col(name).is_null() & (pl.col(count) > 0))
    if gaps.is_empty():
        return
    wide = _wide_share(grids, heading) if size < WIDE else None
    place = [(pl.col(X) // WIDE).alias("§kx"), (pl.col(Y) // WIDE).alias("§ky")]
    frame = frame.with_columns(*place)
    empty = pl.DataFrame(schema={"§kx": pl.Int64, "§ky": pl.Int64, "§wide": pl.Float64})
    frame = frame.join(wide if wide is not None else empty, on=["§kx", "§ky"], how="left", maintain_order="left")
    known = pl.when(pl.col(name).is_not_null()).then(pl.col(count))
    hidden = pl.when(pl.col(name).is_null()).then(pl.col(count)).sum().over("§kx", "§ky")
    held = (pl.col(name) * known).sum()
    left = (pl.col("§wide") * pl.col(count).sum().over("§kx", "§ky") - held.over("§kx", "§ky")) / hidden
    near = (held / known.sum()).over("§kx", "§ky")
    mean = pl.coalesce(left.clip(0, 100), pl.when(near.is_finite()).then(near), held / known.sum())
    filled = frame.with_columns(pl.col(name).fill_null(mean)).drop("§kx", "§ky", "§wide")
    dwellings = thousands(round(float(gaps[count].sum())))
    result.notes.append(
        f"„{name}“: {counted(len(gaps), 'Zelle', 'Zellen')} ohne Angabe (Bezugszahl {dwellings}) "
        + ("aus der 1-km-Zelle ergänzt" if wide is not None else "durch den Mittelwert der Umgebung ersetzt")
    )
    grids[size] = filled


def _wide_share(grids: dict[int, pl.DataFrame], heading: str) -> pl.DataFrame | None:
    """The same share by 1-km cell: „§kx“, „§ky“ and „§wide“; None where the archive has no such table."""
    frame = grids.get(WIDE)
    name = next((n for n in frame.columns if n.casefold() == heading.casefold()), None) if frame is not None else None
    if frame is None or name is None:
        return None
    return frame.select(
        (pl.col(X) // WIDE).alias("§kx"), (pl.col(Y) // WIDE).alias("§ky"), pl.col(name).alias("§wide")
    ).filter(pl.col("§wide").is_not_null())


def _spread(  # noqa: PLR0917
    known: pl.DataFrame, size: int, by: str, grids: dict[int, pl.DataFrame], file: str, code: str, result: Amounts
) -> pl.DataFrame:
    """Coarse cells given to the cells of the finer table by its numbers; those without any stay whole."""
    finer = [s for s in sorted(grids) if s < size]
    if not finer:
        raise InputError(InputProblem(file, f"zum Verteilen von {code} fehlt eine Tabelle mit kleineren Zellen"))
    fine_size = finer[0]
    frame = grids[fine_size]
    weight = heading_of(by, frame, file, fine_size)
    fine = frame.filter(pl.col(weight) > 0)
    x, y = fine[X].to_numpy(), fine[Y].to_numpy()
    own = coarse_index(x, y, size, known[X].to_numpy(), known[Y].to_numpy())
    found = spread(known[VALUE].to_numpy().astype(np.float64), own, fine[weight].to_numpy().astype(np.float64))
    spread_out = fine.select(X, Y, pl.lit(fine_size).alias(SIZE)).with_columns(pl.Series(VALUE, found.fine))
    rest = known.with_columns(pl.Series(VALUE, found.left)).filter(pl.col(VALUE) > 0)
    if len(rest):
        left = thousands(round(float(rest[VALUE].sum())))
        cells = counted(len(rest), "Zelle", "Zellen")
        result.notes.append(f"{code}: {cells} (Summe {left}) nach Fläche verteilt, weil „{weight}“ fehlt")
    return pl.concat([spread_out, rest.select(spread_out.columns)])
