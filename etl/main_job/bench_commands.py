"""The command group ``bench``, whose commands lie in several layers."""

from __future__ import annotations

from etl.intake.bench.commands import app
from etl.releases.bench import statistics

app.command()(statistics)

__all__ = ["app"]
