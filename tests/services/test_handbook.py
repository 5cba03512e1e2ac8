"""The pages for departments: their queries run as a reader, their links lead somewhere, what was not tried says so."""

from __future__ import annotations

import re
from pathlib import Path

import psycopg
import pytest

from etl import settings
from etl.warehouse import service
from tests.conftest import Published

FOLDER = settings.PROJECT / "docs" / "abteilungen"
PAGES = sorted(FOLDER.glob("*.md"))
QUERIES = [
    (page.name, query.strip().rstrip(";"))
    for page in PAGES
    for query in re.findall(r"^```sql\n(.*?)^```", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
]


def test_the_pages_hold_queries() -> None:
    assert len(QUERIES) >= 6


@pytest.mark.parametrize(("page", "query"), QUERIES)
def test_queries_give_rows_to_a_reader(published: Published, page: str, query: str) -> None:
    with psycopg.connect(service.dsn(published.name, service.READER)) as connection:
        connection.execute("SET search_path TO sozialbericht, public")
        # Trends of so small a city are never sure.
        few = "signifikant_bh" in query
        found = connection.execute(query).fetchmany(5)  # type: ignore[arg-type]
    assert found or few, page


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), target


def test_what_was_not_tried_says_so() -> None:
    assert "**Nicht erprobt.**" in (FOLDER / "dbeaver_powerquery.md").read_text(encoding="utf-8")
    assert "nicht erprobt" in (FOLDER / "README.md").read_text(encoding="utf-8")
