"""The steps from computed values to a published release, each in a transaction of its own.

What one step leaves behind is always a whole state of the release: a draft, an audited draft, an approved release.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from sqlalchemy import Connection, Engine, text

from etl.catalogue import Catalogue
from etl.confidentiality.audit.files import FileFinding, audit_files
from etl.confidentiality.audit.finding import KINDS, Fault, Finding
from etl.confidentiality.audit.intervals import Contradiction
from etl.confidentiality.audit.published import audit_release
from etl.confidentiality.audit.truth import protection_faults
from etl.errors import SozialberichtError
from etl.releases import files, life
from etl.releases.edition import Edition, create_edition, one_at_a_time
from etl.warehouse import engine as engines
from etl.warehouse import service
from etl.warehouse.rebuild import CANDIDATE

APPROVER = "freigabe"


@dataclass(frozen=True)
class Audited:
    """An audit's outcome for the record: ``faults`` by kind, in German."""

    label: str
    passed: bool
    attacked: int
    exact: int
    faults: dict[str, int]
    seconds: float
    finding: Finding | None = None
    files: FileFinding | None = None
    protection: tuple[Fault, ...] = ()


def as_role(engine: Engine, role: str) -> Engine:
    """An engine on the same database, logged in as this role."""
    return engines.open_engine(service.url(str(engine.url.database), role), role=role)


def create(engine: Engine, catalogue: Catalogue, label: str | None = None) -> Edition:
    """Protect and freeze the computed values as a draft."""
    with engine.begin() as connection:
        return create_edition(connection, catalogue, label=label)


def wanted(connection: Connection, label: str | None) -> life.Known:
    """The release with this label, or the candidate. Raises SozialberichtError where there is none."""
    if label is not None:
        return life.find(connection, label)
    found = life.candidate(connection)
    if found is None:
        raise SozialberichtError("Es gibt keinen Entwurf. Zuerst anlegen: ./sozialbericht release create")
    return found


def audit(engine: Engine, catalogue: Catalogue, label: str | None = None) -> Audited:
    """Attack the candidate as readers would see it, and keep the outcome with the hash of its content.

    The attacker is logged in as ``vorschau`` and sees nothing but the candidate's views. Files built for the release
    must say what the views say and nothing else; the hash of their list is kept with the outcome. What the attacker
    found is then held against the true counts, which he does not see.
    """
    with engine.connect() as connection:
        edition = wanted(connection, label)
        candidate = life.candidate(connection)
    life.require_draft(edition)
    if candidate is None or candidate.id != edition.id:
        raise SozialberichtError(f"Zu prüfen ist nur der neueste Entwurf, nicht „{edition.label}“.")
    with as_role(engine, service.PREVIEW).connect() as seen:
        seen.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"))
        try:
            finding = audit_release(seen, catalogue, schema=CANDIDATE)
            folder = files.folder_of(str(engine.url.database), edition.label)
            listed = files.manifest_sha256(folder) if (folder / files.MANIFEST).is_file() else None
            compared = audit_files(seen, CANDIDATE, folder) if listed else None
        except Contradiction as error:
            raise SozialberichtError(
                f"Was der Stand „{edition.label}“ zeigt, widerspricht sich; die Prüfung ist nicht möglich: {error}"
            ) from error
    with engine.connect() as connection:
        protection = protection_faults(connection, catalogue, finding)
    outcome = _outcome(edition.label, finding, compared, protection)
    told: dict[str, str | int] = {} if compared is None or listed is None else {
        "dateien": compared.files, "dateien_sha256": listed,
    }  # fmt: skip
    with engine.begin() as connection:
        one_at_a_time(connection)
        now = life.find(connection, edition.label)
        if now.content_sha256 != edition.content_sha256 or now.status != "draft":
            raise SozialberichtError(
                f"Der Stand „{edition.label}“ hat sich während der Prüfung geändert; bitte neu prüfen."
            )
        life.audited(
            connection, now, passed=outcome.passed, angegriffen=outcome.attacked, exakt=outcome.exact,
            sekunden=round(outcome.seconds, 1), **{f"fehler_{kind}": n for kind, n in outcome.faults.items()}, **told,
        )  # fmt: skip
    return outcome


def _outcome(label: str, finding: Finding, compared: FileFinding | None, protection: tuple[Fault, ...]) -> Audited:
    other = (*(compared.faults if compared else ()), *protection)
    kinds = [fault.kind for fault in (*finding.all_faults, *other)]
    return Audited(
        label, finding.passed and not other, len(finding.hidden), len(finding.recovered_values),
        {kind: kinds.count(kind) for kind in KINDS if kind in kinds}, finding.seconds, finding, compared, protection,
    )  # fmt: skip


def leave_audit_out(engine: Engine, label: str) -> None:
    """Note that a draft of synthetic data goes unaudited; the database lets nothing else be approved so."""
    with engine.begin() as connection:
        life.audited(connection, life.find(connection, label), passed=False, ausgelassen=True)


