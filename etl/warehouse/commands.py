"""The commands ``db …`` and ``doctor``: the database server in the office's hands."""

from __future__ import annotations

import json
import os
from typing import Annotated

import psycopg
import typer
from psycopg import conninfo

from etl import settings
from etl.catalogue import load_catalogue
from etl.console import tell
from etl.errors import SetupError
from etl.warehouse import cluster, databases, service
from etl.warehouse import doctor as diagnosis

app = typer.Typer(no_args_is_help=True, help="Datenbank starten, anhalten, ansehen.")

NOT_RUNNING = 3
MARKS = {"gut": "✓", "hinweis": "•", "fehler": "✗"}


@app.command()
def start() -> None:
    """Die eingebettete Datenbank starten; beim ersten Mal wird sie angelegt."""
    if service.existing_server() is not None:
        databases.ensure_roles()
        service.write_service_file()
        tell("Es gilt der vorhandene Server aus SOZIALBERICHT_DSN; er antwortet.", server="vorhanden")
        return
    info = cluster.ensure_running()
    databases.ensure_roles()
    service.write_service_file()
    tell(f"Die Datenbank läuft auf 127.0.0.1:{info.port} (PostgreSQL {info.version}).", port=info.port)


@app.command()
def stop() -> None:
    """Die eingebettete Datenbank anhalten; offene Sitzungen werden beendet."""
    _refuse_for_existing_server("anhalten")
    stopped = cluster.stop()
    tell("Die Datenbank ist angehalten." if stopped else "Die Datenbank lief nicht.", angehalten=stopped)


@app.command()
def status() -> None:
    """Zeigen, ob die Datenbank läuft, wo sie erreichbar ist und was in ihr liegt (Ende mit 3, wenn sie nicht läuft)."""
    home = settings.home()
    if service.existing_server() is None:
        state, info = cluster.status(home)
        if info is None:
            tell("Die Datenbank ist noch nicht angelegt (./sozialbericht db start).", stand=state)
            raise typer.Exit(NOT_RUNNING)
        if state != "laeuft":
            tell("Die Datenbank läuft nicht (./sozialbericht db start).", stand=state, port=info.port)
            raise typer.Exit(NOT_RUNNING)
        lines = [
            f"Die Datenbank läuft: PostgreSQL {info.version} auf 127.0.0.1:{info.port}",
            f"  Anschluss  {info.host}",
            f"  Daten      {info.data}",
        ]
        facts: dict[str, object] = {"stand": state, "port": info.port, "anschluss": info.host}
    else:
        lines = ["Es gilt der vorhandene Server aus SOZIALBERICHT_DSN."]
        facts = {"stand": "vorhanden"}
    sizes = _sizes()
    lines.append(f"  Dienste    {service.service_file(home)}")
    lines += [f"  {name}: {size / 2**20:.0f} MiB" for name, size in sizes.items()]
    tell("\n".join(lines), **facts, dienstdatei=str(service.service_file(home)), datenbanken=sizes)


@app.command()
def destroy(
    yes: Annotated[bool, typer.Option("--yes", help="Nicht nachfragen.")] = False,
) -> None:
    """Die eingebettete Datenbank mit allen Daten löschen."""
    _refuse_for_existing_server("löschen")
    home = settings.home()
    if cluster.known(home) is None:
        tell("Es gibt keine Datenbank zu löschen.", geloescht=False)
        return
    if not yes and not typer.confirm(f"Alle Daten in {home / 'cluster'} unwiderruflich löschen?"):
        raise SetupError("Nichts gelöscht.")
    from etl.warehouse import auditlog_anchor  # noqa: PLC0415  # SQLAlchemy is slow to import

    cluster.destroy(home)
    for known in auditlog_anchor.folder(home).glob("*.jsonl"):
        auditlog_anchor.end(known.stem, home)
    tell("Die Datenbank ist gelöscht; gelieferte Dateien und Veröffentlichtes außerhalb bleiben.", geloescht=True)


