"""Profiles of the published sample, and what their sentences may say."""

from __future__ import annotations

import re
from collections.abc import Iterator

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import event

from etl.catalogue import Catalogue
from etl.catalogue.chapters import plan_of
from etl.publish import german
from etl.publish.age_groups import age_label
from etl.publish.drawing import Measure, Reading, read_areas
from etl.publish.profiles import (
    KeyFigure,
    Profile,
    locator_figure,
    profiles,
    pyramid_figure,
    series_figure,
    spine_figure,
)
from etl.publish.profiles.build import Values, pyramid_of
from etl.publish.profiles.sentences import judged, notes, remarkable, situation
from etl.publish.source import Source
from etl.warehouse import engine, service
from tests.conftest import Published

NUMBER = re.compile(r"[+−]?\d[\d.]*,\d+")
YEARS = tuple(str(y) for y in range(2021, 2026))


@pytest.fixture(scope="module")
def source(published: Published) -> Iterator[Source]:
    """The published views, as a reader."""
    opened = engine.open_engine(service.url(published.name, service.READER), role=None)
    yield Source(opened, "sozialbericht")
    opened.dispose()


@pytest.fixture(scope="module")
def made(source: Source, catalogue: Catalogue) -> tuple[Profile, ...]:
    return profiles(source, catalogue)


def test_a_profile_for_each_district(made: tuple[Profile, ...], source: Source) -> None:
    units = source.frame("gebiet", ("gebiet_id", "gebiet"), "aktuell AND ebene = 'bezirk'")
    assert [p.key for p in made] == sorted(units["gebiet"])
    assert len({p.anchor for p in made}) == len(made)
    assert all(p.synthetic and "synthetisch" in p.notes[0] for p in made)
    assert all("(vorläufig)" not in p.name and p.provisional for p in made)


def test_key_figures_are_what_the_views_show(made: tuple[Profile, ...], source: Source) -> None:
    rows = source.frame("wert", ("wert_id", "ebene", "gebiet", "zeitraum", "kennzahl", "wert", "status"),
                        "aktuell AND gruppe = 'insgesamt'")  # fmt: skip
    known = {(r["kennzahl"], r["ebene"], r["gebiet"], r["zeitraum"]): r for r in rows.iter_rows(named=True)}
    compared = 0
    for profile in made:
        for figure in profile.figures:
            row = known[figure.code, profile.level, profile.key, figure.reading.period]
            assert (figure.reading.value, figure.reading.status) == (row["wert"], row["status"])
            assert figure.series[-1] == figure.reading
            compared += 1
    assert compared > 100


def test_few_queries_for_all_districts(source: Source, catalogue: Catalogue) -> None:
    asked: list[object] = []
    event.listen(source.engine, "checkout", lambda *args: asked.append(args))
    assert len(profiles(source, catalogue)) > 10
    assert len(asked) <= 8


def _values(rows: list[tuple[str, str, str, str, float | None, str]]) -> Values:
    """Values (indicator, group, level, area, persons, state) of 2025."""
    frames: dict[tuple[str, str, str], list[dict[str, object]]] = {}
    for code, group, level, area, persons, status in rows:
        row = {"gebiet": area, "zeitraum": "2025", "zaehler": persons, "status": status}
        frames.setdefault((code, group, level), []).append(row)
    schema = {"gebiet": pl.String(), "zeitraum": pl.String(), "zaehler": pl.Float64(), "status": pl.String()}
    return Values({key: pl.DataFrame(found, schema=schema) for key, found in frames.items()})


def test_a_pyramid_has_two_sides_that_sum(catalogue: Catalogue) -> None:
    ages = {"a00_05": (40.0, 19.0), "a05_10": (50.0, 30.0), "a85_plus": (10.0, 6.0)}
    rows: list[tuple[str, str, str, str, float | None, str]] = []
    for level, area, times in (("bezirk", "101", 1), ("stadt", "S", 3)):
        for group, (everyone, women) in {**ages, "insgesamt": (100.0, 55.0)}.items():
            rows.append(("BEV01", group, level, area, everyone * times, "gueltig"))
            rows.append(("BEV26", group, level, area, women * times, "gueltig"))
    made = pyramid_of(_values(rows), catalogue, plan_of(catalogue).age_structure, "bezirk", "101")
    assert made is not None
    assert [(r.label, r.women, r.others) for r in made.rows] == [("0–4", 19, 21), ("5–9", 30, 20), ("85+", 6, 4)]
    assert sum((r.women or 0) + (r.others or 0) for r in made.rows) == made.total
    assert sum(s or 0 for r in made.rows for s in r.city) == pytest.approx(1)

    hidden = [
        (c, g, lv, a, None if (c, g, lv) == ("BEV26", "a05_10", "bezirk") else v, s) for c, g, lv, a, v, s in rows
    ]
    hidden = [(*r[:5], "geheim" if r[4] is None else r[5]) for r in hidden]
    made = pyramid_of(_values(hidden), catalogue, plan_of(catalogue).age_structure, "bezirk", "101")
    assert made is not None
    assert [(r.women, r.others, r.status) for r in made.rows][1] == (None, None, "geheim")
    none = [(*r[:4], None, "geheim") if r[0] == "BEV26" else r for r in rows]
    assert pyramid_of(_values(none), catalogue, plan_of(catalogue).age_structure, "bezirk", "101") is None
    assert pyramid_of(_values(rows[:0]), catalogue, plan_of(catalogue).age_structure, "bezirk", "101") is None


