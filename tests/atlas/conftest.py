"""The atlas of the small sample, handed out by a plain web server, and a real browser that opens it."""

from __future__ import annotations

import functools
import http.server
import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from etl.catalogue import Catalogue
from etl.publish.atlas.build import build
from etl.publish.source import Source
from etl.warehouse import service
from etl.warehouse.engine import open_engine
from tests.conftest import Published

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Hands out files and says nothing."""

    def log_message(self, *_: object) -> None:
        """Nothing: pytest shows what matters."""


@dataclass
class Tab:
    """A page of the atlas with everything it complained about, and every address it asked for."""

    page: Page
    base: str
    complaints: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def open(self, fragment: str = "") -> Page:
        """Open the atlas anew with what stands after „#“, and wait for its first view."""
        self.page.goto("about:blank")
        self.page.goto(self.base + fragment)
        self.page.wait_for_selector("body[data-bereit]")
        return self.page


@pytest.fixture(scope="session")
def sample_source(published: Published) -> Source:
    """The published sample, as readers see it."""
    return Source(open_engine(service.url(published.name, service.READER), role=service.READER), "sozialbericht")


@pytest.fixture(scope="session")
def atlas_folder(sample_source: Source, catalogue: Catalogue, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The atlas of the small sample."""
    folder = tmp_path_factory.mktemp("atlas") / "atlas"
    folder.mkdir()
    build(sample_source, catalogue, folder)
    return folder


@pytest.fixture(scope="session")
def address(atlas_folder: Path) -> Iterator[str]:
    """Address of the atlas on a web server that only hands out files."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(atlas_folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}/index.html"
    server.shutdown()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium without a screen."""
    if not CHROMIUM.exists():
        if os.environ.get("CI") == "true":
            pytest.fail("Chromium is missing, but CI must have it")
        pytest.skip("no Chromium on this machine")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        yield started
        started.close()


@pytest.fixture
def tab(browser: Browser, address: str) -> Iterator[Tab]:
    """A fresh window on the atlas; fails the test where the page complains or asks anybody else."""
    context = browser.new_context(viewport={"width": 1366, "height": 900}, accept_downloads=True, locale="de-DE")
    context.set_default_timeout(15_000)
    opened = Tab(context.new_page(), address)
    opened.page.on("console", lambda m: opened.complaints.append(m.text) if m.type in ("error", "warning") else None)
    opened.page.on("pageerror", lambda e: opened.complaints.append(str(e)))
    opened.page.on("request", lambda r: opened.asked.append(r.url))
    yield opened
    context.close()
    assert opened.complaints == []
    home = address.rsplit("/", 1)[0]
    foreign = [url for url in opened.asked if not url.startswith((home, "data:", "about:", f"blob:{home}"))]
    assert foreign == []


Evaluated = dict[str, Any]
