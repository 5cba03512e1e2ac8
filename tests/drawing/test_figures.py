"""What holds of every drawing: plain, told in words, its numbers in the table, nothing where nothing is shown."""

from __future__ import annotations

import itertools
import logging
import re

import pytest
import weasyprint

from etl.catalogue import Catalogue
from etl.publish import colours
from etl.publish.drawing import (
    Figure,
    Measure,
    PyramidRow,
    Reading,
    Series,
    SpineRow,
    bars_svg,
    choropleth_svg,
    index_scheme,
    indicator_scheme,
    line_svg,
    locator_svg,
    multiples_svg,
    pyramid,
    pyramid_svg,
    spine_svg,
)
from etl.publish.drawing.bars import FILL
from etl.publish.drawing.legend import hatch_on
from etl.publish.drawing.lines import MAIN, OTHERS
from etl.publish.drawing.pyramid import WOMEN
from etl.publish.drawing.svg import QUIET
from tests.drawing.shapes import PLAIN, four_squares, parsed, tags, words

MEASURE = Measure("Anteil", "%", 1)
SHOWN = Reading(12.5, low=11.0, high=14.0, category=2, compared="nicht_unterscheidbar", period="2025")
HIGHER = Reading(21.5, low=20.0, high=23.0, category=3, compared="hoeher", judged="unguenstiger", period="2025")
HIDDEN = Reading(status="geheim", period="2025")
BROKEN = Reading(status="nicht_vergleichbar", period="2025")
READINGS = {"11": SHOWN, "12": HIGHER, "21": HIDDEN, "22": BROKEN}
ROWS = [(f"Gebiet {key}", reading) for key, reading in READINGS.items()]


@pytest.fixture(scope="module")
def figures(catalogue: Catalogue) -> dict[str, Figure]:
    """One of each kind, with a value of each state."""
    areas, scheme = four_squares(), indicator_scheme(catalogue.indicator["BEV04"])
    years = ("2023", "2024", "2025")
    ages = [PyramidRow("unter 5", 10, 12, (0.1, 0.1)), PyramidRow("5–9", None, None, (0.1, 0.1), "geheim")]
    spine = [
        SpineRow("Thema", MEASURE, reading, Reading(15.0, period="2025"), (12.5, 21.5, 17.0))
        for reading in READINGS.values()
    ]
    made = [
        choropleth_svg("karte", "Karte", areas, READINGS, scheme, highlight="12"),
        multiples_svg("karten", "Karten", areas, [("2024", {}), ("2025", READINGS)], scheme),
        locator_svg("lage", "Lage", areas, "21"),
        bars_svg("balken", "Balken", ROWS, MEASURE, reference=("Stadt", Reading(15.0)), scheme=scheme),
        line_svg("reihe", "Reihe", years, [Series("Gebiet", (SHOWN, HIDDEN, HIGHER))], MEASURE),
        spine_svg("kennzahlen", "Kennzahlen", spine, unit_name="Gebiet 11"),
        pyramid_svg("alter", "Alter", ages, 100),
    ]
    return {f.name: f for f in made}


def test_drawings_are_plain_and_told(figures: dict[str, Figure]) -> None:
    ids: list[str] = []
    for figure in figures.values():
        root = parsed(figure.svg)
        assert {e.tag.partition("}")[2] for e in root.iter()} <= PLAIN
        assert root.get("role") == "img"
        own = [e.get("id", "") for e in root.iter() if e.get("id")]
        assert root.get("aria-labelledby", "").split() == own
        assert root[0].text == figure.title
        assert root[1].text == figure.description
        assert len(figure.description) > 15
        ids.extend(own)
    assert len(ids) == len(set(ids))


def test_nothing_leaves_the_drawing(figures: dict[str, Figure]) -> None:
    for figure in figures.values():
        box = parsed(figure.svg).get("viewBox", "").split()
        width, height = float(box[2]), float(box[3])
        for rect in tags(figure.svg, "rect"):
            assert float(rect["x"]) >= -0.1
            assert float(rect["x"]) + float(rect["width"]) <= width + 0.1
            assert float(rect["y"]) + float(rect["height"]) <= height + 0.1
        for text in tags(figure.svg, "text"):
            assert 0 <= float(text["x"]) <= width
            assert 0 <= float(text["y"]) <= height


