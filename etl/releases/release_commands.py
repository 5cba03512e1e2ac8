"""The commands ``release``: the life of a release, step by step."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table
from sqlalchemy import Connection, Engine, text

from etl import settings
from etl.catalogue import Catalogue, load_catalogue
from etl.confidentiality.audit.report import fault_words, summary
from etl.console import console, tell
from etl.releases import compare, life, steps, verify
from etl.releases.edition import one_at_a_time
from etl.warehouse import auditlog
from etl.warehouse.session import prepared_engine

app = typer.Typer(no_args_is_help=True, help="Stände anlegen, prüfen, freigeben, veröffentlichen, nachprüfen.")
AFTERWARDS: list[Callable[[Engine, Catalogue], None]] = []
"""What follows a publication beside the views; the layer above, which knows maps and files, enters it here."""
SHOWN = 20
"""Rows shown of a long list; all of them with --json."""

Label = Annotated[str, typer.Argument(metavar="STAND", help="Bezeichnung des Stands.")]
Draft = Annotated[str | None, typer.Argument(metavar="STAND", help="Bezeichnung; sonst der neueste Entwurf.")]


def _opened() -> tuple[Engine, Catalogue]:
    catalogue = load_catalogue(settings.catalogue_dir())
    return prepared_engine(catalogue, migrated=False), catalogue


@app.command()
def create(
    label: Annotated[str | None, typer.Argument(metavar="STAND", help="Bezeichnung; sonst das heutige Datum.")] = None,
) -> None:
    """Die berechneten Werte schützen und als Entwurf festschreiben."""
    made = steps.create(*_opened(), label)
    if made.unchanged:
        words = (
            f"Der Stand „{made.label}“ ({life.WORDS[made.state]}) sagt schon dasselbe; ein neuer wurde nicht angelegt."
        )
    else:
        words = (
            f"Entwurf „{made.label}“ angelegt: {made.values} Werte, davon {made.withheld} geheim gehalten.\n"
            f"Nächster Schritt: ./sozialbericht release audit {made.label}"
        )
    tell(words, stand=made.label, zustand=made.state, werte=made.values, geheim=made.withheld, neu=not made.unchanged)


@app.command()
def audit(
    label: Draft = None,
    *,
    report: Annotated[
        Path | None,
        typer.Option("--bericht", metavar="DATEI", help="Bericht ohne geheime Zahlen, für den Datenschutz."),
    ] = None,
) -> None:
    """Den Entwurf angreifen, wie Leser ihn sehen würden; besteht er nicht, Ende mit 1.

    Was sich berechnen lässt, wird genannt: Die Ausgabe ist nur für die Statistikstelle. Der Bericht nennt keine Zahl.
    """
    engine, catalogue = _opened()
    outcome = steps.audit(engine, catalogue, label)
    if report is not None and outcome.finding is not None:
        told = summary(outcome.finding, outcome.files, outcome.protection)
        report.write_text(f"Prüfung des Stands „{outcome.label}“\n{told}\n", encoding="utf-8")
    if outcome.finding is not None and not settings.ui.json and not settings.ui.quiet:
        for fault in (*outcome.finding.all_faults, *outcome.protection)[:SHOWN]:
            console.print(f"  {fault_words(fault)}", highlight=False)
    if outcome.passed:
        words = (
            f"Der Stand „{outcome.label}“ hat die Prüfung bestanden: {outcome.attacked} geheime Zahlen angegriffen, "
            f"keine bestimmbar ({outcome.seconds:.0f} s).\n"
            f"Nächster Schritt: ./sozialbericht release approve {outcome.label}"
        )
    else:
        words = str(steps.failed(outcome))
    tell(
        words, stand=outcome.label, bestanden=outcome.passed, angegriffen=outcome.attacked, exakt=outcome.exact,
        fehler=outcome.faults, sekunden=round(outcome.seconds, 1),
    )  # fmt: skip
    if not outcome.passed:
        raise typer.Exit(1)


@app.command()
def approve(label: Draft = None) -> None:
    """Einen geprüften Entwurf freigeben, als Rolle freigabe; nicht, wer ihn angelegt hat."""
    edition = steps.approve(_opened()[0], label)
    tell(
        f"Stand „{edition.label}“ freigegeben. Nächster Schritt: ./sozialbericht release publish {edition.label}",
        stand=edition.label, zustand=edition.status,
    )  # fmt: skip


@app.command()
def publish(label: Draft = None) -> None:
    """Einen freigegebenen Stand veröffentlichen; Leser sehen ihn von einem Augenblick auf den anderen."""
    engine, catalogue = _opened()
    edition, before = steps.publish(engine, label)
    for follow in AFTERWARDS:
        follow(engine, catalogue)
    instead = f"; er löst „{before.label}“ ab" if before is not None else ""
    tell(f"Stand „{edition.label}“ veröffentlicht{instead}.", stand=edition.label,
         abgeloest=before.label if before is not None else None)  # fmt: skip


@app.command()
def discard(label: Label) -> None:
    """Einen Entwurf verwerfen, der nie veröffentlicht wurde."""
    engine, _ = _opened()
    with engine.begin() as connection:
        life.discard(connection, label)
    tell(f"Stand „{label}“ verworfen.", stand=label)


@app.command()
def withdraw(
    label: Label,
    *,
    reason: Annotated[str, typer.Option("--grund", help="Warum, für Leser verständlich.")],
    closed: Annotated[
        bool, typer.Option("--werte-sperren", help="Auch die Werte sind nicht mehr zu lesen (bei Geheimhaltung).")
    ] = False,
) -> None:
    """Einen veröffentlichten Stand zurückziehen; er bleibt zitierbar und ist gekennzeichnet."""
    engine, _ = _opened()
    with engine.begin() as connection:
        one_at_a_time(connection)
        edition = life.find(connection, label)
        again = life.withdraw(connection, edition, reason, closed=closed)
    if again is not None:
        now = f" Aktuell ist wieder der Stand „{again.label}“."
    elif edition.status == "published":
        now = " Es ist jetzt kein Stand veröffentlicht."
    else:
        now = ""
    tell(f"Stand „{label}“ zurückgezogen.{now}", stand=label, grund=reason,
         wieder_aktuell=again.label if again is not None else None)  # fmt: skip


@app.command("list")
def list_() -> None:
    """Alle Stände mit ihrem Zustand."""
    with _opened()[0].connect() as connection:
        found = life.known(connection)
    rows = [_facts(edition) for edition in found]
    if settings.ui.json:
        tell("", staende=rows)
        return
    table = Table("Stand", "Zustand", "angelegt", "veröffentlicht", "Inhalt (SHA-256)")
    for edition in found:
        when = edition.published_at
        table.add_row(
            edition.label, edition.state, f"{edition.created_at:%d.%m.%Y}", f"{when:%d.%m.%Y}" if when else "–",
            (edition.content_sha256 or "–")[:16],
        )  # fmt: skip
    if not settings.ui.quiet:
        console.print(table)


def _facts(edition: life.Known) -> dict[str, Any]:
    return {
        "stand": edition.label,
        "zustand": edition.status,
        "angelegt": edition.created_at,
        "veroeffentlicht": edition.published_at,
        "inhalt_sha256": edition.content_sha256,
    }


COUNTS = text("""
SELECT i.theme AS thema, v.status AS status, count(*) AS werte
FROM release.value v JOIN catalogue.indicator i ON i.id = v.indicator_id
WHERE v.edition_id = :id GROUP BY 1, 2 ORDER BY 1, 2
""")

EVENTS = text("""
SELECT e.id AS nummer, e.kind AS art, e.at AS zeit, e.actor AS wer, e.role AS rolle, e.detail AS naeheres, e.sha256
FROM release.event e WHERE e.edition_id = :id ORDER BY e.id
""")


@app.command()
def show(label: Label) -> None:
    """Einen Stand zeigen: Werte nach Thema und Zustand, Prüfwerte, Ereignisse."""
    with _opened()[0].connect() as connection:
        edition = life.find(connection, label)
        counts = [dict(row) for row in connection.execute(COUNTS, {"id": edition.id}).mappings()]
        events = [dict(row) for row in connection.execute(EVENTS, {"id": edition.id}).mappings()]
    if settings.ui.json:
        tell("", **_facts(edition), programm=edition.code_version, katalog_sha256=edition.catalogue_sha256,
             grund=edition.withdrawn_reason, werte=counts, ereignisse=events)  # fmt: skip
        return
    if settings.ui.quiet:
        return
    console.print(f"Stand „{edition.label}“: {edition.state}{' (synthetische Daten)' if edition.synthetic else ''}")
    if edition.withdrawn_reason:
        console.print(f"Grund: {edition.withdrawn_reason}")
    console.print(f"Programm: {edition.code_version or 'unbekannt'}\nKatalog:  {edition.catalogue_sha256}")
    console.print(f"Inhalt:   {edition.content_sha256 or 'nicht versiegelt'}")
    for row in events:
        if "protokoll" in row["naeheres"]:
            told = row["naeheres"]
            console.print(f"Protokoll bei Veröffentlichung: Eintrag {told['protokoll_nr']}, {told['protokoll']}")
    table = Table("Thema", "Zustand", "Werte")
    for row in counts:
        table.add_row(row["thema"], row["status"], str(row["werte"]))
    console.print(table)
    table = Table("Nr.", "Ereignis", "Zeit", "wer", "Prüfwert")
    for row in events:
        words = auditlog.TITLES.get(f"stand_{row['art']}", row["art"])
        table.add_row(str(row["nummer"]), words, f"{row['zeit']:%d.%m.%Y %H:%M:%S}", row["wer"], row["sha256"][:16])
    console.print(table)


@app.command()
def diff(
    old: Annotated[str, typer.Argument(metavar="STAND", help="Der frühere Stand.")],
    new: Annotated[str, typer.Argument(metavar="STAND", help="Der spätere Stand.")],
) -> None:
    """Was sich zwischen zwei Ständen geändert hat; Zahlen nur, soweit sie gezeigt werden."""
    with _opened()[0].connect() as connection:
        rows = compare.difference(connection, life.find(connection, old), life.find(connection, new))
    kinds = Counter(row["kind"] for row in rows)
    if settings.ui.json:
        tell("", von=old, nach=new, anzahl=dict(kinds), unterschiede=rows)
        return
    if settings.ui.quiet:
        return
    if not rows:
        console.print(f"„{old}“ und „{new}“ zeigen dieselben Werte.")
        return
    console.print("; ".join(f"{compare.KINDS[kind]}: {number}" for kind, number in sorted(kinds.items())))
    table = Table("Kennzahl", "Gebiet", "Gruppe", "Zeitraum", "was", "vorher", "nachher")
    for row in rows[:SHOWN]:
        shown = [row[f"zustand_{n}"] if row[n] is None else _german(row[n]) for n in ("vorher", "nachher")]
        table.add_row(row["kennzahl"], row["gebiet"], row["gruppe"], row["zeitraum"], compare.KINDS[row["kind"]],
                      *(s or "–" for s in shown))  # fmt: skip
    console.print(table)
    if len(rows) > SHOWN:
        console.print(f"… und {len(rows) - SHOWN} weitere; alle mit --json")


def _german(number: float) -> str:
    return f"{number:g}".replace(".", ",")


@app.command("verify")
def verify_(label: Label) -> None:
    """Einen Stand aus den festgeschriebenen Zählungen neu berechnen und vergleichen; Abweichung: Ende mit 1."""
    engine, catalogue = _opened()
    with engine.connect() as connection:
        result = _verified(connection, catalogue, label)
    lines = [f"Stand „{label}“: {'bytegleich' if result.same else 'NICHT in Ordnung'}"]
    lines += [
        f"  {'ja  ' if done.good else 'nein' if done.good is False else '–   '}  {done.words}" for done in result.done
    ]
    tell("\n".join(lines), stand=label, bytegleich=result.same,
         schritte=[{"gut": done.good, "was": done.words} for done in result.done])  # fmt: skip
    if not result.same:
        raise typer.Exit(1)


def _verified(connection: Connection, catalogue: Catalogue, label: str) -> verify.Verified:
    try:
        return verify.verify(connection, catalogue, life.find(connection, label))
    finally:
        connection.rollback()
