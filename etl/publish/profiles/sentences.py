"""Plain, neutral sentences about an area: only what differs beyond chance, only from numbers that are shown.

A value that is withheld, or a city's that is not shown, leads to no sentence at all: silence must not tell either, so
that nothing here counts or names what is missing.
"""

from __future__ import annotations

from collections.abc import Sequence

from etl.publish import german
from etl.publish.drawing.figure import NOT_DISTINGUISHABLE
from etl.publish.profiles.model import IndexLine, KeyFigure, TypeLine

MOST = 5
"""Sentences of a kind; the largest distances come first."""
STRICT = "bei gemeinsamer Prüfung aller Gebiete und Kennzahlen nicht gesichert"
JUDGEMENT = {("schlecht", "steigend"): "unguenstiger", ("schlecht", "fallend"): "guenstiger",
             ("gut", "steigend"): "guenstiger", ("gut", "fallend"): "unguenstiger"}  # fmt: skip
MOVED = {"steigend": "gestiegen", "fallend": "gesunken"}


def compared_sentence(figure: KeyFigure, city_name: str) -> str:
    """„Arbeitslosenanteil: 2,7 %, niedriger als in Norderstedt (4,1 %); seit 2021 gesunken.“."""
    value, city = figure.reading, figure.city
    words = german.COMPARED[value.compared or ""]
    text = (
        f"{figure.measure.title}: {figure.measure.reading(value)} ({value.period}), {words} als in {city_name} "
        f"({figure.measure.reading(city)})"
    )
    if not figure.firm_among_all:
        text += f"; {STRICT}"
    moved = _moved(figure)
    return f"{text}; {moved}." if moved else f"{text}."


def _apart(figure: KeyFigure) -> bool:
    """Whether both values are shown and differ beyond chance."""
    both = figure.reading.shown and figure.city.shown
    return both and figure.reading.compared not in (None, NOT_DISTINGUISHABLE)


def trend_sentence(figure: KeyFigure) -> str:
    """„Kinderarmut: seit 2021 gestiegen, zuletzt 15,2 % (2025).“."""
    return (
        f"{figure.measure.title}: {_moved(figure)}, zuletzt {figure.measure.reading(figure.reading)} "
        f"({figure.reading.period})."
    )


def _moved(figure: KeyFigure) -> str:
    """„seit 2021 gestiegen“: the trend covers the five years up to the period; empty where there is none."""
    if figure.reading.trend not in MOVED or len(figure.periods) < TREND_YEARS:
        return ""
    first, last = figure.periods[-TREND_YEARS], figure.periods[-1]
    if int(last[:4]) - int(first[:4]) != TREND_YEARS - 1:
        return ""
    return f"seit {first} {MOVED[figure.reading.trend]}"


TREND_YEARS = 5


def judged(figures: Sequence[KeyFigure], wanted: str, city_name: str) -> tuple[str, ...]:
    """Sentences about what is ``wanted`` (guenstiger, unguenstiger): differences, then developments of the rest."""
    shown = [f for f in figures if f.reading.shown]
    apart = [f for f in shown if _apart(f) and f.reading.judged == wanted]
    apart.sort(key=lambda f: (-abs(f.position or 0.0), f.code))
    told = {f.code for f in shown if _apart(f)}
    moving = [f for f in shown if f.code not in told and _moved(f)
              and JUDGEMENT.get((f.polarity, f.reading.trend or "")) == wanted]  # fmt: skip
    return tuple([*(compared_sentence(f, city_name) for f in apart), *(trend_sentence(f) for f in moving)][:MOST])


def remarkable(figures: Sequence[KeyFigure], city_name: str) -> tuple[str, ...]:
    """Differences of neutral key figures, largest first."""
    apart = [f for f in figures if _apart(f) and f.reading.judged is None]
    apart.sort(key=lambda f: (-abs(f.position or 0.0), f.code))
    return tuple(compared_sentence(f, city_name) for f in apart[:MOST])


def situation(indices: Sequence[IndexLine], types: Sequence[TypeLine]) -> tuple[str, ...]:
    """What the indices and types say, each with how firm it is; nothing of an index without a class."""
    told = []
    for line in indices:
        if not line.shown:
            continue
        text = f"{line.title} {line.period}: Klasse „{line.label}“"
        if line.ranks and line.areas:
            first, last = line.ranks
            place = f"Rang {first}" if first == last else f"Rang {first} bis {last}"
            text += f", {place} von {line.areas} (1: höchster Indexwert)"
        firmness = "Die Klasse ist gesichert." if line.firm else (
            "Die Klasse ist nicht gesichert: Bei leicht veränderten Annahmen könnte es eine benachbarte sein."
        )  # fmt: skip
        told.append(f"{text}. {firmness}")
    for kind in types:
        firmness = (
            "" if kind.firm else " Die Einteilung in Typen ist nicht gesichert; sie ist eine Lesehilfe, kein Urteil."
        )
        told.append(f"{kind.name}. {kind.description}{firmness}".strip())
    return tuple(told)


def notes(figures: Sequence[KeyFigure], *, provisional: bool, synthetic: bool) -> tuple[str, ...]:
    """What to bear in mind with these data; never anything about what is withheld."""
    told = []
    if synthetic:
        told.append("Alle Zahlen sind synthetisch: Sie sind erfunden und sagen nichts über die wirkliche Stadt.")
    if provisional:
        told.append("Die Einteilung der Gebiete ist vorläufig; mit der beschlossenen können sich die Werte ändern.")
    estimated = [f.measure.title for f in figures if f.reading.shown and f.reading.quality == "geschaetzt"]
    _list(told, "Geschätzt, weil das Gebiet neu zugeschnitten wurde", estimated)
    unsure = [f.measure.title for f in figures if f.reading.shown and f.reading.status == "unsicher"]
    _list(told, "Nach Angabe der liefernden Stelle unsicher", unsure)
    broken = [f.measure.title for f in figures if any(r.status == "nicht_vergleichbar" for r in (f.reading, *f.series))]
    _list(told, "Nicht über alle Jahre vergleichbar", broken)
    if any(f.reading.shown and f.reading.compared == NOT_DISTINGUISHABLE for f in figures):
        told.append(
            "„Nicht unterscheidbar“ heißt: Der Abstand zur Stadt liegt im Bereich dessen, was der Zufall erklärt."
        )
    periods = sorted({f.reading.period for f in figures if f.reading.shown})
    if len(periods) > 1:
        listed = ", ".join(periods)
        told.append(f"Die Werte haben verschiedene Zeiträume ({listed}); es gilt je Kennzahl der jüngste.")
    return tuple(told)


def _list(told: list[str], words: str, titles: Sequence[str]) -> None:
    if titles:
        told.append(f"{words}: {'; '.join(titles)}.")
