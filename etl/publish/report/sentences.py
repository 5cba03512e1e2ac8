"""Generated sentences about an indicator: neutral, with uncertainty, and only about what is shown.

How to write is said in docs/methods/wording.md. No sentence tells of values that are not there.
"""

from __future__ import annotations

from collections.abc import Sequence

from etl.publish import german
from etl.publish.drawing.figure import Measure
from etl.publish.report.numbers import Numbers, Row, Unit

MOST_NAMES = 5
YEARS = {1: "einem Jahr", 3: "drei Jahren", 5: "fünf Jahren"}


def listed(names: Sequence[str]) -> str:
    """„A, B und C“."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} und {names[-1]}"


def difference(measure: Measure, value: float) -> str:
    """The size of a change without its sign, in percentage points where the value is in percent."""
    text = german.number(abs(value), measure.decimals)
    if measure.unit == "%":
        return f"{text}{german.NBSP}Prozentpunkte"
    return text + german.unit_suffix(measure.unit)


def of_the_city(numbers: Numbers, code: str) -> str:
    """The city's newest value and how it changed; empty where there is none."""
    measure, city = numbers.measure(code), numbers.city
    reading = numbers.show(code, city)
    if not reading.shown:
        return ""
    sentences = [f"{measure.reading(reading)} in der ganzen Stadt ({numbers.when(code)})."]
    changes = numbers.change(code, city)
    if changes and numbers.catalogue.indicator[code].kind != "veraenderung":
        sentences.append(_changed(measure, max(changes), changes[max(changes)]))
    return " ".join(sentences)


def _changed(measure: Measure, years: int, row: Row) -> str:
    value, word = row["veraenderung"], row["ergebnis"]
    since = f"Gegenüber dem Stand vor {YEARS[years]}"
    if word == "nicht_unterscheidbar":
        return f"{since} ist keine Veränderung zu erkennen."
    if round(value, measure.decimals) == 0:
        return f"{since} hat sich der Wert kaum verändert."
    direction = "mehr" if value > 0 else "weniger"
    size = difference(measure, value)
    if word is None:
        return f"{since} sind es {size} {direction}."
    low, high = (german.number(row[c], measure.decimals) for c in ("ki_unten", "ki_oben"))
    sure = f" (95-%-Bereich der Veränderung {low} bis {high})"
    return f"{since} sind es {size} {direction}{sure}."


def of_the_units(numbers: Numbers, code: str) -> str:
    """How the units of the finest level differ, as far as their values are shown."""
    level = numbers.level_of(code)
    if level == numbers.city.level:
        return ""
    measure = numbers.measure(code)
    units = numbers.units[level]
    shown = [(r.value, u.name) for u in units if (r := numbers.show(code, u)).shown and r.value is not None]
    if len(shown) < 2:
        return ""
    plural = numbers.plural(level)
    low, high = min(value for value, _ in shown), max(value for value, _ in shown)
    if low == high:
        return f"Die gezeigten Werte der {plural} sind gleich."
    ends = [f"{measure.text(end)} ({_where(shown, end)})" for end in (low, high)]
    sentences = [f"Die gezeigten Werte der {plural} liegen zwischen {ends[0]} und {ends[1]}."]
    above, below = (_firm(numbers, code, units, word) for word in ("hoeher", "niedriger"))
    if above or below:
        sentences.append(_apart(numbers, level, above, below))
    elif any((row := numbers.row(code, u)) and row["vergleich_rest"] for u in units):
        sentences.append(
            "Ein gesicherter Unterschied zur übrigen Stadt ist bei keinem der gezeigten Werte zu erkennen."
        )
    return " ".join(sentences)


def _firm(numbers: Numbers, code: str, units: Sequence[Unit], word: str) -> list[str]:
    """Names of the units that differ from the rest of the city, even when all comparisons of the year are counted."""
    found = []
    for unit in units:
        row = numbers.row(code, unit)
        if row is not None and row["vergleich_rest"] == word and row["signifikant_bh"]:
            found.append((row["wert"], unit.name))
    return [name for _, name in sorted(found, reverse=word == "hoeher")]


def _where(shown: Sequence[tuple[float, str]], value: float) -> str:
    names = [name for found, name in shown if found == value]
    return names[0] if len(names) == 1 else "mehrere Gebiete"


def _apart(numbers: Numbers, level: str, above: list[str], below: list[str]) -> str:
    """„Gesichert über der übrigen Stadt liegen 3 Bezirke (A, B und C), gesichert darunter 1 Bezirk (D).“"""
    places = ("über der übrigen Stadt", "darunter" if above else "unter der übrigen Stadt")
    parts: list[str] = []
    for names, where in ((above, places[0]), (below, places[1])):
        if names:
            noun = numbers.singular(level) if len(names) == 1 else numbers.plural(level)
            verb = "" if parts else " liegt" if len(names) == 1 else " liegen"
            told = f" ({listed(names)})" if len(names) <= MOST_NAMES else ""
            parts.append(f"gesichert {where}{verb} {len(names)} {noun}{told}")
    told = ", ".join(parts)
    return f"{told[0].upper()}{told[1:]}."


TRENDS = {
    "steigend": "Über die letzten fünf Jahre steigt der Wert der Stadt gesichert.",
    "fallend": "Über die letzten fünf Jahre fällt der Wert der Stadt gesichert.",
    "kein_trend": "Über die letzten fünf Jahre ist für die Stadt keine Richtung gesichert.",
}


def of_the_series(numbers: Numbers, code: str) -> str:
    """What the city's trend says."""
    return TRENDS.get(numbers.newest(code, numbers.city).trend or "", "")


def key_messages(numbers: Numbers, codes: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """Title and sentences of each indicator that the city shows a value of."""
    found = []
    for code in codes:
        told = " ".join(s for s in (of_the_city(numbers, code), of_the_units(numbers, code)) if s)
        if told:
            found.append((f"{numbers.catalogue.indicator[code].title}:", told))
    return tuple(found)
