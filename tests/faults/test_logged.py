"""What is done by commands stands in the audit log, in order, with who did it and without any cell of a file."""

from __future__ import annotations

from etl import settings
from etl.warehouse import auditlog, auditlog_anchor
from tests.faults.city import REFUSED_CELL, SOURCE, City


def test_every_command_that_does_or_shows_something_is_logged(city: City) -> None:
    before = len(city.call("audit", "log", "--limit", "1000"))
    wrong = city.folder / "falsch.csv"
    wrong.write_text(f"stichtag;alter\n31.12.2023;{REFUSED_CELL}\n", encoding="utf-8")
    city.call("deliver", SOURCE, str(wrong), "--date", "2023-12-31", "--synthetic", code=1)
    for file in ("bestand_2023.csv", "bestand_2023_neu.csv"):
        city.call("deliver", SOURCE, file, "--date", "2023-12-31", "--synthetic")
    city.call("rejects")
    city.call("deliveries", "report", "1")
    city.call("compute")
    city.call("publish", "--label", "B")
    found = city.call("audit", "log", "--limit", "1000")[before:]
    assert [entry["action"] for entry in found] == [
        "lieferung_abgelehnt",
        "lieferung_eingelesen",
        "lieferung_ersetzt",
        "lieferung_eingelesen",
        "eingesehen",
        "eingesehen",
        "berechnet",
        "stand_created",
        "stand_audited",
        "stand_approved",
        "stand_superseded",
        "stand_published",
    ]
    approved = next(entry for entry in found if entry["action"] == "stand_approved")
    assert (approved["actor"], approved["object"]) == ("freigabe", "B")
    assert len(approved["detail"]["inhalt"]) == 64
    assert {entry["action"] for entry in found} <= set(auditlog.TITLES)
    assert REFUSED_CELL not in str(found)

    published = next(e for e in city.call("release", "show", "B")["ereignisse"] if e["art"] == "published")
    number, sha256 = published["naeheres"]["protokoll_nr"], published["naeheres"]["protokoll"]
    assert [entry["sha256"] for entry in found if entry["id"] == number] == [sha256]

    verdict = city.call("audit", "verify")
    anchors = auditlog_anchor.read(auditlog_anchor.file_of(city.name, settings.home()))
    assert verdict["anker"] == len(anchors) > 5
    assert (anchors[-1].sha256, anchors[-1].release) == (verdict["kopf"], "B")


def test_a_log_that_was_cut_off_or_begun_anew_is_found_by_its_anchor(city: City) -> None:
    city.call("compute")
    with city.connect() as connection:
        connection.execute("ALTER TABLE audit.entry DISABLE TRIGGER USER")
        connection.execute("DELETE FROM audit.entry WHERE id = (SELECT max(id) FROM audit.entry)")
        connection.execute("ALTER TABLE audit.entry ENABLE TRIGGER USER")
    assert "Am Ende fehlen Einträge" in city.call("audit", "verify", code=1)["befund"]
    with city.connect() as connection:
        connection.execute("ALTER TABLE audit.entry DISABLE TRIGGER USER")
        connection.execute("DELETE FROM audit.entry")
        connection.execute("ALTER TABLE audit.entry ENABLE TRIGGER USER")
    city.call("compute")
    assert "ein anderes Protokoll" in city.call("audit", "verify", code=1)["befund"]
