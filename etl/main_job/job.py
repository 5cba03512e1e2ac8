"""The job file (``auftrag.yaml``): which files to take in, in order, and what they are."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import Field, ValidationError, model_validator

from etl.catalogue.faults import describe
from etl.catalogue.sources import Code, Strict
from etl.errors import SozialberichtError


class VersionSpec(Strict):
    """The district version that the boundaries belong to."""

    label: str
    title: str | None = None
    valid_from: date | None = None
    valid_to: date | None = None


class Boundaries(Strict):
    """A file of areas as one level of the version."""

    file: str
    level: Code
    key: str
    name: str | None = None
    parent: str | None = None
    layer: str | None = None
    encoding: str | None = None
    crs: int | None = None
    mend: bool = False


class Grid(Strict):
    """A grid table whose cells become the units of a level."""

    file: str
    level: Code
    size: int
    x: str
    y: str
    crs: int = 3035
    inside: Code | None = None


class AreaList(Strict):
    """A table that only names areas: units without outlines, from row ``start`` up to, without, row ``end``."""

    file: str
    level: Code
    key: str
    encoding: str | None = None
    start: str | None = None
    end: str | None = None


class Blocks(Strict):
    """Building blocks given as polygons."""

    file: str
    key: str
    parent: str | None = None
    layer: str | None = None
    mend: bool = False


class Lines(Strict):
    """Lines for orientation."""

    file: str
    kind: Code
    layer: str | None = None
    name: str | None = None
    class_: str | None = Field(None, alias="class")


class Addresses(Strict):
    """Address points in the layout HK-DE."""

    file: str


class Facilities(Strict):
    """Public places as points."""

    file: str
    kind: Code
    key: str
    name: str
    x: str | None = None
    y: str | None = None
    crs: int | None = None
    address: tuple[str, ...] = ()
    source: str | None = None


class Provisional(Strict):
    """Provisional districts below the Stadtteile, until real ones are formed."""

    target: int = 5000


class Delivery(Strict):
    """A delivery; ``refused`` says that it is known to be faulty: the job reports the refusal and goes on."""

    source: Code
    file: str
    date: date
    form: str | None = None
    refused: bool = False


class AgencyAnswers(Strict):
    """Synthetic only: the employment agency is played, from its own ``records`` to tables for our districts.

    The city's files and the agency's tables are written into the folder ``out``.
    """

    records: str
    out: str


class Job(Strict):
    """A whole job. Every step is skipped where its file has been taken in before."""

    title: str
    catalogue: str | None = Field(None, description="Directory of the catalogue, relative to the job file")
    synthetic: bool = False
    audit: Literal["ja", "nein"] = Field("ja", description="nein: the release is not attacked; synthetic data only")
    version: VersionSpec
    boundaries: tuple[Boundaries, ...] = ()
    grids: tuple[Grid, ...] = ()
    area_lists: tuple[AreaList, ...] = ()
    blocks: Blocks | None = None
    lines: tuple[Lines, ...] = ()
    addresses: Addresses | None = None
    provisional: Provisional | None = None
    facilities: tuple[Facilities, ...] = ()
    deliveries: tuple[Delivery, ...] = ()
    agency: AgencyAnswers | None = None

    @model_validator(mode="after")
    def _shortcuts_with_synthetic_data_only(self) -> Job:
        if self.agency is not None and not self.synthetic:
            raise ValueError("„agency“ spielt die Agentur nach und gehört zu synthetischen Daten (synthetic: true)")
        if self.audit == "nein" and not self.synthetic:
            raise ValueError("„audit: nein“ gibt es nur für synthetische Daten (synthetic: true)")
        return self


def read_job(path: Path) -> Job:
    """The job of a file. Raises SozialberichtError that names file, key and what would be right."""
    try:
        raw: Any = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise SozialberichtError(f"Die Auftragsdatei {path} gibt es nicht.") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise SozialberichtError(f"Die Auftragsdatei {path} ist kein gültiges YAML: {error}") from error
    try:
        return Job.model_validate(raw)
    except ValidationError as error:
        faults = "\n".join(f"  {fault}" for fault in describe(Job, error, path.name, ""))
        raise SozialberichtError(f"Die Auftragsdatei {path} hat Fehler:\n{faults}") from error
