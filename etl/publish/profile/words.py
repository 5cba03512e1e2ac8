"""Codes of the catalogue in the words of an office."""

from __future__ import annotations

from datetime import date

from etl.catalogue import Catalogue, Source
from etl.catalogue.needs import MONTHS, due, reference_point
from etl.publish import german

PERIODICITY = {
    "jaehrlich": "jährlich",
    "vierteljaehrlich": "vierteljährlich",
    "halbjaehrlich": "halbjährlich",
    "schuljahr": "je Schuljahr",
    "einmalig": "einmalig",
}
RISK = {"gering": "gering", "mittel": "mittel", "hoch": "hoch", "sehr_hoch": "sehr hoch"}
PLACE = {
    "wohnort": "Anschrift (bei Personen der Wohnort)",
    "standort": "Standort der Einrichtung",
    "arbeitsort": "Arbeitsort",
}
POLARITY = {"gut": "hohe Werte sind günstig", "schlecht": "hohe Werte sind ungünstig", "neutral": "ohne Wertung"}
INTERVAL = {
    "keine": "keines",
    "wilson": "Wilson",
    "byar": "Byar, bei weniger als 10 Fällen exakt",
    "delta": "Delta-Verfahren",
    "t": "t-Verteilung",
    "bootstrap": "Bootstrap",
}
SIGN = {
    "gueltig": "gültiger Wert",
    "geheim": "geheim gehalten",
    "unsicher": "eingeschränkt verlässlich",
    "folgt": "folgt später",
    "fehlt": "nicht vorhanden",
    "nicht_sinnvoll": "nicht sinnvoll",
    "nicht_vergleichbar": "nicht vergleichbar",
}
FILE = {
    "csv": "CSV",
    "xlsx": "Excel-Arbeitsmappe (XLSX)",
    "parquet": "Parquet",
    "fixed": "Textdatei mit festen Stellen",
    "genesis": "GENESIS-Tabelle",
}
ENCODING = {"utf-8": "UTF-8", "cp1252": "Windows-1252", "iso-8859-1": "ISO 8859-1"}
SEPARATOR = {";": "Semikolon", ",": "Komma", "\t": "Tabulator", "|": "senkrechter Strich"}


def level(catalogue: Catalogue, code: str) -> str:
    """Title of a level; blocks and comparison areas have titles of their own."""
    titles = {lv.code: lv.title for lv in catalogue.city.levels}
    return {"block": "Baublock", "vergleichsraum": "Vergleichsraum", **titles}.get(code, code)


def levels(catalogue: Catalogue, code: str) -> str:
    """Plural title of a level."""
    titles = {lv.code: lv.plural for lv in catalogue.city.levels}
    return {"block": "Baublöcke", "vergleichsraum": "Vergleichsräume", **titles}.get(code, code)


def reference(source: Source) -> str:
    """The reference date or period of a source in words."""
    if source.periodicity in MONTHS:
        ends = ("31.03., 30.06., 30.09., 31.12.", "30.06., 31.12.")[source.periodicity == "halbjaehrlich"]
        return f"Stichtage {ends}" if source.reference == "stock" else f"Zeiträume bis {ends}"
    point = reference_point(source)
    if source.periodicity == "schuljahr":
        if "reference_day" in source.model_fields_set:
            return f"Schuljahr, Stand {point.day:02}.{point.month:02}."
        return "Schuljahr (01.08. bis 31.07.)"
    if source.reference == "flow":
        return "Kalenderjahr"
    return f"Stichtag {point.day:02}.{point.month:02}."


def next_due(source: Source, today: date) -> tuple[str, date]:
    """The next period that falls due from ``today`` on, and the day."""
    if source.periodicity == "einmalig":
        year = source.first_year or today.year
        return str(year), due(source, year)
    year = today.year - 2
    while due(source, year) < today:
        year += 1
    return (f"{year}/{(year + 1) % 100:02d}" if source.periodicity == "schuljahr" else str(year)), due(source, year)


def number(value: float) -> str:
    """``12.5`` as „12,5“, ``1000`` as „1.000“; at most four decimals."""
    decimals = next(d for d in range(5) if d == 4 or round(value, d) == value)
    return german.number(value, decimals)


def enumerated(words: tuple[str, ...] | list[str], last: str = "und") -> str:
    """„a, b und c“."""
    held = list(words)
    return held[0] if len(held) == 1 else f"{', '.join(held[:-1])} {last} {held[-1]}" if held else ""
