"""The command ``status`` and its heat map: figures follow from the rows, words are German, the page is accessible."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from html.parser import HTMLParser
from pathlib import Path

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection
from typer.testing import CliRunner

from etl import settings
from etl.catalogue import Catalogue
from etl.publish.gaps import commands
from etl.publish.gaps.heatmap import SHORT, heatmap
from etl.publish.gaps.read import STATES, read_overdue, read_rows, set_today, spans
from etl.publish.gaps.summary import Summary, summarise
from tests.gaps.test_gaps import arrive, publish

runner = CliRunner()
DAY = date(2026, 5, 1)


@pytest.fixture
def filled(connection: Connection) -> Connection:
    """The register to 2024, the agency without its last quarters, one withheld value."""
    for year in (2020, 2021, 2022, 2023, 2024):
        arrive(connection, "register", date(year, 12, 31), [str(year)])
    for year in (2023, 2024):
        arrive(connection, "arbeitslose", date(year, 12, 31), [f"{year}-Q{n}" for n in (1, 2, 3, 4)])
    for year in range(2020, 2025):
        values = {"101": 1.0, "102": None if year == 2024 else 2.0, "201": 3.0, "202": 4.0}
        publish(connection, "BEV01", str(year), "bezirk", values)
    return connection


@pytest.fixture
def command(filled: Connection, small_catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch) -> Iterator[typer.Typer]:
    """``status`` on that state."""

    class Opened:
        @contextmanager
        def begin(self) -> Iterator[Connection]:
            yield filled

    monkeypatch.setattr(commands, "prepared_engine", lambda catalogue, migrated=True: Opened())
    monkeypatch.setattr(commands, "load_catalogue", lambda folder: small_catalogue)
    app = typer.Typer()
    app.command()(commands.status)
    yield app


def summary(connection: Connection, catalogue: Catalogue, **chosen: object) -> Summary:
    set_today(connection, DAY)
    return summarise(catalogue, read_rows(connection), read_overdue(connection), DAY, **chosen)  # type: ignore[arg-type]


def test_a_theme_is_as_complete_as_its_indicators_periods(filled: Connection, small_catalogue: Catalogue) -> None:
    (theme,) = summary(filled, small_catalogue).themes
    # BEV01 2020–2025: 5 of 6 there. BEV02 2022–2025: 3 of 4. ARB01 2023–2025: 2 of 3. BIL01 3 school years: none of
    # 2020/21–2022/23, –2023/24, –2024/25. WOH01 2020: none. SOZ01 2020–2025: none of 6.
    assert (theme.complete, theme.expected) == (10, 6 + 4 + 3 + 3 + 1 + 6)
    assert theme.states["anteil_geheim"] == 1
    assert theme.percent == pytest.approx(100 * 10 / 23)


def test_requests_say_what_to_ask_whom_and_what_waits(filled: Connection, small_catalogue: Catalogue) -> None:
    requests = {r.source: r for r in summary(filled, small_catalogue).requests}
    register = requests["register"]
    assert (register.owner, register.periods, register.since) == ("Meldebehörde", ("2025",), date(2026, 3, 31))
    assert register.indicators == ("BEV01", "BEV02", "ARB01", "WOH01")
    assert register.indices == ("IDX01", "IDX02", "IDX03")
    assert requests["arbeitslose"].indices == ("IDX01", "IDX03")
    assert requests["arbeitslose"].spoken == "2025"
    assert requests["uebergaenge"].spoken == "2020/21 bis 2024/25"
    assert next(iter(requests)) == "register"  # it blocks most


def test_choices_narrow_what_is_told(filled: Connection, small_catalogue: Catalogue) -> None:
    chosen = summary(filled, small_catalogue, year=2025, owner="agentur")
    assert [r.source for r in chosen.requests] == ["arbeitslose"]
    assert {r.kennzahl for r in chosen.rows} == {"ARB01"}


def test_status_speaks_german_and_ends_well_in_spite_of_gaps(command: typer.Typer) -> None:
    result = runner.invoke(command, ["--at", "2026-05-01", "--all"], catch_exceptions=False, env={"COLUMNS": "200"})
    assert result.exit_code == 0
    words = " ".join(result.output.split())
    assert "Datenstand am 01.05.2026" in words
    assert "10/23" in words
    assert "Nachzufordern" in words
    assert "Schwerbehinderte" in words


def test_status_as_json(command: typer.Typer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings.ui, "json", True)
    result = runner.invoke(command, ["--at", "01.05.2026"], catch_exceptions=False)
    told = json.loads(result.output)
    assert told["handlungsfelder"][0]["vollstaendig"] == 10
    assert {r["quelle"] for r in told["nachfordern"]} == {"register", "arbeitslose", "uebergaenge", "zaehlung"}
    assert [g["kennzahl"] for g in told["ohne_quelle"]] == ["SOZ01"]
    assert [g["titel"] for g in told["andere_berichte"]] == ["Schuldnerberatung", "Arbeit im Wohnumfeld"]


def test_an_unknown_theme_is_refused_with_those_known(command: typer.Typer) -> None:
    result = runner.invoke(command, ["--theme", "wonen"])
    assert "bekannt sind bevoelkerung" in str(result.exception)


class Page(HTMLParser):
    """What a reader of the page meets: its language, headings, tables with captions and scoped headers."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.lang = ""
        self.tables: list[dict[str, int]] = []
        self.unscoped = 0
        self.external: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "html":
            self.lang = given.get("lang") or ""
        if tag == "table":
            self.tables.append({"caption": 0, "th": 0})
        if tag in ("caption", "th") and self.tables:
            self.tables[-1][tag] += 1
        self.unscoped += tag == "th" and "scope" not in given
        self.external += [v for k, v in attrs if k in ("src", "href") and v]
        if tag not in ("meta", "link", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_heat_map_is_one_accessible_page(filled: Connection, small_catalogue: Catalogue) -> None:
    page = heatmap(small_catalogue, summary(filled, small_catalogue))
    seen = Page(page)
    assert seen.open == []
    assert seen.lang == "de"
    assert seen.external == [] and "@import" not in page and "url(" not in page
    assert len(seen.tables) == 6
    assert all(t["caption"] == 1 and t["th"] >= 2 for t in seen.tables)
    assert seen.unscoped == 0
    for words in (*SHORT.values(), *(STATES[s] for s in SHORT)):
        assert words in page
    row = page[page.index("BEV01 Anteil unter 18") :]
    row = row[: row.index("</tr>")]
    cells = re.findall(r'<td class="z ([a-z-]*)".*?>(.*?)<span', row)
    assert cells == [*[("geliefert", "ja")] * 4, ("anteil-geheim", "geh."), ("verspaetet", "fällig")]


def test_what_is_wholly_withheld_is_told_apart(connection: Connection, small_catalogue: Catalogue) -> None:
    arrive(connection, "register", date(2020, 12, 31), ["2020"])
    publish(connection, "BEV01", "2020", "bezirk", dict.fromkeys(("101", "102", "201", "202")))
    page = heatmap(small_catalogue, summary(connection, small_catalogue, year=2020))
    row = page[page.index("BEV01 Anteil unter 18") :]
    assert re.findall(r'<td class="z ([a-z-]*)"', row[: row.index("</tr>")]) == ["alles-geheim"]


def test_the_heat_map_escapes_what_the_catalogue_says(filled: Connection, small_catalogue: Catalogue) -> None:
    theme = small_catalogue.themes[0]
    hostile = theme.model_copy(update={"title": "<script>alert(1)</script>"})
    changed = type(small_catalogue)(**{**vars_of(small_catalogue), "themes": (hostile,)})
    assert "<script>" not in heatmap(changed, summary(filled, changed))


def vars_of(catalogue: Catalogue) -> dict[str, object]:
    return {name: getattr(catalogue, name) for name in catalogue.__dataclass_fields__}


def test_colours_differ_in_lightness_for_every_colour_vision() -> None:
    """States in order of completeness get lighter or are outlined; white on dark, black on light, contrast ≥ 4.5."""
    style = (Path(commands.__file__).parent / "heatmap.html.j2").read_text(encoding="utf-8")
    rules = re.findall(r"\.([a-z-]+\d?) \{ background: (#[0-9a-f]{3,6})(?:; color: (#[0-9a-f]{3,6}))?", style)
    assert len(rules) >= 11
    for name, ground, ink in rules:
        light, dark = sorted((luminance(ground), luminance(ink or "#1a1a1a")), reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= 4.5, name


def luminance(colour: str) -> float:
    digits = colour[1:] if len(colour) == 7 else "".join(c * 2 for c in colour[1:])
    channels = [int(digits[n : n + 2], 16) / 255 for n in (0, 2, 4)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize(
    ("periods", "words"),
    [
        (["2020", "2021", "2022"], "2020 bis 2022"),
        (["2020", "2021", "2023"], "2020, 2021, 2023"),
        (["2025-Q1", "2025-Q2", "2025-Q3", "2025-Q4"], "2025"),
        (["2025-Q1", "2025-Q4"], "2025-Q1, 2025-Q4"),
        (["2019/20", "2020/21", "2021/22"], "2019/20 bis 2021/22"),
        ([], ""),
    ],
)
def test_periods_are_said_in_short(periods: list[str], words: str) -> None:
    assert spans(periods) == words


@given(st.sets(st.integers(1990, 2040), max_size=25))
def test_short_periods_name_exactly_the_years_given(years: set[int]) -> None:
    named: set[int] = set()
    for part in filter(None, spans([str(y) for y in years]).split(", ")):
        first, _, last = part.partition(" bis ")
        named |= set(range(int(first), int(last or first) + 1))
    assert named == years
