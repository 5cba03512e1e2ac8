"""Reading a catalogue directory: every fault names file, key and what would be right, all at once."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from etl.catalogue.city import City, Owner, Policy
from etl.catalogue.crosschecks import crosscheck
from etl.catalogue.faults import Fault, describe
from etl.catalogue.measures import Indicator, Measure, Theme
from etl.catalogue.sources import Source
from etl.errors import CatalogueError

M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True)
class Catalogue:
    """A validated catalogue: everything that varies between cities."""

    directory: Path
    sha256: str
    city: City
    owners: tuple[Owner, ...]
    policy: Policy
    sources: tuple[Source, ...]
    measures: tuple[Measure, ...]
    themes: tuple[Theme, ...]

    @cached_property
    def source(self) -> dict[str, Source]:
        """Sources by code."""
        return {s.code: s for s in self.sources}

    @cached_property
    def measure(self) -> dict[str, Measure]:
        """Measures by code."""
        return {m.code: m for m in self.measures}

    @cached_property
    def indicators(self) -> tuple[Indicator, ...]:
        """All indicators in the order of themes."""
        return tuple(i for t in self.themes for i in t.indicators)

    def measures_of(self, source: str) -> tuple[Measure, ...]:
        """Measures counted from a source."""
        return tuple(m for m in self.measures if m.source == source)


def _read(path: Path, faults: list[Fault]) -> Any:
    """Parsed YAML of a file, or None with a fault noted."""
    try:
        return yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        faults.append(Fault(path.name, "", "Datei fehlt"))
    except UnicodeDecodeError as error:
        faults.append(Fault(path.name, "", f"ist nicht UTF-8 (Byte {error.start + 1})"))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f"Zeile {mark.line + 1}, Zeichen {mark.column + 1}" if mark else ""
        faults.append(Fault(path.name, place, f"kein gültiges YAML: {getattr(error, 'problem', error)}"))
    return None


def _validated(kind: type[M], raw: Any, file: str, faults: list[Fault], prefix: str = "") -> M | None:
    """One object of a model, or None with its faults noted."""
    try:
        return kind.model_validate(raw)
    except ValidationError as error:
        faults.extend(describe(kind, error, file, prefix))
    return None


def _listed(kind: type[M], path: Path, key: str, faults: list[Fault]) -> tuple[M, ...]:
    """The objects listed under ``key`` of a file."""
    raw = _read(path, faults)
    if raw is None:
        return ()
    entries = raw.get(key) if isinstance(raw, dict) else None
    if not isinstance(entries, list) or set(raw) != {key}:
        faults.append(Fault(path.name, key, f"die Datei muss genau einen Schlüssel „{key}“ mit einer Liste haben"))
        return ()
    found = (_validated(kind, e, path.name, faults, f"{key}[{n}]") for n, e in enumerate(entries, start=1))
    return tuple(f for f in found if f is not None)


def _folder(kind: type[M], folder: Path, faults: list[Fault]) -> tuple[M, ...]:
    """One object a file of a folder, in the order of file names."""
    paths = sorted(folder.glob("*.yaml"))
    if not paths:
        faults.append(Fault(f"{folder.name}/", "", "hier muss mindestens eine YAML-Datei liegen"))
    found = []
    for path in paths:
        raw = _read(path, faults)
        if raw is not None:
            found.append(_validated(kind, raw, f"{folder.name}/{path.name}", faults))
    return tuple(f for f in found if f is not None)


def load_catalogue(directory: Path) -> Catalogue:
    """Read and validate a catalogue directory.

    Files: ``city.yaml`` (with owners and policy), ``measures.yaml``, ``sources/*.yaml``,
    ``themes/*.yaml``. Raises CatalogueError that lists every fault with file, key and remedy.
    """
    if not directory.is_dir():
        raise CatalogueError(f"Katalogverzeichnis {directory} gibt es nicht")
    faults: list[Fault] = []
    raw = _read(directory / "city.yaml", faults)
    raw = raw if isinstance(raw, dict) else {}
    for key in raw:
        if key not in ("city", "owners", "policy"):
            faults.append(Fault("city.yaml", str(key), "unbekannter Schlüssel; erlaubt sind city, owners, policy"))
    city = _validated(City, raw.get("city"), "city.yaml", faults, "city")
    policy = _validated(Policy, raw.get("policy") or {}, "city.yaml", faults, "policy")
    owners = tuple(
        o
        for n, entry in enumerate(raw.get("owners") or (), start=1)
        if (o := _validated(Owner, entry, "city.yaml", faults, f"owners[{n}]")) is not None
    )
    sources = _folder(Source, directory / "sources", faults)
    measures = _listed(Measure, directory / "measures.yaml", "measures", faults)
    themes = tuple(sorted(_folder(Theme, directory / "themes", faults), key=lambda theme: theme.rank))
    if not faults and city is not None and policy is not None:
        digest = hashlib.sha256()
        for path in sorted(directory.rglob("*.yaml")):
            digest.update(path.relative_to(directory).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
        catalogue = Catalogue(directory, digest.hexdigest(), city, owners, policy, sources, measures, themes)
        faults.extend(crosscheck(catalogue))
        if not faults:
            return catalogue
    raise CatalogueError(
        f"Der Katalog {directory} hat {len(faults)} Fehler:\n" + "\n".join(f"  {fault}" for fault in faults)
    )
