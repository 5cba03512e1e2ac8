"""Column names of a delivered table, compared with what a form of the source needs."""

from __future__ import annotations

import csv
import io
import itertools
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from etl.catalogue import AreaForm, RecordForm
from etl.catalogue.sources import Form
from etl.intake.marks import split_mark
from etl.intake.wording import similar

SEPARATORS = {";": "Semikolon", ",": "Komma", "\t": "Tabulator", "|": "senkrechter Strich"}


def tidy(name: str) -> str:
    """A heading without soft hyphens, byte order mark, line breaks and repeated or hard blanks."""
    name = unicodedata.normalize("NFC", name).replace("\u00ad", "").replace("\ufeff", "")
    return re.sub(r"\s+", " ", re.sub(r"-\s*\n\s*", "-", name)).strip()


def unique_names(cells: list[str]) -> tuple[str, ...]:
    """Tidied headings; empty ones get a name of their own, a repeated one keeps its first place under its name."""
    names: list[str] = []
    for number, cell in enumerate(cells, start=1):
        name = tidy(cell) or f"(Spalte {number})"
        names.append(name if name not in names else f"{name} (Spalte {number})")
    return tuple(names)


def repeated(cells: list[str]) -> list[str]:
    """Headings that occur more than once."""
    tidied = [t for c in cells if (t := tidy(c))]
    return sorted({t for t in tidied if tidied.count(t) > 1})


