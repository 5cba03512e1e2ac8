"""The commands ``profile build`` and ``profile requests``; both need the catalogue only, no database."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from etl import settings
from etl.catalogue import load_catalogue
from etl.console import tell
from etl.errors import SozialberichtError
from etl.intake.wording import counted
from etl.publish.profile.content import requirement_profile
from etl.publish.profile.docx_writer import write_docx
from etl.publish.profile.html_writer import write_html
from etl.publish.profile.requests import write_requests

app = typer.Typer(no_args_is_help=True, help="Anforderungsprofil und Lieferanforderungen aus dem Katalog schreiben.")


@app.callback()
def group() -> None:
    """Anforderungsprofil und Lieferanforderungen aus dem Katalog schreiben."""


@app.command()
def build(
    out: Annotated[
        Path, typer.Option(help="Verzeichnis für anforderungsprofil.docx und anforderungsprofil.html.")
    ] = Path(),
) -> None:
    """Das Anforderungsprofil als DOCX und HTML schreiben: Themen, Kennzahlen, Quellen, Stellen, Güte, Lieferungen."""
    catalogue = load_catalogue(settings.catalogue_dir())
    document = requirement_profile(catalogue, date.today())
    out.mkdir(parents=True, exist_ok=True)
    written = [out / "anforderungsprofil.docx", out / "anforderungsprofil.html"]
    write_docx(written[0], document)
    write_html(written[1], document)
    tell(
        f"Geschrieben: {written[0]} und {written[1]} ({len(catalogue.indicators)} Kennzahlen, "
        f"{len(catalogue.sources)} Quellen).",
        dateien=[str(p) for p in written],
        kennzahlen=len(catalogue.indicators),
        quellen=len(catalogue.sources),
    )


@app.command()
def requests(
    out: Annotated[Path, typer.Option(help="Verzeichnis; je Stelle entsteht darin ein Ordner.")] = Path(
        "anforderungen"
    ),
    owner: Annotated[str | None, typer.Option(help="Nur diese Stelle (Kennung).")] = None,
) -> None:
    """Je Stelle schreiben, was sie wann in welchen Spalten liefert, dazu leere Vorlagen zum Ausfüllen."""
    catalogue = load_catalogue(settings.catalogue_dir())
    known = {s.owner for s in catalogue.sources}
    if owner is not None and owner not in known:
        raise SozialberichtError(
            f"Von der Stelle „{owner}“ kommt keine Quelle; bekannt sind {', '.join(sorted(known))}."
        )
    written = write_requests(out, catalogue, date.today(), owner)
    lines = [
        f"{w.folder}: {w.title}, {counted(len(w.sources), 'Quelle', 'Quellen')}, "
        f"{counted(w.templates, 'Vorlage', 'Vorlagen')}"
        for w in written
    ]
    tell(
        "\n".join(lines),
        stellen=[
            {"stelle": w.owner, "ordner": str(w.folder), "quellen": w.sources, "vorlagen": w.templates} for w in written
        ],
    )
