"""The commands ``addresses …``, ``facilities …`` and ``districts …``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from etl import settings
from etl.catalogue import load_catalogue
from etl.console import console, tell
from etl.districts import provisional
from etl.districts.addresses import load_addresses
from etl.districts.facilities import FacilityOptions, load_facilities
from etl.districts.options import Charset, File, Json, Key, Label, LayerName, Synthetic, show, show_outcome
from etl.districts.versions import NewVersion
from etl.warehouse.session import prepared_engine

addresses = typer.Typer(no_args_is_help=True, help="Adressen: Hauskoordinaten laden.")
facilities = typer.Typer(no_args_is_help=True, help="Einrichtungen: Schulen, Kindertagesstätten und andere Orte.")
districts = typer.Typer(no_args_is_help=True, help="Statistische Bezirke bilden.")


@addresses.command("load")
def load_address_file(
    file: Annotated[Path, typer.Argument(help="Hauskoordinaten.")],
    form: Annotated[str, typer.Option("--format", help="Aufbau der Datei: hk-de.")] = "hk-de",
    encoding: Charset = None,
    synthetic: Synthetic = False,
    as_json: Json = False,
) -> None:
    """Adressen laden und ihren Blöcken zuordnen."""
    if form != "hk-de":
        raise typer.BadParameter("bisher gibt es nur hk-de", param_hint="--format")
    catalogue = load_catalogue(settings.catalogue_dir())
    with prepared_engine(catalogue).begin() as connection:
        outcome = load_addresses(connection, catalogue.city, file, charset=encoding, synthetic=synthetic)
    if as_json:
        typer.echo(json.dumps(outcome.as_json(), ensure_ascii=False))
        return
    if not settings.ui.json and not settings.ui.quiet:
        for problem in (*outcome.rejected, *outcome.duplicates)[:20]:
            console.print(f"[yellow]Warnung:[/] {escape(str(problem))}")
    tell(outcome.message, **outcome.as_json())


@addresses.callback()
def _addresses() -> None:
    """Adressen: Hauskoordinaten laden."""


@facilities.command("load")
def load_facility_file(
    file: File,
    *,
    kind: Annotated[str, typer.Option(help="Art, zum Beispiel schule oder kita.")],
    key: Key,
    name: Annotated[str, typer.Option(help="Spalte mit dem Namen.")],
    x: Annotated[str | None, typer.Option(help="Spalte mit Rechtswert oder Länge (bei Tabellen).")] = None,
    y: Annotated[str | None, typer.Option(help="Spalte mit Hochwert oder Breite (bei Tabellen).")] = None,
    epsg: Annotated[int | None, typer.Option("--crs", help="EPSG-Code der Koordinaten; sonst 25832.")] = None,
    address: Annotated[list[str] | None, typer.Option(help="Spalte der Anschrift (mehrfach möglich).")] = None,
    attribute: Annotated[list[str] | None, typer.Option(help="Weitere Spalte behalten (mehrfach möglich).")] = None,
    layer: LayerName = None,
    encoding: Charset = None,
    source: Annotated[str | None, typer.Option(help="Quelle, wie sie genannt werden soll.")] = None,
    synthetic: Synthetic = False,
) -> None:
    """Einrichtungen einer Art laden; sie ersetzen die früheren dieser Art."""
    catalogue = load_catalogue(settings.catalogue_dir())
    options = FacilityOptions(
        kind, key, name, x, y, epsg, tuple(address or ()), tuple(attribute or ()), layer, encoding, source, synthetic
    )
    with prepared_engine(catalogue).begin() as connection:
        outcome = load_facilities(connection, catalogue.city, file, options)
    show_outcome(outcome, False)


@facilities.callback()
def _facilities() -> None:
    """Einrichtungen: Schulen, Kindertagesstätten und andere Orte."""


@districts.command("provisional")
def form(
    version: Label,
    *,
    target: Annotated[float, typer.Option(help="Angestrebte Personen je Bezirk.", min=1)] = 5000,
    smallest: Annotated[float | None, typer.Option("--min", help="Kleinste Zahl; sonst die Hälfte.")] = None,
    largest: Annotated[float | None, typer.Option("--max", help="Größte Zahl; sonst das Anderthalbfache.")] = None,
    per_address: Annotated[
        float, typer.Option("--population-per-address", help="Personen je Adresse, solange kein Register gezählt ist.")
    ] = provisional.PERSONS_PER_ADDRESS,
    as_json: Json = False,
) -> None:
    """Vorläufige Bezirke aus Blöcken unter den Stadtteilen bilden."""
    catalogue = load_catalogue(settings.catalogue_dir())
    wanted = provisional.Target(target, smallest or target / 2, largest or target * 1.5, per_address)
    with prepared_engine(catalogue).begin() as connection:
        report = provisional.form_provisional(connection, catalogue.city, NewVersion(version), wanted)
    show(report, as_json)


@districts.callback()
def _districts() -> None:
    """Statistische Bezirke bilden."""
