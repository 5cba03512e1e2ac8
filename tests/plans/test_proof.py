"""A stored plan gets a proven bound, and the plan that the proof found beside it."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from etl.catalogue import City
from etl.districts import versions
from etl.districts.plans import store
from etl.districts.plans.build import Wish, build
from etl.districts.plans.proof import MEDOID, prove
from etl.districts.plans.violations import find_violations
from etl.districts.zoning import certify
from etl.districts.zoning.model import Band
from etl.districts.zoning.search import Effort
from etl.errors import SozialberichtError


def test_bound_and_gap_are_stored_with_the_plan_and_the_proven_plan_can_be_chosen(
    planned: Engine, city: City, tmp_path: Path
) -> None:
    quick = Effort(steps=200, seeds=1, processes=1)
    build(planned, city, Wish("2026", Band(400, 600, 900), effort=quick, plans=("composite",)))
    effort = certify.Effort(gap=0.02, seconds=100, nodes=2000, tries=2, steps=50_000, workers=1)
    proof = prove(planned, "2026", None, effort, state=tmp_path)
    assert proof.certificate.bound <= proof.certificate.objective <= proof.value + 1e-9
    with planned.begin() as connection:
        version = versions.get(connection, "2026")
        plans = {p.name: p for p in store.read_plans(connection, version)}
        assert set(plans) == {"gesamt", MEDOID}
        kept = plans["gesamt"].certificate
        assert kept is not None and kept["schranke"] == pytest.approx(proof.certificate.bound, abs=1e-7)
        assert plans["gesamt"].quality["luecke_prozent"] == kept["luecke_prozent"] >= kept["bester_luecke_prozent"]
        store.choose_plan(connection, city, version, MEDOID)
        assert find_violations(connection, city, version) == []
    # going on from the folder changes nothing that has been proven
    again = prove(planned, "2026", "gesamt", effort, state=tmp_path)
    assert (again.certificate.bound, again.value) == (proof.certificate.bound, proof.value)


def test_without_a_plan_there_is_nothing_to_prove(planned: Engine) -> None:
    with pytest.raises(SozialberichtError, match="vorhanden: „gesamt“"):
        prove(planned, "neu", "schön", certify.Effort())
    with planned.begin() as connection:
        connection.execute(text("DELETE FROM geo.plan"))
    with pytest.raises(SozialberichtError, match="noch keiner"):
        prove(planned, "neu", None, certify.Effort())
