"""The command ``bench intake``: our load, a bare COPY and an analyst's tools side by side."""

from __future__ import annotations

import importlib.util
import json
import math
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from etl import settings
from etl.catalogue import load_catalogue
from etl.console import console, say
from etl.errors import SozialberichtError
from etl.intake.bench.city import MOST, BenchCity, lay_out, write_geometry, write_register
from etl.intake.bench.ways import SOURCE, WAYS, Files
from etl.intake.wording import thousands
from etl.warehouse import databases, engine, migrate, service

app = typer.Typer(help="Geschwindigkeit und Speicher messen.")

INSTALL = f"{sys.executable} -m pip install --requirement {settings.PROJECT / 'constraints-bench.txt'}"


@app.callback()
def measuring() -> None:
    """Geschwindigkeit und Speicher messen."""


@dataclass(frozen=True)
class Measurement:
    """One way for one city: the best of the repetitions in seconds, memory (MiB) as the largest of all of them.

    ``cpu_seconds``: processor time of the program, and of the database's process where there is one, in the same run.
    ``missing``: why it could not run; then there are no figures.
    """

    way: str
    residents: int
    seconds: float | None = None
    cpu_seconds: float | None = None
    memory_mib: float | None = None
    server_mib: float | None = None
    persons: int | None = None
    located: int | None = None
    steps: dict[str, float] | None = None
    missing: str | None = None


@contextmanager
def _database(city: BenchCity) -> Iterator[str]:
    """URL of a database of its own with the city's blocks and addresses, dropped at the end."""
    catalogue = load_catalogue(settings.catalogue_dir())
    name = f"sozialbericht_messung_{os.getpid()}"
    databases.ensure_database(name)
    try:
        url = service.url(name, service.ADMIN)
        opened = engine.open_engine(url)
        with opened.begin() as connection:
            migrate.prepare(connection, catalogue)
            lay_out(connection, city)
        opened.dispose()
        yield url
    finally:
        databases.drop_database(name)


def _run(way: str, files: Files, residents: int, repeat: int) -> Measurement:
    title, _, _, module = WAYS[way]
    if module is not None and importlib.util.find_spec(module) is None:
        return Measurement(title, residents, missing=f"{module} ist nicht installiert; nachholen mit: {INSTALL}")
    runs: list[dict[str, Any]] = []
    for _ in range(repeat):
        command = [sys.executable, "-m", "etl.intake.bench.ways", way, json.dumps(files)]
        done = subprocess.run(command, capture_output=True, text=True, cwd=settings.PROJECT, check=False)  # noqa: S603
        if done.returncode:
            last = (done.stderr.strip().splitlines() or ["ohne Meldung"])[-1]
            return Measurement(title, residents, missing=f"abgebrochen: {last}")
        runs.append(json.loads(done.stdout.splitlines()[-1]))
        if "missing" in runs[-1]:
            return Measurement(title, residents, missing=runs[-1]["missing"])
    best = min(runs, key=lambda r: float(r["seconds"]))
    server = [r["server_mib"] for r in runs if r.get("server_mib") is not None]
    return Measurement(
        title,
        residents,
        seconds=best["seconds"],
        cpu_seconds=best.get("cpu_seconds"),
        memory_mib=max(r["memory_mib"] for r in runs),
        server_mib=max(server, default=None),
        persons=best.get("persons"),
        located=best.get("located"),
        steps=best.get("steps"),
    )


def compare(
    residents: int, ways: list[str], *, repeat: int = 1, person_level: bool = False, folder: Path | None = None
) -> list[Measurement]:
    """Make a city of so many residents and measure the ways one after the other, each in a process of its own.

    Raises SozialberichtError where two ways count different numbers of persons.
    """
    city = BenchCity(residents)
    with tempfile.TemporaryDirectory(dir=folder) as held:
        paths = [Path(held) / name for name in ("register.csv", "bloecke.gpkg", "adressen.csv")]
        say(
            f"{thousands(residents)} Einwohner: {thousands(city.blocks)} Blöcke, {thousands(city.addresses)} Adressen …"
        )
        write_register(city, paths[0], person_level=person_level)
        write_geometry(city, paths[1], paths[2])
        with _database(city) as url:
            register, blocks, addresses = map(str, paths)
            files = Files(
                register=register,
                blocks=blocks,
                addresses=addresses,
                url=url,
                catalogue=str(settings.catalogue_dir()),
                person_level=person_level,
            )
            found = []
            for way in ways:
                say(f"  {WAYS[way][0]} …")
                found.append(_run(way, files, residents, repeat))
    _check_equal(found)
    return found


def _check_equal(found: list[Measurement]) -> None:
    told = {(m.persons, m.located) for m in found if m.persons is not None}
    if len(told) > 1:
        words = "; ".join(f"{m.way}: {m.persons}, verortet {m.located}" for m in found if m.persons is not None)
        raise SozialberichtError(f"Die Wege zählen nicht gleich viele Personen: {words}")


