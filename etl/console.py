"""How commands speak: one result as words, as JSON, or not at all."""

from __future__ import annotations

import json

import typer
from rich.console import Console

from etl import settings

console = Console()


def tell(words: str, **facts: object) -> None:
    """Say a result: ``words`` for people, ``facts`` as one line of JSON with ``--json``, nothing with ``--quiet``."""
    if settings.ui.json:
        typer.echo(json.dumps(facts, ensure_ascii=False, default=str))
    elif not settings.ui.quiet:
        typer.echo(words)


def say(words: str) -> None:
    """Say how far the work is; silent with ``--quiet`` and ``--json``, whose output is for programs."""
    if not (settings.ui.json or settings.ui.quiet):
        typer.echo(words)
