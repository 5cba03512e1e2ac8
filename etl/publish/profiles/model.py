"""What the profile of an area holds; everything in it is published, so that any part may be shown."""

from __future__ import annotations

from dataclasses import dataclass

from etl.publish.drawing import Measure, PyramidRow, Reading, SpineRow


@dataclass(frozen=True)
class KeyFigure:
    """A key figure of the area beside the city.

    ``others``: the shown values of all areas of the level in the same period; empty for counts, which are not measured
    against the city. ``periods``, ``series`` and ``city_series``: the same readings over the years, oldest first.
    """

    code: str
    theme: str
    theme_title: str
    measure: Measure
    polarity: str
    reading: Reading
    city: Reading
    others: tuple[float, ...]
    periods: tuple[str, ...]
    series: tuple[Reading, ...]
    city_series: tuple[Reading, ...]
    firm_among_all: bool = True
    """Whether the difference holds when all areas and indicators of the year are tested together."""

    @property
    def row(self) -> SpineRow:
        """The key figure as a row of the spine chart."""
        return SpineRow(self.theme_title, self.measure, self.reading, self.city, self.others)

    @property
    def position(self) -> float | None:
        """Distance from the city in standard deviations between the areas; None where there is none."""
        return self.row.position(self.reading.value) if self.reading.shown else None


@dataclass(frozen=True)
class IndexLine:
    """Class of the area in an index; ``label`` is the state in words where there is no class. Rank 1: highest value."""

    code: str
    title: str
    label: str
    category: int | None
    period: str
    shown: bool
    firm: bool
    ranks: tuple[int, int] | None
    areas: int | None


@dataclass(frozen=True)
class TypeLine:
    """Type of the area in a typology, with the typology's own description."""

    title: str
    name: str
    description: str
    firm: bool


@dataclass(frozen=True)
class Facility:
    """A public facility that lies in the area."""

    kind: str
    name: str
    address: str


@dataclass(frozen=True)
class Pyramid:
    """Inhabitants by age and sex, youngest first; ``total`` is None where it is not shown."""

    period: str
    rows: tuple[PyramidRow, ...]
    total: float | None


@dataclass(frozen=True)
class Profile:
    """Everything that report, atlas and profile sheet say about an area of the lowest mapped level."""

    level: str
    level_title: str
    key: str
    name: str
    parent: str
    parent_name: str
    city_name: str
    inhabitants: int | None
    inhabitants_period: str
    hectares: float
    version: str
    provisional: bool
    synthetic: bool
    figures: tuple[KeyFigure, ...]
    leading: tuple[str, ...]
    """Codes of the key figures whose series are drawn, one a theme."""
    pyramid: Pyramid | None
    indices: tuple[IndexLine, ...]
    types: tuple[TypeLine, ...]
    situation: tuple[str, ...]
    """Sentences about indices and types."""
    strengths: tuple[str, ...]
    strains: tuple[str, ...]
    remarkable: tuple[str, ...]
    """Sentences about differences that nobody judges good or bad."""
    facilities: tuple[Facility, ...]
    notes: tuple[str, ...]

    @property
    def anchor(self) -> str:
        """Its stable address within the report."""
        return f"profil-{self.key}"

    def figure(self, code: str) -> KeyFigure | None:
        """A key figure by its code."""
        return next((f for f in self.figures if f.code == code), None)
