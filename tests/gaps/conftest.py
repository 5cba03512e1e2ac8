"""A small catalogue with every kind of need: yearly, quarterly, school year, once, two offices, a gap, a report."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, Engine

from etl.catalogue import Catalogue, load_catalogue
from etl.warehouse import databases, engine, migrate, service
from tests import small_city
from tests.conftest import clone

CITY = """
city:
  name: Norderstedt
  ags: "01060063"
  database: sozialbericht
  report_title: Test
  extent: [555000, 5942000, 572000, 5961000]
  population: ew
  district_level: bezirk
  levels:
    - {code: stadt, title: Stadt, plural: Stadt}
    - {code: stadtteil, title: Stadtteil, plural: Stadtteile, parent: stadt}
    - {code: bezirk, title: Bezirk, plural: Bezirke, parent: stadtteil}
owners:
  - {code: melde, title: Meldebehörde}
  - {code: agentur, title: Agentur}
  - {code: schule, title: Schulamt}
  - {code: land, title: Landesamt}
"""

RECORDS = """
code: {code}
title: {title}
owner: {owner}
periodicity: {periodicity}
reference: {reference}
smallest_level: block
first_year: 2020
due_days: 90
legal_basis: Satzung
delivery: Bis Ende März als CSV.
quality: Anschriften vollständig.
forms:
  - kind: records
    name: gezaehlt
    format: {{type: csv}}
    location: {{address: [strassenschluessel, hausnummer, zusatz]}}
    count: anzahl
    reference_date: stichtag
    dimensions:
      alter: {{column: alter, type: age, max: 115}}
      art: {{column: art, type: code, values: {{ja: ja, nein: nein}}}}
"""

AREAS = """
code: arbeitslose
title: Arbeitslose
owner: agentur
periodicity: vierteljaehrlich
smallest_level: stadtteil
first_year: 2023
due_days: 60
forms:
  - kind: areas
    name: tabelle
    format: {type: csv, encoding: cp1252}
    level: stadtteil
    area: {column: Stadtteil, by: name, unlocated: [keine Angabe], total: [insgesamt]}
    values: {Arbeitslose: alo, davon Frauen: alo_w}
    symbols: {"*": {status: geheim}, "-": {status: gueltig, value: 0}}
"""

MEASURES = """
measures:
  - {code: ew, title: Einwohner, source: register}
  - {code: ew_u18, title: Einwohner unter 18, source: register, filter: {alter: {lt: 18}}}
  - {code: alo, title: Arbeitslose, source: arbeitslose, column: alo}
  - {code: wechsel, title: Übergänge, source: uebergaenge, filter: {art: {eq: ja}}}
  - {code: wechsel_alle, title: Übergänge insgesamt, source: uebergaenge}
  - {code: wohnungen, title: Wohnungen, source: zaehlung}
"""

THEME = """
code: bevoelkerung
rank: 1
title: Bevölkerung
indicators:
  - &share
    code: BEV01
    title: Anteil unter 18
    definition: Anteil der Einwohner unter 18 Jahren.
    kind: anteil
    numerator: ew_u18
    denominator: ew
    numerator_text: Einwohner unter 18
    denominator_text: Einwohner
    factor: 100
    unit: "%"
    lowest_level: bezirk
  - <<: *share
    code: BEV02
    title: Entwicklung in zwei Jahren
    kind: veraenderung
    numerator: ew - ew[-2]
    denominator: ew[-2]
  - <<: *share
    code: ARB01
    title: Arbeitslosenanteil
    numerator: alo
    denominator: ew
  - <<: *share
    code: BIL01
    title: Übergangsquote
    numerator: wechsel
    denominator: wechsel_alle
    periodicity: schuljahr
    pool: 3
  - <<: *share
    code: WOH01
    title: Wohnungen je Einwohner
    numerator: wohnungen
    denominator: ew
    periodicity: einmalig
  - <<: *share
    code: SOZ01
    title: Schwerbehinderte
    numerator: null
    denominator: null
    gap: {reason: Nur je Kreis verfügbar., closed_by: Auswertung nach Anschriften, ask: land}
