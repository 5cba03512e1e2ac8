"""Fixtures of the intake tests: a database with a small invented city."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine

from tests.intake.support import lay_out


@pytest.fixture
def city(db: Engine) -> Engine:
    """A migrated database with units, blocks and addresses of an invented city."""
    with db.begin() as connection:
        lay_out(connection)
    return db
