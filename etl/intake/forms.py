"""Which of a source's forms a delivered file has: by its kind and its column names."""

from __future__ import annotations

from etl.catalogue import Source
from etl.catalogue.grids import GridForm
from etl.catalogue.sources import FileFormat, Form
from etl.errors import InputError, InputProblem, SozialberichtError
from etl.intake import fixedwidth, genesis, parquet, workbook
from etl.intake.archive import Delivered
from etl.intake.header import Fit, fit, fit_csv, required
from etl.intake.textfile import fits_encoding, head
from etl.intake.wording import similar

_KINDS = {
    "csv": "CSV",
    "fixed": "Textdatei mit festen Stellen",
    "genesis": "GENESIS-Tabelle (CSV)",
    "xlsx": "Excel-Arbeitsmappe (XLSX)",
    "parquet": "Parquet",
}


def _of_kind(form: Form, delivered: Delivered, *, wanted: bool) -> bool:
    """Whether a file of this kind can have the form at all; a text file has no header that tells fixed positions."""
    if form.format.type == "genesis":
        return delivered.kind == "csv" and (wanted or genesis.recognised(delivered.path) is not None)
    if form.format.type != "fixed" or delivered.kind != "csv":
        return form.format.type == delivered.kind
    return wanted or fixedwidth.looks_fixed(form.format, head(delivered.path, form.format.encoding))


def _fit(form: Form, delivered: Delivered) -> Fit:
    match delivered.kind:
        case "csv" if form.format.type == "genesis":
            missing = tuple(n for n in required(form) if n not in genesis.COLUMNS)
            return Fit(form, genesis.COLUMNS, (), missing, ())
        case "csv" if form.format.type == "fixed":
            names = tuple(fixedwidth.columns(form.format))
            return Fit(form, names, (), tuple(n for n in required(form) if n not in names), ())
        case "csv":
            return fit_csv(form, head(delivered.path, form.format.encoding))
        case "xlsx":
            return fit(form, workbook.header(delivered, form.format))
        case "parquet":
            return fit(form, parquet.header(delivered))


def _readable(form: Form, delivered: Delivered) -> bool:
    """Whether a text file is written in the form's encoding, as far as its beginning tells."""
    return delivered.kind != "csv" or fits_encoding(delivered.path, form.format.encoding)


def _as_workbook(form: Form) -> Form:
    """A form agreed as CSV when it comes as a workbook, such as a template that was filled in.

    Headings stand in the first row of the first visible sheet; columns, words and signs stay as agreed.
    """
    agreed = form.format
    sheet = FileFormat(type="xlsx", decimal=agreed.decimal, thousands=agreed.thousands, footer=agreed.footer)
    return form.model_copy(update={"format": sheet})


def choose_form(source: Source, delivered: Delivered, wanted: str | None) -> Fit:
    """The form that fits, the most demanding one where several do.

    Raises InputError that lists per form which columns are missing, with what they perhaps are called in the file.
    """
    candidates: list[Form] = [f for f in source.forms if not isinstance(f, GridForm)]
    if wanted is not None:
        names = [f.name for f in candidates]
        candidates = [f for f in candidates if f.name == wanted]
        if not candidates:
            close = similar(wanted, names)
            hint = f"gemeint ist vielleicht „{close}“" if close else f"bekannt sind {', '.join(names)}"
            raise SozialberichtError(f"Die Form „{wanted}“ gibt es bei der Quelle {source.code} nicht; {hint}.")
    of_kind = [f for f in candidates if _of_kind(f, delivered, wanted=wanted is not None)]
    if not of_kind and delivered.kind == "xlsx":
        of_kind = [_as_workbook(f) for f in candidates if f.format.type == "csv" and not f.format.columns]
    if not of_kind:
        expected = ", ".join(sorted({_KINDS[f.format.type] for f in candidates}))
        reason = f"die Datei ist {_KINDS[delivered.kind]}, die Quelle {source.code} kommt als {expected}"
        raise InputError(InputProblem(delivered.name, reason))
    fits = [_fit(form, delivered) for form in of_kind]
    good = [f for f in fits if f.fits and f.separator is None]
    if good:
        return max(good, key=lambda f: (_readable(f.form, delivered), len(required(f.form))))
    fits.sort(key=lambda f: (f.separator is None, len(f.missing)))
    problems = []
    for attempt in fits:
        prefix = f"Form „{attempt.form.name}“: " if len(fits) > 1 else ""
        line = attempt.form.format.header_row
        problems += [InputProblem(delivered.name, prefix + fault, line=line) for fault in attempt.faults()]
    raise InputError(*problems)
