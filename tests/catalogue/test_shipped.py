"""The shipped catalogue: all six themes, complete, and what the facts of the proposal say."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest

from etl.catalogue import Catalogue, Indicator, RecordForm

THEMES = {"BEV": 26, "ARB": 13, "WOH": 14, "SOZ": 15, "JUH": 12, "BIL": 16}
FORMULAS = {"keine", "wilson", "byar", "delta", "t", "bootstrap"}


def indicators(catalogue: Catalogue) -> dict[str, Indicator]:
    return {i.code: i for i in catalogue.indicators}


def test_ninety_six_indicators_in_six_themes(catalogue: Catalogue) -> None:
    codes = [i.code for i in catalogue.indicators]
    assert codes == [f"{theme}{n:02}" for theme, count in THEMES.items() for n in range(1, count + 1)]
    assert [t.rank for t in catalogue.themes] == [1, 2, 3, 4, 5, 6]
    assert [i.code for i in catalogue.indices] == ["IDX01", "IDX02", "IDX03"]
    assert [i.code for i in catalogue.indicators if i.gap] == ["SOZ15"]


def test_every_indicator_says_all_that_readers_need(catalogue: Catalogue) -> None:
    owners = {o.code for o in catalogue.owners}
    for i in catalogue.indicators:
        assert i.definition.endswith("."), i.code
        assert i.ci_method in FORMULAS, i.code
        assert catalogue.owner_of(i) in owners, i.code
        if i.gap is None:
            assert 3 <= len(i.class_breaks) <= 6, i.code
            assert i.denominator is None or i.denominator_text, i.code
        assert not re.search(r"\b(ae|oe|ue)\b|Auslaend|aelter|fuer |ueber ", i.title + i.definition + (i.note or "")), (
            i.code
        )


def test_every_source_says_all_that_a_delivery_request_needs(catalogue: Catalogue) -> None:
    for source in catalogue.sources:
        told = (source.delivery, source.quality, source.legal_basis, source.first_year)
        assert None not in told, source.code
        assert any(m.source == source.code for m in catalogue.measures), f"{source.code} is not used"


def test_every_measure_is_used(catalogue: Catalogue) -> None:
    """In an indicator, as a comparison, as a carrier; or it completes a set whose parts are shown."""
    used = {t.measure for i in catalogue.indicators for part in ("numerator", "denominator") for t in i.terms(part)}
    used |= {m.carrier for m in catalogue.measures if m.carrier}
    complete = {"raeumungsklagen", "mietschulden", "uebergaenge_foerderzentrum", "arbeitslose", "siedlungsflaeche_m2"}
    assert {m.code for m in catalogue.measures if not m.code.startswith("amt_")} - used == complete


def test_facilities_stand_where_they_stand(catalogue: Catalogue) -> None:
    place = {s.code: s.place for s in catalogue.sources}
    assert {code for code, where in place.items() if where == "standort"} == {
        "kita_plaetze",
        "jugendeinrichtungen",
        "foerderbedarf",
        "flaechennutzung",
    }
    for code in ("BIL04", "JUH11"):
        assert "Standort" in (indicators(catalogue)[code].note or "")


def test_traps_are_in_the_expressions(catalogue: Catalogue) -> None:
    """Reference dates, mean population, pooling, age limits: what the figures depend on."""
    i = indicators(catalogue)
    assert {c for c in i if i[c].pool > 1} == {
        "BEV20", "WOH05", "JUH06", "BIL07", "BIL08", "BIL09", "BIL10", "BIL11", "BIL12",
    }  # fmt: skip
    for code in ("BIL01", "BIL02", "BIL03", "BIL04"):
        assert {t.lag for t in i[code].terms("denominator")} == {1}, code
    for code in ("BEV16", "BEV17", "BEV18", "BEV19", "WOH13"):
        assert [(t.coefficient, t.lag) for t in i[code].terms("denominator")] == [(0.5, 0), (0.5, 1)], code
    limits = {
        c: catalogue.measure[i[c].terms("denominator")[0].measure].age_limit
        for c in ("SOZ01", "SOZ02", "SOZ08", "SOZ09")
    }
    assert limits == {"SOZ01": "unter", "SOZ02": "unter", "SOZ08": "ab", "SOZ09": "unter"}
    both = [(t.measure, t.coefficient) for c in ("BEV07", "BEV08") for t in i[c].terms("numerator")]
    assert [(t.measure, t.coefficient) for t in i["BEV09"].terms("numerator")] == both
    assert i["BEV07"].denominator == i["BEV08"].denominator == i["BEV09"].denominator
    assert {t.measure: t.coefficient for t in i["BEV18"].terms("numerator")} == {
        "zuzuege": 1, "fortzuege": -1, "umzuege_zu": 1, "umzuege_fort": -1,
    }  # fmt: skip


def test_kinds_of_school_make_up_all_transitions(catalogue: Catalogue) -> None:
    form = catalogue.source["schuluebergaenge"].forms[0]
    assert isinstance(form, RecordForm)
    kinds = set(form.dimensions["schulart"].values.values())
    counted = {m.filter["schulart"].eq for m in catalogue.measures_of("schuluebergaenge") if m.filter}
    assert counted == kinds
    i = indicators(catalogue)
    assert (i["BIL10"].pool, i["BIL10"].denominator) == (i["BIL11"].pool, i["BIL11"].denominator)


@pytest.mark.reference
def test_facts_of_the_proposal_carry_over(catalogue: Catalogue, reference_dir: Path) -> None:
    with (reference_dir / "reference" / "indikatorenkatalog.csv").open(encoding="utf-8-sig") as file:
        proposed = {row["code"]: row for row in csv.DictReader(file, delimiter=";")}
    ours = indicators(catalogue)
    own = {"BEV26"}  # the share of women by age: what the age pyramid and the projection are read from
    assert set(proposed) | own == set(ours) | {i.code for i in catalogue.indices}
    methods = {"byar/exakt<10": "byar", "delta/keine": "delta"}
    for code, i in ours.items():
        if code in own:
            continue
        row = proposed[code]
        assert i.polarity == row["polaritaet"], code
        assert i.kind == row["typ"].removesuffix(" (gewichtet)"), code
        assert i.ci_method == methods.get(row["ki_methode"], row["ki_methode"]), code
        if "CKM" not in row["offenlegungsrisiko"]:  # perturbed by the publisher: nothing left to protect
            assert i.disclosure_risk == row["offenlegungsrisiko"].replace(" ", "_"), code
        assert (i.index_part or "").replace("wahlweise", "optional") == row["index"], code
        factor = {"100 %": 100.0, "100": 100.0, "1000": 1000.0, "10000": 10000.0}.get(row["faktor_einheit"])
        assert factor is None or i.factor == factor, code
