"""The atlas in a real browser: what people do with it, by mouse and by keyboard, and what they are told."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.atlas.conftest import Tab

WCAG = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}}
VIEWS = {
    "map": "",
    "hidden values": "#ansicht=karte&kennzahl=SOZ01&ebene=bezirk&gebiet=301",
    "index": "#ansicht=karte&kennzahl=IDX01",
    "table": "#ansicht=tabelle&kennzahl=BEV05&ebene=bezirk",
    "profile": "#gebiet=301",
    "comparison": "#ansicht=vergleich&gebiet=301&vergleich=101&kennzahl=BEV05",
}
LAPTOP = 4
"""How much slower a plain laptop's processor is taken to be."""
CONTENTION = 1.3
"""Even processor time grows where others use the same caches: a second alone is this much among other tests."""


def announced(page: Page) -> str:
    return page.inner_text("#ansage")


@pytest.mark.parametrize("view", VIEWS)
def test_no_view_hinders_anybody(tab: Tab, view: str) -> None:
    page = tab.open(VIEWS[view])
    page.wait_for_load_state("networkidle")
    expect(page.locator("[aria-busy]")).to_have_count(0)
    found = Axe().run(page, options=WCAG).response
    assert [(v["id"], [n["html"] for n in v["nodes"]]) for v in found["violations"]] == []
    assert len(found["passes"]) > 20


def test_narrow_screens_show_everything_without_scrolling_sideways(browser: Browser, address: str) -> None:
    context = browser.new_context(viewport={"width": 320, "height": 700})
    page = Tab(context.new_page(), address).open("#gebiet=301")
    expect(page.locator("#feld-profil h3")).to_be_visible()
    assert page.evaluate("() => document.documentElement.scrollWidth") <= 320
    context.close()


def test_map_list_and_card_say_the_same(tab: Tab) -> None:
    page = tab.open("#ansicht=karte&kennzahl=BEV04&ebene=bezirk")
    expect(page.locator("#liste [role=option]")).to_have_count(page.locator("path.leaflet-interactive").count())
    page.locator("path.leaflet-interactive").nth(3).click(force=True)
    chosen = page.locator("#liste [aria-selected=true]")
    expect(chosen).to_have_count(1)
    name = chosen.locator(".name").inner_text().split(" ", 1)[1]
    expect(page.locator("#karteikarte h3")).to_contain_text(name)
    assert chosen.locator(".zahl").inner_text().split(",")[0] in page.inner_text("#karteikarte .gross")
    assert name in announced(page)


def test_hatches_and_signs_are_on_the_map_and_in_the_legend(tab: Tab) -> None:
    page = tab.open("#ansicht=karte&kennzahl=BEV04&ebene=bezirk")
    told = page.locator("#liste li", has_text="nicht von der Stadt unterscheidbar").count()
    assert page.locator('path[fill^="url(#schraffur-"]').count() == told > 0
    expect(page.locator("#legende")).to_contain_text("nicht von der Stadt unterscheidbar")
    expect(page.locator("#legende")).not_to_contain_text("geheim gehalten")
    expect(page.locator("#legende")).to_contain_text("Synthetische Daten")
    page = tab.open("#ansicht=karte&kennzahl=SOZ01&ebene=bezirk")
    hidden = page.locator("#liste li", has_text="geheim gehalten").count()
    assert page.locator('path[fill^="url(#schraffur-c8c8c8"]').count() == hidden > 0
    expect(page.locator("#legende")).to_contain_text("geheim gehalten")


