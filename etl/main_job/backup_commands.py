"""The commands ``db backup``, ``db restore`` and ``db confirm-older``, added to the group ``db``.

They prove what they restore and so know releases. Libraries are loaded by the commands that need them, as the others of
the group do without.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from etl import settings
from etl.catalogue import load_catalogue
from etl.console import tell
from etl.errors import SozialberichtError
from etl.warehouse.commands import app

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from etl.catalogue import Catalogue
    from etl.warehouse.restore import Proof

# ruff: noqa: PLC0415
__all__ = ["app"]


@app.command()
def backup(
    file: Annotated[Path, typer.Argument(metavar="DATEI", help="Die Sicherung; eine neue Datei.")],
) -> None:
    """Die Datenbank sichern: ohne Kennwörter, ohne Zeilen über einzelne Personen, ohne abgewiesene Zeilen."""
    from etl.warehouse.backup import LEFT_OUT
    from etl.warehouse.backup import backup as write_backup
    from etl.warehouse.session import prepared_engine

    catalogue = load_catalogue(settings.catalogue_dir())
    prepared_engine(catalogue, migrated=False)
    made = write_backup(catalogue.city.database, file)
    tell(
        f"Sicherung {made.file} geschrieben ({made.size / 2**20:.1f} MiB).\n"
        f"  SHA-256    {made.sha256}\n"
        f"  Protokoll  bis Eintrag {made.head.number}, {made.head.sha256}\n"
        f"  Stand      {made.release or 'noch keiner veröffentlicht'}\n"
        f"  Nicht darin: Kennwörter, Rollen, Zeilen der Lieferungen ({', '.join(LEFT_OUT)}).",
        datei=str(made.file), bytes=made.size, sha256=made.sha256, eintrag=made.head.number, kopf=made.head.sha256,
        stand=made.release, nicht_gesichert=list(LEFT_OUT),
    )  # fmt: skip


@app.command()
def restore(
    file: Annotated[Path, typer.Argument(metavar="DATEI", help="Sicherung von „db backup“.")],
    *,
    name: Annotated[str | None, typer.Option(help="In diese Datenbank; sonst die des Katalogs.")] = None,
    overwrite: Annotated[
        bool, typer.Option("--ueberschreiben", help="Eine Datenbank, die nicht leer ist, ersetzen.")
    ] = False,
    confirmed: Annotated[
        bool,
        typer.Option("--bestaetige-aelter", help="Auch mit einer Sicherung weiterarbeiten, die Neueres nicht kennt."),
    ] = False,
    anchor: Annotated[
        Path | None, typer.Option("--anker", help="Ankerdatei von einem anderen Rechner, zum Vergleich.")
    ] = None,
) -> None:
    """Eine Sicherung einspielen; Protokoll und neuester Stand werden dabei nachgeprüft."""
    from etl.warehouse import auditlog_anchor, restored
    from etl.warehouse.restore import restore as play_in

    catalogue = load_catalogue(settings.catalogue_dir())
    known = auditlog_anchor.read(anchor) if anchor is not None else []
    if anchor is not None and not known:
        raise SozialberichtError(f"{anchor} gibt es nicht, oder es steht kein Anker darin.")
    done = play_in(
        file, name or catalogue.city.database, overwrite=overwrite, confirmed=confirmed, anchors=known,
        proofs=(_release_verifies(catalogue),),
    )  # fmt: skip
    lines = [f"Sicherung in die Datenbank {done.database} eingespielt.", *(f"  {proof}" for proof in done.proofs)]
    lines.append("  Rollen und Kennwörter: ./sozialbericht roles sync")
    if done.older is not None:
        lines.append(f"ACHTUNG: {done.older}")
        lines.append(
            "Bestätigt: von hier aus darf wieder veröffentlicht werden."
            if confirmed
            else f"Bis zur Bestätigung ({restored.CONFIRM}) wird von hier aus nichts veröffentlicht."
        )
    tell(
        "\n".join(lines),
        datenbank=done.database, eintraege=done.entries, stand=done.release, nachweise=done.proofs,
        aelter=str(done.older) if done.older is not None else None, bestaetigt=done.older is None or confirmed,
    )  # fmt: skip


def _release_verifies(catalogue: Catalogue) -> Proof:
    """The published release has the content that was sealed; computed again from what the backup holds, it is the same.

    Only other content stops a restore: what cannot be computed again by this program must not keep the office from its
    backup, and is told.
    """
    from sqlalchemy import text

    from etl.releases import life, verify
    from etl.releases.content import content

    def proof(engine: Engine) -> str:
        with engine.connect() as connection:
            label = connection.scalar(text("SELECT label FROM release.edition WHERE status = 'published'"))
            if label is None:
                return "Stand: noch keiner veröffentlicht."
            edition = life.find(connection, label)
            if edition.content_sha256 is None:
                return f"Stand „{label}“: von einer früheren Fassung des Programms, nicht versiegelt."
            if content(connection, edition.id).whole != edition.content_sha256:
                raise SozialberichtError(
                    f"Die Sicherung wurde nicht eingespielt: der Inhalt ihres Stands „{label}“ ist nicht der, der "
                    "versiegelt wurde. Abhilfe: eine andere Sicherung nehmen."
                )
            found = verify.verify(connection, catalogue, edition)
            connection.rollback()
        words = f"Stand „{label}“: Inhalt wie versiegelt, {edition.content_sha256}"
        if found.same:
            left = "".join(f"\n    {one.words}" for one in found.done if one.good is None)
            return f"{words}; nachgeprüft.{left}"
        wrong = "".join(f"\n    ACHTUNG: {one.words}" for one in found.done if one.good is False)
        return f"{words}; die Nachprüfung fand jedoch (näher: ./sozialbericht release verify {label}):{wrong}"

    return proof


@app.command("confirm-older")
def confirm_older() -> None:
    """Bestätigen, dass mit einer Datenbank weitergearbeitet wird, die weniger weiß, als außerhalb bekannt ist."""
    from etl.warehouse import restored
    from etl.warehouse.session import prepared_engine

    catalogue = load_catalogue(settings.catalogue_dir())
    engine = prepared_engine(catalogue, migrated=False)
    with engine.begin() as connection:
        older = restored.behind(connection)
        if older is not None:
            restored.confirm(connection, older)
    if older is None:
        tell("Außerhalb dieser Datenbank ist nichts Neueres bekannt; zu bestätigen ist nichts.", bestaetigt=False)
        return
    with engine.connect() as connection:
        restored.anchor_restored(connection, older.here)
    tell(f"Bestätigt. {older}", bestaetigt=True, aelter=str(older))
