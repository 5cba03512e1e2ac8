"""PyQGIS in a process of its own: it belongs to the distribution's Python and may crash without taking us along."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from etl.errors import SetupError, SozialberichtError
from etl.settings import PROJECT
from etl.warehouse import passwords, service

SYSTEM_PYTHON = "/usr/bin/python3"
SCRIPTS = PROJECT / "qgis"
SECONDS = 300
# Ours would lead the system's Python to packages that were built for another one.
_FOREIGN = ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV")


def environment(folder: Path, service_file: Path | None = None) -> dict[str, str]:
    """Environment for QGIS without a screen; settings, caches and runtime files go to ``folder``.

    ``service_file``: the ``pg_service.conf`` to use, default the installation's own.
    """
    known = {key: value for key, value in os.environ.items() if key not in _FOREIGN}
    default = Path(os.environ.get("PGSERVICEFILE") or service.service_file())
    return {
        **known,
        "HOME": str(folder),
        "LC_ALL": "C.UTF-8",
        "PGSERVICEFILE": str(service_file or default),
        "QGIS_CUSTOM_CONFIG_PATH": str(folder),
        # The same order of hashed things in every run.
        "QT_HASH_SEED": "0",
        "QT_QPA_PLATFORM": "offscreen",
        "XDG_CACHE_HOME": str(folder),
        "XDG_CONFIG_HOME": str(folder),
        "XDG_DATA_HOME": str(folder),
        "XDG_RUNTIME_DIR": str(folder),
    }


def write_service(folder: Path, name: str, parameters: Mapping[str, str]) -> Path:
    """A ``pg_service.conf`` in ``folder`` whose entry ``name`` stands for these libpq parameters; returns its path.

    So the service that a project names can lead to another database or role than the installation's own file says.
    """
    path = folder / "pg_service.conf"
    lines = [f"[{name}]", *(f"{key}={value}" for key, value in parameters.items())]
    passwords.write_private(path, "\n".join(lines) + "\n")
    return path


def run_script(script: str, task: Mapping[str, Any], service_file: Path | None = None) -> dict[str, Any]:
    """Run a script of the ``qgis`` folder on a JSON task and return its JSON answer.

    Raises SozialberichtError with what the script reports as ``fehler``, SetupError if PyQGIS is missing or the
    process fails otherwise.
    """
    with tempfile.TemporaryDirectory(prefix="sozialbericht-qgis-") as name:
        folder = Path(name)
        folder.chmod(0o700)
        (folder / "task.json").write_text(json.dumps(task, ensure_ascii=False, indent=1), encoding="utf-8")
        answer = folder / "answer.json"
        command = [SYSTEM_PYTHON, "-s", str(SCRIPTS / script), str(folder / "task.json"), str(answer)]
        try:
            done = subprocess.run(  # noqa: S603  # our own script under the system's Python
                command,
                env={**environment(folder, service_file), "PYTHONDONTWRITEBYTECODE": "1"},
                capture_output=True,
                text=True,
                encoding="utf-8",
                errors="replace",
                timeout=SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired as problem:
            raise SetupError(f"PyQGIS ({script}) war nach {SECONDS} Sekunden nicht fertig.") from problem
        if not answer.exists():
            words = done.stderr.strip().splitlines()[-8:] or [f"Rückgabewert {done.returncode}"]
            raise SetupError(f"PyQGIS ({script}) ist gescheitert:\n" + "\n".join(words))
        found: dict[str, Any] = json.loads(answer.read_text(encoding="utf-8"))
        if "fehler" in found:
            raise SozialberichtError(found["fehler"])
        return found
