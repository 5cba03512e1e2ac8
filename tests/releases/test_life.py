"""The life of a release: every step, every refusal, what readers see, and that tampering is found."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace

import psycopg
import pytest
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError
from typer.testing import CliRunner

from etl import settings
from etl.catalogue import Catalogue
from etl.confidentiality.audit.finding import Fault, Finding
from etl.errors import SozialberichtError
from etl.indicators.compute import compute
from etl.releases import compare, life, release_commands, steps, verify
from etl.releases.content import content_tables
from etl.releases.edition import create_edition
from etl.warehouse import cluster, databases, engine, service
from tests import small_city
from tests.conftest import clone

PEOPLE = {
    "101": {"ew": 3000, "ew_u18": 400},
    "102": {"ew": 3100, "ew_u18": 410},
    "201": {"ew": 2900, "ew_u18": 390},
    "202": {"ew": 3200, "ew_u18": 380},
}


def opened(name: str, role: str = service.ADMIN) -> Engine:
    return engine.open_engine(service.url(name, role), role=engine.OWNER if role == service.ADMIN else None)


@pytest.fixture(scope="module")
def drafted(template: str, catalogue: Catalogue) -> Iterator[str]:
    """A database with a sealed draft „Eins“, not audited."""
    name = clone(template)
    with opened(name).begin() as connection:
        small_city.build(connection)
        delivery = small_city.deliver(connection, "einwohner_bestand", 2025)
        small_city.population(connection, delivery, PEOPLE)
        compute(connection, catalogue)
    assert steps.create(opened(name), catalogue, "Eins").state == "draft"
    yield name
    databases.drop_database(name)


@pytest.fixture(scope="module")
def shown(drafted: str, catalogue: Catalogue) -> Iterator[str]:
    """The same with the release published."""
    name = clone(drafted)
    advance(opened(name), catalogue, "Eins")
    yield name
    databases.drop_database(name)


@pytest.fixture
def draft(drafted: str) -> Iterator[Engine]:
    name = clone(drafted)
    yield opened(name)
    databases.drop_database(name)


@pytest.fixture
def town(shown: str) -> Iterator[Engine]:
    name = clone(shown)
    yield opened(name)
    databases.drop_database(name)


@pytest.fixture
def held(shown: str) -> Iterator[Connection]:
    """A transaction in the published database that is rolled back."""
    with opened(shown).connect() as connection:
        yield connection
        connection.rollback()


def advance(town: Engine, catalogue: Catalogue, label: str) -> None:
    """Audit, approve, publish a draft."""
    assert steps.audit(town, catalogue, label).passed
    steps.approve(town, label)
    steps.publish(town, label)


def corrected(town: Engine, catalogue: Catalogue, label: str = "Zwei") -> None:
    """A draft in which one district has another number of young people."""
    with town.begin() as connection:
        connection.execute(text("UPDATE warehouse.count SET value = 425 WHERE value = 400"))
        compute(connection, catalogue)
        create_edition(connection, catalogue, label=label)


def states(town: Engine) -> dict[str, str]:
    with town.connect() as connection:
        return {edition.label: edition.status for edition in life.known(connection)}


def read(town: Engine, statement: str, role: str = "leser") -> list[tuple[object, ...]]:
    with opened(str(town.url.database), role).connect() as connection:
        return [tuple(row) for row in connection.execute(text(statement))]


def events(town: Engine, label: str) -> list[str]:
    with town.connect() as connection:
        rows = connection.execute(
            text("SELECT e.kind FROM release.event e JOIN release.edition d ON d.id = e.edition_id "
                 "WHERE d.label = :label ORDER BY e.id"), {"label": label},
        )  # fmt: skip
        return [row.kind for row in rows]


PERSONS = "UPDATE release.unit_population SET persons = 1"
YOUNG = "SELECT stand, wert FROM {schema}.wert WHERE kennzahl = 'BEV04' AND gebiet = '101' AND aktuell"


def test_each_step_needs_the_one_before(draft: Engine, catalogue: Catalogue) -> None:
    with pytest.raises(SozialberichtError, match="keine bestandene Prüfung"):
        steps.approve(draft, "Eins")
    with pytest.raises(SozialberichtError, match="zuerst prüfen und freigeben"):
        steps.publish(draft, "Eins")
    assert read(draft, YOUNG.format(schema="sozialbericht")) == []
    assert read(draft, YOUNG.format(schema="kandidat"), "vorschau") == [("Eins", 13.3)]
    advance(draft, catalogue, "Eins")
    assert read(draft, YOUNG.format(schema="sozialbericht")) == [("Eins", 13.3)]
    assert events(draft, "Eins") == ["created", "audited", "approved", "published"]


def test_who_made_it_does_not_approve_it(draft: Engine, catalogue: Catalogue) -> None:
    assert steps.audit(draft, catalogue).passed
    with pytest.raises(SozialberichtError, match="gibt ihn nicht auch frei"), draft.begin() as connection:
        life.approve(connection, life.find(connection, "Eins"))
    for role in ("leser", "statistik", "vorschau"):
        other = opened(str(draft.url.database), role)
        with pytest.raises(DBAPIError, match="permission denied"), other.begin() as connection:
            connection.execute(text("SELECT release.approve(1)"))
    assert states(draft) == {"Eins": "draft"}


def test_a_failed_audit_stops_it(draft: Engine, catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch) -> None:
    failed = Finding(0, (), extra=(Fault("abgeleitet", "steht da"),))
    monkeypatch.setattr(steps, "audit_release", lambda *_a, **_k: failed)
    with pytest.raises(SozialberichtError, match="nicht bestanden"):
        steps.all_the_way(draft, catalogue)
    with pytest.raises(SozialberichtError, match="keine bestandene Prüfung"):
        steps.approve(draft, "Eins")
    with draft.begin() as connection:  # only synthetic data may go without
        life.audited(connection, life.find(connection, "Eins"), passed=False, ausgelassen=True)
    with pytest.raises(SozialberichtError, match="keine bestandene Prüfung"):
        steps.approve(draft, "Eins")
    assert states(draft) == {"Eins": "draft"}


def test_real_data_stop_before_the_approval(draft: Engine, catalogue: Catalogue) -> None:
    made = steps.all_the_way(draft, catalogue, audited=False)  # not heeded: the data are not synthetic
    assert (made.label, made.state, made.unchanged) == ("Eins", "draft", True)
    assert events(draft, "Eins") == ["created", "audited"]
    assert steps.all_the_way(draft, catalogue).state == "draft"
    assert events(draft, "Eins") == ["created", "audited"]  # the audit still holds
    assert "release approve Eins" in steps.next_steps("Eins", "draft")


def refused(connection: Connection, statement: str, match: str) -> None:
    with pytest.raises(DBAPIError, match=match), connection.begin_nested():
        connection.execute(text(statement))


def test_nothing_sealed_is_changed_by_anybody(shown: str) -> None:
    tables = [table.fullname for table in content_tables()] + ["warehouse.frozen_count"]
    for login in (service.ADMIN, cluster.SUPERUSER):
        with opened(shown, login).connect() as connection:
            for table in tables:
                for statement in (f"DELETE FROM {table}", f"TRUNCATE {table} CASCADE"):
                    refused(connection, statement, "wird nicht gelöscht")
            refused(connection, "UPDATE release.value SET value = 1 WHERE id = 1", "versiegelt")
            refused(connection, "UPDATE release.unit_population SET persons = 1", "versiegelt")
            refused(
                connection,
                "INSERT INTO release.unit_population SELECT edition_id, 1 - unit_id, period, 1, status "
                "FROM release.unit_population LIMIT 1",
                "versiegelt|foreign key",
            )
            refused(connection, "DELETE FROM release.edition", "bleiben erhalten")
            refused(connection, "UPDATE release.event SET actor = 'niemand'", "bleiben erhalten")
            refused(connection, "UPDATE release.edition SET label = 'x'", "festgeschrieben")
            refused(connection, "UPDATE release.edition SET content_sha256 = 'x'", "festgeschrieben")
            refused(connection, "UPDATE release.edition SET status = 'draft'", "kann nicht")
            refused(
                connection,
                "INSERT INTO release.edition (label, status, policy, catalogue_sha256, deliveries) "
                "VALUES ('x', 'published', '{}', '', '[]')",
                "beginnt als Entwurf",
            )
    for role in ("statistik", "freigabe", "leser", "vorschau", "bezirksplanung", "qgis_server"):
        with opened(shown, role).connect() as connection:
            for table in tables:
                refused(connection, f"DELETE FROM {table}", "permission denied")
            refused(connection, "UPDATE release.edition SET status = 'withdrawn'", "permission denied")


def check(connection: Connection, catalogue: Catalogue) -> verify.Verified:
    return verify.verify(connection, catalogue, life.find(connection, "Eins"))


def wrong(found: verify.Verified) -> str:
    return "; ".join(done.words for done in found.done if done.good is False)


def test_a_release_verifies(held: Connection, catalogue: Catalogue) -> None:
    found = check(held, catalogue)
    assert (found.same, wrong(found)) == (True, "")
    assert all(done.good for done in found.done)


def tamper(connection: Connection, table: str, statement: str, trigger: str) -> None:
    """Change what a trigger keeps, as the owner may: drop the trigger, change, make it again."""
    made = connection.scalar(
        text("SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE tgrelid = CAST(:t AS regclass) AND tgname = :n"),
        {"t": table, "n": trigger},
    )
    connection.execute(text(f"DROP TRIGGER {trigger} ON {table}"))
    assert connection.execute(text(statement)).rowcount > 0
    connection.execute(text(str(made)))


def test_a_changed_value_is_named(held: Connection, catalogue: Catalogue) -> None:
    tamper(
        held, "release.value",
        "UPDATE release.value v SET value = value + 0.1 FROM catalogue.indicator i, geo.unit u "
        "WHERE i.id = v.indicator_id AND u.id = v.unit_id AND i.code = 'BEV04' AND u.key = '101'",
        "keep_changed",
    )  # fmt: skip
    words = wrong(check(held, catalogue))
    assert "nicht mehr der, der versiegelt wurde" in words
    assert "BEV04, Gebiet 101 (test), insgesamt, 2025, Spalte value" in words


def test_frozen_counts_are_compared_with_the_deliveries(held: Connection, catalogue: Catalogue) -> None:
    tamper(
        held, "warehouse.frozen_count",
        "UPDATE warehouse.frozen_count SET value = value + 7 WHERE measure = 'ew' AND value = 3000", "keep_changed",
    )  # fmt: skip
    words = wrong(check(held, catalogue))
    assert "weichen von denen der Lieferungen ab" in words
    assert "neu berechnet ergibt sich anderes" in words
    assert "nicht mehr der" not in words  # what readers see is as it was


def test_a_missing_trigger_is_named(held: Connection, catalogue: Catalogue) -> None:
    held.execute(text("DROP TRIGGER keep_added ON release.trend"))
    assert "ohne Schutz gegen Änderungen: release.trend" in wrong(check(held, catalogue))


def test_a_changed_event_breaks_the_chain(held: Connection, catalogue: Catalogue) -> None:
    tamper(held, "release.event", "UPDATE release.event SET actor = 'niemand' WHERE kind = 'approved'", "keep")
    assert "beim Ereignis 3 gebrochen" in wrong(check(held, catalogue))


def test_an_approval_by_the_maker_is_found(draft: Engine, catalogue: Catalogue) -> None:
    with draft.begin() as connection:
        edition = life.find(connection, "Eins")
        life.audited(connection, edition, passed=True)
        life.note(connection, edition.id, "approved")
        connection.execute(text("UPDATE release.edition SET status = 'approved'"))
    steps.publish(draft, "Eins")
    with draft.connect() as connection:
        assert "von derselben Anmeldung" in wrong(check(connection, catalogue))


def test_what_was_approved_is_what_is_published(draft: Engine, catalogue: Catalogue) -> None:
    assert steps.audit(draft, catalogue).passed
    steps.approve(draft)
    with draft.begin() as connection:
        tamper(connection, "release.unit_population", PERSONS, "keep_changed")
    with pytest.raises(SozialberichtError, match="nicht der freigegebene"):
        steps.publish(draft)
    assert states(draft) == {"Eins": "approved"}


def test_readers_see_the_old_release_until_the_new_one_stands(town: Engine, catalogue: Catalogue) -> None:
    corrected(town, catalogue)
    assert steps.audit(town, catalogue).passed
    steps.approve(town)
    with town.begin() as connection:
        life.publish(connection, life.find(connection, "Zwei"))
        assert read(town, YOUNG.format(schema="sozialbericht")) == [("Eins", 13.3)]
    assert read(town, YOUNG.format(schema="sozialbericht")) == [("Zwei", 14.2)]
    assert states(town) == {"Eins": "superseded", "Zwei": "published"}


def test_corrections_are_marked_and_listed(town: Engine, catalogue: Catalogue) -> None:
    corrected(town, catalogue)
    marked = read(
        town, "SELECT DISTINCT stand, gebiet FROM kandidat.wert WHERE kennzeichen = 'r' AND kennzahl = 'BEV04' "
        "ORDER BY 2", "vorschau",
    )  # fmt: skip
    assert marked == [("Zwei", "1"), ("Zwei", "101"), ("Zwei", "S")]
    with town.connect() as connection:
        rows = compare.difference(connection, life.find(connection, "Eins"), life.find(connection, "Zwei"))
    young = {(r["gebiet"], r["vorher"], r["nachher"]) for r in rows if r["kennzahl"] == "BEV04"}
    assert ("101", 13.3, 14.2) in young
    assert {r["kind"] for r in rows} == {"geaendert"}


def test_provisional_figures_are_marked(town: Engine, catalogue: Catalogue) -> None:
    sources = tuple(
        s.model_copy(update={"provisional_days": 5000 if s.code == "einwohner_bestand" else None})
        for s in catalogue.sources
    )
    corrected(town, replace(catalogue, sources=sources))
    seen = read(
        town, "SELECT kennzeichen FROM kandidat.wert WHERE aktuell AND kennzahl = 'BEV04' AND gebiet IN ('101', '201') "
        "ORDER BY gebiet", "vorschau",
    )  # fmt: skip
    assert seen == [("rp",), ("p",)]


def test_a_withdrawn_release_stays_citable(town: Engine, catalogue: Catalogue) -> None:
    corrected(town, catalogue)
    advance(town, catalogue, "Zwei")
    with town.begin() as connection:
        again = life.withdraw(connection, life.find(connection, "Zwei"), "Zahl verwechselt", closed=False)
    assert again is not None
    assert again.label == "Eins"
    assert read(town, YOUNG.format(schema="sozialbericht")) == [("Eins", 13.3)]
    cited = "SELECT wert, zurueckgezogen FROM sozialbericht.wert WHERE stand = 'Zwei' AND kennzahl = 'BEV04'"
    assert (14.2, True) in read(town, cited)
    listed = read(town, "SELECT stand, zustand, zurueckgezogen_weil FROM sozialbericht.veroeffentlichung ORDER BY 1")
    assert listed == [("Eins", "aktuell", None), ("Zwei", "zurueckgezogen", "Zahl verwechselt")]
    with town.begin() as connection:
        assert life.withdraw(connection, life.find(connection, "Eins"), "Geheimes erkennbar", closed=True) is None
    assert read(town, "SELECT DISTINCT stand FROM sozialbericht.wert") == [("Zwei",)]
    assert read(town, YOUNG.format(schema="sozialbericht")) == []
    assert len(read(town, "SELECT FROM sozialbericht.veroeffentlichung")) == 2


def test_one_candidate_at_a_time(town: Engine, catalogue: Catalogue) -> None:
    corrected(town, catalogue)
    with town.begin() as connection:
        connection.execute(text("UPDATE warehouse.count SET value = 426 WHERE value = 425"))
        compute(connection, catalogue)
    assert steps.create(town, catalogue, "Drei").state == "draft"
    assert states(town) == {"Eins": "published", "Zwei": "discarded", "Drei": "draft"}
    with pytest.raises(SozialberichtError, match="kein versiegelter Entwurf"):
        steps.audit(town, catalogue, "Zwei")
    assert steps.audit(town, catalogue).passed
    steps.approve(town)
    with town.begin() as connection:
        connection.execute(text("UPDATE warehouse.count SET value = 427 WHERE value = 426"))
        compute(connection, catalogue)
    with pytest.raises(SozialberichtError, match="freigegeben und noch nicht veröffentlicht"):
        steps.create(town, catalogue, "Vier")
    with town.begin() as connection:
        life.discard(connection, "Drei")
    assert read(town, "SELECT stand FROM sozialbericht.veroeffentlichung") == [("Eins",)]


def test_two_at_once_take_turns(shown: str, catalogue: Catalogue) -> None:
    town = opened(shown)
    with town.begin() as first:
        steps.one_at_a_time(first)
        with pytest.raises(DBAPIError) as error, town.begin() as second:
            second.execute(text("SET LOCAL lock_timeout = '100ms'"))
            create_edition(second, catalogue, label="Zwei")
    assert isinstance(error.value.orig, psycopg.errors.LockNotAvailable)


def test_a_clock_that_jumps_back_reorders_nothing(held: Connection, catalogue: Catalogue) -> None:
    for change in ("at = at + interval '1 day'", "sha256 = release.fingerprint(e)"):
        newest = f"UPDATE release.event e SET {change} WHERE id = (SELECT max(id) FROM release.event)"
        tamper(held, "release.event", newest, "keep")
    life.withdraw(held, life.find(held, "Eins"), "Probe", closed=False)
    behind = held.scalar(text("SELECT clock_behind_ms FROM release.event ORDER BY id DESC LIMIT 1"))
    assert 86_000_000 < behind <= 86_400_000
    assert wrong(check(held, catalogue)) == ""


def test_commands_say_it(town: Engine, catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(release_commands, "_opened", lambda: (town, catalogue))

    def call(*arguments: str, code: int = 0, as_json: bool = False) -> str:
        monkeypatch.setattr(settings.ui, "json", as_json)
        result = CliRunner().invoke(release_commands.app, list(arguments))
        assert result.exit_code == code, (result.output, result.exception)
        return result.output

    assert "sagt schon dasselbe" in call("create")
    assert json.loads(call("list", as_json=True))["staende"][0]["zustand"] == "published"
    assert "bevoelkerung" in call("show", "Eins")
    assert json.loads(call("show", "Eins", as_json=True))["ereignisse"][0]["art"] == "created"
    assert "bytegleich" in call("verify", "Eins")
    corrected(town, catalogue)
    assert "Wert geändert" in call("diff", "Eins", "Zwei")
    assert json.loads(call("diff", "Eins", "Zwei", as_json=True))["anzahl"]["geaendert"] > 0
    assert "zeigen dieselben Werte" in call("diff", "Eins", "Eins")
    assert "hat die Prüfung bestanden" in call("audit")
    assert "freigegeben" in call("approve", "Zwei")
    assert "löst „Eins“ ab" in call("publish", "Zwei")
    assert "Aktuell ist wieder der Stand „Eins“" in call("withdraw", "Zwei", "--grund", "Probe")
    with town.begin() as connection:
        tamper(connection, "release.unit_population", PERSONS, "keep_changed")
    assert "NICHT in Ordnung" in call("verify", "Eins", code=1)
    with pytest.raises(SozialberichtError, match="Vorhanden: „Eins“, „Zwei“"), town.connect() as connection:
        life.find(connection, "Null")
