"""Writing SVG that browsers, WeasyPrint and Qt draw alike.

Plain attributes only: no style sheets, patterns, clip paths or baselines, which one or another of them does not know.
Hatches are real lines. Coordinates are rounded, so that the same numbers give the same bytes.
"""

from __future__ import annotations

import html
import math
import re
from collections.abc import Iterable, Sequence
from typing import Any

from etl.publish.colours import INK

FONT = "Noto Sans, Liberation Sans, DejaVu Sans, Arial, sans-serif"
QUIET = "#4a4a4a"
"""Letters of axes and notes; still 8:1 on white."""
RULE = "#b5b5b5"
"""Grid lines."""

_NARROW, _WIDE = set("iljtfrI.,:;|!'()[]- \u00a0\u202f"), set("mwMWÄÖÜ%@ABCDEGHKNOPQRUVXYZ—")


def text_width(text: str, size: float, *, bold: bool = False) -> float:
    """An upper estimate of a text's width in the units of ``size``; fonts differ, so it errs to the wide side."""
    return (1.12 if bold else 1) * size * sum(0.36 if c in _NARROW else 0.82 if c in _WIDE else 0.61 for c in text)


def wrap(text: str, size: float, width: float, lines: int = 99, *, bold: bool = False) -> list[str]:
    """A text in lines of at most ``width``, broken at spaces and after hyphens; a longer word stands alone.

    Where it takes more than ``lines``, the last ends in „…“.
    """
    found = [""]
    for word in text.split(" "):
        for number, piece in enumerate(re.findall(r"[^-]+-?|-", word)):
            joint = " " if number == 0 and found[-1] else ""
            if not found[-1] or text_width(found[-1] + joint + piece, size, bold=bold) <= width:
                found[-1] += joint + piece
            else:
                found.append(piece)
    return found if len(found) <= lines else [*found[: lines - 1], found[lines - 1] + " …"]


def num(value: float) -> str:
    """A coordinate with at most two decimals, without „-0“."""
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


_PLAIN = str.maketrans("äöüß", "aous")


def identifier(name: str) -> str:
    """A name as XML id: letters, digits and hyphens."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower().translate(_PLAIN)).strip("-")


def attributes(**values: str | float | None) -> str:
    """Attributes in the order given; ``_`` for ``-``, None leaves one out."""
    return "".join(
        f' {key.rstrip("_").replace("_", "-")}="{html.escape(value) if isinstance(value, str) else num(value)}"'
        for key, value in values.items()
        if value is not None
    )


class Canvas:
    """An SVG drawing in the making: ``width`` × ``height`` units, of which a page shows one as a CSS pixel."""

    def __init__(self, width: float, height: float) -> None:
        self.width, self.height = width, height
        self._parts: list[str] = []

    def add(self, tag: str, content: str | None = None, **values: str | float | None) -> None:
        """An element; ``content`` is SVG already."""
        opening = f"<{tag}{attributes(**values)}"
        self._parts.append(f"{opening}/>" if content is None else f"{opening}>{content}</{tag}>")

    def rect(self, x: float, y: float, width: float, height: float, **values: str | float | None) -> None:
        """A rectangle; a negative width or height is turned round."""
        box = {"x": min(x, x + width), "y": min(y, y + height), "width": abs(width), "height": abs(height)}
        self.add("rect", None, **box, **values)

    def line(self, x1: float, y1: float, x2: float, y2: float, stroke: str = INK, **values: str | float | None) -> None:
        """A straight line."""
        self.add("line", None, x1=x1, y1=y1, x2=x2, y2=y2, stroke=stroke, **values)

    def text(
        self,
        x: float,
        y: float,
        text: str,
        size: float = 12,
        *,
        anchor: str = "start",
        fill: str = INK,
        bold: bool = False,
        italic: bool = False,
        upright: bool = True,
    ) -> None:
        """A line of text whose baseline is ``y``; not upright: turned to read from below, round (x, y)."""
        self.add(
            "text",
            html.escape(text, quote=False),
            x=x,
            y=y,
            font_size=size,
            text_anchor=None if anchor == "start" else anchor,
            fill=fill,
            font_weight="bold" if bold else None,
            font_style="italic" if italic else None,
            transform=None if upright else f"rotate(-90 {num(x)} {num(y)})",
        )

    def lines(
        self, x: float, y: float, texts: Iterable[str], size: float = 12, step: float = 1.25, **how: Any
    ) -> float:
        """Lines of text below each other; returns the baseline of the next one."""
        for text in texts:
            self.text(x, y, text, size, **how)
            y += size * step
        return y

    def hatch(self, box: tuple[float, float, float, float], stroke: str, *, falling: bool = False) -> None:
        """Diagonal lines in a box (x, y, width, height), rising or falling to the right."""
        x, y, width, height = box
        segments = []
        reach = width + height
        for n in range(math.ceil(reach / HATCH_STEP)):
            t = (n + 0.5) * HATCH_STEP
            if t >= reach:
                break
            # Along the line a + b = t through the box, with a from its left and b from its lower or upper edge.
            a0, a1 = max(0.0, t - height), min(width, t)
            ends = [(x + a, y + (t - a)) if not falling else (x + a, y + height - (t - a)) for a in (a0, a1)]
            segments.append(f"M{num(ends[0][0])} {num(ends[0][1])}L{num(ends[1][0])} {num(ends[1][1])}")
        self.add("path", d="".join(segments), stroke=stroke, stroke_width=HATCH_WIDTH, fill="none")

    def svg(self, name: str, title: str, description: str) -> str:
        """The whole ``<svg>`` element; ids follow from ``name``, which must be unique on its page."""
        key = identifier(name)
        head = attributes(
            xmlns="http://www.w3.org/2000/svg",
            viewBox=f"0 0 {num(self.width)} {num(self.height)}",
            width=self.width,
            height=self.height,
            role="img",
            aria_labelledby=f"{key}-titel {key}-text",
            lang="de",
            font_family=FONT,
        )
        told = (
            f'<title id="{key}-titel">{html.escape(title, quote=False)}</title>'
            f'<desc id="{key}-text">{html.escape(description, quote=False)}</desc>'
        )
        return f"<svg{head}>{told}{''.join(self._parts)}</svg>"


HATCH_STEP = 7.0
HATCH_WIDTH = 1.0


SMALLEST_SPREAD = 1e-8


def nice_steps(low: float, high: float, about: int = 5) -> list[float]:
    """Round numbers at equal steps from at most ``low`` to at least ``high``."""
    spread = next(v for v in (high - low, abs(high), 1.0) if v > SMALLEST_SPREAD)
    rough = spread / about
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * f for f in (1, 2, 2.5, 5, 10) if power * f >= rough * 0.999999)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [round(n * step, 10) for n in range(first, max(last, first + 1) + 1)]


def decimals_of(ticks: Sequence[float]) -> int:
    """Decimals that the ticks of an axis need."""
    return next(d for d in range(7) if d == 6 or all(abs(round(t, d) - t) < 1e-9 for t in ticks))
