"""Colour ramps of the maps: safe for colour-blind readers, darker means more, never red against green.

The ramps are interpolated in the OKLab space (Björn Ottosson, 2020, "A perceptual color space for image processing"),
where equal steps look equal.
"""

from __future__ import annotations

from collections.abc import Sequence

Rgb = tuple[float, float, float]

# Light to dark; the lightest still stands out from white paper and from the grey of "keine Angabe".
SEQUENTIAL = {
    "neutral": ("#f3f0c4", "#a5d3b4", "#4fa6b5", "#2b6ea6", "#1c2f6b"),
    "schlecht": ("#fbeec2", "#f5bf74", "#de7d3f", "#a8403f", "#551a45"),
    "gut": ("#d6e7f8", "#aec9e8", "#7a9ed0", "#4a6cb0", "#252f72"),
}
BELOW_ZERO = ("#f5dfbd", "#cf8636", "#7a3b0c")
ABOVE_ZERO = ("#cde5f2", "#5f9fc9", "#143f73")

# For kinds that have no order: told apart by lightness too, none of them red against green.
CATEGORIES = (
    "#7fb3d9", "#ecca77", "#3f5f99", "#c98f5d", "#cfe3b4", "#7a4f7d", "#5fa59b", "#f1dfe6", "#8c6b3f", "#a9a4d6",
    "#2f4f4f", "#dccdb4",
)  # fmt: skip

WITHHELD_FILL = "#c8c8c8"
WITHHELD_HATCH = "#6e6e6e"
MISSING_FILL = "#f7f7f7"
NOT_COMPARABLE_FILL = "#f1f1f1"
NOT_COMPARABLE_HATCH = "#9b9b9b"
OUTLINE = "#3d3d3d"
INK = "#000000"
PAPER = "#ffffff"


def category(number: int) -> str:
    """The colour of kind ``number`` (from 1), the same wherever that kind is shown; after the last they begin again."""
    return CATEGORIES[(number - 1) % len(CATEGORIES)]


def to_rgb(colour: str) -> Rgb:
    """Red, green and blue (0 to 1, sRGB) of a ``#rrggbb`` text."""
    number = int(colour.removeprefix("#"), 16)
    return (number >> 16) / 255, (number >> 8 & 255) / 255, (number & 255) / 255


def _linear(colour: str) -> Rgb:
    """Red, green and blue in proportion to light (sRGB's transfer curve undone)."""
    r, g, b = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(colour))
    return r, g, b


def to_oklab(colour: str) -> Rgb:
    """OKLab lightness (0 to 1), green-red and blue-yellow coordinates of a ``#rrggbb`` text."""
    r, g, b = _linear(colour)
    long = (0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b) ** (1 / 3)
    middle = (0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b) ** (1 / 3)
    short = (0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b) ** (1 / 3)
    return (
        0.2104542553 * long + 0.7936177850 * middle - 0.0040720468 * short,
        1.9779984951 * long - 2.4285922050 * middle + 0.4505937099 * short,
        0.0259040371 * long + 0.7827717662 * middle - 0.8086757660 * short,
    )


def _from_oklab(lab: Rgb) -> str:
    long = (lab[0] + 0.3963377774 * lab[1] + 0.2158037573 * lab[2]) ** 3
    middle = (lab[0] - 0.1055613458 * lab[1] - 0.0638541728 * lab[2]) ** 3
    short = (lab[0] - 0.0894841775 * lab[1] - 1.2914855480 * lab[2]) ** 3
    linear = (
        4.0767416621 * long - 3.3077115913 * middle + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * middle - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * middle + 1.7076147010 * short,
    )
    channels = (12.92 * c if c <= 0.0031308 else 1.055 * c ** (1 / 2.4) - 0.055 for c in linear)
    return "#" + "".join(f"{round(255 * min(1.0, max(0.0, c))):02x}" for c in channels)


def ramp(anchors: Sequence[str], count: int) -> list[str]:
    """``count`` colours (``#rrggbb``) at equal steps along the anchors; a single one lies in the middle."""
    points = [to_oklab(anchor) for anchor in anchors]
    colours = []
    for step in range(count):
        position = (step / (count - 1) if count > 1 else 0.5) * (len(points) - 1)
        left = min(int(position), len(points) - 2)
        share = position - left
        low, high = points[left], points[left + 1]
        mixed = (
            low[0] + share * (high[0] - low[0]),
            low[1] + share * (high[1] - low[1]),
            low[2] + share * (high[2] - low[2]),
        )
        colours.append(_from_oklab(mixed))
    return colours


def class_colours(breaks: Sequence[float], polarity: str, *, diverging: bool) -> list[str]:
    """One colour a class (``len(breaks) + 1``), lowest class first.

    ``diverging``: classes below and above zero get hues of their own, if zero is one of the breaks; a step away from
    zero is as strong on either side, even where one side has fewer classes.
    """
    if diverging and 0 in breaks:
        below = list(breaks).index(0) + 1
        above = len(breaks) + 1 - below
        steps = max(below, above)
        return [*reversed(ramp(BELOW_ZERO, steps)[:below]), *ramp(ABOVE_ZERO, steps)[:above]]
    return ramp(SEQUENTIAL[polarity], len(breaks) + 1)


def contrast(first: str, second: str) -> float:
    """Contrast ratio of two colours, 1 to 21 (WCAG 2.1, relative luminance)."""

    def luminance(colour: str) -> float:
        r, g, b = _linear(colour)
        return 0.2126 * r + 0.7152 * g + 0.0722 * b

    dark, light = sorted((luminance(first), luminance(second)))
    return (light + 0.05) / (dark + 0.05)


def readable_on(fill: str) -> str:
    """The colour of letters with the higher contrast on a fill."""
    return max((INK, PAPER), key=lambda letters: contrast(letters, fill))
