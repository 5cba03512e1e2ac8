"""Every package of the environment is pinned, and what is installed is what is pinned."""

from __future__ import annotations

import importlib.metadata
import re
import tomllib

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from etl import settings


def pins(file: str = "constraints.txt") -> dict[str, str]:
    lines = (settings.PROJECT / file).read_text(encoding="utf-8").splitlines()
    entries = [re.fullmatch(r"([\w.-]+)==([\w.+!-]+)", line) for line in lines if line and not line.startswith("#")]
    assert all(entries), "constraints.txt holds exact versions only"
    return {canonicalize_name(entry[1]): entry[2] for entry in entries if entry}


def declared() -> list[Requirement]:
    project = tomllib.loads((settings.PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    # the extra bench is no part of the environment and has pins of its own
    return [Requirement(entry) for entry in (*project["dependencies"], *project["optional-dependencies"]["test"])]


def measured_with() -> list[Requirement]:
    project = tomllib.loads((settings.PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return [Requirement(entry) for entry in project["optional-dependencies"]["bench"]]


@pytest.mark.parametrize("requirement", declared(), ids=str)
def test_a_declared_dependency_and_all_that_it_needs_are_pinned(requirement: Requirement) -> None:
    known = pins()
    waiting, seen = [requirement], set()
    while waiting:
        current = waiting.pop()
        name = canonicalize_name(current.name)
        if name in seen:
            continue
        seen.add(name)
        assert name in known, f"{name} (needed by {requirement.name}) is not pinned"
        assert importlib.metadata.version(name) == known[name]
        for text in importlib.metadata.requires(name) or []:
            further = Requirement(text)
            chosen = [{"extra": extra} for extra in current.extras] or [{"extra": ""}]
            if further.marker is None or any(further.marker.evaluate(choice) for choice in chosen):
                waiting.append(further)


def test_what_only_measurements_need_is_pinned_apart() -> None:
    apart = pins("constraints-bench.txt")
    assert {canonicalize_name(r.name) for r in measured_with()} <= apart.keys()
    assert not apart.keys() & pins().keys()


def test_nothing_is_pinned_that_is_not_there() -> None:
    """A pin that nothing needs any more would be installed by nobody and checked by nobody."""
    missing = []
    for name in pins():
        try:
            importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            missing.append(name)
    assert missing == []


@pytest.mark.parametrize("requirement", [*declared(), *measured_with()], ids=str)
def test_a_declared_dependency_is_explained(requirement: Requirement) -> None:
    rows = (settings.PROJECT / "docs" / "dependencies.md").read_text(encoding="utf-8")
    named = {
        canonicalize_name(name.split(" ")[0])
        for row in re.findall(r"^\| ([^|`]+) \|", rows, re.MULTILINE)
        for name in row.split(", ")
    }
    assert canonicalize_name(requirement.name) in named
