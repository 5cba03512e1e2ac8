"""What a figure is: its drawing and, always with it, its numbers as a table."""

from __future__ import annotations

from dataclasses import dataclass

from etl.publish import german

NOT_DISTINGUISHABLE = "nicht_unterscheidbar"


@dataclass(frozen=True)
class Figure:
    """A drawing with its numbers.

    ``svg``: a complete ``<svg>`` element with ``<title>`` and ``<desc>``, for HTML, WeasyPrint and Qt alike.
    ``columns`` and ``rows``: the same numbers as German texts; the first column names the row.
    """

    name: str
    title: str
    description: str
    svg: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Reading:
    """One published value, as drawn: in the unit of its indicator, with its 95 % interval and its state.

    ``compared``/``judged``: beside the city, ``german.COMPARED`` and ``german.JUDGED``. ``category``: number of the
    class. ``firm``: false where the class of an index is not. No number is kept where the state shows none.
    """

    value: float | None = None
    status: str = "gueltig"
    low: float | None = None
    high: float | None = None
    category: int | None = None
    compared: str | None = None
    judged: str | None = None
    trend: str | None = None
    quality: str = "exakt"
    period: str = ""
    firm: bool = True

    def __post_init__(self) -> None:
        if not self.shown and self.value is not None:
            raise ValueError(f"Zustand {self.status} zeigt keinen Wert")

    @property
    def shown(self) -> bool:
        """Whether there is a number to draw."""
        return self.value is not None and self.status in german.SHOWN

    @property
    def hatched(self) -> bool:
        """Whether the value is shown but does not tell the unit from the city, or its class is not firm."""
        return self.shown and (self.compared == NOT_DISTINGUISHABLE or not self.firm)


MISSING = Reading(status="fehlt")


@dataclass(frozen=True)
class Measure:
    """How the values of an indicator are written."""

    title: str
    unit: str
    decimals: int
    signed: bool = False
    """A plus is written before values above zero: balances and changes."""

    def text(self, value: float, *, unit: bool = True) -> str:
        """„16,3 %“, „+2,1 %“."""
        plus = "+" if self.signed and round(value, self.decimals) > 0 else ""
        return plus + german.number(value, self.decimals) + (german.unit_suffix(self.unit) if unit else "")

    def reading(self, reading: Reading, *, unit: bool = True, short: bool = False) -> str:
        """The value, or its state in words."""
        if reading.shown and reading.value is not None:
            return self.text(reading.value, unit=unit)
        return (german.STATUS_SHORT if short else german.STATUS).get(reading.status, reading.status)

    def interval(self, reading: Reading) -> str:
        """„15,1 bis 16,0“; a dash where there is none."""
        if not reading.shown or reading.low is None or reading.high is None:
            return "–"
        return f"{self.text(reading.low, unit=False)} bis {self.text(reading.high, unit=False)}"

    @property
    def heading(self) -> str:
        """„Anteil unter 18-Jähriger (%)“."""
        unit = german.unit_suffix(self.unit).strip()
        # „je 1 000“ must not break within the number.
        return f"{self.title} ({unit.replace('1 0', '1' + german.NBSP + '0')})" if unit else self.title
