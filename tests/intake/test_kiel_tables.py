"""Open data in Kiel's layout (invented, synthetic values): wide by date in four spellings, and all their traps."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text

from etl.catalogue import Catalogue, load_catalogue
from etl.errors import InputError
from etl.intake.deliver import deliver
from etl.main_job.job import read_job
from etl.main_job.run import Runner
from etl.settings import PROJECT
from etl.warehouse import databases, engine, migrate, service

JOB = PROJECT / "examples" / "kiel" / "auftrag.yaml"
AREAS = {1: "Altstadt", 2: "Vorstadt", 3: "Exerzierplatz", 4: "Damperhof", 5: "Brunswik"}
"""Real names of Stadtteile; everything else in these files is invented."""
YEARS = (2022, 2023)


def _people(area: int, year: int) -> int:
    return 9_000 + 300 * area + 7 * (year - 2020)


def _adults(area: int, year: int) -> int:
    return _people(area, year) - 2_400


def _unemployed(area: int, year: int) -> int:
    return 12 * area + 3 * (year - 2022)


def _dotted(number: int) -> str:
    return f"{number:,}".replace(",", ".")


def _write(path: Path, lines: list[str], encoding: str = "utf-8") -> None:
    path.write_bytes(("\r\n".join(lines) + "\r\n").encode(encoding))


def _sexes(folder: Path) -> None:
    """Trailing blanks, thousands dots, a line break within a quoted heading, a repeated row (the last one is right)."""
    lines = [
        'Land;Stadt;Kategorie;Merkmal;Datum;Stadtteilnummer;Stadtteil;"PLZ-\nBereich";insgesamt;maennlich;weiblich'
    ]
    for year in YEARS:
        for number, name in AREAS.items():
            everyone = _people(number, year)
            row = f"de-sh;Kiel;bevoelkerung;Einwohner ;31.12.{year};{number};{name}  ;2410{number};"
            lines.append(f"{row}{_dotted(everyone)};{_dotted(everyone // 2)};{_dotted(everyone - everyone // 2)}")
        lines.append(f"de-sh;Kiel;bevoelkerung;Ausländer;31.12.{year};1;Altstadt;24101;900;450;450")
    wrong = lines[1].rsplit(";", 3)[0] + ";1;1;0"
    _write(folder / "bevoelkerung_geschlecht.csv", [lines[0], wrong, *lines[1:]])


def _ages(folder: Path) -> None:
    """ISO dates with underscores, ``80 und aelter`` for ``80 und älter``, in cp1252."""
    ends = [0, 3, 6, 10, 12, 15, 18, 21, *range(25, 85, 5)]
    names = [f"{low} bis unter {high}" for low, high in pairwise(ends)] + ["80 und aelter"]
    lines = [";".join(["Land", "Stadt", "Kategorie", "Datum", "Stadtteilnummer", "Merkmal", "Stadtteil", *names])]
    for year in YEARS:
        for number, name in AREAS.items():
            working = [100, *[200] * 9, _adults(number, year) - 100 - 9 * 200]
            few = [200] * 5 + working + [400, 300, 300, 400]
            assert sum(few) == _people(number, year)
            assert len(few) == len(names)
            cells = [_dotted(c) for c in few]
            lines.append(
                ";".join(["de-sh", "Kiel", "Bevölkerung", f"{year}_12_31", str(number), "Einwohner", name, *cells])
            )
    _write(folder / "bevoelkerung_altersgruppen.csv", lines, "cp1252")


def _households(folder: Path) -> None:
    """A year only, the area column called Stadtteile, an empty cell for a withheld value."""
    names = ["Einpersonen", "Paar ohne Kind", "Paar mit Kindern", "Paar mit Nachkommen", "Alleinerziehende",
             "Sonst. Mehrpersonenhaushalte"]  # fmt: skip
    lines = [";".join(["Land", "Stadt", "Kategorie", "Merkmal", "Jahr", "Stadtteile", *names])]
    for year in YEARS:
        for number, name in AREAS.items():
            cells = [2_000 + number, 900, 700, 200, "" if number == 3 else 150, 300]
            lines.append(";".join(["de-sh", "Kiel", "haushalte", "Haushalte", str(year), name, *map(str, cells)]))
    _write(folder / "haushalte.csv", lines)


HEADINGS = {
    "Tage": [f"31.12.{y}" for y in YEARS],
    "Jahre": [str(y) for y in YEARS],
    "ISO": [f"{y}_12_31" for y in YEARS],
    "Striche": [f"31_12_{y}" for y in YEARS],
}


def _unemployment(folder: Path, headings: list[str], repeat: bool = True) -> Path:
    """Counts and the rate as two Merkmale; the first date stands twice, the first of them with outdated values."""
    first = [headings[0]] if repeat else []
    lines = [";".join(["Land", "Stadt", "Kategorie", "Merkmal", "Stadtteilnummer", "Stadtteil", *first, *headings])]
    for number, name in AREAS.items():
        counts = ["1"] * len(first) + [str(_unemployed(number, y)) for y in YEARS]
        lines.append(";".join(["de-sh", "Kiel", "wirtschaft_arbeit", "Arbeitslose", str(number), name, *counts]))
    for number, name in AREAS.items():
        rates = [f"{100 * _unemployed(number, y) / _adults(number, y):.1f}".replace(".", ",") for y in YEARS]
        if number == 5:
            rates[1] = "9,9"
        cells = ["0,0"] * len(first) + rates
        lines.append(";".join(["de-sh", "Kiel", "wirtschaft_arbeit", "Betroffenheitsquote", str(number), name, *cells]))
    path = folder / "arbeitslose.csv"
    _write(path, lines)
    return path


@pytest.fixture(scope="module")
def kiel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Engine, Catalogue, Path]]:
    """The example on synthetic files, in a database of its own."""
    folder = tmp_path_factory.mktemp("kiel_synthetisch")
    boxes = []
    for number, name in AREAS.items():
        x = 570_000 + 500 * number
        ring = [[x, 6_020_000], [x + 500, 6_020_000], [x + 500, 6_020_500], [x, 6_020_500], [x, 6_020_000]]
        boxes.append({"type": "Feature", "properties": {"Stadtteilnummer": str(number), "Stadtteil": name},
                      "geometry": {"type": "Polygon", "coordinates": [ring]}})  # fmt: skip
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::25832"}}
    (folder / "stadtteile.geojson").write_text(json.dumps({"type": "FeatureCollection", "crs": crs, "features": boxes}))
    _sexes(folder), _ages(folder), _households(folder), _unemployment(folder, HEADINGS["Tage"])
    job = read_job(JOB).model_copy(update={"synthetic": True})
    found = load_catalogue(JOB.parent / "katalog")
    name = f"{found.city.database}_test_{os.getpid()}"
    catalogue = replace(found, city=found.city.model_copy(update={"database": name}))
    databases.ensure_database(name)
    opened = engine.open_engine(service.url(name, service.ADMIN))
    with opened.begin() as connection:
        migrate.prepare(connection, catalogue)
    Runner(opened, catalogue, job, folder).run()
    yield opened, catalogue, folder
    opened.dispose()
    databases.drop_database(name)


def _counts(opened: Engine, measure: str) -> dict[tuple[str, str], float | str]:
    query = text(
        "SELECT c.period, u.key, coalesce(c.value::text, c.status) FROM warehouse.count c "
        "JOIN catalogue.measure m ON m.id = c.measure_id JOIN geo.unit u ON u.id = c.unit_id "
        "JOIN intake.delivery d ON d.id = c.delivery_id AND d.status = 'active' WHERE m.code = :measure"
    )
    with opened.connect() as connection:
        rows = connection.execute(query, {"measure": measure}).all()
    return {(p, k): float(v) if v.replace(".", "").isdigit() else v for p, k, v in rows}


def _report(opened: Engine, source: str) -> dict[str, Any]:
    with opened.connect() as connection:
        return dict(
            connection.scalar(
                text("SELECT report FROM intake.delivery WHERE source = :s AND status = 'active'"), {"s": source}
            )
        )


def _expected(function: Any) -> dict[tuple[str, str], float]:
    return {(str(y), str(n)): float(function(n, y)) for y in YEARS for n in AREAS}


def test_blanks_dots_line_breaks_and_repeated_rows(kiel: tuple[Engine, Catalogue, Path]) -> None:
    opened, _, _ = kiel
    assert _counts(opened, "einwohner") == _expected(_people)
    report = _report(opened, "bevoelkerung")
    assert (report["rejected"], report["ignored"]) == (0, len(YEARS))
    assert "3 Werte kommen mehrfach vor; wie vereinbart gilt der letzte" in report["warnings"]
    assert not [w for w in report["warnings"] if "nicht verwendete Spalten" in w]
    (sexes,) = report["rates"]
    assert (sexes["checked"], sexes["met"]) == (10, 10)


def test_other_spelling_of_a_heading_and_other_encoding(kiel: tuple[Engine, Catalogue, Path]) -> None:
    opened, _, _ = kiel
    assert set(_counts(opened, "ew_80plus").values()) == {400}
    report = _report(opened, "altersgruppen")
    assert (report["form"], report["rejected"]) == ("cp1252", 0)
    assert report["rates"][0]["met"] == report["rates"][0]["checked"] == 10


def test_empty_cells_are_withheld_and_the_column_may_be_called_stadtteile(
    kiel: tuple[Engine, Catalogue, Path],
) -> None:
    opened, _, _ = kiel
    allein = _counts(opened, "haushalte_allein")
    assert {k: v for k, v in allein.items() if v != 150} == {("2022", "3"): "geheim", ("2023", "3"): "geheim"}
    assert _report(opened, "haushalte")["rejected"] == 0


def test_the_rate_among_the_rows_is_computed_again(kiel: tuple[Engine, Catalogue, Path]) -> None:
    opened, _, _ = kiel
    assert _counts(opened, "arbeitslose") == _expected(_unemployed)
    (rate,) = _report(opened, "arbeitslose")["rates"]
    assert (rate["checked"], rate["met"]) == (10, 9)
    (wrong,) = rate["deviations"]
    assert (wrong["area"], wrong["period"], wrong["printed"]) == ("Brunswik", "2023", 9.9)


@pytest.mark.parametrize("spelling", HEADINGS)
def test_four_spellings_of_the_same_dates(kiel: tuple[Engine, Catalogue, Path], tmp_path: Path, spelling: str) -> None:
    opened, catalogue, _ = kiel
    path = _unemployment(tmp_path, HEADINGS[spelling])
    with opened.connect() as connection, connection.begin() as undone:
        outcome = deliver(
            connection, catalogue, "arbeitslose", path, reference_date=read_job(JOB).deliveries[3].date,
            synthetic=True, again=True,
        )  # fmt: skip
        assert outcome.periods == ["2022", "2023"]
        assert (outcome.rejected, outcome.read) == (0, 10)
        found = connection.execute(
            text("SELECT c.period, u.key, c.value FROM warehouse.count c JOIN geo.unit u ON u.id = c.unit_id "
                 "WHERE c.delivery_id = :id"), {"id": outcome.delivery},
        ).all()  # fmt: skip
        assert {(p, k): v for p, k, v in found} == _expected(_unemployed)
        undone.rollback()


def test_a_repeated_date_is_a_fault_where_nothing_is_agreed(
    kiel: tuple[Engine, Catalogue, Path], tmp_path: Path
) -> None:
    opened, catalogue, _ = kiel
    source = catalogue.source["arbeitslose"]
    strict = source.model_copy(
        update={"forms": tuple(f.model_copy(update={"repeated": "fault"}) for f in source.forms)}
    )
    other = replace(catalogue, sources=(*(s for s in catalogue.sources if s.code != source.code), strict))
    path = _unemployment(tmp_path, HEADINGS["Striche"])
    with opened.connect() as connection, pytest.raises(InputError, match="Spalte „31_12_2022“ kommt mehrfach vor"):
        deliver(connection, other, "arbeitslose", path, reference_date=read_job(JOB).deliveries[3].date)


def test_everything_is_called_synthetic(kiel: tuple[Engine, Catalogue, Path]) -> None:
    opened, _, _ = kiel
    with opened.connect() as connection:
        assert connection.scalar(text("SELECT bool_and(synthetic) FROM intake.delivery"))
