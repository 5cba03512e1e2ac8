"""Taking in one delivered file: all or nothing, once, and never two of a source at the same time."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

from sqlalchemy import Connection, text

from etl.catalogue import AreaForm, Catalogue, RecordForm, Source
from etl.errors import InputError, InputProblem, SozialberichtError
from etl.intake import journal, periods, purge
from etl.intake.archive import Delivered, opened
from etl.intake.census import deliver_grid
from etl.intake.forms import choose_form
from etl.intake.outcome import DeliveryOutcome, State
from etl.intake.rejects import Rejects
from etl.intake.store_areas import take_in_areas
from etl.intake.take_records import store_rejects, take_in_records
from etl.intake.wording import similar

Progress = Callable[[str, int], None]
"""Called with the step and the rows done in it."""

EARLIEST = date(1950, 1, 1)


def _source(catalogue: Catalogue, code: str) -> Source:
    source = catalogue.source.get(code)
    if source is None:
        close = similar(code, catalogue.source)
        hint = f"gemeint ist vielleicht „{close}“" if close else f"bekannt sind {', '.join(sorted(catalogue.source))}"
        raise SozialberichtError(f"Die Quelle „{code}“ gibt es nicht; {hint}.")
    return source


def _check_date(at: date, file: str) -> None:
    if not EARLIEST <= at <= date.today():
        reason = f"der Stichtag {at:%d.%m.%Y} liegt {'vor 1950' if at < EARLIEST else 'in der Zukunft'}"
        raise InputError(InputProblem(file, reason))


def deliver(
    connection: Connection,
    catalogue: Catalogue,
    source_code: str,
    file: Path,
    *,
    reference_date: date,
    form: str | None = None,
    synthetic: bool = False,
    allow_person_level: bool = False,
    again: bool = False,
    progress: Progress | None = None,
) -> DeliveryOutcome:
    """Take in a file as the delivery of a source for a reference date, within the caller's transaction.

    The same file again is a no-op unless the mapping changed or ``again`` is set (say after new addresses were loaded);
    a different file supersedes the earlier one. ``form`` names one of the source's forms instead of choosing by header.
    Raises InputError (the file is refused, the database is as before), SetupError, or SozialberichtError.
    """
    started = time.monotonic()
    source = _source(catalogue, source_code)
    tell = progress or (lambda _step, _rows: None)
    _check_date(reference_date, file.name)
    if source.kind == "grid":
        return deliver_grid(
            connection, catalogue, source, file, reference_date=reference_date, synthetic=synthetic, again=again
        )
    with opened(file) as delivered, connection.begin_nested():
        journal.lock(connection, source.code)
        journal.require_source(connection, source)
        purge.purge_due_of(connection, catalogue, source.code)
        sha256, mapping = journal.file_sha256(file), journal.mapping_sha256(catalogue, source)
        known = journal.same_file(connection, source.code, sha256, reference_date)
        recount = known is not None and known.status == "active"
        if known is not None and not again and known.still_holds(mapping, synthetic=synthetic, form=form):
            return _unchanged(connection, known.id, source, known.form, file, reference_date, started)
        fit = choose_form(source, delivered, form)
        chosen = fit.form
        if isinstance(chosen, RecordForm):
            _check_person_level(catalogue, source, chosen, allow_person_level, file)
            _check_other_date(connection, source, reference_date, file)
        entered = journal.enter(connection, source.code, chosen.name, reference_date, file, sha256, mapping, synthetic)
        state: State = "recounted" if recount else "superseding" if entered[1] is not None else "new"
        outcome = DeliveryOutcome(state, source.code, chosen.name, file.name, reference_date, entered[0], entered[1])
        if fit.unknown:
            outcome.warnings.append(f"nicht verwendete Spalten: {', '.join(fit.unknown)}")
        if isinstance(chosen, RecordForm):
            rejects = take_in_records(connection, catalogue, source, chosen, delivered, fit.names, outcome, tell)
        else:
            rejects = _areas(connection, catalogue, source, chosen, delivered, fit.names, outcome, tell)
        _store_rejects(connection, outcome, rejects)
        outcome.seconds = round(time.monotonic() - started, 3)
        journal.close(connection, outcome)
    return outcome


def _unchanged(  # noqa: PLR0917
    connection: Connection, delivery: int, source: Source, form: str, file: Path, at: date, started: float
) -> DeliveryOutcome:
    row = connection.execute(
        text(
            "SELECT rows_read, rows_accepted, rows_rejected, rows_ignored, rows_unlocated "
            "FROM intake.delivery WHERE id = :id"
        ),
        {"id": delivery},
    ).one()
    outcome = DeliveryOutcome("unchanged", source.code, form, file.name, at, delivery)
    outcome.read, outcome.accepted, outcome.rejected, outcome.ignored, outcome.unlocated = row
    outcome.seconds = round(time.monotonic() - started, 3)
    return outcome


def _check_person_level(catalogue: Catalogue, source: Source, form: RecordForm, allowed: bool, file: Path) -> None:
    if form.person_level and not (allowed or catalogue.policy.person_level_intake):
        raise InputError(
            InputProblem(
                file.name,
                f"die Form „{form.name}“ der Quelle {source.code} hat eine Zeile je Person; solche Dateien dürfen nur "
                "in einer abgeschotteten Statistikstelle eingelesen werden (LStatG SH §§ 7, 13). Bitte gezählt liefern "
                "oder, wo es erlaubt ist, mit --allow-person-level oder person_level_intake im Katalog zulassen",
            )
        )


def _check_other_date(connection: Connection, source: Source, at: date, file: Path) -> None:
    """Two reference dates in one period would be added up."""
    period = periods.period_of(source, at)
    other = connection.scalar(
        text(
            "SELECT reference_date FROM intake.delivery WHERE source = :source AND status = 'active' "
            "AND reference_date <> :at AND reference_date >= :start AND reference_date < :end"
        ),
        {"source": source.code, "at": at, "start": period.start, "end": period.end},
    )
    if other is not None:
        raise InputError(
            InputProblem(
                file.name,
                f"für den Zeitraum {period.code} gilt schon eine Lieferung mit dem Stichtag {other:%d.%m.%Y}; je "
                "Zeitraum kann es nur einen Stichtag geben",
            )
        )


def _areas(  # noqa: PLR0917
    connection: Connection,
    catalogue: Catalogue,
    source: Source,
    form: AreaForm,
    delivered: Delivered,
    names: tuple[str, ...],
    outcome: DeliveryOutcome,
    tell: Progress,
) -> Rejects:
    tell("Tabelle lesen", 0)
    return take_in_areas(connection, catalogue, source, form, delivered, names, outcome)


def _store_rejects(connection: Connection, outcome: DeliveryOutcome, rejects: Rejects) -> None:
    outcome.rejected, outcome.top_rejects = rejects.lines, rejects.top()
    store_rejects(connection, outcome.delivery, rejects.table())
