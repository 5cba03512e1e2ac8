"""Classes of a map and their signs, from the catalogue's fixed breaks and the shared colours."""

from __future__ import annotations

from dataclasses import dataclass

from etl.catalogue import Indicator
from etl.catalogue.indices import Index
from etl.publish import colours, german
from etl.publish.drawing.figure import Measure, Reading

SIGNED_KINDS = ("veraenderung", "saldo")
NOT_DISTINCT = "nicht von der Stadt unterscheidbar"
NOT_FIRM = "Klasse nicht gesichert"
TYPE_NOT_FIRM = "Zuordnung nicht gesichert"


@dataclass(frozen=True)
class Class:
    """A class: its number in the views, its German name, fill ``#rrggbb``, and a letter or sign on the map."""

    number: int
    label: str
    fill: str
    mark: str = ""


@dataclass(frozen=True)
class Scheme:
    """The classes of an indicator or index, lowest first, and what a hatch means."""

    measure: Measure
    classes: tuple[Class, ...]
    hatched: str = NOT_DISTINCT

    def of(self, reading: Reading) -> Class | None:
        """The class a reading is drawn in; None where it has no value."""
        if not reading.shown:
            return None
        if len(self.classes) == 1:
            return self.classes[0]
        return next((c for c in self.classes if c.number == reading.category), None)


def measure_of(indicator: Indicator) -> Measure:
    """How an indicator's values are written."""
    return Measure(indicator.title, indicator.unit, indicator.decimals, signed=indicator.kind in SIGNED_KINDS)


def indicator_scheme(indicator: Indicator) -> Scheme:
    """The same classes and colours as the indicator's style in QGIS."""
    measure = measure_of(indicator)
    if not indicator.class_breaks:
        return Scheme(measure, (Class(1, "Wert vorhanden", colours.SEQUENTIAL[indicator.polarity][2]),))
    fills = colours.class_colours(indicator.class_breaks, indicator.polarity, diverging=measure.signed)
    labels = german.class_labels(indicator.class_breaks, indicator.unit)
    return Scheme(
        measure, tuple(Class(n, label, fill) for n, (label, fill) in enumerate(zip(labels, fills, strict=True), 1))
    )


def index_scheme(index: Index, indices: tuple[Index, ...]) -> Scheme:
    """Classes of an index: darker means more burden. A cross: colours of the first, signs of the second."""
    measure = Measure(index.title, "", index.decimals)
    if index.cross is None:
        return Scheme(measure, _plain(index), NOT_FIRM)
    known = {i.code: i for i in indices}
    fills = {c.number: c for c in _plain(known[index.cross.rows])}
    across = [c.code for c in known[index.cross.columns].classes]
    signs = dict(zip(across, _SIGNS.get(len(across), [""] * len(across)), strict=True))
    classes = tuple(
        Class(code, label, fills[code // 10].fill, signs[code % 10])
        for code, label in sorted(index.cross.labels.items())
    )
    return Scheme(measure, classes, NOT_FIRM)


_SIGNS: dict[int, tuple[str, ...]] = {
    1: ("",),
    2: ("+", german.MINUS),
    3: ("+", "=", german.MINUS),
    4: ("++", "+", german.MINUS, german.MINUS * 2),
    5: ("++", "+", "=", german.MINUS, german.MINUS * 2),
}
"""For classes from favourable to unfavourable."""


def _plain(index: Index) -> tuple[Class, ...]:
    fills = colours.ramp(colours.SEQUENTIAL[index.polarity], len(index.classes))
    return tuple(Class(c.code, c.label, fill) for c, fill in zip(index.classes, fills, strict=True))
