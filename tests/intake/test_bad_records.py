"""Bad register files: each fault meets a clear German error, and the database stays as it was."""

from __future__ import annotations

import zipfile
import zlib
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, text

from etl.catalogue import Catalogue
from etl.errors import InputError, SetupError, SozialberichtError
from etl.intake.archive import read_member
from etl.intake.deliver import deliver
from tests.intake.conftest import AT, Take
from tests.intake.support import HEADER, counts, register, rejects, row

SOURCE = "einwohner_bestand"
GOOD = [row(block) for block in range(1, 21)]


def untouched(connection: Connection) -> bool:
    """No trace of a delivery."""
    tables = ("intake.delivery", "intake.record", "intake.rejected_row", "intake.dimension_cell", "warehouse.count",
              "warehouse.period")  # fmt: skip
    return not any(connection.scalar(text(f"SELECT EXISTS (SELECT FROM {t})")) for t in tables)


def refused(connection: Connection, take: Take, path: Path, **options: object) -> str:
    """The German text with which a file is refused; the database must be untouched."""
    with pytest.raises(InputError) as caught:
        take(path, **options)
    assert untouched(connection)
    return str(caught.value)


def test_missing_and_renamed_column(connection: Connection, take: Take, tmp_path: Path) -> None:
    path = register(tmp_path / "a.csv", GOOD, HEADER.replace("anzahl", "Anzal"))
    message = refused(connection, take, path)
    assert "a.csv, Zeile 1: Form „gezaehlt“: Spalte „anzahl“ fehlt; ähnlich ist „Anzal“" in message
    assert "Form „personen“: Spalte „geburtsdatum“ fehlt" in message


def test_wrong_separator(connection: Connection, take: Take, tmp_path: Path) -> None:
    path = register(tmp_path / "a.csv", [r.replace(";", ",") for r in GOOD], HEADER.replace(";", ","))
    message = refused(connection, take, path)
    assert "das Trennzeichen ist Komma, vereinbart ist Semikolon" in message


def test_unknown_form_and_source(take: Take, tmp_path: Path) -> None:
    path = register(tmp_path / "a.csv", GOOD)
    with pytest.raises(SozialberichtError, match="gemeint ist vielleicht „gezaehlt“"):
        take(path, form="gezählt")
    with pytest.raises(SozialberichtError, match="gemeint ist vielleicht „einwohner_bestand“"):
        take(path, source="einwohnerbestand")


