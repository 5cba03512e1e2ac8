"""Profiles of areas: what report, web atlas and profile sheets say about each, in the same words."""

from etl.publish.profiles.build import profiles, reading_of
from etl.publish.profiles.figures import locator_figure, pyramid_figure, series_figure, spine_figure
from etl.publish.profiles.model import Facility, IndexLine, KeyFigure, Profile, Pyramid, TypeLine

__all__ = [
    "Facility",
    "IndexLine",
    "KeyFigure",
    "Profile",
    "Pyramid",
    "TypeLine",
    "locator_figure",
    "profiles",
    "pyramid_figure",
    "reading_of",
    "series_figure",
    "spine_figure",
]