@app.command()
def intake(  # noqa: PLR0917
    residents: Annotated[
        list[int] | None,
        typer.Option("--residents", min=1_000, max=MOST, help="Einwohner der erfundenen Stadt; mehrmals möglich."),
    ] = None,
    repeat: Annotated[int, typer.Option(min=1, help="So oft messen; gezeigt ist die beste Zeit.")] = 1,
    way: Annotated[list[str] | None, typer.Option(help=f"Nur diese Wege: {', '.join(WAYS)}.")] = None,
    person_level: Annotated[
        bool, typer.Option("--person-level", help="Eine Zeile je Person mit laufender Nummer und Geburtsdatum.")
    ] = False,
    folder: Annotated[Path | None, typer.Option(help="Ordner für die erfundenen Dateien (gelöscht am Ende).")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Ergebnis als JSON ausgeben.")] = False,
) -> None:
    """Einen erfundenen Registerabzug einlesen, neben bloßem COPY, GeoPandas und DuckDB: Sekunden und Speicher."""
    if SOURCE not in load_catalogue(settings.catalogue_dir()).source:
        raise SozialberichtError(f"Der Katalog kennt die Quelle {SOURCE} nicht, an der gemessen wird.")
    # an analyst's script would have to be another one for birth dates
    ways = way or (["lieferung", "copy"] if person_level else list(WAYS))
    if strange := [w for w in ways if w not in WAYS]:
        raise SozialberichtError(f"Den Weg „{strange[0]}“ gibt es nicht; bekannt sind {', '.join(WAYS)}.")
    if person_level and set(ways) - {"lieferung", "copy"}:
        raise SozialberichtError("Mit --person-level gibt es nur die Wege lieferung und copy.")
    settings.ui.json = settings.ui.json or as_json
    found = [
        m
        for size in residents or [84_000]
        for m in compare(size, ways, repeat=repeat, person_level=person_level, folder=folder)
    ]
    if settings.ui.json:
        typer.echo(json.dumps([asdict(m) for m in found], ensure_ascii=False))
    elif not settings.ui.quiet:
        _show(found)


def _number(value: float | None, decimals: int = 0) -> str:
    if value is None or math.isnan(value):
        return ""
    return f"{value:,.{decimals}f}".translate(str.maketrans(",.", ".,"))


def _show(found: list[Measurement]) -> None:
    table = Table(title="Registerabzug einlesen (synthetische Daten)")
    for heading in ("Weg", "Einwohner", "Sekunden", "CPU-s", "Zeilen/s", "COPY = 1", "MiB", "MiB Datenbank"):
        table.add_column(heading, justify="left" if heading == "Weg" else "right", overflow="fold")
    bare = {m.residents: m.seconds for m in found if m.way == WAYS["copy"][0]}
    for m in found:
        if m.seconds is None:
            table.add_row(m.way, thousands(m.residents), "fehlt")
            continue
        copied = bare.get(m.residents)
        table.add_row(
            m.way,
            thousands(m.residents),
            _number(m.seconds, 2),
            _number(m.cpu_seconds, 2),
            _number(m.residents / m.seconds),
            _number(copied / m.seconds, 2) if copied else "",
            _number(m.memory_mib),
            _number(m.server_mib),
        )
    console.print(table)
    for m in found:
        if m.missing:
            console.print(f"{m.way}: {m.missing}", soft_wrap=True)
    for title, words, _, _ in WAYS.values():
        if any(m.way == title for m in found):
            console.print(f"{title}: {words}", style="dim")
    words = (
        "CPU-s: Rechenzeit des Programms und der Datenbank; MiB: größter Speicher des Programms; MiB Datenbank: des "
    )
    console.print(f"{words}Datenbankprozesses daneben.", style="dim")
    for sentence in growth([m for m in found if m.way == WAYS["lieferung"][0]]):
        console.print(sentence)


def growth(deliveries: list[Measurement]) -> list[str]:
    """How time and memory of our own way grow from the smallest city to the others, in German sentences."""
    measured = sorted((m for m in deliveries if m.seconds), key=lambda m: m.residents)
    out = []
    for large in measured[1:]:
        small = measured[0]
        times = large.residents / small.residents
        linear = float(large.seconds or 0) / (times * float(small.seconds or 1))
        worked = float(large.cpu_seconds or 0) / (times * float(small.cpu_seconds or 1))
        memory = float(large.memory_mib or 0) / float(small.memory_mib or 1)
        out.append(
            f"{_number(times, 1)}-mal so viele Einwohner brauchen {_number(linear, 2)}-mal die Zeit und "
            f"{_number(worked, 2)}-mal die Rechenzeit, die bei gleichem Wachstum zu erwarten wären, und "
            f"{_number(memory, 2)}-mal den Speicher."
        )
    return out
