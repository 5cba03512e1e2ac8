"""Figures as SVG, each with its numbers as a table: maps, bars, series, spine charts, age pyramids."""

from etl.publish.drawing.areas import Area, Areas, read_areas, short_name
from etl.publish.drawing.bars import bars_svg
from etl.publish.drawing.classes import Class, Scheme, index_scheme, indicator_scheme, measure_of
from etl.publish.drawing.figure import MISSING, Figure, Measure, Reading
from etl.publish.drawing.lines import Series, line_svg
from etl.publish.drawing.maps import choropleth_svg, locator_svg, multiples_svg
from etl.publish.drawing.pyramid import PyramidRow, pyramid_svg
from etl.publish.drawing.spine import SpineRow, compared_words, spine_svg

__all__ = [
    "MISSING",
    "Area",
    "Areas",
    "Class",
    "Figure",
    "Measure",
    "PyramidRow",
    "Reading",
    "Scheme",
    "Series",
    "SpineRow",
    "bars_svg",
    "choropleth_svg",
    "compared_words",
    "index_scheme",
    "indicator_scheme",
    "line_svg",
    "locator_svg",
    "measure_of",
    "multiples_svg",
    "pyramid_svg",
    "read_areas",
    "short_name",
    "spine_svg",
]
