"""Fetching tables of official statistics, against a local server that speaks the same interface."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner
from urllib3.util import Timeout

from etl.errors import SetupError
from etl.intake import genesis
from etl.intake.statistics_commands import save, statistics
from etl.intake.webservice import Client, Credentials, Query, ServiceError, credentials
from etl.sample.genesis_files import flat_new
from etl.sample.official import POPULATION, _population, figures
from tests.intake.genesis_server import ACCESS, Behaviour, running

QUERY = Query("12411-02-03-5", 2023, 2024, "GEMEIN", ("01060063", "01060"))


@pytest.fixture(scope="module")
def csv() -> bytes:
    """A table in the new flat layout."""
    return flat_new(POPULATION, _population(figures(1, 1.0, (2023, 2024)), 2024)).encode()


def client(url: str, secret: str = ACCESS, **more: float) -> Client:
    """A client that does not wait long."""
    return Client(url, Credentials(secret), pause=0.01, timeout=Timeout(connect=2.0, read=2.0), attempts=2, **more)


@pytest.mark.parametrize("zipped", [True, False])
def test_table_as_zip_or_text(csv: bytes, zipped: bool) -> None:
    behaviour = Behaviour(csv, zipped=zipped)
    with running(behaviour) as url:
        assert client(url).table(QUERY) == csv
    path, fields, headers = behaviour.asked[0]
    assert path == "/genesisws/rest/2020/data/tablefile"
    assert (fields["name"], fields["startyear"], fields["endyear"], fields["format"]) == (
        "12411-02-03-5", "2023", "2024", "ffcsv",
    )  # fmt: skip
    assert (fields["regionalvariable"], fields["regionalkey"]) == ("GEMEIN", "01060063,01060")
    # the token is a header and nowhere else
    assert headers["username"] == ACCESS
    assert ACCESS not in path and ACCESS not in json.dumps(fields)


def test_a_large_table_is_made_by_a_job(csv: bytes) -> None:
    behaviour = Behaviour(csv, too_large=True, waits=2)
    said: list[str] = []
    with running(behaviour) as url:
        one = client(url)
        one.tell = said.append
        assert one.table(QUERY) == csv
    methods = [path.rsplit("2020/", 1)[1] for path, _, _ in behaviour.asked]
    assert methods == ["data/tablefile", "data/tablefile", *["catalogue/jobs"] * 3, "data/resultfile"]
    assert "zu groß" in said[0]


@pytest.mark.parametrize(
    ("state", "wait", "message"),
    [("Fehler", 5, "nicht bereitstellen"), ("Wird erstellt", 0.05, "12411-02-03-5_987654")],
)
def test_a_job_that_fails_or_never_ends(csv: bytes, state: str, wait: float, message: str) -> None:
    behaviour = Behaviour(csv, too_large=True, waits=0, job_state=state)
    with running(behaviour) as url, pytest.raises(ServiceError, match=message):
        client(url, wait=wait).table(QUERY)


@pytest.mark.parametrize("mode", ["normal", "http401"])
def test_a_wrong_token_is_not_repeated(csv: bytes, mode: str, capsys: pytest.CaptureFixture[str]) -> None:
    refused = pytest.raises(ServiceError, match="Zugangsdaten wurden nicht angenommen")
    with running(Behaviour(csv, mode=mode)) as url, refused as told:
        client(url, "falsch-ganz-geheim").table(QUERY)
    assert "falsch-ganz-geheim" not in str(told.value) + repr(client(url, "falsch-ganz-geheim"))
    assert told.value.__cause__ is None and told.value.__suppress_context__ is (told.value.__context__ is not None)
    assert "falsch-ganz-geheim" not in "".join(capsys.readouterr())


@pytest.mark.parametrize(
    ("mode", "message"),
    [("maintenance", "Webseite statt mit Daten"), ("redirect", "dem wird nicht gefolgt"), ("nothing", "keine Daten")],
)
def test_maintenance_redirect_and_nothing(csv: bytes, mode: str, message: str) -> None:
    with running(Behaviour(csv, mode=mode)) as url, pytest.raises(ServiceError, match=message):
        client(url).table(QUERY)


def test_a_service_that_comes_back_is_asked_again(csv: bytes) -> None:
    behaviour = Behaviour(csv, fail_first=1)
    with running(behaviour) as url:
        assert client(url).table(QUERY) == csv
    assert len(behaviour.asked) == 2


def test_no_service_and_no_encryption() -> None:
    with pytest.raises(ServiceError, match="nicht erreichbar"):
        client("http://127.0.0.1:9/x").table(QUERY)
    with pytest.raises(ServiceError, match="nur über https"):
        client("http://example.org/rest")


@pytest.mark.parametrize("content", [b"PK\x03\x04kaputt", b""])
def test_damaged_answers(content: bytes) -> None:
    with running(Behaviour(content, zipped=False)) as url, pytest.raises(ServiceError, match=r"127\.0\.0\.1"):
        client(url).table(QUERY)


def test_credentials_come_from_the_environment_only(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("TOKEN", "USER", "PASSWORD"):
        monkeypatch.delenv(f"SOZIALBERICHT_GENESIS_{name}", raising=False)
    with pytest.raises(SetupError, match="SOZIALBERICHT_GENESIS_TOKEN"):
        credentials()
    monkeypatch.setenv("SOZIALBERICHT_GENESIS_USER", "amt")
    monkeypatch.setenv("SOZIALBERICHT_GENESIS_PASSWORD", "wort")
    assert credentials() == Credentials("amt", "wort")
    monkeypatch.setenv("SOZIALBERICHT_GENESIS_TOKEN", "zeichen")
    assert credentials() == Credentials("zeichen")
    assert "zeichen" not in repr(credentials())


def test_the_command_saves_table_and_origin(csv: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOZIALBERICHT_GENESIS_TOKEN", ACCESS)
    with running(Behaviour(csv)) as url:
        result = CliRunner().invoke(
            statistics,
            ["fetch", "12411-02-03-5", "--from", "2023", "--to", "2024", "--url", url, "--region", "01060063",
             "--out", str(tmp_path)],
        )  # fmt: skip
    assert result.exit_code == 0, result.output
    path = tmp_path / "12411-02-03-5_2023_2024.csv"
    origin = json.loads(path.with_suffix(".herkunft.json").read_text("utf-8"))
    assert genesis.recognised(path) == "new"
    assert origin["sha256"] == hashlib.sha256(csv).hexdigest()
    assert origin["auswahl"]["regionalkey"] == "01060063"
    written = "".join(p.read_text("utf-8") for p in tmp_path.iterdir()) + result.output
    assert ACCESS not in written
    assert len(list(tmp_path.iterdir())) == 2


def test_what_is_no_table_is_not_saved(tmp_path: Path) -> None:
    with pytest.raises(ServiceError, match="keine lesbare GENESIS-Tabelle"):
        save(b"a;b\n1;2\n", QUERY, "test", "https://example.org", tmp_path)
    assert list(tmp_path.iterdir()) == []