def csv_rows(text: str, separator: str, number: int) -> tuple[list[list[str]], int]:
    """The first rows of a CSV text, and the number of physical lines up to the end of the last one."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    try:
        rows = list(itertools.islice(reader, number))
    except csv.Error:  # a quotation mark that is never closed makes one endless cell
        rows = []
    return rows, reader.line_num


def csv_header(text: str, separator: str, row: int, rows: int = 1) -> tuple[list[str], int]:
    """Headings in ``rows`` rows from the ``row``-th on, and the number of physical lines up to their end."""
    found, lines = csv_rows(text, separator, row + rows - 1)
    if len(found) < row + rows - 1:
        return [], lines
    return (found[-1] if rows == 1 else joined(found[row - 1 :], fill=True)), lines


def joined(rows: Sequence[Sequence[str]], *, fill: bool) -> list[str]:
    """One heading a column out of several rows: ``Wohnungsnotfälle | Räumungsklagen``.

    ``fill``: an empty cell to the right of a heading belongs to it, as long as both have the same heading above and
    something below. A heading with nothing below it stands for its own column only.
    """
    width = max((len(row) for row in rows), default=0)
    grid = [[tidy(cell) for cell in row] + [""] * (width - len(row)) for row in rows]
    for depth, row in enumerate(grid[:-1] if fill else []):
        for column in range(1, width):
            below = [any(lower[c] for lower in grid[depth + 1 :]) for c in (column - 1, column)]
            same = all(upper[column] == upper[column - 1] for upper in grid[:depth])
            if not row[column] and all(below) and same:
                row[column] = row[column - 1]
    columns = zip(*grid, strict=True)
    return [" | ".join(part for part, _ in itertools.groupby(filter(None, column))) for column in columns]


def required(form: Form) -> list[str]:
    """Headings without which a file does not have this form (tidied), most telling first."""
    names: list[str | None] = []
    if isinstance(form, RecordForm):
        names += [form.count, *(d.column for d in form.dimensions.values()), *form.location.address]
        names += [form.location.block, form.unique, form.reference_date, form.event_date, *form.keep]
        names += form.moves.origin if form.moves else ()
    else:
        names += [form.area.column, form.feature, form.value, form.period.column, *form.values, *form.only]
        names += [form.area.grid.x, form.area.grid.y] if form.area.grid else []
        names += [form.quality.column] if form.quality else []
    return list(dict.fromkeys(tidy(n) for n in names if n is not None))


@dataclass(frozen=True)
class Fit:
    """How well a header fits a form."""

    form: Form
    names: tuple[str, ...]
    repeated: tuple[str, ...]
    missing: tuple[str, ...]
    unknown: tuple[str, ...]
    separator: str | None = None

    @property
    def fits(self) -> bool:
        """True where nothing is missing and nothing needed is there twice."""
        return not self.missing and not self.repeated

    def faults(self) -> list[str]:
        """What is wrong, in German, one sentence a column."""
        if self.separator is not None:
            agreed = self.form.format.separator
            return [
                f"das Trennzeichen ist {SEPARATORS[self.separator]}, vereinbart ist {SEPARATORS.get(agreed, agreed)} "
                f"(„{agreed}“)"
            ]
        out = []
        for name in self.missing:
            close = similar(name, self.unknown)
            hint = f"; ähnlich ist „{close}“" if close else ""
            out.append(f"Spalte „{name}“ fehlt{hint}")
        if self.missing and not self.names:
            out.append(f"in Zeile {self.form.format.header_row} stehen keine Spaltennamen")
        out += [f"Spalte „{name}“ kommt mehrfach vor" for name in self.repeated]
        return out


def _last_counts(names: tuple[str, ...], cells: list[str]) -> tuple[str, ...]:
    """Of repeated headings the last one gets the plain name."""
    out = list(names)
    plain = [tidy(cell) for cell in cells]
    for heading in repeated(cells):
        first, last = plain.index(heading), len(plain) - 1 - plain[::-1].index(heading)
        out[first], out[last] = f"{heading} (Spalte {first + 1})", heading
    return tuple(out)


def _as_declared(form: AreaForm, names: tuple[str, ...], known: set[str]) -> tuple[str, ...]:
    """Names with other spellings and footnote marks replaced by what the form calls the column."""
    other = {tidy(s): tidy(heading) for heading, spellings in form.synonyms.items() for s in spellings}
    pattern = form.period.pattern if form.period.by == "heading" else None
    out: list[str] = []
    for name in names:
        plain = split_mark(name)[0]
        meant = next((other[n] for n in (name, plain) if n in other), plain)
        is_period = pattern is not None and not re.search(pattern, name) and re.search(pattern, plain) is not None
        free = meant not in names and meant not in out
        out.append(meant if name not in known and free and (meant in known or is_period) else name)
    return tuple(out)


def fit(form: Form, cells: list[str]) -> Fit:
    """Compare the header cells of a file with a form."""
    names = unique_names(cells)
    needed = required(form)
    known, used = set(needed), set(needed)
    headings: list[str] = []
    missing_dates: list[str] = []
    twice = repeated(cells)
    if isinstance(form, AreaForm):
        if form.repeated == "last":
            names, twice = _last_counts(names, cells), []
        known |= {tidy(rate.column) for rate in form.rates}
        names = _as_declared(form, names, known)
        used = set(known)
        patterns = [tidy(c) for c in form.ignore_columns]
        known |= {n for n in names for p in patterns if fnmatchcase(n, p)}
        if form.period.by == "heading" and form.period.pattern:
            headings = [n for n in names if re.search(form.period.pattern, n)]
            if not headings:
                missing_dates.append(form.period.pattern)
    missing = [n for n in needed if n not in names] + missing_dates
    twice = [n for n in twice if n in used or n in headings]
    unknown = tuple(n for n in names if n not in known and n not in headings)
    return Fit(form, names, tuple(twice), tuple(missing), unknown)


def fit_csv(form: Form, text: str) -> Fit:
    """Compare the beginning of a CSV file with a form; recognises another separator than agreed."""
    if form.format.columns:
        return fit(form, list(form.format.columns))
    at = (form.format.header_row, form.format.header_rows)
    agreed = fit(form, csv_header(text, form.format.separator, *at)[0])
    if agreed.missing:
        for other in SEPARATORS:
            if other == form.format.separator:
                continue
            attempt = fit(form, csv_header(text, other, *at)[0])
            if len(attempt.names) > 1 and len(attempt.missing) < max(1, len(agreed.missing) // 2 + 1):
                return Fit(form, attempt.names, (), attempt.missing or agreed.missing, attempt.unknown, other)
    return agreed
