"""Figures read back: their elements by tag, and a city of four squares to draw."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import shapely

from etl.publish.drawing import Area, Areas

NS = "{http://www.w3.org/2000/svg}"
PLAIN = {"svg", "title", "desc", "path", "rect", "line", "circle", "text"}
"""All that browsers, WeasyPrint and Qt draw alike."""


def parsed(svg: str) -> ET.Element:
    """The drawing as a tree."""
    return ET.fromstring(svg)  # noqa: S314  # our own drawing


def tags(svg: str, tag: str) -> list[dict[str, str]]:
    """Attributes of all elements of a kind."""
    return [dict(e.attrib) for e in parsed(svg).iter(NS + tag)]


def words(svg: str) -> list[str]:
    """All texts on the drawing."""
    return [e.text or "" for e in parsed(svg).iter(NS + "text")]


def four_squares() -> Areas:
    """Four units of 1 km² in two parents: keys 11, 12, 21, 22."""

    def area(key: str, x: int, y: int, parent: str, size: int = 1000) -> Area:
        square = shapely.box(x, y, x + size, y + size)
        return Area(key, f"Gebiet {key}", square, (x + size / 2, y + size / 2), size / 2, parent)

    units = tuple(area(f"{p}{n}", 1000 * (p - 1), 1000 * (n - 1), str(p)) for p in (1, 2) for n in (1, 2))
    parents = tuple(
        Area(str(p), f"Teil {p}", shapely.box(1000 * (p - 1), 0, 1000 * p, 2000), (1000 * p - 500, 1000), 500)
        for p in (1, 2)
    )
    return Areas("bezirk", units, parents, (0, 0, 2000, 2000))