@pytest.mark.parametrize("bom", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_byte_order_mark_and_windows_line_ends_are_no_fault(
    take: Take, tmp_path: Path, bom: bytes, newline: str
) -> None:
    path = register(tmp_path / "a.csv", GOOD, newline=newline)
    path.write_bytes(bom + path.read_bytes())
    assert take(path).persons == 20


def _with_street(rows: list[str], name: str) -> tuple[list[str], str]:
    return [f"{r};{name}" for r in rows], HEADER + ";strassenname"


def test_cp1252_read_as_utf8(connection: Connection, take: Take, tmp_path: Path) -> None:
    rows, header = _with_street(GOOD, "Mühlenweg")
    rows[0] = rows[0].replace("Mühlenweg", "Allee")
    message = refused(connection, take, register(tmp_path / "a.csv", rows, header, encoding="cp1252"))
    assert "a.csv, Zeile 3: ist nicht UTF-8, sieht nach cp1252 aus" in message
    assert "Mühlenweg" in message


def test_utf8_read_as_cp1252(connection: Connection, take: Take, tmp_path: Path) -> None:
    header = ("satznummer;stichtag;strassenschluessel;strassenname;hausnummer;zusatz;geburtsdatum;geschlecht;"
              "staatsangehoerigkeit;wohnungsstatus")  # fmt: skip
    rows = [f"{n};31.12.2024;00001;Mühlenweg;2;;01.02.1980;w;000;A" for n in range(9)]
    path = register(tmp_path / "a.csv", rows, header, encoding="utf-8")
    message = refused(connection, take, path, allow_person_level=True)
    assert "a.csv, Zeile 2: ist UTF-8, vereinbart ist cp1252 (Windows)" in message
    assert "MÃ¼hlenweg" in message


def test_text_that_was_misread_before(connection: Connection, take: Take, tmp_path: Path) -> None:
    rows, header = _with_street(GOOD, "MÃ¼hlenweg")
    assert "Zeile 2: „…" in (message := refused(connection, take, register(tmp_path / "a.csv", rows, header)))
    assert "sieht aus, als wäre UTF-8 schon vorher als cp1252 gelesen worden" in message


def test_utf16_and_null_bytes(connection: Connection, take: Take, tmp_path: Path) -> None:
    path = register(tmp_path / "a.csv", GOOD, encoding="utf-16")
    assert "UTF-16" in refused(connection, take, path)
    path = register(tmp_path / "b.csv", [*GOOD, "\0" + GOOD[0]])
    assert "Zeile 22: die Zeile enthält Nullbytes" in refused(connection, take, path)


def test_empty_files(connection: Connection, take: Take, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"")
    assert refused(connection, take, path) == "a.csv: die Datei ist leer"
    assert "keine Zeilen unter den Spaltennamen" in refused(connection, take, register(path, []))
    assert "gibt es nicht" in refused(connection, take, tmp_path / "fehlt.csv")


FAULTS = {
    "1.234": ("anzahl", row(n="1.234"), "ist mehrdeutig: Tausender (1234) oder Dezimalzahl (1,234)"),
    "1,234": ("anzahl", row(n="1,234"), "ist mehrdeutig: Tausender (1234) oder Dezimalzahl (1,234)"),
    "1,5": ("anzahl", row(n="1,5"), "eine Anzahl muss eine ganze Zahl sein"),
    "-3": ("anzahl", row(n="-3"), "eine Anzahl kann nicht negativ sein"),
    "": ("anzahl", row(n=""), "die Anzahl fehlt"),
    "9999999": ("anzahl", row(n="9999999"), "unglaubwürdig viele Personen in einer Zeile (höchstens 1.000.000)"),
    "viele": ("anzahl", row(n="viele"), "ist keine Anzahl; erwartet ist eine ganze Zahl ab 0"),
    "+1": ("anzahl", row(n="+1"), "ist keine Anzahl; erwartet ist eine ganze Zahl ab 0"),
    "-1": ("alter", row(age="-1"), "Alter liegt außerhalb von 0 bis 115"),
    "116": ("alter", row(age="116"), "Alter liegt außerhalb von 0 bis 115"),
    "3O": ("alter", row(age="3O"), "ist nicht ein Alter in vollendeten Jahren"),
    "q": ("geschlecht", row(sex="q"), "unbekannter Schlüssel für Geschlecht; bekannt sind m, w, d, x"),
    "31.12.24": ("stichtag", row().replace("2024", "24"), "zweistellige Jahreszahl"),
    "31.12.2023": ("stichtag", row().replace("2024", "2023"), "ist nicht der Stichtag der Lieferung (31.12.2024)"),
    "31.12.1024": ("stichtag", row().replace("2024", "1024"), "liegt außerhalb jedes sinnvollen Zeitraums"),
    "31.13.2024": ("stichtag", row().replace("31.12", "31.13"), "ist kein Datum"),
}


@pytest.mark.parametrize("value", FAULTS)
def test_a_wrong_row_is_rejected_by_line_column_and_value(
    connection: Connection, take: Take, tmp_path: Path, value: str
) -> None:
    column, wrong, reason = FAULTS[value]
    outcome = take(register(tmp_path / "a.csv", [*GOOD[:7], wrong, *GOOD[7:]]))
    assert (outcome.read, outcome.accepted, outcome.rejected, outcome.persons) == (21, 20, 1, 20)
    ((line, where, what, why),) = rejects(connection)
    assert (line, where, what) == (9, column, value)
    assert why.startswith(reason)


def test_every_fault_of_a_row_is_told_but_the_row_counts_once(
    connection: Connection, take: Take, tmp_path: Path
) -> None:
    outcome = take(register(tmp_path / "a.csv", [*GOOD, row(age="x", sex="q", n="-1")]))
    assert outcome.rejected == 1
    assert {column for _, column, _, _ in rejects(connection)} == {"alter", "geschlecht", "anzahl"}


PERSONS = (
    "satznummer;stichtag;strassenschluessel;hausnummer;zusatz;geburtsdatum;geschlecht;staatsangehoerigkeit;"
    "wohnungsstatus"
)


def _person(number: int, born: str = "15.06.1980", status: str = "A") -> str:
    return f"{number};31.12.2024;00001;2;;{born};w;000;{status}"


BIRTHS = {
    "15.06.80": "zweistellige Jahreszahl",
    "30.02.1980": "diesen Kalendertag gibt es nicht",
    "01.01.2025": "liegt nach dem Stichtag 31.12.2024",
    "01.01.1890": "ergibt ein Alter außerhalb von 0 bis 115 Jahren",
    "1980-06-15": "ist kein Datum der Form tt.mm.jjjj",
    "": "das Geburtsdatum fehlt",
}


@pytest.mark.parametrize("born", BIRTHS)
def test_wrong_birth_dates(connection: Connection, take: Take, tmp_path: Path, born: str) -> None:
    rows = [*(_person(n) for n in range(1, 11)), _person(11, born)]
    take(register(tmp_path / "a.csv", rows, PERSONS), allow_person_level=True)
    ((line, column, value, reason),) = rejects(connection)
    assert (line, column, value) == (12, "geburtsdatum", born)
    assert reason.startswith(BIRTHS[born])


def test_age_is_completed_years(connection: Connection, take: Take, tmp_path: Path) -> None:
    rows = [_person(1, "31.12.2006"), _person(2, "01.01.2007"), _person(3, "31.12.2024"), _person(4, "1.1.2007")]
    take(register(tmp_path / "a.csv", rows, PERSONS), allow_person_level=True)
    assert counts(connection, "ew_u18") == {"B001": 3.0}
    assert counts(connection, "alterssumme") == {"B001": 18.5 + 17.5 + 0.5 + 17.5}


def test_repeated_serial_number_keeps_the_first(connection: Connection, take: Take, tmp_path: Path) -> None:
    rows = [_person(n) for n in (1, 2, 3, 4, 5, 6, 7, 2, 9, 10)]
    outcome = take(register(tmp_path / "a.csv", rows, PERSONS), allow_person_level=True)
    assert outcome.persons == 9
    assert rejects(connection) == [(9, "satznummer", "2", "kommt mehrfach vor, zuerst in Zeile 3")]


def test_secondary_residences_are_left_out_and_unknown_words_rejected(
    connection: Connection, take: Take, tmp_path: Path
) -> None:
    rows = [*(_person(n, status="AH"[n % 2]) for n in range(10)), _person(11, status="N"), _person(12, status="Z")]
    outcome = take(register(tmp_path / "a.csv", rows, PERSONS), allow_person_level=True)
    assert (outcome.accepted, outcome.ignored, outcome.rejected, outcome.persons) == (10, 1, 1, 10)
    assert rejects(connection) == [(13, "wohnungsstatus", "Z", "unbekannter Wert; bekannt sind A, H, N")]


def test_person_rows_need_permission(connection: Connection, take: Take, tmp_path: Path) -> None:
    path = register(tmp_path / "a.csv", [_person(n) for n in range(9)], PERSONS)
    message = refused(connection, take, path)
    assert "eine Zeile je Person" in message
    assert "abgeschotteten Statistikstelle" in message


def test_unknown_address_counts_for_the_city_only(connection: Connection, take: Take, tmp_path: Path) -> None:
    outcome = take(register(tmp_path / "a.csv", [*GOOD, row(77, n="4")]))
    assert (outcome.accepted, outcome.unlocated, outcome.persons_unlocated) == (21, 1, 4)
    found = counts(connection, "ew")
    assert found[None] == 4
    assert sum(v or 0 for v in found.values()) == 24


def test_address_is_found_however_it_is_written(connection: Connection, take: Take, tmp_path: Path) -> None:
    variants = ["31.12.2024;1;1;A;30;w;000;1", "31.12.2024;00001;1a;;30;w;000;1", "31.12.2024; 00001;001; a;30;w;000;1"]
    assert take(register(tmp_path / "a.csv", variants)).unlocated == 0


def test_ragged_and_blank_lines(connection: Connection, take: Take, tmp_path: Path) -> None:
    rows = [*GOOD[:5], GOOD[5] + ";zuviel", "", *GOOD[6:10], "31.12.2024;00001", ";;;;;;;", *GOOD[10:]]
    outcome = take(register(tmp_path / "a.csv", rows))
    assert (outcome.read, outcome.accepted, outcome.rejected) == (21, 19, 2)
    assert [(line, why) for line, _, _, why in rejects(connection)] == [
        (7, "die Zeile hat 9 statt 8 Felder"),
        (13, "die Zeile hat 2 statt 8 Felder"),
    ]


def test_quoted_cells_with_separators_and_line_breaks(connection: Connection, take: Take, tmp_path: Path) -> None:
    rows, header = _with_street(GOOD, '"Am ""Alten""; Markt"')
    rows[3] = rows[3].replace("Alten", "Alten\nneuen")
    rows.append(_with_street([row(age="x")], '"a;b"')[0][0])
    outcome = take(register(tmp_path / "a.csv", rows, header))
    assert (outcome.accepted, outcome.rejected) == (20, 1)
    ((line, _, _, _),) = rejects(connection)
    assert line == 23  # 20 rows, one of them on two lines, below the header


def test_quotation_mark_never_closed(connection: Connection, take: Take, tmp_path: Path) -> None:
    rows, header = _with_street(GOOD, "Weg")
    rows[4] = rows[4].replace("Weg", '"Weg')
    assert "Zeile 6: ein Anführungszeichen in dieser Zeile wird nicht geschlossen" in refused(
        connection, take, register(tmp_path / "a.csv", rows, header)
    )


def test_too_many_wrong_rows_refuse_the_file(connection: Connection, take: Take, tmp_path: Path) -> None:
    rows = [*GOOD, *(row(age="?") for _ in range(4)), row(n="1.234"), row(n="2.345")]
    message = refused(connection, take, register(tmp_path / "a.csv", rows))
    assert "6 Zeilen von 26 (23,1 %) sind falsch" in message
    assert "Zeile 22, Spalte „alter“, Wert „?“: ist nicht ein Alter in vollendeten Jahren (in 4 Zeilen)" in message


def test_date_of_the_delivery_must_make_sense(connection: Connection, take: Take, tmp_path: Path) -> None:
    path = register(tmp_path / "a.csv", GOOD)
    assert "in der Zukunft" in refused(connection, take, path, at=date(2999, 12, 31))
    assert "vor 1950" in refused(connection, take, path, at=date(1024, 12, 31))
    message = refused(connection, take, path, at=date(2023, 12, 31))
    assert "keine der 20 Zeilen ist verwendbar" in message
    assert "ist nicht der Stichtag der Lieferung (31.12.2023)" in message


def test_two_reference_dates_in_one_period_are_refused(take: Take, tmp_path: Path) -> None:
    take(register(tmp_path / "a.csv", GOOD))
    earlier = register(tmp_path / "b.csv", [r.replace("31.12.", "30.06.") for r in GOOD])
    with pytest.raises(InputError, match="Zeitraum 2024 gilt schon eine Lieferung mit dem Stichtag 31"):
        take(earlier, at=date(2024, 6, 30))


def test_without_addresses_nothing_can_be_located(db: Engine, catalogue: Catalogue, tmp_path: Path) -> None:
    path = register(tmp_path / "a.csv", GOOD)
    with db.begin() as connection, pytest.raises(SetupError, match="noch keine Adressen"):
        deliver(connection, catalogue, SOURCE, path, reference_date=AT)


def test_zip_with_one_file(take: Take, tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("../../boese/a.csv", register(tmp_path / "a.csv", GOOD).read_bytes())
    assert take(path).persons == 20
    assert not (tmp_path.parent / "boese").exists()


def test_zip_with_several_files_and_broken_zip(connection: Connection, take: Take, tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.csv", "\n".join([HEADER, *GOOD]))
        archive.writestr("b.csv", "x")
    assert "genau eine Datei" in refused(connection, take, path)
    path.write_bytes(path.read_bytes()[:-60])
    assert "das Zip-Archiv ist unvollständig oder beschädigt" in refused(connection, take, path)


def test_zip_bomb_is_refused_without_unpacking(connection: Connection, take: Take, tmp_path: Path) -> None:
    path = _bomb(tmp_path / "bombe.zip", 160)
    assert path.stat().st_size < 20 * 1024**2
    assert "10.240 MB" in refused(connection, take, path)


def test_more_bytes_than_allowed_are_refused_while_reading(tmp_path: Path) -> None:
    bomb = _bomb(tmp_path / "bombe.zip", 1)
    with zipfile.ZipFile(bomb) as archive, pytest.raises(InputError, match="entpackt größer als 4 MB"):
        list(read_member(archive, "a.csv", "bombe.zip", limit=4 * 1024**2))


def _bomb(path: Path, times: int) -> Path:
    """A zip whose one member unpacks to ``times`` × 64 MiB of zeros: one compressed piece repeated."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    piece = packer.compress(bytes(64 * 1024**2)) + packer.flush(zlib.Z_FULL_FLUSH)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.csv", piece * times + packer.flush())
        member = archive.infolist()[0]
        member.compress_type, member.file_size = zipfile.ZIP_DEFLATED, times * 64 * 1024**2
    return path
