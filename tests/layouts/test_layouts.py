"""What the print layouts say and draw is what the views say."""

from __future__ import annotations

import base64
import re
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from etl.catalogue import Catalogue, load_catalogue
from etl.publish import german, qgis_project
from etl.publish.qgis_layouts import layouts as described
from etl.publish.qgis_layouts_profile import content
from etl.settings import PROJECT
from tests.conftest import Published
from tests.layouts.conftest import DISTRICT, INDICATOR

pytestmark = pytest.mark.qgis
NAMES = {"Steckbrief", "Thematische Karte A4", "Thematische Karte A3", "Zwei Jahre im Vergleich", "Alle Jahre"}


def test_every_expression_says_something(layouts: dict[str, Any]) -> None:
    assert layouts["messages"] == []
    assert set(layouts["layouts"]) == NAMES
    for name, layout in layouts["layouts"].items():
        assert layout["faults"] == [], name
        assert [t for t in layout["texts"] if "[%" in t or "%]" in t] == [], name
        assert layout["count"] == 1


def test_key_figures_are_those_of_the_views(
    layouts: dict[str, Any], published: Published, catalogue: Catalogue
) -> None:
    texts = layouts["layouts"]["Steckbrief"]["texts"]
    query = text("""
        SELECT wert, status, ki_unten, ki_oben FROM sozialbericht.wert WHERE kennzahl = :code AND aktuell
        AND gebiet = :unit AND gruppe = 'insgesamt' AND status <> 'fehlt' ORDER BY bis DESC LIMIT 1""")
    shown = withheld = 0
    with published.engine.connect() as connection:
        for indicator in content(catalogue).figures:
            row = connection.execute(query, {"code": indicator.code, "unit": DISTRICT}).one_or_none()
            if row is None or row.status == "geheim":
                withheld += 1
                continue
            suffix = german.unit_suffix("%") if indicator.unit == "%" else ""
            number = german.number(row.wert, indicator.decimals) + suffix
            assert number in texts or f"({number})" in texts, indicator.code
            if row.ki_unten is not None:
                low, high = (german.number(v, indicator.decimals) for v in (row.ki_unten, row.ki_oben))
                assert f"{low} bis {high}" in texts
            shown += 1
    assert shown > 5
    assert withheld == sum(t in ("geheim", german.STATUS_SHORT["fehlt"]) for t in texts)


def _svg(packed: str) -> ET.Element:
    return ET.fromstring(base64.b64decode(packed.removeprefix("base64:")).decode())  # noqa: S314  # our own drawing


def test_markers_stand_where_the_deviation_is(
    layouts: dict[str, Any], published: Published, catalogue: Catalogue
) -> None:
    chart = next(
        s for p in layouts["layouts"]["Steckbrief"]["pictures"] if (s := _svg(p)).get("viewBox", "").startswith("-112")
    )
    groups = [g for g in chart if g.tag.endswith("}g")]
    query = text("""
        WITH w AS (SELECT *, max(bis) FILTER (WHERE status <> 'fehlt' AND ebene = 'bezirk') OVER () AS newest
                   FROM sozialbericht.wert WHERE kennzahl = :code AND aktuell AND gruppe = 'insgesamt'
                     AND ebene IN ('stadt', 'bezirk'))
        SELECT d.gebiet, d.wert - c.wert AS away FROM w d JOIN w c ON c.ebene = 'stadt' AND c.zeitraum = d.zeitraum
        WHERE d.ebene = 'bezirk' AND d.bis = d.newest AND d.wert IS NOT NULL""")
    codes = [i.code for i in content(catalogue).figures]
    with published.engine.connect() as connection:
        away = {r.gebiet: r.away for r in connection.execute(query, {"code": INDICATOR})}
    place = 100 * away[DISTRICT] / max(abs(v) for v in away.values())
    row = 224 / 67 * 6.9
    middle = (codes.index(INDICATOR) + 0.5) * row
    ours = next(g for g in groups if abs(float(re.findall(r"[\d.]+", g.get("transform", ""))[1]) - middle) < 0.1)
    marker = [p for p in ours if p.get("stroke-width") == "1"]
    assert float(re.match(r"M(-?[\d.]+),", marker[0].get("d", ""))[1]) == pytest.approx(place, abs=0.11)  # type: ignore[index]


def test_maps_show_the_page_s_indicator(layouts: dict[str, Any]) -> None:
    found = layouts["layouts"]
    for name in ("Thematische Karte A4", "Thematische Karte A3"):
        assert found[name]["maps"]["Karte"][-1] == "bevoelkerung_bezirk"
        assert any(t.startswith("Anteil unter 18-Jähriger") for t in found[name]["texts"])
    assert {m[-1] for m in found["Zwei Jahre im Vergleich"]["maps"].values()} == {"bevoelkerung_zeitreihe"}
    # the sample has six years
    assert {"2020", "2025"} <= set(found["Zwei Jahre im Vergleich"]["texts"])
    assert [t for t in found["Alle Jahre"]["texts"] if re.fullmatch(r"20\d\d", t)] != []
    assert {t for t in found["Alle Jahre"]["texts"] if re.fullmatch(r"20\d\d", t)} == {
        str(y) for y in range(2020, 2026)
    }


def test_all_pages_name_release_and_say_synthetic(layouts: dict[str, Any], published: Published) -> None:
    with published.engine.connect() as connection:
        stand = connection.scalar(text("SELECT stand FROM sozialbericht.veroeffentlichung WHERE zustand = 'aktuell'"))
    for name, layout in layouts["layouts"].items():
        assert any(t == f"Stand {stand}" for t in layout["texts"]), name
        assert any("synthetische Daten" in t for t in layout["texts"]), name


def test_another_city_has_what_its_catalogue_has() -> None:
    flensburg = load_catalogue(PROJECT / "examples" / "flensburg" / "katalog")
    known = content(flensburg)
    assert known.level == "stadtteil"
    assert not known.ages
    assert {i.lowest_level for i in known.figures} == {"stadtteil"}
    texts = [i["text"] for x in described(flensburg)["layouts"] for i in x["items"] if i["kind"] == "label"]
    assert "Altersaufbau" not in texts
    assert "Stadtteil" in texts


def test_layers_of_layouts_are_offered_by_no_service() -> None:
    root = ET.fromstring(qgis_project.SHIPPED.read_text(encoding="utf-8"))  # noqa: S314  # our own project
    tree = {e.get("id") for e in root.iter("layer-tree-layer")}
    assert "sozialbericht_steckbrief" not in tree
    names = [e.text for e in root.findall("properties/WMSRestrictedLayers/value")]
    assert "Steckbriefe" in names
    assert "sozialbericht_steckbrief" not in [e.text for e in root.findall("properties/WFSLayers/value")]


def test_the_query_reads_published_views_alone(catalogue: Catalogue) -> None:
    uri = described(catalogue)["layers"][0]["uri"]
    assert set(re.findall(r"(?<!extract\(year )(?:FROM|JOIN) (\w+)\.", uri)) == {"sozialbericht"}
    assert not re.search(r"\b(release|warehouse|geo|intake|catalogue)\.", uri)
    assert Path(qgis_project.SHIPPED).is_file()
