"""The commands ``report``: the Sozialbericht of the published release or of a draft."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer

from etl import settings
from etl.catalogue import Catalogue, load_catalogue
from etl.catalogue.chapters import FILE, TEXTS, plan_of
from etl.console import say, tell
from etl.errors import SozialberichtError
from etl.publish import german
from etl.publish.report.build import FILES, build
from etl.publish.source import Source, open_source
from etl.releases import files

app = typer.Typer(no_args_is_help=True, help="Der Sozialbericht als HTML und PDF.")


@app.callback()
def group() -> None:
    """Keep ``report build`` a group although it is the only one of its kind."""


def _source(catalogue: Catalogue, label: str | None) -> Source:
    """The views that show a release: the published one or the newest draft. Raises SozialberichtError for others."""
    published = open_source(catalogue)
    if label is None or (label in _labels(published) and published.edition.label == label):
        return published
    draft = open_source(catalogue, "kandidat")
    if label in _labels(draft) and draft.edition.label == label:
        return draft
    there = files.folder_of(catalogue.city.database, label) / "bericht"
    if label in _labels(published):
        where = f" Seine unveränderten Dateien liegen in {there}." if there.is_dir() else ""
        raise SozialberichtError(
            f"Der Stand „{label}“ ist nicht mehr der veröffentlichte; neu gebaut wird nur dieser oder ein Entwurf."
            f"{where}"
        )
    known = ", ".join(f"„{name}“" for name in sorted(_labels(draft))) or "noch keiner"
    raise SozialberichtError(f"Einen Stand „{label}“ gibt es nicht. Vorhanden: {known}.")


def _labels(source: Source) -> set[str]:
    return set(source.frame("veroeffentlichung", ("veroeffentlichung_id", "stand"))["stand"])


@app.command("build")
def build_report(
    release: Annotated[
        str | None, typer.Option("--release", metavar="STAND", help="Bezeichnung; sonst der veröffentlichte Stand.")
    ] = None,
    out: Annotated[
        Path, typer.Option("--out", metavar="ORDNER", help="Ordner für die Dateien; er wird angelegt.")
    ] = Path("bericht"),
) -> None:
    """Den Sozialbericht bauen: HTML, PDF und die Liste der Änderungen seit der letzten Ausgabe.

    Die Dateien eines Stands, die mit ihm geprüft und veröffentlicht sind, ändert das nicht.
    """
    catalogue = load_catalogue(settings.catalogue_dir())
    source = _source(catalogue, release)
    out.mkdir(parents=True, exist_ok=True)
    began = time.monotonic()
    say("Der Bericht wird gesetzt …")
    build(source, catalogue, out)
    seconds = time.monotonic() - began
    missing = [
        c.code for c in plan_of(catalogue).chapters if not (catalogue.directory / TEXTS / f"{c.code}.md").is_file()
    ]
    hint = f"\nOhne eigenen Text: {', '.join(missing)} ({catalogue.directory / TEXTS})" if missing else ""
    tell(
        f"Sozialbericht zum Stand „{source.edition.label}“ in {german.number(seconds, 0)} s: {out}{hint}\n"
        f"Kapitel und Kennzahlen stehen in {catalogue.directory / FILE}.",
        stand=source.edition.label, ordner=str(out), dateien=[str(out / name) for name in FILES],
        sekunden=round(seconds, 1), ohne_eigenen_text=missing,
    )  # fmt: skip
