"""Column names of a delivered table, compared with what a form of the source needs."""

from __future__ import annotations

import csv
import io
import itertools
import re
import unicodedata
from dataclasses import dataclass
from fnmatch import fnmatchcase

from etl.catalogue import AreaForm, RecordForm
from etl.catalogue.sources import Form
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


def csv_header(text: str, separator: str, row: int) -> tuple[list[str], int]:
    """Cells of the ``row``-th row of a CSV text, and the number of physical lines up to its end."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    try:
        rows = list(itertools.islice(reader, row))
    except csv.Error:  # a quotation mark that is never closed makes one endless cell
        rows = []
    return (rows[-1] if len(rows) == row else []), reader.line_num


def required(form: Form) -> list[str]:
    """Headings without which a file does not have this form (tidied), most telling first."""
    names: list[str | None] = []
    if isinstance(form, RecordForm):
        names += [form.count, *(d.column for d in form.dimensions.values()), *form.location.address]
        names += [form.location.block, form.unique, form.reference_date, *form.keep]
    else:
        names += [form.area.column, form.feature, form.value, form.period.column, *form.values]
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


def fit(form: Form, cells: list[str]) -> Fit:
    """Compare the header cells of a file with a form."""
    names = unique_names(cells)
    needed = required(form)
    missing = [n for n in needed if n not in names]
    known = set(needed)
    headings: list[str] = []
    if isinstance(form, AreaForm):
        patterns = [tidy(c) for c in form.ignore_columns]
        known |= {n for n in names for p in patterns if fnmatchcase(n, p)}
        if form.period.by == "heading" and form.period.pattern:
            headings = [n for n in names if re.search(form.period.pattern, n)]
            if not headings:
                missing.append(form.period.pattern)
    twice = [n for n in repeated(cells) if n in known or n in headings]
    unknown = tuple(n for n in names if n not in known and n not in headings)
    return Fit(form, names, tuple(twice), tuple(missing), unknown)


def fit_csv(form: Form, text: str) -> Fit:
    """Compare the beginning of a CSV file with a form; recognises another separator than agreed."""
    if form.format.columns:
        return fit(form, list(form.format.columns))
    agreed = fit(form, csv_header(text, form.format.separator, form.format.header_row)[0])
    if agreed.missing:
        for other in SEPARATORS:
            if other == form.format.separator:
                continue
            attempt = fit(form, csv_header(text, other, form.format.header_row)[0])
            if len(attempt.names) > 1 and len(attempt.missing) < max(1, len(agreed.missing) // 2 + 1):
                return Fit(form, attempt.names, (), attempt.missing or agreed.missing, attempt.unknown, other)
    return agreed
