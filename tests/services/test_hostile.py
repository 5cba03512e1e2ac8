"""What strangers may send: refused, without effect, and without a trace of their words in the log."""

from __future__ import annotations

import os
import socket
import threading
import urllib.parse
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import text

from etl.publish import map_server
from tests.conftest import Published
from tests.services.conftest import UNSEEN, Services

pytestmark = pytest.mark.qgis

MARK = "Merkwort4711"
LAYER = "bevoelkerung_bezirk"
MAP = f"SERVICE=WMS&VERSION=1.3.0&REQUEST=GetMap&LAYERS={LAYER}&STYLES="
FEATURES = f"SERVICE=WFS&VERSION=1.1.0&REQUEST=GetFeature&TYPENAME={LAYER}"


def quoted(words: str) -> str:
    return urllib.parse.quote(words, safe="")


def equal(left: str, right: str) -> str:
    """An OGC filter."""
    return f"<Filter><PropertyIsEqualTo>{left}<Literal>{right}</Literal></PropertyIsEqualTo></Filter>"


REFUSED = {
    "another project": f"{MAP}&MAP=/etc/{MARK}",
    "a parameter in disguise": f"%4dAP=/etc/{MARK}&{MAP}",
    "letters in disguise": f"{MAP}&FILTER=%46unc{MARK}",
    "style from elsewhere": f"{MAP}&SLD=http://127.0.0.1:9/{MARK}",
    "style in the request": f"{MAP}&SLD_BODY={MARK}",
    "layer from elsewhere": f"{MAP}&a:url=http://127.0.0.1:9/{MARK}",
    "expression": f"{FEATURES}&EXP_FILTER=env('{MARK}')",
    "function in a filter": f"{FEATURES}&FILTER="
    + quoted(equal('<Function name="env"><Literal>PGSERVICEFILE</Literal></Function>', MARK)),
    "entities": f"{FEATURES}&FILTER=" + quoted(f'<!DOCTYPE a [<!ENTITY b "{MARK}">]><Filter>&b;</Filter>'),
    "print": f"SERVICE=WMS&REQUEST=GetPrint&TEMPLATE={MARK}",
    "two wishes": f"{MAP}&REQUEST=GetPrint",
    "drawing file": f"SERVICE=WMS&REQUEST=GetDXF&LAYERS={MARK}",
    "writing": f"SERVICE=WFS&REQUEST=Transaction&TYPENAME={MARK}",
    "other service": "SERVICE=WCS&REQUEST=GetCapabilities",
    "picture of 100,000 pixels": f"{MAP}&WIDTH=100000&HEIGHT=100000",
    "negative picture": f"{MAP}&WIDTH=-5&HEIGHT=600",
    "endless resolution": f"{MAP}&DPI=99999",
}


@pytest.mark.parametrize("query", REFUSED.values(), ids=REFUSED.keys())
def test_what_is_not_needed_does_not_reach_the_map_server(services: Services, query: str) -> None:
    answer = services.ask(f"/ows?{query}")
    assert answer.status == 400
    assert b"Diese Anfrage ist nicht erlaubt oder nicht lesbar." in answer.body
    assert MARK.encode() not in answer.body


def test_a_picture_of_four_digits_is_refused_by_the_map_server(services: Services) -> None:
    size = services.view.replace("WIDTH=600", "WIDTH=9999").replace("HEIGHT=700", "HEIGHT=9999")
    answer = services.ask(f"/ows?{MAP}&{size}")
    assert answer.status == 400
    assert b"map size is too large" in answer.body
    assert services.ask(f"/ows?{MAP}&{services.view}").headers["content-type"] == "image/png"


INJECTIONS = (
    f"x' OR '1'='1 {MARK}",
    f"x'; DROP VIEW sozialbericht.bevoelkerung_aktuell; -- {MARK}",
    f"x' UNION SELECT passwd FROM pg_shadow -- {MARK}",
    f"$${MARK}$$); SELECT pg_sleep(30); --",
)


@pytest.mark.parametrize("words", INJECTIONS)
def test_sql_in_a_filter_is_a_word_or_refused(services: Services, words: str) -> None:
    nothing = services.ask(f"/ows?{MAP}&{services.view}&FILTER=" + quoted(f"{LAYER}:\"name\" = 'x'")).body
    answer = services.ask(f"/ows?{FEATURES}&FILTER=" + quoted(equal("<PropertyName>name</PropertyName>", words)))
    assert b"featureMember" not in answer.body
    answer = services.ask(f"/ows?{FEATURES}&FILTER=" + quoted(equal(f"<PropertyName>{words}</PropertyName>", "x")))
    assert b"featureMember" not in answer.body
    answer = services.ask(f"/ows?{MAP}&{services.view}&FILTER=" + quoted(f"{LAYER}:\"name\" = '{words}'"))
    # a word that fits the rules of QGIS Server is compared with the names, and no district is drawn
    assert answer.status in {400, 403} or answer.body == nothing
    answer = services.ask(f"/wfs3/collections/{LAYER}/items?Name=" + quoted(words))
    assert b'"MultiPolygon"' not in answer.body
    # none of it was carried out, and none waited
    known = services.ask(f"/ows?{FEATURES}&RESULTTYPE=hits")
    assert b"numberOfFeatures" in known.body