def approve(engine: Engine, label: str | None = None) -> life.Known:
    """Approve an audited draft, logged in as ``freigabe``."""
    with as_role(engine, APPROVER).begin() as connection:
        edition = wanted(connection, label)
        life.approve(connection, edition)
        return life.find(connection, edition.label)


AUDITED_FILES = text("""
SELECT detail ->> 'dateien_sha256' FROM release.event
WHERE edition_id = :id AND kind = 'audited' ORDER BY id DESC LIMIT 1
""")


def publish(engine: Engine, label: str | None = None) -> tuple[life.Known, life.Known | None]:
    """Publish an approved release with exactly the files that were audited; returns it and the one it supersedes."""
    with engine.begin() as connection:
        one_at_a_time(connection)
        edition = wanted(connection, label)
        audited = connection.scalar(AUDITED_FILES, {"id": edition.id})
        folder = files.folder_of(str(engine.url.database), edition.label)
        if audited is not None:
            files.require_audited(folder, edition.label, audited)
        before = life.publish(connection, edition)
        known = life.find(connection, edition.label)
    if audited is not None:
        # after the views: files point to what readers can look up
        files.make_current(folder)
    return known, before


def may_approve_itself(connection: Connection, edition: life.Known) -> bool:
    """Whether the policy lets a job approve this release: nothing but synthetic data are in it."""
    synthetic = connection.scalar(
        text("""
        SELECT jsonb_array_length(deliveries) > 0 AND NOT EXISTS (
            SELECT FROM jsonb_array_elements(deliveries) d WHERE (d -> 'synthetic') IS DISTINCT FROM 'true')
        FROM release.edition WHERE id = :id
        """),
        {"id": edition.id},
    )
    return bool(synthetic) and edition.policy.get("approval") == "selbst"


def _has_passed(connection: Connection, edition: life.Known) -> bool:
    return bool(
        connection.scalar(
            text("""
            SELECT (detail -> 'bestanden') IS NOT DISTINCT FROM 'true' AND content_sha256 = :content
            FROM release.event WHERE edition_id = :id AND kind = 'audited' ORDER BY id DESC LIMIT 1
            """),
            {"id": edition.id, "content": edition.content_sha256},
        )
    )


def all_the_way(
    engine: Engine,
    catalogue: Catalogue,
    *,
    label: str | None = None,
    audited: bool = True,
    build: Callable[[str], Path] | None = None,
    say: Callable[[str], None] = lambda _words: None,
) -> Edition:
    """Create, audit, approve and publish, as far as the policy lets one do it alone; ``state`` says how far it came.

    ``build`` makes the files of a draft before they are attacked with it. ``audited=False`` leaves the attack out, only
    for nothing but synthetic data. Raises SozialberichtError where the audit fails: the draft stays, readers see what
    they saw.
    """
    made = create(engine, catalogue, label)
    if made.state == "published":
        return made
    say(f"Entwurf „{made.label}“ {'liegt schon vor' if made.unchanged else 'angelegt'}: {made.values} Werte, davon "
        f"{made.withheld} geheim gehalten")  # fmt: skip
    with engine.connect() as connection:
        edition = life.find(connection, made.label)
        alone, passed = may_approve_itself(connection, edition), _has_passed(connection, edition)
    if edition.status == "draft":
        if not audited and alone:
            leave_audit_out(engine, made.label)
        elif not passed:
            if build is not None:
                say(f"Dateien gebaut: {build(made.label)}")
            outcome = audit(engine, catalogue, made.label)
            if not outcome.passed:
                raise failed(outcome)
            say(f"Prüfung bestanden: {outcome.attacked} geheime Zahlen angegriffen ({outcome.seconds:.0f} s)")
        if not alone:
            return replace(made, state="draft")
        approve(engine, made.label)
        say("Freigabe durch den Auftrag selbst, weil alle Lieferungen synthetisch sind")
    elif not alone:
        return replace(made, state="approved")
    publish(engine, made.label)
    return replace(made, state="published")


def failed(outcome: Audited) -> SozialberichtError:
    """The error that a failed audit is."""
    listed = "; ".join(f"{KINDS[kind]}: {number}" for kind, number in outcome.faults.items())
    return SozialberichtError(
        f"Der Stand „{outcome.label}“ hat die Prüfung nicht bestanden ({listed}). Er bleibt ein Entwurf, Leser sehen "
        f"ihn nicht. Einzelheiten: ./sozialbericht release audit {outcome.label}"
    )


def next_steps(label: str, state: str) -> str:
    """What is left to do, in German."""
    if state == "draft":
        return (
            f"Der Stand „{label}“ ist geprüft und noch nicht veröffentlicht. Nächste Schritte: eine zweite Person gibt "
            f"ihn frei (./sozialbericht release approve {label}), dann ./sozialbericht release publish {label}."
        )
    return f"Der Stand „{label}“ ist freigegeben. Nächster Schritt: ./sozialbericht release publish {label}"
