"""The small city with the catalogue of traps."""

from tests.indicators.conftest import laid_out, take_in, town, traps  # noqa: F401  # fixtures
