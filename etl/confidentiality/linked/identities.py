"""Sums that hold between measures of different columns or sources and that no filter tells: declared in YAML."""

from __future__ import annotations

from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from etl.catalogue import Catalogue
from etl.errors import CatalogueError

FILE = Path(__file__).parents[1] / "identities.yaml"


class Identity(BaseModel):
    """``whole`` = Σ ``parts``, all of them codes of measures, in every unit and period."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    whole: str
    parts: tuple[str, ...] = Field(min_length=2)

    @property
    def total(self) -> tuple[str, str]:
        """Measure and group of the whole."""
        return _named(self.whole)

    @property
    def addends(self) -> tuple[tuple[str, str], ...]:
        """Measure and group of each part."""
        return tuple(_named(part) for part in self.parts)


def _named(code: str) -> tuple[str, str]:
    measure, _, group = code.partition("@")
    return measure, group or "insgesamt"


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")

    identities: tuple[Identity, ...]


def load_identities(catalogue: Catalogue, file: Path = FILE) -> tuple[Identity, ...]:
    """The declared identities whose measures the catalogue has. Raises CatalogueError where the file is faulty."""
    try:
        declared = _File.model_validate(yaml.safe_load(file.read_text(encoding="utf-8"))).identities
    except (yaml.YAMLError, ValidationError) as error:
        raise CatalogueError(
            f"{file.name}: nicht lesbar; erwartet sind „whole“ und „parts“ je Zeile: {error}"
        ) from error
    return tuple(i for i in declared if all(m in catalogue.measure for m, _ in (i.total, *i.addends)))