def test_sentences_quote_only_numbers_that_are_shown(made: tuple[Profile, ...]) -> None:
    told = 0
    for profile in made:
        numbers = {
            n
            for f in profile.figures
            for r in (f.reading, f.city)
            if r.shown
            for n in NUMBER.findall(f.measure.reading(r))
        }
        for sentence in (*profile.strengths, *profile.strains, *profile.remarkable):
            assert set(NUMBER.findall(sentence)) <= numbers, sentence
            told += 1
        assert not re.search("geheim|gehalten|unterdrückt", " ".join((*profile.situation, *profile.notes)))
    assert told > 10


def test_figures_of_a_profile(made: tuple[Profile, ...], source: Source) -> None:
    profile = made[0]
    areas = read_areas(source, profile.level)
    figure = profile.figure(profile.leading[0])
    assert figure is not None
    drawn = (spine_figure(profile), series_figure(profile, figure), locator_figure(profile, areas))
    for one in drawn:
        assert one is not None
        assert one.rows
    assert (pyramid_figure(profile) is None) == (profile.pyramid is None)
    assert {p.key for p in areas.parents} == {p.parent for p in made}


def test_outlines_stay_neighbours(source: Source) -> None:
    """Simplified together: no gaps or overlaps between districts, and they fill the level above."""
    areas = read_areas(source, "bezirk")
    for detail in (areas, areas.coarser(60)):
        whole = sum(p.outline.area for p in detail.parents)
        assert sum(a.outline.area for a in detail.units) == pytest.approx(whole, rel=1e-9)
        assert len(detail.units) == len(areas.units)


def test_age_groups_read_as_ages() -> None:
    assert [age_label(g) for g in ("a00_05", "a05_10", "a85_plus")] == ["0–4", "5–9", "85+"]


STATES = st.sampled_from(sorted(german.STATUS))


@st.composite
def key_figures(draw: st.DrawFn) -> KeyFigure:
    """Any key figure, with a value that occurs nowhere else."""

    def reading() -> Reading:
        status = draw(STATES)
        if status not in german.SHOWN:
            return Reading(status=status, period="2025", compared=draw(st.sampled_from([None, "hoeher"])),
                           judged=draw(st.sampled_from([None, "unguenstiger"])))  # fmt: skip
        return Reading(
            round(draw(st.floats(0, 99)), 1), status, compared=draw(st.sampled_from([None, *german.COMPARED])),
            judged=draw(st.sampled_from([None, *german.JUDGED])), trend=draw(st.sampled_from([None, *german.TREND])),
            period="2025",
        )  # fmt: skip

    own, city, code = reading(), reading(), draw(st.text("ABCDEFGH", min_size=5, max_size=5))
    return KeyFigure(
        code, "t", "Thema", Measure(f"Kennzahl{code}", "%", 1), draw(st.sampled_from(["gut", "schlecht", "neutral"])),
        own, city, (1.0, 5.0, 9.0), YEARS, (Reading(1.0, period="2021"),) * 4 + (own,), (city,) * 5,
        draw(st.booleans()),
    )  # fmt: skip


@given(st.lists(key_figures(), max_size=8, unique_by=lambda f: f.code))
def test_no_sentence_about_what_is_hidden(figures: list[KeyFigure]) -> None:
    told = [*judged(figures, "guenstiger", "Stadt"), *judged(figures, "unguenstiger", "Stadt"),
            *remarkable(figures, "Stadt"), *notes(figures, provisional=False, synthetic=False)]  # fmt: skip
    text = " ".join(told)
    assert "geheim" not in text
    for figure in figures:
        if figure.reading.status not in (*german.SHOWN, "nicht_vergleichbar"):
            assert figure.measure.title not in text
        if not figure.city.shown:
            assert not re.search(rf"{figure.measure.title}: [^.]* als in Stadt", text)


@given(st.lists(key_figures(), max_size=8, unique_by=lambda f: f.code))
def test_no_figure_is_both_strength_and_strain(figures: list[KeyFigure]) -> None:
    strengths, strains = (judged(figures, wanted, "Stadt") for wanted in ("guenstiger", "unguenstiger"))
    named = [{s.partition(":")[0] for s in told} for told in (strengths, strains)]
    assert not named[0] & named[1]


def test_situation_says_nothing_without_a_class(made: tuple[Profile, ...]) -> None:
    for profile in made:
        hidden = [i for i in profile.indices if not i.shown]
        assert not any(i.ranks or i.category for i in hidden)
        assert situation(hidden, ()) == ()
