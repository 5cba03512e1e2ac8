"""What the sample contains and what is true about it, as ``manifest.yaml``."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import yaml

from etl.errors import SozialberichtError
from etl.sample.dirt import Planted
from etl.settings import DEFAULT_CATALOGUE

# The C library behind PyYAML where it is there: the manifest has tens of thousands of nodes.
_Dumper: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

VERSION = 3
FILE_NAME = "manifest.yaml"
NOTICE = (
    "Alle Angaben sind synthetisch: Straßen, Gebäude und Personen sind erfunden. "
    "Nur Größe, Lage und Eckzahlen folgen der wirklichen Stadt."
)


def program() -> str:
    """Fingerprint of the program and plan that write the sample: another one writes another city."""
    digest = hashlib.sha256()
    for path in sorted([*Path(__file__).parent.glob("*.py"), DEFAULT_CATALOGUE / "beispielstadt.yaml"]):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


@dataclass(frozen=True)
class Persons:
    """Population in a file or on a reference date (main or sole residence)."""

    total: int
    stadtteile: dict[int, int]
    """Located persons by Stadtteil number."""
    unlocated: int


@dataclass(frozen=True)
class FileEntry:
    """One file of the sample and what taking it in must give."""

    name: str
    role: str
    """boundaries, addresses, facilities, register, records, area_table, internal or readme."""
    sha256: str
    rows: int | None = None
    source: str | None = None
    """Source code of the catalogue, for deliveries."""
    form: str | None = None
    """Form of the source, or the kind of the facilities."""
    reference_date: str | None = None
    """ISO date; None for a file with several dates or none."""
    encoding: str | None = None
    declared_encoding: str | None = None
    """What the source promises; differs from ``encoding`` in the file that must be refused."""
    edition: int = 1
    supersedes: str | None = None
    outcome: str = "accepted"
    """accepted or refused (as a whole)."""
    deliver: bool = True
    """False for a further form of figures that another file delivers already."""
    note: str | None = None
    persons: Persons | None = None
    """What accepted rows add up to."""
    total: int | None = None
    """The same for other sources than the register: persons, cases, households or whatever the count column holds."""
    unlocated: int | None = None
    """How much of ``total`` lies at no known address or area."""
    secondary_rows: int = 0
    """Rows of secondary residences: known, left out, not rejected."""
    rejected_rows: int = 0
    planted: list[Planted] = field(default_factory=list)


@dataclass(frozen=True)
class YearFigures:
    """Truth for one reference date and the year before it."""

    persons: Persons
    age_groups: dict[str, int]
    female: int
    foreign: int
    secondary: int
    births: int
    deaths: int
    arrivals: int
    departures: int
    moves_within: int
    unemployed: dict[int, int]
    """By Stadtteil number, 0 for those not located."""
    figures: dict[str, int] = field(default_factory=dict)
    """Further true figures of the city by code, as the writers of the sources enter them."""


@dataclass(frozen=True)
class SampleManifest:
    """Contents of a written sample; files stand in the order in which they are delivered."""

    seed: int
    scale: float
    years: tuple[int, ...]
    files: list[FileEntry]
    truth: dict[int, YearFigures]
    blocks: int
    addresses: int
    """Addresses in the address file."""
    streets: int
    program: str = ""
    """Fingerprint of the program that wrote it."""

    def deliveries(self, form: str | None = None) -> list[FileEntry]:
        """Files of catalogue sources in the order of delivery, of one form if it is named."""
        return [f for f in self.files if f.source and (form is None or f.form == form)]

    def entry(self, name: str) -> FileEntry:
        """The file of that name.

        Raises:
            KeyError: the sample has no such file.
        """
        for file in self.files:
            if file.name == name:
                return file
        raise KeyError(name)

    def write(self, folder: Path) -> None:
        """Write ``manifest.yaml`` into the folder."""
        data: dict[str, Any] = {"synthetisch": True, "hinweis": NOTICE, "version": VERSION, **asdict(self)}
        data["years"] = list(self.years)
        data["files"] = [{k: v for k, v in f.items() if v not in (None, [])} for f in data["files"]]
        text = yaml.dump(data, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=120)
        (folder / FILE_NAME).write_text(text, encoding="utf-8")


def load_manifest(folder: Path) -> SampleManifest:
    """Read the manifest of a written sample.

    Raises:
        SozialberichtError: there is none, or another version of this program wrote it.
    """
    path = folder / FILE_NAME
    if not path.is_file():
        raise SozialberichtError(f"In {folder} liegt keine Beispielstadt ({FILE_NAME} fehlt).")
    data = yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)  # noqa: S506 (a safe loader, see above)
    if not isinstance(data, dict) or data.get("version") != VERSION:
        raise SozialberichtError(
            f"{path} stammt aus einer anderen Programmversion; bitte die Beispielstadt neu schreiben."
        )

    def persons(found: dict[str, Any] | None) -> Persons | None:
        return None if found is None else Persons(**found)

    files = [
        FileEntry(
            **{
                **entry,
                "persons": persons(entry.get("persons")),
                "planted": [Planted(**p) for p in entry.get("planted", [])],
            }
        )
        for entry in data["files"]
    ]
    truth = {y: YearFigures(**{**found, "persons": Persons(**found["persons"])}) for y, found in data["truth"].items()}
    rest = {k: data[k] for k in ("seed", "scale", "blocks", "addresses", "streets", "program")}
    return SampleManifest(years=tuple(data["years"]), files=files, truth=truth, **rest)


def sha256(path: Path) -> str:
    """Hash of a file's bytes."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
