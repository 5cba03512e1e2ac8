"""Laws of the map colours: ordered by lightness, distinct also for colour-blind readers, symmetric around zero."""

from __future__ import annotations

import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.catalogue import Catalogue
from etl.publish import colours, qgis_styles

# Viénot, Brettel and Mollon (1999), "Digital video colourmaps for checking the legibility of displays by dichromats":
# linear RGB as protanopes and deuteranopes see it.
DICHROMATS = {
    "protan": ((0.11238, 0.88762, 0.0), (0.11238, 0.88762, 0.0), (0.00401, -0.00401, 1.0)),
    "deutan": ((0.29275, 0.70725, 0.0), (0.29275, 0.70725, 0.0), (-0.02234, 0.02234, 1.0)),
}
JUST_CLEAR = 0.055
"""OKLab distance at which neighbouring legend classes are told apart; a just noticeable difference is about 0.02."""


def seen(colour: str, eye: str) -> str:
    """A colour as a dichromat sees it."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colours.to_rgb(colour)]
    mixed = [min(1.0, max(0.0, sum(w * c for w, c in zip(row, linear, strict=True)))) for row in DICHROMATS[eye]]
    encoded = [12.92 * c if c <= 0.0031308 else 1.055 * c ** (1 / 2.4) - 0.055 for c in mixed]
    return "#" + "".join(f"{round(255 * c):02x}" for c in encoded)


def distance(first: str, second: str) -> float:
    return math.dist(colours.to_oklab(first), colours.to_oklab(second))


@given(polarity=st.sampled_from(sorted(colours.SEQUENTIAL)), count=st.integers(2, 8))
def test_more_is_darker(polarity: str, count: int) -> None:
    ramp = colours.class_colours(range(1, count), polarity, diverging=False)
    lightness = [colours.to_oklab(colour)[0] for colour in ramp]
    assert len(ramp) == count
    assert all(after < before for before, after in itertools.pairwise(lightness))


@given(polarity=st.sampled_from(sorted(colours.SEQUENTIAL)), count=st.integers(2, 7))
@pytest.mark.parametrize("eye", sorted(DICHROMATS))
def test_neighbouring_classes_differ_for_colour_blind_readers(eye: str, polarity: str, count: int) -> None:
    ramp = [seen(colour, eye) for colour in colours.class_colours(range(1, count), polarity, diverging=False)]
    assert min(distance(a, b) for a, b in itertools.pairwise(ramp)) > JUST_CLEAR


@given(below=st.integers(0, 4), above=st.integers(0, 4))
@pytest.mark.parametrize("eye", sorted(DICHROMATS))
def test_change_diverges_at_zero(eye: str, below: int, above: int) -> None:
    breaks = [*range(-below, 0), 0, *range(1, above + 1)]
    ramp = colours.class_colours(breaks, "neutral", diverging=True)
    assert len(ramp) == len(breaks) + 1
    falling, rising = ramp[: below + 1], ramp[below + 1 :]
    # the farther from zero, the darker; hues of the two sides stay apart for every eye
    for side in (list(reversed(falling)), rising):
        lightness = [colours.to_oklab(colour)[0] for colour in side]
        assert lightness == sorted(lightness, reverse=True)
    assert min(distance(seen(a, eye), seen(b, eye)) for a in falling for b in rising) > JUST_CLEAR
    # blue-yellow is the axis that both kinds of dichromats keep
    assert all(colours.to_oklab(a)[2] > 0 > colours.to_oklab(b)[2] for a in falling for b in rising)


def test_equal_steps_from_zero_are_equally_strong() -> None:
    lopsided = colours.class_colours([-5, 0, 2, 5, 10], "neutral", diverging=True)
    even = colours.class_colours([-10, -5, -2, 0, 2, 5, 10], "neutral", diverging=True)
    assert lopsided[2:] == even[4:]
    assert lopsided[:2] == even[2:4]


def test_letters_are_legible_on_every_class(catalogue: Catalogue) -> None:
    fills = {
        rule.symbol.color
        for indicator in catalogue.indicators
        for rule in qgis_styles.indicator_style(indicator, "sicht", "Titel", series=False).rules
        if rule.symbol.color
    }
    assert len(fills) > 10
    assert min(colours.contrast(colours.readable_on(fill), fill) for fill in fills) >= 4.5


def test_withheld_and_missing_look_like_no_class(catalogue: Catalogue) -> None:
    for indicator in catalogue.indicators:
        classes = colours.class_colours(
            indicator.class_breaks, indicator.polarity, diverging=indicator.kind in ("veraenderung", "saldo")
        )
        for special in (colours.WITHHELD_FILL, colours.MISSING_FILL, colours.NOT_COMPARABLE_FILL):
            assert min(distance(special, colour) for colour in classes) > 0.04, indicator.code
