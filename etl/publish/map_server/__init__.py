"""Services of a release: WMS, WFS and OGC API Features of its project, and its pages and files, on one address.

nginx answers; it passes to QGIS Server processes only what these services need and refuses the rest. Nothing here
runs as root, and the processes know no password but that of the map server's role.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import psycopg

from etl.errors import SetupError, SozialberichtError
from etl.publish.map_server import account, web
from etl.publish.map_server.workers import PROGRAM, Workers
from etl.publish.qgis_process import environment, write_service
from etl.warehouse import service

ROLE = "qgis_server"
START_SECONDS = 120
LOG_LEVEL_CRITICAL = "2"
"""Warnings tell of caches, and may repeat what was asked for."""
LOG_BYTES = 10_000_000
"""When the log is longer it begins anew."""
STATEMENT_SECONDS = 60
LARGEST_PICTURE = 4096
"""Pixels of a map's longer side."""
LOOK_SECONDS = 0.5


@dataclass(frozen=True)
class MapServer:
    """A running server."""

    host: str
    port: int
    log: Path
    process: subprocess.Popen[bytes]
    workers: Workers

    @property
    def pages(self) -> str:
        """Address of the page that lists everything."""
        return f"http://{self.host}:{self.port}/"

    @property
    def ows(self) -> str:
        """Address of WMS and WFS, to which parameters are appended."""
        return f"{self.pages}ows?"

    @property
    def features(self) -> str:
        """Address of OGC API Features."""
        return f"{self.pages}wfs3"


@contextlib.contextmanager
def running(
    project: Path | web.Published,
    name: str,
    parameters: Mapping[str, str] | None = None,
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    processes: int | None = None,
) -> Iterator[MapServer]:
    """Serve ``project`` while the block lasts; it has ended afterwards, whatever happens.

    ``project``: a project file alone, or what a database publishes, which is followed when it changes. ``name``: the
    service in the project's data sources. ``parameters``: the libpq parameters it stands for, default the database of
    that name as the map server's role. ``port`` 0 takes a free one. ``processes`` of QGIS Server, default one a core.
    Raises SetupError if a program is missing, the port is taken, or the server does not answer or cannot open the
    project.
    """
    for program, package in ((PROGRAM, "qgis-server"), (web.PROGRAM, "nginx")):
        if not program.exists():
            raise SetupError(f"{program} fehlt. Abhilfe: sudo apt-get install --yes {package}")
    published = project if isinstance(project, web.Published) else web.Published(project.resolve)
    port = _checked_port(host, port)
    who = account.server()
    with tempfile.TemporaryDirectory(prefix="sozialbericht-server-") as folder_name, contextlib.ExitStack() as ending:
        folder = Path(folder_name)
        variables, address = _lay_out(
            folder, name, service.parameters(name, ROLE) if parameters is None else parameters, published
        )
        count = processes or os.cpu_count() or 1
        written = web.configure(folder, (host, port), variables, published, count)
        log = folder / "server.log"
        log.touch()
        who.own(folder)
        workers = Workers(folder / "qgis.socket", variables, log, count, who)
        ending.callback(workers.end)
        workers.start()
        with log.open("ab") as stream:
            process = subprocess.Popen(  # noqa: S603  # the distribution's program
                who.command(web.PROGRAM, "-p", folder, "-e", "stderr", "-c", written),
                cwd=folder, env={"LC_ALL": "C.UTF-8"}, stdin=subprocess.DEVNULL, stdout=stream, stderr=stream,
            )  # fmt: skip
        ending.callback(_end, process)
        server = MapServer(host, port, log, process, workers)
        _wait(server, count)
        stop = threading.Event()
        watching = threading.Thread(target=_watch, args=(server, published, address, who, stop), daemon=True)
        ending.callback(watching.join)
        ending.callback(stop.set)
        watching.start()
        yield server


