"""What six themes can say wrongly: the message names the file, the key and what would be right."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from etl.catalogue import load_catalogue
from etl.errors import CatalogueError
from etl.settings import DEFAULT_CATALOGUE

PEOPLE, WORK, YOUTH = (f"measures/{name}.yaml" for name in ("bevoelkerung", "arbeitsmarkt", "jugendhilfe"))
LIVING, SOCIAL = "measures/wohnen.yaml", "measures/soziale_sicherung.yaml"
MOVES, RATES = "sources/einwohner_bewegung.yaml", "sources/arbeitslose_stadtteile.yaml"
T_PEOPLE, T_SOCIAL, T_SCHOOL = (
    f"themes/{name}.yaml" for name in ("bevoelkerung", "soziale_sicherung", "erziehung_bildung")
)
INDICES = "indices.yaml"


@pytest.fixture(scope="module")
def original() -> Path:
    """The shipped catalogue."""
    return DEFAULT_CATALOGUE


def message(folder: Path, original: Path, file: str, old: str, new: str) -> str:
    """What loading says after one replacement."""
    copy = Path(shutil.copytree(original, folder / "katalog"))
    text = (copy / file).read_text(encoding="utf-8")
    assert old in text
    (copy / file).write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(CatalogueError) as caught:
        load_catalogue(copy)
    return str(caught.value)


TYPES, OUTLOOK, HOUSING = "typen.yaml", "vorausberechnung.yaml", "wohnbau.yaml"

FAULTS = [
    # words that no form can produce
    (YOUTH, "{eq: p35a}", "{eq: p35aa}", "eingliederung.filter.hilfeart: das Wort von hilfeart „p35aa“", "„p35a“"),
    (PEOPLE, "{eq: umzug_zu}", "{eq: umzug}", "das Wort von ereignis „umzug“", "gemeint ist vielleicht „zuzug“"),
    (SOCIAL, "[ab_grenze, ab]", "[ab_grenze, abb]", "grusi_alter.filter.altersgruppe", "gemeint ist vielleicht „ab"),
    (PEOPLE, "{groesse: {eq: 1}}", "{groesse: {eq: eins}}", "„eins“ ist keine ganze Zahl", "groesse"),
    # conditions that do not fit the dimension
    (YOUTH, "{eq: p35a}", "{ge: 3}", "ge und lt gibt es nur für Zahlen", "eingliederung"),
    (PEOPLE, "{ge: 1, lt: 3}", "{ge: 3, lt: 3}", "von 3 bis unter 3 ist leer", "ew_1_3"),
    (PEOPLE, "{ge: 1, lt: 3}", "{within_years: 3}", "within_years braucht ein Merkmal vom type year", "ew_1_3"),
    (LIVING, "{bindungsende: {within_years: 10}}", "{bindungsend: {eq: 1}}", "„bindungsend“ gibt es nicht", "ende“"),
    # groups, sums, the age limit
    (
        PEOPLE,
        "bands: {u3: [0, 3], ue3: [3, 6]}",
        "bands: {u3: [0, 4], ue3: [3, 6]}",
        "überschneidet sich mit u3",
        "ew_u6",
    ),
    (PEOPLE, "bands: {u3: [0, 3], ue3: [3, 6]}", "bands: {u3: [3, 3]}", "von 3 bis unter 3 ist leer", "ew_u6.bands.u3"),
    (PEOPLE, "    group_by: alter\n    bands", "    bands", "braucht group_by", "ew.bands"),
    (PEOPLE, "group_by: alter", "group_by: geschlecht", "geschlecht hat Wörter", "ew.bands"),
    (PEOPLE, "weight: alter", "weight: geschlecht", "summiert werden nur Zahlen", "alterssumme.weight"),
    (LIVING, "source: gebaeude}", "source: gebaeude, age_limit: ab}", "das Merkmal „alter“", "wohnungen.age_limit"),
    (WORK, "column: alo,", "column: alo, group_columns: {u25: alo_u52},", "„alo_u25“", "alo.group_columns"),
    (WORK, "column: alo,", "column: alo, bands: {a: [0, 3]},", "nur für Quellen aus Zeilen", "alo"),
    (WORK, "column: alo,", "column: alo, age_limit: unter,", "nur für Quellen aus Zeilen", "alo.age_limit"),
    (PEOPLE, "group_by: alter", "group_by: alter\n    column: ew", "nur für Tabellen nach Gebieten", "ew"),
    # forms
    (MOVES, "event: ereignis\n", "event: ereigniss\n", "das Merkmal (type code) „ereigniss“", "„ereignis“"),
    (MOVES, "event: ereignis\n", "event: alter\n", "das Merkmal (type code) „alter“", "moves.event"),
    (MOVES, "within: umzug\n", "within: umzugg\n", "moves.within", "„umzug“"),
    (MOVES, "arrives: umzug_zu", "arrives: zuzug", "ist schon ein Wort von ereignis", "moves.arrives"),
    (MOVES, "leaves: umzug_fort", "leaves: umzug_zu", "verschiedene Wörter", "moves.leaves"),
    (MOVES, "origin_only: [tod, fortzug]", "origin_only: [umzug]", "zählt an beiden Anschriften", "origin_only"),
    (
        MOVES,
        "origin: [herkunft_strassenschluessel",
        "origin: [ziel_strassenschluessel",
        "schon die Spalte des Ziels",
        "origin",
    ),
    (
        MOVES,
        "        ereignis: [9, 1]",
        "        ereignise: [9, 1]",
        "das Feld „ereignis“ gibt es nicht",
        "ereignisse_fest",
    ),
    (MOVES, "ereignis: [9, 1]", "ereignis: [8, 1]", "beginnt an Stelle 8, satznummer reicht bis 8", "ereignisse_fest"),
    (MOVES, "ereignis: [9, 1]", "ereignis: [9, 0]", "erste Stelle ab 1", "fields.ereignis"),
    (
        "sources/akg_arbeitslose.yaml",
        r"'^00(\d)0(\d\d)001$'",
        r"'^00\d0\d\d001$'",
        "mindestens 1 Gruppe",
        "area.pattern",
    ),
    ("sources/akg_arbeitslose.yaml", r"'^00(\d)0(\d\d)001$'", "'^00(0'", "kein regulärer Ausdruck", "area.pattern"),
    ("sources/akg_arbeitslose.yaml", "at_most: 9", "at_most: 0", "„at_least“ ist größer als „at_most“", "symbols.*"),
    (
        RATES,
        "    symbols:",
        "    rates: [{column: Quote, numerator: arbeitslose, denominator: einwohner_bestnd.alter}]\n    symbols:",
        "rates.Quote.denominator: die Quelle „einwohner_bestnd“",
        "gemeint ist vielleicht „einwohner_bestand“",
    ),
    (
        RATES,
        "    symbols:",
        "    rates: [{column: Quote, numerator: arbeitslose, denominator: akg_arbeitslose.alo_u26}]\n    symbols:",
        "rates.Quote.denominator: die Spalte „alo_u26“",
        "gemeint ist vielleicht „alo_u25“",
    ),
    (
        RATES,
        "    symbols:",
        "    rates: [{column: Quote, numerator: arbeitslosse, denominator: arbeitslose}]\n    symbols:",
        "arbeitslosse",
        "„rates“",
    ),
    ("sources/zensus2022_gitter.yaml", "size: 100\n", "size: 50\n", "forms[1].size: „50“ ist nicht erlaubt", "10000"),
    # breaks within the series, ascending
    ("sources/uvg.yaml", "2017-07-01", "2014-07-01", "liegt nicht in der Reihe, die 2015 beginnt", "breaks"),
    ("sources/schuleingang.yaml", "since: 2022-08-01", "since: 2019-08-01", "aufsteigend ordnen", "breaks"),
    (T_SOCIAL, "since: 2023-01-01", "since: 2010-01-01", "liegt nicht in der Reihe", "SOZ11.breaks"),
    # indicators
    (T_PEOPLE, "    pool: 2", "    pool: 9", "höchstens 5", "pool"),
    (T_PEOPLE, "    kind: anzahl\n", "    kind: anzahl\n    pool: 3\n", "braucht einen Nenner", "BEV01.pool"),
    (
        T_PEOPLE,
        "    formula: segregation",
        "    formula: segregation\n    pool: 3",
        "gibt es nicht mit formula",
        "BEV25.pool",
    ),
    (T_PEOPLE, "    lowest_level: stadt\n", "    lowest_level: bezirk\n", "gilt nur für stadt", "BEV25.lowest_level"),
    (
        T_SCHOOL,
        "    periodicity: schuljahr",
        "    periodicity: jaehrlich",
        "passt nicht zum Zähler",
        "BIL07.periodicity",
    ),
    (T_PEOPLE, "ci_method: delta", "ci_method: deltaa", "„deltaa“ ist nicht erlaubt", "ci_method"),
    (
        T_PEOPLE,
        "ci_method: delta",
        "ci_method: wilson",
        "gilt für anteil oder verhaeltnis, nicht für quotient",
        "BEV07",
    ),
    (
        T_PEOPLE,
        "ci_method: delta",
        "ci_method: delta\n    ci_spread: BEV01",
        "gehört zu ci_method t",
        "BEV07.ci_spread",
    ),
    (T_PEOPLE, "ci_spread: BEV01", "ci_spread: BEV99", "die Kennzahl „BEV99“", "BEV11.ci_spread"),
    (T_PEOPLE, "ci_spread: BEV01", "ci_spread: BEV17", "zählt keine Messgröße nach Gruppen", "BEV11.ci_spread"),
    (T_PEOPLE, "    formula: segregation\n", "", "bootstrap gibt es nur mit formula segregation", "BEV25.ci_method"),
    (T_SOCIAL, "ask: lasd", "ask: lsad", "gap.ask: die Stelle „lsad“", "gemeint ist vielleicht „lasd“"),
    (T_SOCIAL, "owner: sozialamt", "owner: sozialamd", "owner: die Stelle „sozialamd“", "„sozialamt“"),
    (T_SOCIAL, "    gap:", "    denominator: ew\n    gap:", "eine Lücke (gap) wird nicht berechnet", "SOZ15"),
    (
        T_SOCIAL,
        "    gap:",
        "    numerator: ew\n    gap:",
        "nur eine Lücke (gap) hat keinen",
        "themes/soziale_sicherung",
    ),
    (T_PEOPLE, "index_part: S4", "index_part: S9", "S9: in indices.yaml heißt kein Bestandteil", "BEV24.index_part"),
    (
        T_PEOPLE,
        "      numerator: amt_ew\n",
        "      numerator: ew\n",
        "gilt nicht für Vergleichsräume; richtig wäre eine Messgröße aus einer Quelle mit level vergleichsraum",
        "BEV01.comparison",
    ),
    # indices
    (
        INDICES,
        "{name: S1, indicator: ARB05}",
        "{name: S1, indicator: ARB50}",
        "IDX01.S1: die Kennzahl „ARB50“",
        "ARB05",
    ),
    (INDICES, "{name: S1, indicator: ARB05}", "{name: S1, indicator: ARB01}", "richtig wäre direction: -1", "IDX01.S1"),
    (INDICES, "{name: S1, indicator: ARB05}", "{name: S1, indicator: SOZ15}", "ist eine Lücke", "IDX01.S1"),
    (INDICES, "{name: S1, indicator: ARB05}", "{name: S1, indicator: JUH08}", "gibt es nur bis stadtteil", "IDX01.S1"),
    (
        INDICES,
        "{name: S1, indicator: ARB05}",
        "{name: S2, indicator: ARB05}",
        "darf nur einmal vorkommen",
        "indices[1]",
    ),
    (INDICES, "label: mittel, below: 1}", "label: mittel, below: 2}", "müssen aufsteigen", "indices[1]"),
    (INDICES, "label: mittel, below: 1}", "label: mittel}", "jede Klasse außer der letzten", "indices[1]"),
    (INDICES, '        11: "hoch, positiv"\n', "", "ein Name fehlt für 11", "IDX03.cross.labels"),
    (INDICES, '        11: "hoch', '        99: "x"\n        11: "hoch', "diese Gruppen gibt es nicht: 99", "IDX03"),
    (INDICES, "rows: IDX01", "rows: IDX03", "den Index mit Klassen „IDX03“", "IDX03.cross.rows"),
    (INDICES, "level: bezirk", "level: bezirg", "die Ebene „bezirg“", "IDX01.level"),
    (INDICES, "owner: sozialplanung", "owner: planung", "die Stelle „planung“", "IDX01.owner"),
    (INDICES, "reference: jedes_jahr", "reference: basisjahr", "„baseline_year“ gehört", "indices[1].standardisation"),
    (INDICES, "transformation: z\n", "transformation: rang\n", "richtig wäre", "indices[1].transformation"),
    (INDICES, "code: IDX01", "code: BEV01", "die Kennzahl BEV01 steht 2-mal da", "BEV01"),
    # types of areas
    (TYPES, "[BEV04, ", "[BEV40, ", "TYP01.indicators: die Kennzahl „BEV40“", "TYP01"),
    (TYPES, "[BEV04, ", "[BEV05, ", "darf nur einmal vorkommen", "typologies[1]"),
    (TYPES, "[BEV04, ", "[SOZ15, ", "SOZ15 ist eine Lücke", "TYP01.indicators"),
    (TYPES, "[BEV04, ", "[JUH08, ", "gibt es nur bis stadtteil", "TYP01.indicators"),
    (TYPES, "level: bezirk", "level: bezirg", "die Ebene „bezirg“", "TYP01.level"),
    (TYPES, "largest: 6", "largest: 1", "typologies[1].largest", "2"),
    # outlook
    (OUTLOOK, "population: BEV01", "population: BEV99", "die Kennzahl „BEV99“", "population"),
    (OUTLOOK, "population: BEV01", "population: BEV13", "braucht Gruppen (bands) nach Alter", "BEV13"),
    (OUTLOOK, "quota_indicator: BIL01", "quota_indicator: BIL99", "die Kennzahl „BIL99“", "unter_3.quota_indicator"),
    (OUTLOOK, "quota_indicator: BIL01", "quota_indicator: BIL01\n    quota: 0.4", "genau eines von", "demand[1]"),
    (OUTLOOK, "code: niedrig", "code: hoch", "das Szenario hoch steht 2-mal da", "hoch"),
    (OUTLOOK, "fertility: {0: 0, 15", "fertility: {14: 0, 15", "„fertility“ muss mit dem Alter 0 beginnen", OUTLOOK),
    (OUTLOOK, "85: 0.145", "85: 1.5", "muss unter 1 liegen", OUTLOOK),
    (HOUSING, "level: bezirk", "level: quartier", "die Ebene „quartier“", "level"),
    (HOUSING, "dwellings: 60", "dwellings: -60", "dwellings[1]", "0"),
]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: f"{fault[0]}: {fault[2][:40]!r}")
def test_fault(tmp_path: Path, original: Path, fault: tuple[str, str, str, str, str]) -> None:
    file, old, new, expected, also = fault
    said = message(tmp_path, original, file, old, new)
    assert expected in said
    assert also in said
    assert file in said


def test_a_measure_must_not_depend_on_the_form(tmp_path: Path, original: Path) -> None:
    said = message(
        tmp_path,
        original,
        "sources/sgb12.yaml",
        "      altersgruppe: {column: geburtsdatum, type: age_limit, date_format: dd.mm.yyyy}\n",
        "",
    )
    assert "das Merkmal „altersgruppe“ fehlt in der Form faelle der Quelle sgb12" in said
