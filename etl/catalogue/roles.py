"""Departments that read with a role of their own, in YAML."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from etl.catalogue.sources import Code, Strict

DEPARTMENT = "abteilung_"
"""How the roles of departments begin, so that none can take the name of another role of the server."""

DepartmentCode = Annotated[str, Field(pattern=r"^abteilung_[a-z0-9][a-z0-9_]{0,39}$")]


class Department(Strict):
    """A department: its role reads what is published, and what became of the deliveries of its own offices."""

    code: DepartmentCode
    title: str
    owners: tuple[Code, ...] = Field(min_length=1, description="Offices (owners) whose deliveries it may follow")
