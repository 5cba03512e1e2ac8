"""Speed of computing and publishing the whole sample: ``pytest -m bench -s tests/indicators/test_speed.py``."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from sqlalchemy import text

from etl.catalogue import Catalogue
from etl.indicators.compute import compute
from etl.main_job.run import Runner
from etl.main_job.sample_city import sample_job
from etl.releases.checks import run_checks
from etl.warehouse import databases, engine, service
from tests.conftest import clone
from tests.editions import publish_edition

AIM = 25.0
"""Seconds for computing and publishing on two idle cores."""


@pytest.mark.bench
def test_whole_sample_is_computed_and_published_in_time(template: str, catalogue: Catalogue, tmp_path: Path) -> None:
    name = clone(template)
    service.write_service_file(name)
    opened = engine.open_engine(service.url(name, service.ADMIN))
    try:
        job = sample_job(tmp_path)
        Runner(opened, catalogue, job, tmp_path).run()
        with opened.begin() as connection:
            started = time.perf_counter()
            values = compute(connection, catalogue)
            computed = time.perf_counter()
            assert not any(result.failures for result in run_checks(connection))
            checked = time.perf_counter()
            # something new, so that an edition is written
            connection.execute(
                text("UPDATE warehouse.indicator_value SET numerator = numerator + 1, value = value + 1")
            )
            before = time.perf_counter()
            assert not publish_edition(connection, catalogue).unchanged
            published = time.perf_counter()
        seconds = (computed - started, checked - computed, published - before)
        print(
            f"\n{values} values: computed {seconds[0]:.1f} s, checked {seconds[1]:.1f} s, published {seconds[2]:.1f} s"
        )
        assert seconds[0] + seconds[2] < 2 * AIM  # far above the aim: only to notice a plan that broke
    finally:
        opened.dispose()
        databases.drop_database(name)
