"""Reading a catalogue directory: every fault names file, key and what would be right, all at once."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from etl.catalogue.chapters import FILE as PLAN_FILE
from etl.catalogue.chapters import Plan
from etl.catalogue.city import City, Owner, Policy
from etl.catalogue.crosschecks import crosscheck
from etl.catalogue.faults import Fault, describe
from etl.catalogue.identities import FILE as IDENTITY_FILE
from etl.catalogue.identities import Identity
from etl.catalogue.indices import Index
from etl.catalogue.measures import Indicator, Measure, Theme
from etl.catalogue.outlook import FILE as OUTLOOK_FILE
from etl.catalogue.outlook import HOUSING_FILE, Housing, Outlook
from etl.catalogue.reports import Report
from etl.catalogue.roles import Department
from etl.catalogue.sources import Source
from etl.catalogue.typologies import FILE as TYPOLOGY_FILE
from etl.catalogue.typologies import Typology
from etl.errors import CatalogueError

M = TypeVar("M", bound=BaseModel)
_YAML = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The safe loader, in C where it is there: a catalogue is read by every command."""
PARTS: tuple[Literal["numerator", "denominator"], ...] = ("numerator", "denominator")


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
    indices: tuple[Index, ...] = ()
    reports: tuple[Report, ...] = ()
    """Reports of other places, mapped onto the indicators."""
    departments: tuple[Department, ...] = ()
    """Departments that read with a role of their own."""
    typologies: tuple[Typology, ...] = ()
    identities: tuple[Identity, ...] = ()
    """Sums that hold between measures beyond what their filters tell."""
    outlook: Outlook | None = None
    """What the projection assumes; None where there is none."""
    housing: Housing | None = None
    """New dwellings that the projection fills."""
    plan: Plan | None = None
    """Chapters of the report; None where the catalogue leaves them to the program."""
    measure_files: Mapping[str, str] = field(default_factory=dict)
    """File of each measure within the directory, for faults."""

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
        """All indicators in the order of themes, gaps among them."""
        return tuple(i for t in self.themes for i in t.indicators)

    @cached_property
    def indicator(self) -> dict[str, Indicator]:
        """Indicators by code, gaps among them."""
        return {i.code: i for i in self.indicators}

    def sources_of(self, indicator: Indicator) -> tuple[Source, ...]:
        """Sources behind numerator and denominator in order of first use; none for a gap."""
        measures = (self.measure[t.measure] for p in PARTS for t in indicator.terms(p))
        codes = dict.fromkeys(m.source for m in measures if m.source is not None)
        return tuple(self.source[code] for code in codes)

    def owner_of(self, indicator: Indicator) -> str | None:
        """Code of the responsible office: as declared, else the owner of the first source, else who is asked."""
        if indicator.owner:
            return indicator.owner
        sources = self.sources_of(indicator)
        if sources:
            return sources[0].owner
        return indicator.gap.ask if indicator.gap else None

    def measures_of(self, source: str) -> tuple[Measure, ...]:
        """Measures counted from a source."""
        return tuple(m for m in self.measures if m.source == source)


def _read(path: Path, file: str, faults: list[Fault]) -> Any:
    """Parsed YAML of a file, or None with a fault noted."""
    try:
        return yaml.load(path.read_text(encoding="utf-8"), _YAML)  # noqa: S506  # a safe loader
    except FileNotFoundError:
        faults.append(Fault(file, "", "Datei fehlt"))
    except UnicodeDecodeError as error:
        faults.append(Fault(file, "", f"ist nicht UTF-8 (Byte {error.start + 1})"))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f"Zeile {mark.line + 1}, Zeichen {mark.column + 1}" if mark else ""
        faults.append(Fault(file, place, f"kein gültiges YAML: {getattr(error, 'problem', error)}"))
    return None


def _validated(kind: type[M], raw: Any, file: str, faults: list[Fault], prefix: str = "") -> M | None:
    """One object of a model, or None with its faults noted."""
    try:
        return kind.model_validate(raw)
    except ValidationError as error:
        faults.extend(describe(kind, error, file, prefix))
    return None


def _listed(kind: type[M], path: Path, file: str, key: str, faults: list[Fault]) -> tuple[M, ...]:
    """The objects listed under ``key`` of a file, which faults call ``file``."""
    raw = _read(path, file, faults)
    if raw is None:
        return ()
    entries = raw.get(key) if isinstance(raw, dict) else None
    if not isinstance(entries, list) or set(raw) != {key}:
        faults.append(Fault(file, key, f"die Datei muss genau einen Schlüssel „{key}“ mit einer Liste haben"))
        return ()
    found = (_validated(kind, e, file, faults, f"{key}[{n}]") for n, e in enumerate(entries, start=1))
    return tuple(f for f in found if f is not None)


def _measures(directory: Path, faults: list[Fault]) -> tuple[tuple[Measure, ...], dict[str, str]]:
    """Measures of ``measures.yaml`` or of all files in ``measures/``, and the file of each for later faults."""
    folder, single = directory / "measures", directory / "measures.yaml"
    if folder.is_dir() and single.exists():
        faults.append(Fault("measures.yaml", "", "es gibt auch den Ordner measures/; eines von beiden genügt"))
    paths = sorted(folder.glob("*.yaml")) if folder.is_dir() else [single]
    if not paths:
        faults.append(Fault("measures/", "", "hier muss mindestens eine YAML-Datei liegen"))
    found: list[Measure] = []
    files: dict[str, str] = {}
    for path in paths:
        file = path.relative_to(directory).as_posix()
        for measure in _listed(Measure, path, file, "measures", faults):
            found.append(measure)
            files[measure.code] = file  # the later one where a code is repeated, which is a fault of its own
    return tuple(found), files


