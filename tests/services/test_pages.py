"""Pages and files of a release: handed out as they are, with headers that keep them apart from others."""

from __future__ import annotations

import gzip
import html
import re
import time

import pytest

from tests.services.conftest import NOTICE, Services, make_release

pytestmark = pytest.mark.qgis


def test_the_start_page_lists_what_there_is(services: Services) -> None:
    answer = services.ask("/")
    page = answer.body.decode()
    assert answer.status == 200
    assert 'lang="de"' in page
    assert NOTICE in page
    assert "Stand 2026-01-01" in page
    listed = ("/bericht/bericht.html", "/atlas/index.html", "/exporte/sozialbericht.gpkg", "/exporte/csv/wert.csv")
    for address in (*listed, "/ows?SERVICE=WMS", "/wfs3"):
        assert f'href="{address}' in page
    assert "/intern" not in page
    assert ".entwurf" not in page
    assert "verweis.csv" not in page
    # what it lists can be opened
    for address in re.findall(r'href="(/[^"]*)"', page):
        assert services.ask(html.unescape(address)).status == 200, address


@pytest.mark.parametrize(
    ("path", "kind", "words"),
    [
        ("/atlas/", "text/html; charset=utf-8", b"Atlas"),
        ("/bericht/", "text/html; charset=utf-8", b"Bericht"),
        ("/exporte/csv/wert.csv", "text/csv; charset=utf-8", b"wert"),
        ("/exporte/sozialbericht.gpkg", "application/geopackage+sqlite3", b"GPKG"),
        ("/dateien.json", "application/json; charset=utf-8", b"[]"),
    ],
)
def test_files_come_with_their_kind(services: Services, path: str, kind: str, words: bytes) -> None:
    answer = services.ask(path)
    assert (answer.status, answer.headers["content-type"]) == (200, kind)
    assert answer.body.startswith(words)


def test_headers_keep_pages_to_themselves(services: Services) -> None:
    for path in ("/", "/atlas/", "/bericht/", "/exporte/csv/wert.csv", "/nichts", "/ows?SERVICE=WMS", "/wfs3"):
        headers = services.ask(path).headers
        assert headers["x-content-type-options"] == "nosniff", path
        assert headers["referrer-policy"] == "no-referrer", path
        rules = headers["content-security-policy"]
        assert rules.startswith("default-src 'none'"), path
        assert "http" not in rules, path
        assert ("script-src 'self'" in rules) == (path == "/atlas/"), path
        assert "1.22" not in headers.get("server", ""), path
        assert "QGIS" not in headers.get("server", ""), path


def test_a_folder_without_its_slash_leads_to_it(services: Services) -> None:
    answer = services.ask("/atlas")
    assert (answer.status, answer.headers["location"]) == (301, "/atlas/")


def test_a_file_that_is_known_is_not_sent_again(services: Services) -> None:
    first = services.ask("/exporte/csv/wert.csv")
    assert services.ask("/exporte/csv/wert.csv", If_None_Match=first.headers["etag"]).status == 304


def test_answers_are_compressed_where_that_helps(services: Services) -> None:
    target = "/ows?SERVICE=WMS&VERSION=1.3.0&REQUEST=GetCapabilities"
    answer = services.ask(target, Accept_Encoding="gzip")
    assert answer.headers["content-encoding"] == "gzip"
    assert b"<WMS_Capabilities" in gzip.decompress(answer.body)


def test_a_new_release_is_handed_out_at_once(services: Services) -> None:
    make_release(services.root, "2027-01-01")
    (services.root / "neu").symlink_to("2027-01-01")
    (services.root / "neu").replace(services.root / "aktuell")
    try:
        assert services.ask("/atlas/").body == b"Atlas 2027-01-01"
        deadline = time.monotonic() + 10
        while b"Stand 2027-01-01" not in (page := services.ask("/").body) and time.monotonic() < deadline:
            time.sleep(0.1)
        assert b"Stand 2027-01-01" in page
    finally:
        (services.root / "neu").symlink_to("2026-01-01")
        (services.root / "neu").replace(services.root / "aktuell")


def test_a_new_project_is_served_without_a_pause(services: Services) -> None:
    before = set(services.server.workers.pids)
    project = services.root / "sozialbericht.qgs"
    text = project.read_text(encoding="utf-8")
    title = '<WMSServiceTitle type="QString">'
    assert title in text
    project.write_text(text.replace(title, f"{title}Neuer "), encoding="utf-8")
    target = "/ows?SERVICE=WMS&VERSION=1.3.0&REQUEST=GetCapabilities"
    deadline = time.monotonic() + 60
    while set(services.server.workers.pids) & before and time.monotonic() < deadline:
        assert services.ask(target).status == 200
        time.sleep(0.1)
    found = services.ask(target)
    while b"<Title>Neuer " not in found.body and time.monotonic() < deadline:
        time.sleep(0.2)
        found = services.ask(target)
        assert found.status == 200
    assert b"<Title>Neuer " in found.body
