"""The largest memory that a process has had, and the processor time it has used."""

from __future__ import annotations

import os
import re
import resource
from pathlib import Path

_HIGH_WATER = re.compile(r"^VmHWM:\s*(\d+) kB", re.MULTILINE)


def peak_mib(pid: int | str = "self") -> float:
    """Largest resident memory (MiB) of a process since its start; of another one NaN where it cannot be told.

    The kernel's mark of the process image itself; ``ru_maxrss`` would begin with the memory of the parent.
    """
    try:
        found = _HIGH_WATER.search(Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace"))
    except OSError:
        found = None
    if found is not None:
        return int(found[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024 if pid == "self" else float("nan")


def cpu_seconds(pid: int | str = "self") -> float:
    """Processor time (s) of a process so far, user and system; NaN where it cannot be told.

    Unlike the seconds of a clock it hardly depends on what else the machine does.
    """
    try:
        # the name of the program stands in brackets and may hold blanks
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
    except OSError:
        return float("nan")
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