def _folder(kind: type[M], folder: Path, faults: list[Fault]) -> tuple[M, ...]:
    """One object a file of a folder, in the order of file names."""
    paths = sorted(folder.glob("*.yaml"))
    if not paths:
        faults.append(Fault(f"{folder.name}/", "", "hier muss mindestens eine YAML-Datei liegen"))
    found = []
    for path in paths:
        file = f"{folder.name}/{path.name}"
        raw = _read(path, file, faults)
        if raw is not None:
            found.append(_validated(kind, raw, file, faults))
    return tuple(f for f in found if f is not None)


def _indices(directory: Path, faults: list[Fault]) -> tuple[Index, ...]:
    """Indices of ``indices.yaml``; a catalogue may have none."""
    path = directory / "indices.yaml"
    return _listed(Index, path, path.name, "indices", faults) if path.exists() else ()


def _settled(
    themes: tuple[Theme, ...], sources: tuple[Source, ...], measures: tuple[Measure, ...]
) -> tuple[Theme, ...]:
    """Themes whose indicators all know their periodicity: that of the numerator's first source where none is given."""
    origin = {m.code: m.source for m in measures}
    periodicity = {s.code: s.periodicity for s in sources}

    def settle(indicator: Indicator) -> Indicator:
        if "periodicity" in indicator.model_fields_set:
            return indicator
        for term in indicator.terms("numerator"):
            word = periodicity.get(origin.get(term.measure) or "")
            if word in ("schuljahr", "einmalig"):
                return indicator.model_copy(update={"periodicity": word})
        return indicator

    return tuple(t.model_copy(update={"indicators": tuple(settle(i) for i in t.indicators)}) for t in themes)


def _reports(directory: Path, faults: list[Fault]) -> tuple[Report, ...]:
    """Reports to compare with from ``berichte.yaml``; a catalogue need not have any."""
    path = directory / "berichte.yaml"
    return _listed(Report, path, path.name, "reports", faults) if path.exists() else ()


def _typologies(directory: Path, faults: list[Fault]) -> tuple[Typology, ...]:
    """Typologies of ``typen.yaml``; a catalogue need not have any."""
    path = directory / TYPOLOGY_FILE
    return _listed(Typology, path, path.name, "typologies", faults) if path.exists() else ()


def _identities(directory: Path, faults: list[Fault]) -> tuple[Identity, ...]:
    """Declared sums of ``identitaeten.yaml``; a catalogue need not have any."""
    path = directory / IDENTITY_FILE
    return _listed(Identity, path, path.name, "identities", faults) if path.exists() else ()


def _single(kind: type[M], path: Path, faults: list[Fault]) -> M | None:
    """The one object of a file that a catalogue need not have."""
    if not path.exists():
        return None
    raw = _read(path, path.name, faults)
    return _validated(kind, raw, path.name, faults) if raw is not None else None


def _departments(directory: Path, faults: list[Fault]) -> tuple[Department, ...]:
    """Departments of ``rollen.yaml``; a catalogue need not have any."""
    path = directory / "rollen.yaml"
    return _listed(Department, path, path.name, "departments", faults) if path.exists() else ()


def load_catalogue(directory: Path) -> Catalogue:
    """Read and validate a catalogue directory.

    Files: ``city.yaml`` (with owners and policy), ``measures.yaml`` or ``measures/*.yaml``, ``sources/*.yaml``,
    ``themes/*.yaml``, and ``indices.yaml``, ``berichte.yaml`` and ``rollen.yaml`` where there are indices, reports to
    compare with and departments with roles of their own.
    ``typen.yaml``, ``vorausberechnung.yaml`` and ``wohnbau.yaml`` declare types of areas and the outlook,
    ``identitaeten.yaml`` sums that hold between measures, ``bericht.yaml`` the chapters of the report.
    Raises CatalogueError that lists every fault with file, key and remedy.
    """
    if not directory.is_dir():
        raise CatalogueError(f"Katalogverzeichnis {directory} gibt es nicht")
    faults: list[Fault] = []
    raw = _read(directory / "city.yaml", "city.yaml", faults)
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
    measures, measure_files = _measures(directory, faults)
    indices = _indices(directory, faults)
    themes = tuple(sorted(_folder(Theme, directory / "themes", faults), key=lambda theme: theme.rank))
    reports = _reports(directory, faults)
    departments = _departments(directory, faults)
    typologies = _typologies(directory, faults)
    identities = _identities(directory, faults)
    outlook = _single(Outlook, directory / OUTLOOK_FILE, faults)
    housing = _single(Housing, directory / HOUSING_FILE, faults)
    plan = _single(Plan, directory / PLAN_FILE, faults)
    if not faults and city is not None and policy is not None:
        digest = hashlib.sha256()
        for path in sorted(directory.rglob("*.yaml")):
            digest.update(path.relative_to(directory).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
        catalogue = Catalogue(
            directory=directory,
            sha256=digest.hexdigest(),
            city=city,
            owners=owners,
            policy=policy,
            sources=sources,
            measures=measures,
            themes=_settled(themes, sources, measures),
            indices=indices,
            reports=reports,
            departments=departments,
            typologies=typologies,
            identities=identities,
            outlook=outlook,
            housing=housing,
            plan=plan,
            measure_files=measure_files,
        )
        faults.extend(crosscheck(catalogue))
        if not faults:
            return catalogue
    raise CatalogueError(
        f"Der Katalog {directory} hat {len(faults)} Fehler:\n" + "\n".join(f"  {fault}" for fault in faults)
    )
