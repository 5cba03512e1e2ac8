"""Tau-ARGUS as a peer, in a process of its own because it can crash: ``python tau_argus.py solve|audit …``.

It needs the package pytauargus (Tau-ARGUS's engine with HiGHS), a test extra. ``solve TABLE.jj OUT.csv MINUTES`` writes
the numbers of its secondaries and the seconds it took; ``audit TABLE.jj OUT.json`` its intervals of hidden cells.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import time
from pathlib import Path

from etl.confidentiality.suppression.jj import write_jj
from etl.confidentiality.suppression.table import Bools, Table


def solve(table: Table, folder: Path, minutes: int = 1) -> tuple[Bools | None, float]:
    """Its pattern (None: it found none) by full optimisation and the seconds of processor time it took."""
    source, out = folder / "tau.jj", folder / "tau.json"
    write_jj(source, table)
    out.unlink(missing_ok=True)
    _call("solve", source, out, str(minutes))
    if not out.is_file():
        return None, float("nan")
    found = json.loads(out.read_text())
    if found["code"] > 1:
        return None, found["seconds"]
    hidden = table.primary.copy()
    hidden[found["secondary"]] = True
    return hidden, found["seconds"]


def audit(table: Table, hidden: Bools, folder: Path) -> dict[int, tuple[float, float]] | None:
    """Its interval of every hidden cell; None: it could not."""
    source, out = folder / "audit.jj", folder / "audit.json"
    write_jj(source, table, hidden)
    out.unlink(missing_ok=True)
    _call("audit", source, out)
    if not out.is_file():
        return None
    return {row["cell"]: (row["min"], row["max"]) for row in json.loads(out.read_text())}


def _call(*arguments: str | Path) -> None:
    with contextlib.suppress(subprocess.TimeoutExpired):
        subprocess.run(
            [sys.executable, Path(__file__), *arguments],
            check=False,
            timeout=900,
            cwd=Path(arguments[1]).parent,
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )


def _main(what: str, source: str, out: str, minutes: str = "1") -> None:
    from pytauargus._tauargus import HiTaSCtrl, audit_jj  # noqa: PLC0415  # only the process of its own may load it

    begun = time.process_time()
    if what == "audit":
        Path(out).write_text(json.dumps(audit_jj(source)))
        return
    written = Path(out).with_suffix(".out")
    written.unlink(missing_ok=True)
    code = HiTaSCtrl().full_jj(source, str(written), int(minutes))
    lines = written.read_text().splitlines() if written.is_file() else []
    secondary = [int(line.split()[0]) for line in lines if line.split()]
    seconds = time.process_time() - begun
    Path(out).write_text(json.dumps({"code": code, "secondary": secondary, "seconds": seconds}))


if __name__ == "__main__":
    _main(*sys.argv[1:])
