"""The files of a release: built from its draft, audited with it, and published only if they are still those.

They lie below the data folder, ``veroeffentlichung/DATABASE/LABEL``; ``aktuell`` beside them is the published one.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from pathlib import Path

from etl import settings
from etl.errors import SozialberichtError

MANIFEST = "dateien.json"
CURRENT = "aktuell"


def root(database: str) -> Path:
    """Where the files of all releases of a database lie."""
    return settings.home() / "veroeffentlichung" / database


def folder_of(database: str, label: str) -> Path:
    """The folder of a release. Raises SozialberichtError where its label cannot be a name of a folder."""
    if not re.fullmatch(r"[\w.+ -]*\w[\w.+ -]*", label) or label == CURRENT:
        raise SozialberichtError(
            f"„{label}“ kann kein Ordner heißen. Richtig wären Buchstaben, Ziffern, Punkt, Plus und Striche."
        )
    return root(database) / label


def _found(folder: Path) -> dict[str, tuple[int, str]]:
    return {
        p.relative_to(folder).as_posix(): (p.stat().st_size, hashlib.sha256(p.read_bytes()).hexdigest())
        for p in sorted(folder.rglob("*"))
        if p.is_file() and p.name != MANIFEST
    }


def write_manifest(folder: Path) -> str:
    """List all files below a folder with size (bytes) and SHA-256 in ``dateien.json``; returns the list's own hash."""
    listed = [{"datei": name, "bytes": size, "sha256": digest} for name, (size, digest) in _found(folder).items()]
    (folder / MANIFEST).write_text(json.dumps(listed, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return manifest_sha256(folder)


def manifest_sha256(folder: Path) -> str:
    """Hash of the list of files: it stands for all of them."""
    return hashlib.sha256((folder / MANIFEST).read_bytes()).hexdigest()


def changed(folder: Path) -> list[str]:
    """Files that differ from the list, are missing, or are not in it."""
    listed = {str(e["datei"]): str(e["sha256"]) for e in json.loads((folder / MANIFEST).read_text(encoding="utf-8"))}
    found = {name: digest for name, (_, digest) in _found(folder).items()}
    return sorted(name for name in listed.keys() | found.keys() if listed.get(name) != found.get(name))


def require_audited(folder: Path, label: str, audited: str) -> None:
    """Raise SozialberichtError unless the files are exactly those whose list had this hash when they were audited."""
    there = (folder / MANIFEST).is_file()
    differing = changed(folder) if there and manifest_sha256(folder) == audited else [MANIFEST]
    if differing:
        raise SozialberichtError(
            f"Die Dateien des Stands „{label}“ sind nicht die geprüften ({', '.join(differing[:5])}). Es wird nichts "
            f"veröffentlicht. Abhilfe: „release discard {label}“, dann neu anlegen, bauen und prüfen."
        )


def make_current(folder: Path) -> Path:
    """Let ``aktuell`` point to a release's folder, from one moment to the next; returns that path."""
    link = folder.parent / CURRENT
    scratch = folder.parent / f".{CURRENT}-{os.getpid()}"
    scratch.unlink(missing_ok=True)
    scratch.symlink_to(folder.name)
    scratch.replace(link)
    return link
