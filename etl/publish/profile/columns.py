"""The columns of a form as the delivering office needs them: what stands in them, and what is allowed."""

from __future__ import annotations

from dataclasses import dataclass

from etl.catalogue import AreaForm, Catalogue, RecordForm, Source
from etl.catalogue.sources import Dimension, FileFormat, Symbol
from etl.publish.profile.words import ENCODING, FILE, SEPARATOR, SIGN, enumerated, level, number

ADDRESS = (
    ("Straßenschlüssel der Stadt", "Text, führende Nullen erhalten"),
    ("Hausnummer", "ganze Zahl"),
    ("Zusatz zur Hausnummer", "Buchstabe oder leer"),
)


@dataclass(frozen=True)
class Column:
    """One column: heading, content, allowed entries; ``sample`` is an entry that the intake accepts."""

    name: str
    content: str
    allowed: str
    sample: str = ""


def counted_form(source: Source) -> RecordForm | AreaForm | None:
    """The form in which an office that keeps no separated statistics office delivers: counted, never by person.

    None where a source is only fetched (official statistics, census grids).
    """
    forms = [f for f in source.forms if isinstance(f, RecordForm | AreaForm)]
    fit = [f for f in forms if f.format.type in ("csv", "xlsx")]
    fit = [f for f in fit if isinstance(f, AreaForm) or not f.person_level]
    tables = [f for f in fit if isinstance(f, AreaForm) and f.format.type == "xlsx"]
    return (tables or fit or [None])[0]


def columns_of(catalogue: Catalogue, source: Source, form: RecordForm | AreaForm) -> tuple[Column, ...]:
    """All columns that a file of this form must have, in a sensible order."""
    return _of_records(form) if isinstance(form, RecordForm) else _of_areas(catalogue, source, form)


def _of_records(form: RecordForm) -> tuple[Column, ...]:
    out: list[Column] = []
    if form.unique:
        out.append(Column(form.unique, "laufende Nummer, jede nur einmal", "Text", "1"))
    if form.reference_date:
        out.append(Column(form.reference_date, "Stichtag der Lieferung", "TT.MM.JJJJ, in allen Zeilen gleich", "§date"))
    if form.event_date:
        out.append(Column(form.event_date, "Tag des Ereignisses", "TT.MM.JJJJ, im Zeitraum der Lieferung", "§date"))
    if form.location.block:
        out.append(Column(form.location.block, "Schlüssel des Baublocks", "wie von der Stadt vergeben"))
    for name, (content, allowed) in zip(form.location.address, ADDRESS, strict=False):
        out.append(Column(name, content, allowed))
    for name, (content, allowed) in zip(form.moves.origin if form.moves else (), ADDRESS, strict=False):
        out.append(Column(name, f"{content} der Herkunft", allowed))
    for name, words in form.keep.items():
        known = (*words, *form.keep_known.get(name, ()))
        out.append(Column(name, f"gezählt wird {enumerated(words, 'oder')}", ", ".join(known), words[0]))
    for code, dimension in form.dimensions.items():
        if dimension.column not in {c.name for c in out}:
            out.append(_dimension(code, dimension))
    if form.count:
        out.append(Column(form.count, "Anzahl in dieser Zeile", "ganze Zahl ab 1", "1"))
    return tuple(out)


def _dimension(code: str, dimension: Dimension) -> Column:
    date = {"dd.mm.yyyy": "TT.MM.JJJJ", "yyyy-mm-dd": "JJJJ-MM-TT", "yyyymmdd": "JJJJMMTT"}[dimension.date_format]
    match dimension.type:
        case "age":
            span = f"ganze Zahl von {dimension.min} bis {dimension.max}"
            return Column(dimension.column, "Alter in vollendeten Jahren am Stichtag", span, str(dimension.min))
        case "birth_date":
            return Column(dimension.column, "Geburtsdatum", date)
        case "age_limit":
            return Column(dimension.column, "Geburtsdatum (wird zu unter oder ab der Altersgrenze)", date)
        case "number":
            span = f"ganze Zahl von {number(dimension.min)} bis {number(dimension.max)}"
            return Column(dimension.column, f"Merkmal „{code}“", span, str(dimension.min))
        case "year":
            return Column(dimension.column, f"Jahr oder Datum („{code}“)", f"JJJJ oder {date}", "2030")
        case "code":
            words = list(dimension.values)
            allowed = ", ".join(words) + ("; jeder andere Schlüssel gilt als „sonstige“" if dimension.other else "")
            return Column(dimension.column, f"Merkmal „{code}“", allowed, words[0])
        case _:
            return Column(dimension.column, f"Merkmal „{code}“", "Text", "x")


