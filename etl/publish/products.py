"""What is made of a release: products, each built into the release's folder as a whole or not at all."""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from etl.catalogue import Catalogue
from etl.publish.source import Source

MANIFEST = "dateien.json"

Build = Callable[[Source, Catalogue, Path], None]


@dataclass(frozen=True)
class Product:
    """A kind of output: the folder it gets, its German title, and what fills the folder."""

    folder: str
    title: str
    build: Build


def build_product(product: Product, source: Source, catalogue: Catalogue, into: Path) -> Path:
    """Build a product below ``into``; readers find the earlier one or the new one, never a part. Returns its folder."""
    into.mkdir(parents=True, exist_ok=True)
    target = into / product.folder
    with tempfile.TemporaryDirectory(prefix=f".{product.folder}-", dir=into) as scratch:
        fresh = Path(scratch) / "neu"
        fresh.mkdir()
        product.build(source, catalogue, fresh)
        if target.exists():
            target.rename(Path(scratch) / "alt")
        fresh.rename(target)
    return target


def write_manifest(folder: Path) -> list[dict[str, object]]:
    """List all files below a release's folder with size (bytes) and SHA-256 in ``dateien.json``; returns the list."""
    files = sorted(p for p in folder.rglob("*") if p.is_file() and p.name != MANIFEST)
    listed: list[dict[str, object]] = [
        {
            "datei": path.relative_to(folder).as_posix(),
            "bytes": path.stat().st_size,
            "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        }
        for path in files
    ]
    (folder / MANIFEST).write_text(json.dumps(listed, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return listed


def changed_files(folder: Path) -> list[str]:
    """Files that differ from the manifest, are missing or are not in it."""
    listed = {str(e["datei"]): str(e["sha256"]) for e in json.loads((folder / MANIFEST).read_text(encoding="utf-8"))}
    found = {
        p.relative_to(folder).as_posix(): hashlib.sha256(p.read_bytes()).hexdigest()
        for p in folder.rglob("*")
        if p.is_file() and p.name != MANIFEST
    }
    return sorted(name for name in listed.keys() | found.keys() if listed.get(name) != found.get(name))
