"""Tables from the web service of a GENESIS database (REST, edition 2020, POST only since 2025).

Name and password, or a token in place of the name, travel in request headers and stand in the environment only: never
in a file, an address or a message. A table that is too large for an answer becomes a job on the server, and is waited
for.
"""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import urllib3
from urllib3.util import Retry, Timeout

from etl.errors import SetupError, SozialberichtError
from etl.intake.webanswer import MAX_BYTES, Status, content_of, status_of

SERVICES = {
    "regionalstatistik": "https://www.regionalstatistik.de/genesisws/rest/2020",
    "destatis": "https://genesis.destatis.de/genesisWS/rest/2020",
    "zensus": "https://ergebnisse.zensus2022.de/api/rest/2020",
}
"""Name → address of the interface. They share the interface, not the accounts."""
TOKEN, USER, PASSWORD = "SOZIALBERICHT_GENESIS_TOKEN", "SOZIALBERICHT_GENESIS_USER", "SOZIALBERICHT_GENESIS_PASSWORD"
"""Names of the environment variables; a token needs neither user nor password."""

TOO_LARGE, JOB_MADE, NOTHING = 98, 99, 104
_LOCAL = {"localhost", "127.0.0.1", "::1"}
_JOB = re.compile(r"(?P<job>[0-9A-Za-z-]+_\d{4,})")
_DONE, _FAILED = ("fertig", "finished"), ("fehler", "error", "failed", "abgebrochen")


class ServiceError(SozialberichtError):
    """The service refused or failed; the text says what it said, without credentials."""


@dataclass(frozen=True)
class Credentials:
    """Name and password, or a token as the name with an empty password. Neither is ever shown."""

    name: str = field(repr=False)
    password: str = field(default="", repr=False)

    def hidden(self, text: str) -> str:
        """``text`` without the credentials, should a service repeat them."""
        for secret in (self.name, self.password):
            if secret:
                text = text.replace(secret, "***")
        return text


def credentials() -> Credentials:
    """From the environment. Raises SetupError where neither a token nor a name with password is set."""
    if token := os.environ.get(TOKEN, "").strip():
        return Credentials(token)
    name, password = os.environ.get(USER, "").strip(), os.environ.get(PASSWORD, "")
    if name and password:
        return Credentials(name, password)
    raise SetupError(
        f"Für den Abruf fehlen die Zugangsdaten: bitte {TOKEN} setzen (oder {USER} und {PASSWORD}). Beides gibt es "
        "nach kostenfreier Anmeldung bei der Datenbank; in Dateien und auf der Befehlszeile haben sie nichts zu suchen."
    )


@dataclass(frozen=True)
class Query:
    """What is wanted: the table, first and last year, and regions (official keys of ``region_variable``)."""

    table: str
    first: int
    last: int
    region_variable: str | None = None
    regions: tuple[str, ...] = ()

    def form(self) -> dict[str, str]:
        """The request's fields; nothing in it is secret."""
        fields = {
            "name": self.table, "area": "all", "compress": "false", "transpose": "false", "quality": "on",
            "startyear": str(self.first), "endyear": str(self.last), "format": "ffcsv", "language": "de",
        }  # fmt: skip
        if self.regions:
            fields |= {"regionalvariable": self.region_variable or "GEMEIN", "regionalkey": ",".join(self.regions)}
        return fields


