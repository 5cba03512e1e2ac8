"""The password file of the embedded cluster: random passwords that never leave the data folder."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from etl.errors import SetupError


def passfile(home: Path) -> Path:
    """Where libpq finds the passwords (format of ``~/.pgpass``, readable by the owner only)."""
    return home / "pgpass"


def read(home: Path) -> dict[str, str]:
    """Role name to password for every line of the password file; empty if there is none."""
    try:
        lines = passfile(home).read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return {}
    except PermissionError:
        raise SetupError(
            f"Die Passwortdatei {passfile(home)} gehört einem anderen Konto. "
            "Mit SOZIALBERICHT_HOME lässt sich ein eigener Datenordner wählen."
        ) from None
    fields = (line.split(":", 4) for line in lines if line and not line.startswith("#"))
    # Generated passwords hold neither ':' nor '\', so nothing has to be unescaped.
    return {entry[3]: entry[4] for entry in fields if len(entry) == 5}


def ensure(home: Path, roles: tuple[str, ...]) -> dict[str, str]:
    """Passwords for all ``roles``: known ones are kept, missing ones made. Callers hold the cluster's lock."""
    known = read(home)
    missing = [role for role in roles if role not in known]
    if not missing:
        return known
    known.update((role, secrets.token_urlsafe(24)) for role in missing)
    text = "# Zufällige Kennwörter der eingebetteten Datenbank. Nicht weitergeben, nicht sichern.\n"
    text += "".join(f"*:*:*:{role}:{password}\n" for role, password in known.items())
    write_private(passfile(home), text)
    return known


def write_private(path: Path, text: str) -> None:
    """Write ``path`` at once (a reader sees the old or the new text), readable by its owner only."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        stream.write(text)
    temporary.replace(path)