def _of_areas(catalogue: Catalogue, source: Source, form: AreaForm) -> tuple[Column, ...]:
    titles = {m.column: m.title for m in catalogue.measures_of(source.code) if m.column}
    signs = f"Zahl oder Zeichen ({', '.join(_sign(s) for s in form.symbols)})" if form.symbols else "Zahl"
    out: list[Column] = []
    area = level(catalogue, form.level)
    if form.area.column:
        special = [*form.area.unlocated, *form.area.total]
        words = f"{'Schlüssel' if form.area.by == 'key' else 'Name'} wie von der Stadt vergeben"
        words += f"; dazu: {', '.join(special)}" if special else ""
        out.append(Column(form.area.column, area, words))
    if form.area.grid:
        out += [
            Column(n, "Mittelpunkt der Gitterzelle, EPSG:3035", "Meter") for n in (form.area.grid.x, form.area.grid.y)
        ]
    if form.period.by == "column" and form.period.column:
        out.append(Column(form.period.column, "Zeitraum der Zeile", _period(source), "§period"))
    for name, words_ in form.only.items():
        out.append(Column(name, f"gezählt wird {enumerated(words_, 'oder')}", ", ".join(words_), words_[0]))
    if form.feature:
        words = ", ".join(form.features)
        out.append(Column(form.feature, "was gezählt ist", words, next(iter(form.features), "")))
    if form.period.by == "heading":
        out.append(Column("§period", f"eine Spalte je Stichtag ({_period(source)})", signs, "10"))
    if form.value:
        out.append(Column(form.value, "Anzahl", signs, "10"))
    out += [Column(heading, titles.get(code, code), signs, "10") for heading, code in form.values.items()]
    return tuple(out)


def _period(source: Source) -> str:
    return {
        "vierteljaehrlich": "Monat als JJJJMM",
        "schuljahr": "Schuljahr, zum Beispiel 2024/25",
    }.get(source.periodicity, "Jahr JJJJ oder Datum TT.MM.JJJJ")


def _sign(sign: str) -> str:
    return sign or "leer"


def signs_of(form: AreaForm) -> tuple[tuple[str, str], ...]:
    """Signs of a form and what they mean."""
    return tuple((_sign(sign), _meaning(symbol)) for sign, symbol in form.symbols.items())


def _meaning(symbol: Symbol) -> str:
    words = SIGN[symbol.status]
    if symbol.value is not None:
        words = number(symbol.value) if symbol.status == "gueltig" else f"{number(symbol.value)}, {words}"
    if symbol.at_least is not None and symbol.at_most is not None:
        words += f" (zwischen {number(symbol.at_least)} und {number(symbol.at_most)})"
    return words


def layout(form: RecordForm | AreaForm) -> str:
    """The kind of file in one sentence."""
    words = FILE[form.format.type]
    if form.format.type == "csv":
        separator = SEPARATOR.get(form.format.separator, form.format.separator)
        words += f", {ENCODING.get(form.format.encoding, form.format.encoding)}, Trennzeichen {separator}"
    return words + _heading(form.format)


def _heading(layout: FileFormat) -> str:
    if layout.type == "fixed":
        return ", ohne Spaltennamen"
    if layout.header_rows > 1:
        return f", Spaltennamen in den Zeilen {layout.header_row} bis {layout.header_row + layout.header_rows - 1}"
    return f", Spaltennamen in Zeile {layout.header_row}"