def test_everything_is_reached_by_keyboard(tab: Tab) -> None:
    page = tab.open("#ansicht=karte&kennzahl=SOZ01&ebene=bezirk")
    page.keyboard.press("Tab")
    expect(page.locator(".sprung")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#ansicht")).to_be_focused()
    page.focus("#suche")
    page.keyboard.type("garstedt")
    assert "gefunden" in announced(page)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    second = page.evaluate("() => document.activeElement.dataset.gebiet")
    page.keyboard.press("Enter")
    expect(page.locator(f"#gebiet-{second}")).to_have_attribute("aria-selected", "true")
    expect(page.locator(f"#gebiet-{second}")).to_be_focused()
    page.focus("#reiter-karte")
    page.keyboard.press("ArrowRight")
    expect(page.locator("#reiter-tabelle")).to_be_focused()
    expect(page.locator("#feld-tabelle table")).to_be_visible()
    page.focus("#zeit")
    before = page.inner_text("#zeitwort")
    page.keyboard.press("ArrowLeft")
    expect(page.locator("#zeitwort")).not_to_have_text(before)
    assert page.get_attribute("#zeit", "aria-valuetext") == page.inner_text("#zeitwort")


def test_a_link_shows_the_same_view_again(tab: Tab) -> None:
    page = tab.open()
    page.select_option("#thema", "soziale_sicherung")
    page.select_option("#kennzahl", "SOZ01")
    page.click("#frueher")
    page.click("#liste li >> nth=2")
    page.click("#reiter-tabelle")
    expect(page.locator("#feld-tabelle table")).to_be_visible()
    link, table = page.evaluate("() => location.hash"), page.inner_text("#feld-tabelle")
    again = tab.open(link)
    expect(again.locator("#feld-tabelle table")).to_be_visible()
    assert again.inner_text("#feld-tabelle") == table
    assert again.evaluate("() => location.hash") == link
    again.evaluate("() => { location.hash = '#ansicht=karte&kennzahl=WOH02'; }")
    expect(again.locator("#titel")).to_contain_text("Ein- und Zweifamilienhäusern")


def test_nonsense_in_a_link_is_left_aside(tab: Tab) -> None:
    page = tab.open("#kennzahl=<img src=x>&zeitraum=1066&ebene=mond&gebiet=__proto__&ansicht=nichts&karte=1,2&fremd=1")
    expect(page.locator("#titel")).not_to_be_empty()
    assert page.locator("main img").count() == 0
    assert "mond" not in page.evaluate("() => location.hash")


@pytest.mark.parametrize("code", ["BEV04", "SOZ01"])
def test_what_is_shown_can_be_taken_along(tab: Tab, tmp_path: Path, code: str) -> None:
    page = tab.open(f"#ansicht=tabelle&kennzahl={code}&ebene=bezirk")
    with page.expect_download() as waiting:
        page.click("#csv")
    path = tmp_path / waiting.value.suggested_filename
    waiting.value.save_as(path)
    text = path.read_bytes().decode("utf-8")
    assert text.startswith("\ufeffgebiet;name;") and path.name.startswith(f"atlas_{code}_bezirk_")
    rows = list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff")), delimiter=";"))
    cells = page.locator("#feld-tabelle tbody tr")
    assert len(rows) == cells.count()
    for number, row in enumerate(rows):
        shown = cells.nth(number).locator("td").nth(1).inner_text()
        assert row["hinweis"] == "synthetische Daten"
        assert "." not in row["wert"]
        value = float(row["wert"].replace(",", ".")) if row["wert"] else None
        assert shown == (f"{value:.1f}".replace(".", ",") + "\u00a0%" if value is not None else row["zustand"])


def test_a_profile_opens_by_its_unit_alone(tab: Tab) -> None:
    page = tab.open("#gebiet=301")
    expect(page.locator("#feld-profil h3")).to_contain_text("301")
    expect(page.locator("#feld-profil svg.reihe")).to_be_visible()
    expect(page.locator("#feld-profil")).to_contain_text("Altersaufbau")
    expect(page.locator("#feld-profil details", has_text="Soziale Sicherung")).to_be_visible()
    assert page.locator("#feld-profil details svg.balken").count() > 40
    assert "synthetisch" in page.inner_text("#feld-profil")
    page.select_option("#profilgebiet", "101")
    expect(page.locator("#feld-profil h3")).to_contain_text("101")
    # ages are hidden in so small a sample, but not for the largest Stadtteil
    page = tab.open("#gebiet=4&ebene=stadtteil")
    expect(page.locator("#feld-profil svg.pyramide")).to_be_visible()


@pytest.mark.parametrize("pair", ["gebiet=301&vergleich=101", "gebiet=101&vergleich=301"])
def test_two_units_differ_only_where_their_intervals_do(tab: Tab, pair: str) -> None:
    page = tab.open(f"#ansicht=vergleich&{pair}&kennzahl=BEV04")
    rows = page.locator("#feld-vergleich tr.gewaehlt td")
    expect(rows.first).to_be_visible()
    cells = [text.replace("\u00a0%", "") for text in rows.all_inner_texts()]
    _, _, first, _, second, verdict, _ = cells
    (low_a, high_a), (low_b, high_b) = (
        [float(part.replace(".", "").replace(",", ".")) for part in cell.split(" bis ")] for cell in (first, second)
    )
    wanted = "höher" if low_a > high_b else "niedriger" if high_a < low_b else "kein sicherer Unterschied"
    assert verdict == wanted


def test_years_run_by_themselves_and_stop(tab: Tab) -> None:
    page = tab.open("#ansicht=karte&kennzahl=BEV04&ebene=bezirk")
    newest = page.inner_text("#zeitwort")
    page.click("#ablauf")
    expect(page.locator("#zeitwort")).not_to_have_text(newest)
    page.click("#ablauf")
    expect(page.locator("#ablauf")).to_have_attribute("aria-pressed", "false")
    stopped = page.inner_text("#zeitwort")
    page.wait_for_timeout(1400)
    assert page.inner_text("#zeitwort") == stopped


def test_the_first_view_is_quick_and_small(browser: Browser, address: str) -> None:
    """Work of the page's own thread, which depends little on what else the machine does, as slow as on a laptop."""
    found = []
    for _ in range(3):
        context = browser.new_context(viewport={"width": 1366, "height": 900})
        tab = Tab(context.new_page(), address)
        session = context.new_cdp_session(tab.page)
        session.send("Performance.enable", {"timeDomain": "threadTicks"})
        page = tab.open()
        metrics = {m["name"]: m["value"] for m in session.send("Performance.getMetrics")["metrics"]}
        moved, wall = page.evaluate(
            """() => {
                const view = performance.getEntriesByName("erste-ansicht")[0].startTime;
                const files = performance.getEntriesByType("resource").filter((one) => one.startTime < view);
                const page = performance.getEntriesByType("navigation")[0];
                return [files.reduce((sum, one) => sum + one.transferSize, page.transferSize), view];
            }"""
        )
        found.append((metrics["TaskDuration"] - metrics["DevToolsCommandDuration"], moved, wall))
        context.close()
    work, moved, _ = min(found)
    assert 0 < moved <= 1_500_000
    assert work * LAPTOP <= 1.0 * CONTENTION, found
