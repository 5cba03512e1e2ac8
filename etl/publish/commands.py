"""The commands ``qgis build|check|render|time``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from etl import settings
from etl.catalogue import Catalogue, load_catalogue
from etl.console import tell
from etl.errors import SozialberichtError
from etl.publish import german, qgis_project, qgis_store
from etl.publish.source import open_source
from etl.warehouse.session import prepared_engine

app = typer.Typer(no_args_is_help=True, help="QGIS-Projekt bauen, prüfen und Karten daraus zeichnen.")

Project = Annotated[Path | None, typer.Option("--project", help="QGIS-Projekt; sonst das des Katalogs.")]


def _opened() -> Catalogue:
    """The catalogue, its database running and migrated, the service file written."""
    catalogue = load_catalogue(settings.catalogue_dir())
    prepared_engine(catalogue, migrated=False).dispose()
    return catalogue


@app.command()
def build(
    out: Annotated[Path | None, typer.Option(help="Wohin das Projekt geschrieben wird.")] = None,
) -> None:
    """Das QGIS-Projekt aus dem Katalog bauen, dazu die Stile als QML."""
    catalogue = _opened()
    target = qgis_project.project_file(catalogue) if out is None else out
    styles = target.parent / "styles"
    made = qgis_project.build(catalogue, target, styles)
    tell(
        f"{target}: {made['layers']} Ebenen, {made['styles']} Stile, gebaut mit QGIS {made['qgis']}.",
        projekt=str(target),
        stile=str(styles),
        qgis=made["qgis"],
        ebenen=made["layers"],
        anzahl_stile=made["styles"],
    )


@app.command()
def check(project: Project = None) -> None:
    """Das Projekt öffnen und jede Ebene lesen: gültig, eindeutige Schlüssel, Zahl der Objekte."""
    catalogue = _opened()
    path = qgis_project.project_file(catalogue) if project is None else project
    layers = qgis_project.check(path)
    faulty = [layer for layer in layers if not layer.sound]
    if settings.ui.json:
        found = [
            {
                "ebene": layer.id,
                "gueltig": layer.valid,
                "objekte": layer.features,
                "doppelte_schluessel": layer.duplicate_keys,
                "ohne_geometrie": layer.empty_geometries,
            }
            for layer in layers
        ]
        typer.echo(json.dumps({"projekt": str(path), "ebenen": found}, ensure_ascii=False))
    else:
        lines = [f"{'✓' if layer.sound else '✗'} {layer.name}: {_findings(layer)}" for layer in layers]
        tell("\n".join(lines))
    if faulty:
        raise SozialberichtError("Nicht in Ordnung: " + ", ".join(layer.name for layer in faulty))


def _findings(layer: qgis_project.CheckedLayer) -> str:
    if not layer.valid:
        return "lässt sich nicht öffnen"
    words = [f"{layer.features} {'Objekt' if layer.features == 1 else 'Objekte'}"]
    if layer.duplicate_keys:
        words.append(f"{layer.duplicate_keys} doppelte Schlüssel")
    if layer.empty_geometries:
        words.append(f"{layer.empty_geometries} ohne Geometrie")
    return ", ".join(words)


@app.command()
def render(  # noqa: PLR0917  # options of a command line have no positions
    theme: Annotated[str, typer.Option(help="Kartenthema: Kennung (BEV04) oder ganzer Name.")] = "",
    out: Annotated[Path, typer.Option(help="Bild (PNG).")] = Path("karte.png"),
    width: Annotated[int, typer.Option(min=100, max=10_000, help="Breite in Bildpunkten.")] = 1400,
    height: Annotated[int, typer.Option(min=100, max=10_000, help="Höhe in Bildpunkten.")] = 1600,
    year: Annotated[int | None, typer.Option(min=1900, max=2200, help="Jahr, für Zeitreihen.")] = None,
    project: Project = None,
) -> None:
    """Ein Kartenthema als Bild zeichnen, ohne Legende."""
    catalogue = _opened()
    path = qgis_project.project_file(catalogue) if project is None else project
    wanted = theme or catalogue.indicators[0].code
    drawn = qgis_project.render(path, [qgis_project.Map(wanted, out, year)], size=(width, height))
    (name,) = drawn["themes"]
    tell(f"{out}: {name}", bild=str(out), kartenthema=name, jahr=year)


@app.command("time")
def time_project(
    count: Annotated[int, typer.Option(min=1, max=100, help="Wie viele Karten, reihum aus den Handlungsfeldern.")] = 10,
    project: Project = None,
) -> None:
    """Messen, wie lange das Öffnen des Projekts und je eine Karte dauern, ohne Bildschirm."""
    catalogue = _opened()
    path = qgis_project.project_file(catalogue) if project is None else project
    found = qgis_project.measure(path, qgis_project.sample_of_themes(catalogue, count))
    lines = [f"Öffnen: {german.number(found.load, 2)} s"]
    lines += [f"{german.number(seconds, 2)} s  {name}" for name, seconds in found.maps]
    maps = [{"kartenthema": name, "sekunden": round(seconds, 3)} for name, seconds in found.maps]
    tell("\n".join(lines), projekt=str(path), oeffnen_sekunden=round(found.load, 3), karten=maps)


@app.command()
def store() -> None:
    """Projekt und Stile in die Datenbank schreiben; QGIS findet sie dort ohne Dateien."""
    catalogue = load_catalogue(settings.catalogue_dir())
    engine = prepared_engine(catalogue, migrated=False)
    styles = qgis_store.store(engine, open_source(catalogue), catalogue)
    title = catalogue.city.report_title
    tell(
        f"Datenbank {catalogue.city.database}, Schema {qgis_store.SCHEMA}: Projekt „{title}“ und {styles} Stile.",
        projekt=title,
        stile=styles,
    )