def _lay_out(
    folder: Path, name: str, address: Mapping[str, str], published: web.Published
) -> tuple[dict[str, str], dict[str, str]]:
    """Project, start page, service file and password in ``folder``.

    Returns the environment of QGIS Server, and the libpq parameters with which it reads.
    """
    (folder / "projekt").mkdir()
    (folder / "seite").mkdir()
    reachable = account.reachable(folder, {**address, **_limits(address)})
    try:
        published.lay_out(folder, reachable)
    except psycopg.Error as problem:
        raise SetupError(
            f"QGIS Server kann das Projekt nicht anbieten: {str(problem).strip()}\n"
            "Abhilfe: zuerst „./sozialbericht run“ oder „./sozialbericht publish“ ausführen."
        ) from problem
    variables = {
        **environment(folder, write_service(folder, name, reachable)),
        "QGIS_PROJECT_FILE": str(folder / "projekt" / "projekt.qgs"),
        "QGIS_OPTIONS_PATH": str(folder),
        "QGIS_SERVER_LOG_LEVEL": LOG_LEVEL_CRITICAL,
        "QGIS_SERVER_LOG_STDERR": "1",
        # Layouts are for people; as a service they would be an invitation to keep the processes busy.
        "QGIS_SERVER_DISABLE_GETPRINT": "1",
        "QGIS_SERVER_WMS_MAX_WIDTH": str(LARGEST_PICTURE),
        "QGIS_SERVER_WMS_MAX_HEIGHT": str(LARGEST_PICTURE),
        # Its own plugins only: none.
        "QGIS_PLUGINPATH": str(folder),
    }
    # it stands in the password file now
    variables.pop("PGPASSWORD", None)
    return variables, reachable


def _limits(address: Mapping[str, str]) -> dict[str, str]:
    """No question to the database lasts longer than anybody waits for its answer."""
    options = f"{address.get('options', '')} -c statement_timeout={STATEMENT_SECONDS}s".strip()
    return {"options": options, "connect_timeout": "10"}


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


def _wait(server: MapServer, count: int) -> None:
    """Until the server gives the project's capabilities; asked at once by as many as there are processes, so that
    each has read the project before the first visitor comes."""
    with ThreadPoolExecutor(count) as callers:
        said = list(callers.map(lambda _: _ask(server), range(count)))
    if any(said):
        words = server.log.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-6:]
        raise SetupError("QGIS Server kann das Projekt nicht anbieten:\n" + "\n".join([*words, max(said)]).strip())


def _ask(server: MapServer) -> str:
    """What is wrong with the server's capabilities; empty if nothing is."""
    address = f"{server.ows}SERVICE=WMS&VERSION=1.3.0&REQUEST=GetCapabilities"
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and server.process.poll() is None and not server.workers.hopeless:
        try:
            with urllib.request.urlopen(address, timeout=START_SECONDS) as answer:  # noqa: S310  # our own address
                return "" if b"<WMS_Capabilities" in answer.read(4096) else "Die Antwort ist kein WMS."
        except urllib.error.HTTPError as problem:
            return problem.read(2000).decode("utf-8", "replace")
        except OSError:
            time.sleep(0.05)
            server.workers.look_after()
    return "Der Dienst antwortet nicht."


def _watch(
    server: MapServer, published: web.Published, address: Mapping[str, str], who: account.Account, stop: threading.Event
) -> None:
    """Replace processes that died, follow what is published, keep the log short."""
    folder = server.log.parent
    while not stop.wait(LOOK_SECONDS):
        server.workers.look_after()
        # in the middle of a change, or the database is away: next time
        with contextlib.suppress(OSError, psycopg.Error, SozialberichtError):
            if published.changed():
                published.lay_out(folder, address)
                who.own(folder)
                server.workers.renew()
        if server.log.stat().st_size > LOG_BYTES:
            shutil.copyfile(server.log, server.log.with_suffix(".alt"))
            os.truncate(server.log, 0)


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