@dataclass
class Client:
    """One database's interface. ``wait``: seconds to wait for a job; ``pause``: seconds between questions for it."""

    url: str
    access: Credentials
    wait: float = 600.0
    pause: float = 5.0
    tell: Callable[[str], None] = lambda _text: None
    timeout: Timeout = field(default_factory=lambda: Timeout(connect=10.0, read=120.0))
    attempts: int = 3

    def __post_init__(self) -> None:
        parts = urlsplit(self.url)
        if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _LOCAL):
            raise ServiceError(f"{self.url}: Zugangsdaten werden nur über https gesendet.")
        again = Retry(
            total=self.attempts, redirect=0, status_forcelist=(429, 502, 503, 504), allowed_methods={"POST"},
            backoff_factor=0.5, raise_on_status=False, raise_on_redirect=False,
        )  # fmt: skip
        self._pool = urllib3.PoolManager(timeout=self.timeout, retries=again)

    def table(self, query: Query) -> bytes:
        """The table as flat CSV. Raises ServiceError with what the service said."""
        raw, kind = self._ask("data/tablefile", query.form() | {"job": "false"})
        status = status_of(raw)
        if status is not None and status.code == TOO_LARGE:
            self.tell("Die Tabelle ist für eine sofortige Antwort zu groß; der Dienst stellt sie bereit …")
            raw, kind = self._job(query)
            status = status_of(raw)
        if status is not None:
            raise self._refused(status, query.table)
        try:
            return content_of(raw, kind)
        except SozialberichtError as error:
            raise ServiceError(f"{self._host}: {self.access.hidden(str(error))}") from None

    @property
    def _host(self) -> str:
        return urlsplit(self.url).netloc

    def _job(self, query: Query) -> tuple[bytes, str]:
        """Have the table made on the server, wait for it, and fetch it."""
        raw, kind = self._ask("data/tablefile", query.form() | {"job": "true"})
        status = status_of(raw)
        if status is None:  # some tables come at once all the same
            return raw, kind
        match = _JOB.search(status.text)
        if status.code not in (0, JOB_MADE) or match is None:
            raise self._refused(status, query.table)
        job, deadline = match["job"], time.monotonic() + self.wait
        wanted = {"selection": f"*{job}", "searchcriterion": "code", "sortcriterion": "code", "type": "all"}
        while True:
            answer = self._json(self._ask("catalogue/jobs", wanted | {"pagelength": "10", "language": "de"})[0])
            states = [str(j.get("State", "")).casefold() for j in answer.get("List") or [] if isinstance(j, dict)]
            if any(s.startswith(_DONE) for s in states):
                break
            if any(s.startswith(_FAILED) for s in states):
                raise ServiceError(f"{self._host}: der Dienst konnte die Tabelle {query.table} nicht bereitstellen.")
            if time.monotonic() >= deadline:
                minutes = f"{self.wait / 60:.0f} Minuten" if self.wait >= 120 else f"{self.wait:.0f} Sekunden"
                raise ServiceError(
                    f"{self._host}: die Tabelle {query.table} war nach {minutes} noch nicht bereitgestellt "
                    f"(Auftrag {job}); bitte später noch einmal abrufen."
                )
            time.sleep(self.pause)
        return self._ask("data/resultfile", {"name": job, "area": "all", "compress": "false", "format": "ffcsv"})

    def _json(self, raw: bytes) -> dict[str, Any]:
        try:
            answer = json.loads(raw)
        except ValueError:
            answer = None
        if not isinstance(answer, dict):
            raise ServiceError(f"{self._host}: die Antwort zum Auftrag ist nicht lesbar.")
        return answer

    def _ask(self, method: str, fields: dict[str, str]) -> tuple[bytes, str]:
        """Body and media type of an answer; problems on the way become a ServiceError without the cause's text."""
        headers = {"username": self.access.name, "password": self.access.password}
        try:
            response = self._pool.request(
                "POST", f"{self.url.rstrip('/')}/{method}", fields=fields, headers=headers, encode_multipart=False,
                preload_content=False,
            )  # fmt: skip
            with response:
                raw = response.read(MAX_BYTES + 1)
        except urllib3.exceptions.HTTPError as error:
            what = "hat nicht rechtzeitig geantwortet" if "timed out" in str(error) else "ist nicht erreichbar"
            raise ServiceError(f"{self._host} {what}; bitte die Verbindung prüfen oder später wiederholen.") from None
        if len(raw) > MAX_BYTES:
            raise ServiceError(
                f"{self._host}: die Antwort ist größer als {MAX_BYTES // 1024**2} MB; bitte Regionen wählen."
            )
        kind = response.headers.get("Content-Type", "").split(";")[0].strip().casefold()
        self._check_http(response.status, raw, kind)
        return raw, kind

    def _check_http(self, code: int, raw: bytes, kind: str) -> None:
        status = status_of(raw)
        if code in (401, 403):
            raise ServiceError(f"{self._host}: {_WRONG_ACCESS}")
        if 300 <= code < 400:
            raise ServiceError(f"{self._host} verweist an eine andere Adresse (HTTP {code}); dem wird nicht gefolgt.")
        if kind == "text/html" or raw.lstrip()[:9].lower().startswith((b"<!doctype", b"<html")):
            raise ServiceError(
                f"{self._host} antwortet mit einer Webseite statt mit Daten (HTTP {code}); {_MAINTENANCE}"
            )
        if code >= 400 and status is not None:
            raise self._refused(status, "")
        if code >= 400:
            raise ServiceError(f"{self._host} meldet einen Fehler (HTTP {code}); bitte später wiederholen.")

    def _refused(self, status: Status, table: str) -> ServiceError:
        said = self.access.hidden(status.text).strip().rstrip(".")
        if status.concerns_access:
            return ServiceError(f"{self._host}: {_WRONG_ACCESS} (Meldung: {said})")
        if status.code == NOTHING:
            return ServiceError(f"{self._host}: zur Tabelle {table} gibt es für diese Auswahl keine Daten ({said}).")
        what = f" zur Tabelle {table}" if table else ""
        return ServiceError(f"{self._host} meldet{what}: {said} (Kennzahl {status.code}).")


_WRONG_ACCESS = (
    f"die Zugangsdaten wurden nicht angenommen; bitte {TOKEN} (oder {USER} und {PASSWORD}) prüfen. Jede Datenbank hat "
    "ihr eigenes Konto"
)
_MAINTENANCE = "wahrscheinlich wird der Dienst gerade gewartet, bitte später wiederholen."
