"""A QGIS Desktop on a screen of its own, and a database that is some milliseconds away."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from etl.publish.qgis_process import SCRIPTS, environment

SECONDS = 240


def missing() -> str:
    """What the proof lacks on this machine; empty where it can run."""
    return ", ".join(name for name in ("qgis", "xvfb-run") if shutil.which(name) is None)


def prove(
    folder: Path,
    project: str,
    themes: Sequence[str],
    *,
    service_file: Path,
    pictures: Path | None = None,
    layouts: Sequence[tuple[str, str]] = (),
) -> dict[str, Any]:
    """The answer of ``qgis/desktop_proof.py`` in a fresh profile with German words."""  # fmt: skip
    task, answer = folder / "aufgabe.json", folder / "antwort.json"
    answer.unlink(missing_ok=True)
    content = {"project": project, "themes": list(themes), "layouts": list(layouts), "tip": True,
               "pictures": str(pictures or ""), "answer": str(answer)}  # fmt: skip
    task.write_text(json.dumps(content), encoding="utf-8")
    known = environment(folder, service_file)
    known |= {"SOZIALBERICHT_PROOF": str(task), "QT_QPA_PLATFORM": "xcb", "LC_ALL": "C.UTF-8"}
    command = [
        "xvfb-run", "-a", "-s", "-screen 0 1366x800x24", "qgis", "--nologo", "--noversioncheck", "--noplugins",
        "--lang", "de", "--profiles-path", str(folder / "profil"),
        "--code", str(SCRIPTS / "desktop_proof.py"),
    ]  # fmt: skip
    subprocess.run(command, env=known, capture_output=True, timeout=SECONDS, check=False)
    found: dict[str, Any] = json.loads(answer.read_text(encoding="utf-8"))
    return found


def _later(source: socket.socket, target: socket.socket, seconds: float) -> None:
    """Pass on what arrives, each piece so much later; a thread reads on while pieces wait."""
    waiting: list[tuple[float, bytes]] = []
    ready = threading.Condition()

    def send() -> None:
        while True:
            with ready:
                while not waiting:
                    ready.wait()
                due, data = waiting.pop(0)
            time.sleep(max(0.0, due - time.monotonic()))
            try:
                if not data:
                    target.shutdown(socket.SHUT_WR)
                    return
                target.sendall(data)
            except OSError:
                return

    threading.Thread(target=send, daemon=True).start()
    while True:
        try:
            data = source.recv(65536)
        except OSError:
            data = b""
        with ready:
            waiting.append((time.monotonic() + seconds, data))
            ready.notify()
        if not data:
            return


@contextmanager
def delayed(host: str, port: int, seconds: float) -> Iterator[int]:
    """A local port behind which a server answers ``seconds`` later (there and back together)."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def accept() -> None:
            while True:
                try:
                    near, _ = server.accept()
                except OSError:
                    return
                if host.startswith("/"):
                    far = socket.socket(socket.AF_UNIX)
                    far.connect(f"{host}/.s.PGSQL.{port}")
                else:
                    far = socket.create_connection((host, port))
                for one, other in ((near, far), (far, near)):
                    if one.family != socket.AF_UNIX:
                        one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    threading.Thread(target=_later, args=(one, other, seconds / 2), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        yield server.getsockname()[1]
