"""The described project, without QGIS: complete for its catalogue, and nothing in it that belongs to a machine."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from etl.catalogue import Catalogue, load_catalogue
from etl.publish import qgis_layers, qgis_project, qgis_styles
from etl.settings import PROJECT

EXAMPLES = sorted(p.parent for p in (PROJECT / "examples").glob("*/katalog/city.yaml"))
URI = re.compile(
    r"service='(?P<service>\w+)' key='(?P<key>\w+)' estimatedmetadata=true"
    r"( srid=25832 type=(MultiPolygon|Point|MultiLineString))? checkPrimaryKeyUnicity='0' "
    r'table=("sozialbericht"\."(?P<view>\w+)"|"\(SELECT [^"]+\)")(?P<geometry> \(geom\))?( sql=.+)?'
)


@pytest.fixture(params=[None, *EXAMPLES], ids=lambda p: p.parent.name if p else "norderstedt")
def any_catalogue(request: pytest.FixtureRequest, catalogue: Catalogue) -> Catalogue:
    return catalogue if request.param is None else load_catalogue(request.param)


def test_every_source_names_only_service_and_view(any_catalogue: Catalogue) -> None:
    for layer in qgis_project.layers(any_catalogue):
        if layer.provider != "postgres":
            assert layer.uri.startswith("type=xyz&url=https://")
            continue
        match = URI.fullmatch(layer.uri)
        assert match, layer.uri
        assert match["service"] == any_catalogue.city.database
        assert bool(match["geometry"]) == bool(layer.geometry)


def test_every_indicator_below_the_city_has_a_style_and_a_map_theme(any_catalogue: Catalogue) -> None:
    layers = qgis_project.layers(any_catalogue)
    themes = [theme.name for theme in qgis_project.map_themes(any_catalogue)]
    assert len(themes) == len(set(themes))
    whole = any_catalogue.city.levels[0].code
    for indicator in any_catalogue.indicators:
        name = qgis_styles.style_name(indicator)
        mapped = indicator.gap is None and indicator.lowest_level != whole
        assert (name in themes) == mapped
        assert (f"{name} – Zeitreihe" in themes) == (mapped and indicator.periodicity != "einmalig")
        assert any(style.name == name for layer in layers for style in layer.styles) == mapped


def test_one_group_a_theme_in_the_order_of_the_catalogue(catalogue: Catalogue) -> None:
    groups = {group.name: group for group in qgis_project.groups(catalogue)}
    titles = [theme.title for theme in catalogue.themes]
    assert [name for name in groups if name in titles] == titles
    assert [name for name, group in groups.items() if group.expanded] == ["Überblick"]
    for title in titles:
        assert all(layer.attribution for layer in groups[title].layers)


def test_map_themes_name_layers_and_styles_that_exist(any_catalogue: Catalogue) -> None:
    styles = {layer.id: {style.name for style in layer.styles} for layer in qgis_project.layers(any_catalogue)}
    for theme in qgis_project.map_themes(any_catalogue):
        assert all(style in styles[layer] for layer, style in theme.layers)


def test_map_themes_lie_in_the_order_of_the_tree(any_catalogue: Catalogue) -> None:
    order = [layer.id for layer in qgis_project.layers(any_catalogue)]
    for theme in qgis_project.map_themes(any_catalogue):
        positions = [order.index(layer) for layer, _style in theme.layers]
        assert positions == sorted(positions)


def test_an_indicator_is_mapped_at_its_own_level_and_no_finer(any_catalogue: Catalogue) -> None:
    ranks = [level.code for level in any_catalogue.city.levels]
    for theme in any_catalogue.themes:
        layers = qgis_layers.theme_group(any_catalogue, theme).layers
        for indicator in theme.indicators:
            name = qgis_styles.style_name(indicator)
            levels = [layer.level for layer in layers if name in {style.name for style in layer.styles}]
            if not levels:
                continue
            # once with the newest values, once over time
            assert levels.count(indicator.lowest_level) == (1 if indicator.periodicity == "einmalig" else 2)
            assert max(ranks.index(level) for level in levels) == ranks.index(indicator.lowest_level)


def test_layer_names_serve_as_short_names_of_services(any_catalogue: Catalogue) -> None:
    ids = [layer.id for layer in qgis_project.layers(any_catalogue)]
    groups = [group.id for group in qgis_project.groups(any_catalogue)]
    assert len({*ids, *groups}) == len(ids) + len(groups)
    assert all(re.fullmatch(r"[a-z][a-z0-9_]*", name) for name in (*ids, *groups))


def test_a_legend_has_a_class_for_every_state(any_catalogue: Catalogue) -> None:
    for indicator in any_catalogue.indicators:
        style = qgis_styles.indicator_style(indicator, "sicht", "Titel", series=False)
        labels = [rule.label for rule in style.rules]
        assert labels[-3:] == ["geheim gehalten", "nicht vergleichbar", "keine Angabe"]
        assert (
            len(labels)
            == len(set(labels))
            == max(1, len(indicator.class_breaks) + 1 if indicator.class_breaks else 1)
            + 3
            + (indicator.ci_method != "keine")
        )
        assert "," not in style.name
        assert indicator.reference in style.heading


def test_an_indicator_without_classes_still_has_a_legend(catalogue: Catalogue) -> None:
    plain = catalogue.indicators[0].model_copy(update={"class_breaks": ()})
    style = qgis_styles.indicator_style(plain, "sicht", "Titel", series=False)
    assert [rule.label for rule in style.rules] == [
        "Wert vorhanden", "geheim gehalten", "nicht vergleichbar", "keine Angabe",
    ]  # fmt: skip


def test_the_notice_stands_in_every_style_of_values(catalogue: Catalogue) -> None:
    for layer in qgis_project.layers(catalogue):
        if layer.styles and layer.id not in ("einrichtung", "grundkarte"):
            tips = [style.map_tip for style in layer.styles]
            assert all('"hinweis"' in tip for tip in tips), layer.id
            labelled = [style for style in layer.styles if style.name != qgis_styles.OUTLINE_STYLE]
            assert all(any(label.key == "hinweis" for label in style.labels) for style in labelled), layer.id


def test_titles_of_others_cannot_break_out_of_the_page(catalogue: Catalogue) -> None:
    odd = catalogue.indicators[0].model_copy(update={"title": "<b>Anteil & 'mehr', viel"})
    style = qgis_styles.indicator_style(odd, "sicht", "Titel's", series=False)
    assert "<b>Anteil" not in style.map_tip
    assert "&lt;b&gt;Anteil &amp;" in style.map_tip
    assert "'Titel''s'" in style.labels[1].expression


def test_another_city_has_its_project_in_the_data_folder(catalogue: Catalogue, tmp_path: Path) -> None:
    elsewhere = replace(catalogue, directory=tmp_path)
    assert qgis_project.project_file(catalogue) == qgis_project.SHIPPED
    assert PROJECT not in qgis_project.project_file(elsewhere).parents
