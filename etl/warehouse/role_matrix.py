"""The matrix of rights, ``sql/roles.yaml``: which roles there are and what each may do with which object."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Annotated

import yaml
from pydantic import BaseModel, ConfigDict, Field

from etl.catalogue import Catalogue
from etl.settings import SQL

FILE = SQL / "roles.yaml"
OF_COLUMN = re.compile(r"^(select|insert|update|references) \((\w+(?:, \w+)*)\)$")

Privileges = tuple[Annotated[str, Field(pattern=r"^(select|insert|update|delete|execute|\w+ \(\w+(, \w+)*\))$")], ...]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Role(_Strict):
    """A role of the server: whether and how it logs in, and its rights (schema → object → privileges)."""

    title: str
    login: bool = True
    member_of: tuple[str, ...] = ()
    connections: int = -1
    settings: Mapping[str, str] = Field(default_factory=dict)
    rights: Mapping[str, Mapping[str, Privileges]] = Field(default_factory=dict)

    def may(self, schema: str, name: str) -> Privileges:
        """Privileges on an object; a function's name ends with its argument types in brackets."""
        objects = self.rights.get(schema, {})
        return objects.get(name, () if name.endswith(")") else objects.get("*", ()))


class OfDepartments(_Strict):
    """What all roles of departments have."""

    member_of: tuple[str, ...]
    connections: int
    settings: Mapping[str, str]


class Closed(_Strict):
    """What PostgreSQL gives to everybody and we take back: name or pattern → roles that keep it."""

    languages: Mapping[str, tuple[str, ...]]
    functions: Mapping[str, tuple[str, ...]]


class RoleMatrix(_Strict):
    """All roles by name, and what is closed to everybody."""

    roles: Mapping[str, Role]
    departments: OfDepartments
    open_views: tuple[str, ...]
    no_statistics: tuple[str, ...]
    closed: Closed

    def with_departments(self, catalogue: Catalogue) -> RoleMatrix:
        """The matrix with a role for each department of the catalogue."""
        own = {
            d.code: Role(title=f"liest für die Abteilung {d.title}", **self.departments.model_dump())
            for d in catalogue.departments
        }
        return self.model_copy(update={"roles": {**self.roles, **own}})

    @property
    def logins(self) -> tuple[str, ...]:
        """Roles that log in."""
        return tuple(name for name, role in self.roles.items() if role.login)


@cache
def _declared() -> RoleMatrix:
    content = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    # what begins with x- only holds anchors
    return RoleMatrix.model_validate({key: part for key, part in content.items() if not key.startswith("x-")})


def role_matrix(catalogue: Catalogue | None = None) -> RoleMatrix:
    """The shipped matrix; with ``catalogue`` the roles of its departments are in it."""
    return _declared() if catalogue is None else _declared().with_departments(catalogue)