def test_a_filter_that_is_meant_well_is_answered(services: Services, published: Published) -> None:
    with published.engine.connect() as connection:
        query = text(
            "SELECT gebiet FROM sozialbericht.bevoelkerung_aktuell WHERE ebene = 'bezirk' ORDER BY gebiet LIMIT 1"
        )
        key = connection.scalar(query)
    assert key
    answer = services.ask(f"/ows?{FEATURES}&FILTER=" + quoted(equal("<PropertyName>gebiet</PropertyName>", key)))
    assert answer.body.count(b"<gml:featureMember>") == 1
    answer = services.ask(f"/ows?{MAP}&{services.view}&FILTER=" + quoted(f"{LAYER}:\"gebiet\" = '{key}'"))
    assert answer.headers["content-type"] == "image/png"


PATHS = (
    "/exporte/../../pgpass", "/exporte/%2e%2e/%2e%2e/pgpass", "/exporte/..%2f..%2fpgpass", "/exporte/verweis.csv",
    "/exporte/.entwurf", "/exporte/", "/exporte/csv/", "/intern/geheim.html", "/exporte/../intern/geheim.html",
    "/exporte//../intern/geheim.html", "/static/landingpage/index.html", "/%",
    "/pg_service.conf", "/nginx.conf", "/server.log", "/projekt/projekt.qgs", "//etc/passwd", "/..%5c..%5cetc/passwd",
    "/wfs3/static/../../../../../etc/passwd", "/wfs3/static/..%2f..%2f..%2f..%2fetc%2fpasswd", "/wfs3/static/style.css",
    "/exporte/csv/wert.csv%00.html", "/ows/../intern/geheim.html",
)  # fmt: skip


@pytest.mark.parametrize("path", PATHS)
def test_no_path_leads_out_of_what_is_published(services: Services, path: str) -> None:
    answer = services.ask(path)
    assert answer.status in {400, 403, 404}
    assert UNSEEN.encode() not in answer.body
    assert b"root:" not in answer.body
    # a page of ours, not one of the program's own
    assert b'lang="de"' in answer.body or b"ServiceException" in answer.body


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "PROPFIND"])
def test_only_reading(services: Services, method: str) -> None:
    for target in ("/ows?SERVICE=WFS", f"/wfs3/collections/{LAYER}/items", "/atlas/", "/"):
        assert services.ask(target, method).status == 405, target


def test_long_requests_are_refused(services: Services) -> None:
    assert services.ask(f"/ows?{MAP}&FILTER={MARK * 2000}").status == 414
    assert services.ask("/", Cookie=MARK * 2000).status == 400
    assert services.ask("/wfs3/collections/wert/items?limit=10000000").status == 400


def test_a_dead_process_is_replaced(services: Services) -> None:
    (first, *others) = services.server.workers.pids
    os.kill(first, 9)
    for _ in range(4):
        assert services.ask(f"/ows?{MAP}&{services.view}").status in {200, 502}
    until = threading.Event()
    for _ in range(50):
        if first not in services.server.workers.pids and len(services.server.workers.pids) > len(others):
            break
        until.wait(0.2)
    assert first not in services.server.workers.pids
    assert len(services.server.workers.pids) == len(others) + 1
    assert services.ask(f"/ows?{MAP}&{services.view}").headers["content-type"] == "image/png"


@contextmanager
def _sent(server: map_server.MapServer, data: bytes) -> Iterator[bytes]:
    with socket.create_connection((server.host, server.port), timeout=20) as connection:
        connection.sendall(data)
        yield connection.recv(4096)


def test_nonsense_ends_nothing(services: Services) -> None:
    for data in (
        b"\x16\x03\x01\x02\x00" * 20 + b"\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a b\r\n\r\n",
    ):
        with _sent(services.server, data) as said:
            assert said == b"" or b" 400 " in said or b" 505 " in said
    assert services.server.process.poll() is None


def test_nothing_of_all_that_is_in_a_log(services: Services) -> None:
    """After the tests above: neither words of requests nor passwords, addresses of callers or places on the disk."""
    services.ask(f"/{MARK}?{MARK}={MARK}", User_Agent=MARK, Referer=f"http://{MARK}/")
    log = services.server.log.read_text(encoding="utf-8", errors="replace")
    folder = services.server.log.parent
    password = (folder / "pgpass").read_text(encoding="utf-8").strip().split(":")[-1]
    assert "ows GetMap 400 " in log
    for words in (MARK, password, "127.0.0.1", "DROP", "pg_shadow", str(services.root)):
        assert words not in log, words
    assert [line for line in log.splitlines() if "CRITICAL" in line] == []


def test_processes_own_nothing_and_know_one_password(services: Services) -> None:
    folder = services.server.log.parent
    assert len((folder / "pgpass").read_text(encoding="utf-8").splitlines()) == 1
    for pid in services.server.workers.pids:
        known = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
        assert os.geteuid() != 0 or "Uid:\t0" not in known
        assert "NoNewPrivs:\t1" in known
