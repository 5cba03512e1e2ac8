"""QGIS Server processes: several on one socket, each taking the next request that waits there."""

from __future__ import annotations

import contextlib
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Mapping
from pathlib import Path

from etl.publish.map_server.account import Account

PROGRAM = Path("/usr/lib/cgi-bin/qgis_mapserv.fcgi")
WAITING = 1024
"""Requests that may wait on the socket."""
SHORT_LIFE = 5.0
DEATHS = 10
"""After so many short lives in a row no more processes are started in a hurry."""


class Workers:
    """The processes, and the socket that outlives them: a request that waits is not lost with a process."""

    def __init__(self, path: Path, variables: Mapping[str, str], log: Path, count: int, account: Account) -> None:
        self._variables = dict(variables)
        self._log = log
        self._count = count
        self._account = account
        self._running: dict[subprocess.Popen[bytes], float] = {}
        self._leaving: dict[subprocess.Popen[bytes], float] = {}
        self._short_lives = 0
        self._turn = threading.Lock()
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.bind(str(path))
        # The folder around it is closed to other accounts.
        path.chmod(0o666)
        self._socket.listen(WAITING)

    @property
    def hopeless(self) -> bool:
        """Whether processes die as soon as they are started."""
        return self._short_lives >= DEATHS

    @property
    def pids(self) -> list[int]:
        """The processes that take requests."""
        return [process.pid for process in self._running]

    def start(self) -> None:
        """Start as many as are missing."""
        with self._turn, self._log.open("ab") as stream:
            while len(self._running) < self._count:
                process = subprocess.Popen(  # noqa: S603  # the distribution's program
                    self._account.command(PROGRAM),
                    cwd=self._log.parent, env=self._variables, stdin=self._socket.fileno(),
                    stdout=stream, stderr=stream,
                )  # fmt: skip
                self._running[process] = time.monotonic()

    def look_after(self) -> None:
        """Replace processes that have ended."""
        with self._turn:
            ended = [process for process in self._running if process.poll() is not None]
            for process in ended:
                lived = time.monotonic() - self._running.pop(process)
                self._short_lives = self._short_lives + 1 if lived < SHORT_LIFE else 0
            for process, until in list(self._leaving.items()):
                if process.poll() is not None:
                    del self._leaving[process]
                elif time.monotonic() > until:
                    process.kill()
        if ended and not self.hopeless:
            self.start()

    def renew(self) -> None:
        """Start new processes, which read the project as it is now; those of before finish what they are doing."""
        with self._turn:
            leaving, self._running = self._running, {}
            self._leaving.update(dict.fromkeys(leaving, time.monotonic() + 60))
        self.start()
        for process in leaving:
            # libfcgi: finish the request, take no other
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(signal.SIGUSR1)

    def end(self) -> None:
        """End all processes and close the socket."""
        with self._turn:
            everybody = [*self._running, *self._leaving]
            self._running, self._leaving = {}, {}
        for process in everybody:
            process.terminate()
        for process in everybody:
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self._socket.close()
