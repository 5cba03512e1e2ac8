"""The commands ``publish`` and ``release``, which build files of a release between freezing and auditing it."""

from __future__ import annotations

from functools import partial
from typing import Annotated

import typer

from etl import settings
from etl.catalogue import load_catalogue
from etl.console import say, tell
from etl.errors import SozialberichtError
from etl.publish.products import build_draft, listed, put_into_database
from etl.releases import files, life, steps
from etl.releases.release_commands import AFTERWARDS, app
from etl.warehouse.session import prepared_engine

__all__ = ["app", "publish"]

AFTERWARDS.append(put_into_database)


@app.command()
def build(
    label: Annotated[
        str | None, typer.Argument(metavar="STAND", help="Bezeichnung; sonst der neueste Entwurf.")
    ] = None,
) -> None:
    """Die Dateien des neuesten Entwurfs bauen; geprüft und veröffentlicht werden genau diese."""
    catalogue = load_catalogue(settings.catalogue_dir())
    engine = prepared_engine(catalogue, migrated=False)
    with engine.connect() as connection:
        edition, newest = steps.wanted(connection, label), life.candidate(connection)
    life.require_draft(edition)
    if newest is None or newest.id != edition.id:
        raise SozialberichtError(f"Gebaut wird nur der neueste Entwurf, nicht „{edition.label}“.")
    folder = build_draft(engine, catalogue, edition.label)
    tell(
        f"Dateien des Entwurfs „{edition.label}“: {folder}\n"
        f"Nächster Schritt: ./sozialbericht release audit {edition.label}",
        stand=edition.label, ordner=str(folder),
    )  # fmt: skip


def publish(
    label: Annotated[str | None, typer.Option(help="Bezeichnung des Stands; sonst das heutige Datum.")] = None,
    where: Annotated[bool, typer.Option("--where", help="Nur den Ordner der veröffentlichten Dateien nennen.")] = False,
) -> None:
    """Alles bis zur Veröffentlichung: festschreiben, Dateien bauen, prüfen, freigeben, soweit es einer allein darf."""
    catalogue = load_catalogue(settings.catalogue_dir())
    folder = files.root(catalogue.city.database) / files.CURRENT
    if where:
        if not folder.exists():
            raise SozialberichtError("Es sind noch keine Dateien veröffentlicht. Abhilfe: ./sozialbericht publish")
        typer.echo(str(folder))
        return
    engine = prepared_engine(catalogue, migrated=False)
    edition = steps.all_the_way(
        engine, catalogue, label=label, build=partial(build_draft, engine, catalogue), say=say
    )  # fmt: skip
    published = edition.state == "published"
    if published:
        put_into_database(engine, catalogue)
        state = "gilt unverändert" if edition.unchanged else "veröffentlicht"
        words = f"Stand „{edition.label}“ {state}: {edition.values} Werte, davon {edition.withheld} geheim gehalten."
        if folder.exists():
            words += f"\nDateien: {folder}\n{listed(folder)}"
    else:
        words = steps.next_steps(edition.label, edition.state)
    tell(
        words, stand=edition.label, zustand=edition.state, werte=edition.values, geheim=edition.withheld,
        neu=not edition.unchanged, ordner=str(folder) if published and folder.exists() else None,
    )  # fmt: skip