"""

INDICES = """
indices:
  - code: IDX01
    title: Status
    definition: Zwei Teile.
    level: bezirk
    owner: melde
    parts:
      - {indicator: ARB01, name: S1}
    classes: [{code: 1, label: niedrig, below: 0}, {code: 2, label: hoch}]
  - code: IDX02
    title: Dynamik
    definition: Veränderung.
    level: bezirk
    owner: melde
    change_years: 2
    parts:
      - {indicator: BEV01, name: D1}
    classes: [{code: 1, label: niedrig, below: 0}, {code: 2, label: hoch}]
  - code: IDX03
    title: Gesamt
    definition: Beide.
    level: bezirk
    owner: melde
    cross: {rows: IDX01, columns: IDX02, labels: {11: a, 12: b, 21: c, 22: d}}
"""

REPORTS = """
reports:
  - code: nachbar
    title: Sozialatlas Nachbarstadt
    publisher: Nachbarstadt
    basis: belegt
    evidence: Tabellen liegen vor.
    questions:
      - {title: Kinder, theme: bevoelkerung, codes: [BEV01]}
      - {title: Schuldnerberatung, covered: nein, missing: Keine Quelle., closed_by: Fallzahlen je Bezirk, ask: land}
  - code: memo
    title: Wohnumfeld
    publisher: Stadt
    basis: angenommen
    evidence: Fragenliste angenommen.
    questions:
      - title: Arbeit im Wohnumfeld
        theme: bevoelkerung
        codes: [ARB01]
        covered: teilweise
        missing: Nur je Stadtteil.
        closed_by: Auswertung je Bezirk
        ask: agentur
"""


@pytest.fixture(scope="session")
def small_catalogue(tmp_path_factory: pytest.TempPathFactory) -> Catalogue:
    """The catalogue above, validated."""
    folder = tmp_path_factory.mktemp("katalog")
    (folder / "sources").mkdir()
    (folder / "themes").mkdir()
    for code, title, owner, periodicity, reference in (
        ("register", "Register", "melde", "jaehrlich", "stock"),
        ("uebergaenge", "Übergänge", "schule", "schuljahr", "flow"),
        ("zaehlung", "Gebäudezählung", "land", "einmalig", "stock"),
    ):
        words = RECORDS.format(code=code, title=title, owner=owner, periodicity=periodicity, reference=reference)
        (folder / "sources" / f"{code}.yaml").write_text(words, encoding="utf-8")
    (folder / "sources" / "arbeitslose.yaml").write_text(AREAS, encoding="utf-8")
    for name, words in (
        ("city.yaml", CITY),
        ("measures.yaml", MEASURES),
        ("themes/bevoelkerung.yaml", THEME),
        ("indices.yaml", INDICES),
        ("berichte.yaml", REPORTS),
    ):
        (folder / name).write_text(words, encoding="utf-8")
    return load_catalogue(folder)


@pytest.fixture(scope="session")
def city(template: str, small_catalogue: Catalogue) -> Iterator[Engine]:
    """A database of that catalogue with the city of four squares; tests roll back what they do."""
    name = clone(template)
    opened = engine.open_engine(service.url(name, service.ADMIN))
    with opened.begin() as connection:
        migrate.prepare(connection, small_catalogue)
        small_city.build(connection)
    yield opened
    opened.dispose()
    databases.drop_database(name)


@pytest.fixture
def connection(city: Engine) -> Iterator[Connection]:
    """An open transaction on it that is rolled back; today is 1 May 2026."""
    with city.connect() as opened:
        opened.exec_driver_sql("SET LOCAL sozialbericht.heute = '2026-05-01'")
        yield opened