def test_tables_have_every_number_and_state(figures: dict[str, Figure]) -> None:
    for name in ("karte", "balken", "kennzahlen"):
        cells = [cell for row in figures[name].rows for cell in row]
        assert "12,5" in cells
        assert "11,0 bis 14,0" in cells
        assert "geheim gehalten" in cells
        assert "nicht vergleichbar" in cells
    assert all(len(row) == len(f.columns) for f in figures.values() for row in f.rows)
    assert [row[0] for row in figures["reihe"].rows] == ["2023", "2024", "2025"]
    assert figures["alter"].rows[0] == ("5–9", "geheim gehalten", "geheim gehalten")


def test_a_state_without_value_cannot_carry_one() -> None:
    with pytest.raises(ValueError, match="geheim"):
        Reading(3.0, "geheim")


def test_states_have_signs_of_their_own(figures: dict[str, Figure]) -> None:
    fills = {p.get("fill") for p in tags(figures["karte"].svg, "path")}
    assert {colours.WITHHELD_FILL, colours.NOT_COMPARABLE_FILL} <= fills
    assert colours.MISSING_FILL not in fills
    legend = " ".join(words(figures["karte"].svg))
    assert "geheim gehalten" in legend
    assert "nicht vergleichbar" in legend
    assert "keine Angabe" not in legend
    assert "keine Angabe" in " ".join(words(figures["karten"].svg))


def test_signs_are_explained_beside_lines_and_pyramids(figures: dict[str, Figure]) -> None:
    for name in ("reihe", "alter"):
        assert "geheim gehalten" in words(figures[name].svg)
    whole = line_svg("r", "R", ("2024", "2025"), [Series("Gebiet", (SHOWN, HIGHER))], MEASURE)
    assert "geheim gehalten" not in words(whole.svg)


def test_hatched_only_where_not_distinguishable(catalogue: Catalogue) -> None:
    areas, scheme = four_squares(), indicator_scheme(catalogue.indicator["BEV04"])

    def hatched(reading: Reading) -> bool:
        svg = choropleth_svg("k", "K", areas, {a.key: reading for a in areas.units}, scheme).svg
        return "unterscheidbar" in " ".join(words(svg))

    assert hatched(SHOWN)
    assert not hatched(HIGHER)
    assert hatched(Reading(1.0, category=1, firm=False))
    assert not hatched(HIDDEN)


def test_same_numbers_same_bytes(catalogue: Catalogue) -> None:
    areas, scheme = four_squares(), indicator_scheme(catalogue.indicator["SOZ03"])
    first, second = (choropleth_svg("k", "K", areas, READINGS, scheme).svg for _ in range(2))
    assert first == second
    assert not re.search(r"-0(?![.\d])|\d\.\d{3}", re.sub(r'font-[^"]*"[^"]*"', "", first))


def test_letters_and_hatches_stand_out_from_every_class(catalogue: Catalogue) -> None:
    """Text 4.5:1 and drawing 3:1 against its ground (WCAG 2.2, 1.4.3 and 1.4.11), in colour as in grey."""
    schemes = [indicator_scheme(i) for i in catalogue.indicators if i.gap is None]
    schemes += [index_scheme(i, catalogue.indices) for i in catalogue.indices]
    fills = {c.fill for s in schemes for c in s.classes}
    assert len(fills) > 15
    for fill in fills:
        assert colours.contrast(fill, colours.readable_on(fill)) >= 4.5, fill
        assert colours.contrast(fill, hatch_on(fill)) >= 3, fill


def test_lines_and_letters_stand_out_from_paper() -> None:
    inks = [MAIN, QUIET, *(colour for colour, _ in OTHERS)]
    assert all(colours.contrast(ink, colours.PAPER) >= 4.5 for ink in inks)
    assert all(colours.contrast(fill, colours.PAPER) >= 2.5 for fill in (WOMEN, pyramid.OTHERS, FILL))
    assert len({dashes for _, dashes in OTHERS}) == len(OTHERS)


def test_index_classes_differ_in_grey(catalogue: Catalogue) -> None:
    for index in catalogue.indices:
        classes = index_scheme(index, catalogue.indices).classes
        seen = {(c.fill, c.mark) for c in classes}
        assert len(seen) == len(classes)
        lightness = sorted({round(colours.to_oklab(c.fill)[0], 4) for c in classes})
        assert all(b - a > 0.08 for a, b in itertools.pairwise(lightness))


def test_print_draws_them_without_complaint(figures: dict[str, Figure], caplog: pytest.LogCaptureFixture) -> None:
    page = f"<html lang=de><title>x</title><body>{''.join(f.svg for f in figures.values())}</body></html>"
    with caplog.at_level(logging.WARNING, logger="weasyprint"):
        pdf = weasyprint.HTML(string=page).write_pdf()
    assert pdf[:5] == b"%PDF-"
    assert not caplog.records