@app.command()
def psql(
    arguments: Annotated[list[str] | None, typer.Argument(help="Was nach -- steht, bekommt psql.")] = None,
    role: Annotated[str, typer.Option(help=f"Anmelden als: {', '.join(service.LOGINS)}.")] = service.READER,
    database: Annotated[str | None, typer.Option(help="Datenbank; sonst die des Katalogs.")] = None,
) -> None:
    """Eine SQL-Sitzung öffnen, ohne --role mit Leserechten."""
    name = database or load_catalogue(settings.catalogue_dir()).city.database
    if service.existing_server() is None:
        cluster.ensure_running()
        databases.ensure_roles()
    _refuse_missing(name, role)
    address = service.parameters(name, role)
    environment = dict(os.environ)
    # A password on the command line could be read by everybody on the machine.
    if password := address.pop("password", None):
        environment["PGPASSWORD"] = password
    target = conninfo.make_conninfo(**address)
    try:
        os.execvpe("psql", ["psql", "--dbname", target, *(arguments or [])], environment)  # noqa: S606, S607 - the user's own session
    except FileNotFoundError as problem:
        raise SetupError("psql ist nicht installiert. Abhilfe: sudo apt-get install postgresql-client") from problem


@app.command()
def upgrade(
    keep_dependents: Annotated[
        bool, typer.Option("--keep-dependents", help="Städtische Sichten auf unseren sichern und wieder anlegen.")
    ] = False,
) -> None:
    """Die Datenbank auf den Stand des Programms und des Katalogs bringen, ganz oder gar nicht."""
    # Alembic and the models are slow to import, and all other commands here do without.
    from etl.warehouse.session import prepared_engine  # noqa: PLC0415

    catalogue = load_catalogue(settings.catalogue_dir())
    prepared_engine(catalogue, keep_dependents=keep_dependents)
    name = catalogue.city.database
    tell(f"Die Datenbank {name} ist auf dem Stand des Programms.", datenbank=name)


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="Für Programme: als JSON.")] = False,
) -> None:
    """Prüfen, was auf diesem Rechner fehlt und wie man es behebt; geändert wird nichts."""
    findings = diagnosis.examine()
    ready = all(finding.state != "fehler" for finding in findings)
    if as_json or settings.ui.json:
        report = {"bereit": ready, "befunde": [finding.as_dict() for finding in findings]}
        typer.echo(json.dumps(report, ensure_ascii=False, indent=2))
    else:
        for finding in findings:
            typer.echo(f"{MARKS[finding.state]} {finding.name}: {finding.found}")
            if finding.remedy:
                typer.echo(f"    Abhilfe: {finding.remedy}")
        typer.echo("Alles bereit." if ready else "Es fehlt noch etwas; siehe ✗.")
    if not ready:
        raise typer.Exit(1)


def _refuse_for_existing_server(what: str) -> None:
    if service.existing_server() is not None:
        raise SetupError(
            f"SOZIALBERICHT_DSN nennt einen vorhandenen Server; den kann dieses Programm nicht {what}. "
            "Ohne diese Variable gilt der Befehl der eingebetteten Datenbank."
        )


def _refuse_missing(database: str, role: str) -> None:
    try:
        psycopg.connect(service.dsn(database, role), connect_timeout=10).close()
    except psycopg.OperationalError as problem:
        # An error at connection time carries no SQLSTATE, only the server's words.
        if "does not exist" in str(problem):
            raise SetupError(
                f"Die Datenbank „{database}“ gibt es auf dem Server noch nicht. Abhilfe: ./sozialbericht run"
            ) from problem
        raise SetupError(f"Die Datenbank „{database}“ antwortet nicht: {str(problem).strip()}") from problem


def _sizes() -> dict[str, int]:
    """Bytes of each database that has entries in the service file."""
    with psycopg.connect(service.dsn("postgres", cluster.SUPERUSER), autocommit=True) as connection:
        rows = connection.execute(
            "SELECT datname, pg_database_size(oid) FROM pg_database WHERE datname = ANY(%s) ORDER BY datname",
            (service.listed_databases(),),
        )
        return {str(row[0]): int(row[1]) for row in rows}
