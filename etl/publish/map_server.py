"""QGIS Server for one machine: WMS, WFS and OGC API Features of a project, read as the role of the map server.

QGIS's own development server answers the requests. It is meant for one office and for tests; many readers need the
web server of ``docker/``.
"""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from etl.errors import SetupError
from etl.publish.qgis_process import environment, write_service
from etl.warehouse import service

PROGRAM = Path("/usr/bin/qgis_mapserver")
ROLE = "qgis_server"
START_SECONDS = 60
LOG_LEVEL_WARNING = "1"


@dataclass(frozen=True)
class MapServer:
    """A running server."""

    host: str
    port: int
    log: Path
    process: subprocess.Popen[bytes]

    @property
    def ows(self) -> str:
        """Address of WMS and WFS, to which parameters are appended."""
        return f"http://{self.host}:{self.port}/ows?"

    @property
    def features(self) -> str:
        """Address of OGC API Features."""
        return f"http://{self.host}:{self.port}/wfs3"


@contextlib.contextmanager
def running(
    project: Path,
    name: str,
    parameters: Mapping[str, str] | None = None,
    *,
    host: str = "127.0.0.1",
    port: int = 0,
) -> Iterator[MapServer]:
    """Serve ``project`` while the block lasts; it has ended afterwards, whatever happens.

    ``name``: the service in the project's data sources. ``parameters``: the libpq parameters it stands for, default
    the database of that name as the map server's role. ``port`` 0 takes a free one. Raises SetupError if the program
    is missing, the port is taken, or the server does not answer or cannot open the project.
    """
    if not PROGRAM.exists():
        raise SetupError(f"QGIS Server ({PROGRAM}) fehlt. Abhilfe: sudo apt-get install --yes qgis-server")
    port = _checked_port(host, port)
    with tempfile.TemporaryDirectory(prefix="sozialbericht-server-") as folder_name:
        folder = Path(folder_name)
        address = service.parameters(name, ROLE) if parameters is None else parameters
        log = folder / "server.log"
        settings = {
            **environment(folder, write_service(folder, name, address)),
            "QGIS_OPTIONS_PATH": str(folder),
            "QGIS_SERVER_LOG_LEVEL": LOG_LEVEL_WARNING,
            "QGIS_SERVER_LOG_STDERR": "1",
            "QGIS_SERVER_TRUST_LAYER_METADATA": "1",
            # Its own plugins only: none.
            "QGIS_PLUGINPATH": str(folder),
        }
        with log.open("wb") as stream:
            command = [str(PROGRAM), "-p", str(project.resolve()), f"{host}:{port}"]
            process = subprocess.Popen(  # noqa: S603  # the distribution's program
                command, cwd=folder, env=settings, stdin=subprocess.DEVNULL, stdout=stream, stderr=stream
            )
        try:
            server = MapServer(host, port, log, process)
            _wait(server)
            yield server
        finally:
            _end(process)


def _checked_port(host: str, port: int) -> int:
    """The port, or a free one for 0; the program itself would say nothing useful about one that is taken."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as problem:
            raise SetupError(
                f"An {host}:{port} kann der Kartendienst nicht lauschen ({os.strerror(problem.errno or 0)}). "
                "Abhilfe: mit --port einen anderen Anschluss wählen."
            ) from problem
        taken: int = probe.getsockname()[1]
        return taken


def _wait(server: MapServer) -> None:
    """Until the server gives the project's capabilities."""
    deadline = time.monotonic() + START_SECONDS
    address = f"{server.ows}SERVICE=WMS&VERSION=1.3.0&REQUEST=GetCapabilities"
    said = ""
    while time.monotonic() < deadline and server.process.poll() is None:
        try:
            with urllib.request.urlopen(address, timeout=START_SECONDS) as answer:  # noqa: S310  # our own address
                if b"<WMS_Capabilities" in answer.read(4096):
                    return
                said = "Die Antwort ist kein WMS."
                break
        except urllib.error.HTTPError as problem:
            said = problem.read(2000).decode("utf-8", "replace")
            break
        except OSError:
            time.sleep(0.1)
    if server.process.poll() is not None:
        said = f"Der Prozess hat sich beendet (Rückgabewert {server.process.returncode})."
    words = server.log.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-6:]
    raise SetupError("QGIS Server kann das Projekt nicht anbieten:\n" + "\n".join([*words, said]).strip())


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
