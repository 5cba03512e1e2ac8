"""What stands on a page of a print layout, as plain data. Places and sizes in millimetres, letters in points."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass, field

from etl.catalogue import Catalogue
from etl.publish import german
from etl.publish.drawing.lines import MAIN

INK, QUIET, RULE, WARNING = "#1d2126", "#55595f", "#b9bec4", "#8a1c1c"
LEFT, WIDE = 15.0, 180.0
"""Left edge and width of what stands on an A4 page."""
PREFIX = "sozialbericht_"
"""Before the id of a layer in the project."""
EMPTY = '\'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"></svg>\''
"""The expression of a picture without anything: where a row has no data, and where there is no row."""


@dataclass(frozen=True)
class Box:
    """A place on a page: left and upper edge, width, height; ``page`` counts from 0."""

    x: float
    y: float
    width: float
    height: float
    page: int = 0


@dataclass(frozen=True)
class Label:
    """Text with expressions in ``[% %]``; without a box of its own."""

    box: Box
    text: str
    size: float = 8
    bold: bool = False
    italic: bool = False
    color: str = INK
    align: str = "left"
    vertical: str = "top"
    background: str = ""
    kind: str = "label"


@dataclass(frozen=True)
class Picture:
    """An SVG that an expression composes, without letters: these are labels, so that they stay text in a PDF."""

    box: Box
    expression: str
    kind: str = "picture"


@dataclass(frozen=True)
class Map:
    """A map: a map theme named by an expression, or fixed layers with their styles from top to bottom.

    ``time``: expression of the day whose values are shown; ``extent``: west, south, east, north, or empty for the area
    of the atlas with a margin.
    """

    box: Box
    name: str
    theme: str = ""
    layers: tuple[tuple[str, str], ...] = ()
    extent: tuple[float, ...] = ()
    time: str = ""
    show: str = ""
    """Expression: whether the map is drawn at all; empty: always."""
    kind: str = "map"


@dataclass(frozen=True)
class Legend:
    """The legend of a map: of these layers the ones that the map shows, in the style it shows them in."""

    box: Box
    map: str
    layers: tuple[str, ...]
    columns: int = 1
    heading: str = "Klassen, über alle Jahre gleich"
    kind: str = "legend"


@dataclass(frozen=True)
class ScaleBar:
    """A scale bar in kilometres for a map."""

    box: Box
    map: str
    kilometres: float
    """Of one segment."""
    segments: int = 2
    kind: str = "scalebar"


@dataclass(frozen=True)
class Rule:
    """A filled rectangle, or a line where it is thin."""

    box: Box
    color: str = RULE
    kind: str = "rule"


Item = Label | Picture | Map | Legend | ScaleBar | Rule


@dataclass(frozen=True)
class Atlas:
    """The layer whose rows are the pages: which, in which order, and what a page is called."""

    layer: str
    page_name: str
    file_name: str
    sort_by: str
    filter: str = ""


@dataclass(frozen=True)
class Layout:
    """A print layout: pages of one size, items from bottom to top."""

    name: str
    width: float
    height: float
    pages: int
    items: tuple[Item, ...]
    atlas: Atlas
    variables: dict[str, str] = field(default_factory=dict)
    """Layout variables that a reader may set in the program."""


def bar_length(catalogue: Catalogue) -> float:
    """Kilometres of a segment of a scale bar, a sixth of the city's width at most."""
    west, _south, east, _north = catalogue.city.view or catalogue.city.extent
    return next(length for length in (5.0, 2.0, 1.0, 0.5, 0.2, 0.0) if length <= (east - west) / 6000) or 0.1


def svg(view: tuple[float, float, float, float], *parts: str) -> str:
    """The expression of a picture: an SVG of this viewBox whose content is the joined ``parts`` (expressions)."""
    left, top, width, height = view
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{left} {top} {width} {height}">'
    content = " || ".join(["'" + head + "'", *parts, "'</svg>'"])
    # a column without a row is an error, an attribute of no row is nothing
    content = re.sub(r'(?<=from_json\()"(\w+)"', r"attribute(@atlas_feature, '\1')", content)
    return f"'base64:' || to_base64(coalesce({content}, {EMPTY}))"


_ARROW = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 20 30">'
    '<path d="M10,1L17,20L10,15.5Z" fill="#1d2126"/>'
    '<path d="M10,1L3,20L10,15.5Z" fill="#ffffff" stroke="#1d2126" stroke-width="0.9"/></svg>'
)


def north_arrow(x: float, y: float, page: int = 0) -> tuple[Item, ...]:
    """An arrow with its N below, 6 mm wide and 13 mm high."""
    packed = base64.b64encode(_ARROW.encode()).decode()
    return (
        Picture(Box(x, y, 6, 9, page), f"'base64:{packed}'"),
        Label(Box(x - 2, y + 8.6, 10, 4.4, page), "N", size=8, bold=True, align="center"),
    )


def number(value: str, decimals: int | str) -> str:
    """Expression of a number as Germans write it, with a true minus."""
    return f"replace(format_number({value}, {decimals}, 'de'), '-', '{german.MINUS}')"


def heading(x: float, y: float, width: float, text: str, page: int) -> list[Item]:
    """A title with a line below it."""
    return [
        Label(Box(x, y, width, 5, page), text, size=10, bold=True),
        Rule(Box(x, y + 5.4, width, 0.3, page), color=MAIN),
    ]
