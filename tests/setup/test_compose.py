"""The compose file fits the compose specification, and what it starts fits the rest of the project."""

from __future__ import annotations

import json
import re
from importlib import resources
from typing import Any

import jsonschema
import pytest
import yaml

from etl import settings
from etl.warehouse.role_matrix import role_matrix

COMPOSE = settings.PROJECT / "docker-compose.yml"
DOCKERFILE = settings.PROJECT / "Dockerfile"
# Variables of .env that are no secrets and come with a value.
OPEN = {"QGIS_SERVER_BIND", "QGIS_SERVER_PORT"}


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    content = yaml.safe_load(COMPOSE.read_text(encoding="utf-8"))
    assert isinstance(content, dict)
    return content


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    """The compose specification's own schema; check-jsonschema carries it unchanged."""
    text = resources.files("check_jsonschema").joinpath("builtin_schemas/vendor/compose-spec.json").read_text("utf-8")
    content = json.loads(text)
    assert isinstance(content, dict)
    return content


def test_the_file_fits_the_specification(compose: dict[str, Any], schema: dict[str, Any]) -> None:
    jsonschema.Draft202012Validator(schema).validate(compose)


def test_the_schema_would_notice_a_mistake(compose: dict[str, Any], schema: dict[str, Any]) -> None:
    broken = {**compose, "services": {"db": {**compose["services"]["db"], "healtcheck": {}}}}
    with pytest.raises(jsonschema.ValidationError, match="healtcheck"):
        jsonschema.Draft202012Validator(schema).validate(broken)


def test_every_service_is_watched(compose: dict[str, Any]) -> None:
    assert set(compose["services"]) == {"db", "etl", "qgis-server"}
    for name, entry in compose["services"].items():
        assert entry["healthcheck"]["test"], name


def test_images_are_pinned(compose: dict[str, Any]) -> None:
    images = [entry["image"] for entry in compose["services"].values()]
    images += re.findall(r"^FROM (\S+:\S+)", DOCKERFILE.read_text(encoding="utf-8"), re.MULTILINE)
    assert len(images) == 5
    for image in images:
        assert re.fullmatch(r"[\w/-]+:[\w.-]*\d[\w.-]*", image), image


def test_stages_that_are_built_exist(compose: dict[str, Any]) -> None:
    stages = set(re.findall(r"^FROM \S+ AS (\S+)", DOCKERFILE.read_text(encoding="utf-8"), re.MULTILINE))
    targets = {entry["build"]["target"] for entry in compose["services"].values() if "build" in entry}
    assert targets == {"db", "etl", "qgis-server"}
    assert targets <= stages


def test_secrets_come_from_the_environment_file(compose: dict[str, Any]) -> None:
    example = dict(
        line.split("=", 1)
        for line in (settings.PROJECT / ".env.example").read_text(encoding="utf-8").splitlines()
        if line and not line.startswith("#")
    )
    used = set(re.findall(r"\$\{(\w+)", COMPOSE.read_text(encoding="utf-8")))
    assert used == set(example)
    assert {name for name, value in example.items() if value} == OPEN
    for name, entry in compose["services"].items():
        for variable, value in entry["environment"].items():
            if "PASSWORD" in variable:
                # Without a value compose refuses to start, instead of starting with an empty password.
                assert re.fullmatch(r"\$\{\w+:\?.+\}", value), (name, variable)


def test_the_environment_file_stays_out_of_git_and_images() -> None:
    for name in (".gitignore", ".dockerignore"):
        assert ".env" in (settings.PROJECT / name).read_text(encoding="utf-8").splitlines()


def test_the_database_container_makes_the_roles_that_we_use() -> None:
    script = (settings.PROJECT / "docker" / "db" / "10-rollen.sh").read_text(encoding="utf-8")
    made = set(re.findall(r"^CREATE ROLE (\w+) ", script, re.MULTILINE))
    assert made == set(role_matrix().roles)


def test_etl_and_map_server_start_by_our_own_scripts() -> None:
    for entry in re.findall(r'^ENTRYPOINT \["([^"]+)"\]', DOCKERFILE.read_text(encoding="utf-8"), re.MULTILINE):
        script = settings.PROJECT / entry
        assert script.stat().st_mode & 0o111, entry
