"""A local server that speaks the interface of a GENESIS database: accounts, status answers, jobs, zips, maintenance."""

from __future__ import annotations

import io
import json
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

ACCESS = "geheimes-zeichen-4711"


@dataclass
class Behaviour:
    """What the server does, and what it was asked: method, fields and headers of every request."""

    csv: bytes
    zipped: bool = True
    too_large: bool = False
    waits: int = 1
    job_state: str = "Fertig"
    mode: str = "normal"
    fail_first: int = 0
    asked: list[tuple[str, dict[str, str], dict[str, str]]] = field(default_factory=list)

    def answer(self) -> tuple[bytes, str]:
        """The table as it is sent."""
        if not self.zipped:
            return self.csv, "text/csv"
        sink = io.BytesIO()
        with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("tabelle_de_flat.csv", self.csv)
        return sink.getvalue(), "application/zip"


def status(code: int, content: str, kind: str = "Fehler") -> bytes:
    """A status answer."""
    return json.dumps({"Ident": {}, "Status": {"Code": code, "Content": content, "Type": kind}}).encode()


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def log_message(self, format: str, *args: object) -> None:
        """Nothing to the terminal."""

    def do_GET(self) -> None:
        self._send(405, b"", "text/plain")

    def _send(self, code: int, body: bytes, kind: str, **headers: str) -> None:
        self.send_response(code)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        b = self.server.behaviour
        raw = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        fields = {k: v[0] for k, v in parse_qs(raw).items()}
        b.asked.append((self.path, fields, dict(self.headers)))
        if b.fail_first > 0:
            b.fail_first -= 1
            return self._send(503, b"<html>kurz weg</html>", "text/html")
        if b.mode == "maintenance":
            return self._send(200, b"<!DOCTYPE html><title>Wartungsarbeiten</title>", "text/html; charset=utf-8")
        if b.mode == "redirect":
            return self._send(302, b"", "text/plain", Location="http://127.0.0.1:9/")
        if b.mode == "nothing":
            return self._send(
                200, status(104, "Es gibt keine Objekte zum angegebenen Selektionskriterium"), "application/json"
            )
        if self.headers.get("username") != ACCESS:
            said = f"Bitte prüfen Sie Nutzername und Passwort ({self.headers.get('username')})"
            if b.mode == "http401":
                return self._send(401, json.dumps({"Code": 15, "Content": said}).encode(), "application/json")
            return self._send(200, status(15, said), "application/json")
        body, kind = b.answer()
        if self.path.endswith("/data/tablefile"):
            if not b.too_large:
                return self._send(200, body, kind)
            if fields.get("job") != "true":
                return self._send(
                    200, status(98, "Die Tabelle ist zu groß, um direkt abgerufen zu werden"), "application/json"
                )
            text = "Der Bearbeitungsauftrag wurde erstellt. Die Tabelle kann abgerufen werden als: 12411-02-03-5_987654"
            return self._send(200, status(99, text, "Information"), "application/json")
        if self.path.endswith("/catalogue/jobs"):
            b.waits -= 1
            state = b.job_state if b.waits < 0 else "Wird erstellt"
            jobs = [{"Code": "12411-02-03-5_987654", "State": state}]
            return self._send(200, json.dumps({"List": jobs}).encode(), "application/json")
        if self.path.endswith("/data/resultfile") and fields.get("name") == "12411-02-03-5_987654":
            return self._send(200, body, kind)
        return self._send(404, b"", "text/plain")


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    behaviour: Behaviour


@contextmanager
def running(behaviour: Behaviour) -> Iterator[str]:
    """The address of a running server."""
    server = _Server(("127.0.0.1", 0), _Handler)
    server.behaviour = behaviour
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/genesisws/rest/2020"
    finally:
        server.shutdown()
        server.server_close()
