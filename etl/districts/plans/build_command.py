"""The command ``districts build``."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from typing import Annotated

import typer

from etl import settings
from etl.catalogue import load_catalogue
from etl.console import console, say, tell
from etl.districts import versions
from etl.districts.options import Json
from etl.districts.plans import store
from etl.districts.plans.barriers import DEFAULT
from etl.districts.plans.build import NAMES, Wish, build
from etl.districts.plans.commands import plans_table
from etl.districts.wording import listed
from etl.districts.zoning.model import COMPOSITE, Band, Weights
from etl.districts.zoning.search import Effort
from etl.errors import SozialberichtError
from etl.warehouse.session import prepared_engine

BARRIERS = ("soft", "hard", "none")
WORDS = {"einheitlich": "homogeneity", "kompakt": "compactness", "groesse": "deviation", "barriere": "barrier"}
"""Weights as users name them."""
STEPS, SEEDS = 5000, 2
"""Effort at which four plans of 1,000 blocks take well under a minute on two cores."""


def weights_of(said: str | None) -> Weights:
    """``einheitlich=1,kompakt=0.5`` as weights; what is not named keeps its usual weight.

    Raises ``SozialberichtError`` for unknown names and for what is no number of 0 or more.
    """
    given: dict[str, float] = {}
    for part in filter(None, (said or "").replace(" ", "").split(",")):
        name, _, value = part.partition("=")
        try:
            weight = float(value)
        except ValueError:
            weight = -1.0
        if name not in WORDS or not 0 <= weight < float("inf"):
            raise SozialberichtError(
                f"--weights „{part}“: erwartet wird {listed(WORDS)}, jeweils mit =Zahl ab 0, durch Kommas getrennt "
                "(einheitlich=1,kompakt=0.5)."
            )
        given[WORDS[name]] = weight
    return replace(COMPOSITE, **given)


def build_plans(
    version: Annotated[str, typer.Option("--version", help="Gebietsstand, der Entwurf wird.")],
    *,
    target: Annotated[float, typer.Option(help="Angestrebte Einwohner je Bezirk.", min=1)] = 5000,
    smallest: Annotated[float, typer.Option("--min", help="Mindestens so viele Einwohner.", min=1)] = 2500,
    largest: Annotated[float, typer.Option("--max", help="Höchstens so viele Einwohner.", min=1)] = 7500,
    attributes: Annotated[
        str | None, typer.Option(help="Merkmale: Messgrößen, die nach Blöcken gezählt sind, durch Kommas getrennt.")
    ] = None,
    weights: Annotated[
        str | None, typer.Option(help="Gewichte des Plans „gesamt“: einheitlich=1,kompakt=0.5,groesse=0.5,barriere=1.")
    ] = None,
    barriers: Annotated[
        str, typer.Option(help="Barrieren als Nachteil (soft), als unüberwindlich (hard) oder gar nicht (none).")
    ] = "soft",
    barrier: Annotated[
        list[str] | None,
        typer.Option(help="Art der Grundkarte, die trennt: bahn, gewaesser, strasse:Klasse (mehrfach möglich)."),
    ] = None,
    near: Annotated[str | None, typer.Option(help="Gebietsstand, dem der neue nahe bleiben soll.")] = None,
    near_weight: Annotated[
        float, typer.Option("--near-weight", help="Gewicht des Anteils der Einwohner, deren Bezirk wechselt.", min=0)
    ] = 1.0,
    split_merge_only: Annotated[
        bool, typer.Option("--split-merge-only", help="Bezirke aus --near nur teilen oder zusammenlegen.")
    ] = False,
    only: Annotated[str | None, typer.Option("--plan", help=f"Nur diesen Plan: {', '.join(NAMES.values())}.")] = None,
    seed: Annotated[int, typer.Option(help="Startzahl; dieselbe gibt denselben Plan.", min=0)] = 1,
    effort: Annotated[float, typer.Option(help="Aufwand der Suche; 2 ist doppelt so viel.", min=0.01, max=100)] = 1.0,
    seconds: Annotated[
        float | None, typer.Option(help="Zeitgrenze je Plan; wird sie erreicht, steht es im Gütebogen.", min=1)
    ] = None,
    as_json: Json = False,
) -> None:
    """Bezirke aus Blöcken bilden: mehrere Pläne mit Gütebogen, der erste wird Entwurf."""
    if barriers not in BARRIERS:
        raise typer.BadParameter(f"möglich sind {', '.join(BARRIERS)}", param_hint="--barriers")
    if only is not None and only not in NAMES.values():
        raise typer.BadParameter(f"möglich sind {', '.join(NAMES.values())}", param_hint="--plan")
    catalogue = load_catalogue(settings.catalogue_dir())
    wish = Wish(
        version,
        Band(smallest, target, largest),
        attributes=tuple(filter(None, attributes.replace(" ", "").split(","))) if attributes is not None else None,
        weights=weights_of(weights),
        barriers=barriers,
        barrier_kinds=tuple(barrier) if barrier else DEFAULT,
        near=near,
        near_weight=near_weight,
        split_merge_only=split_merge_only,
        plans=tuple(key for key, name in NAMES.items() if only in {None, name}),
        effort=Effort(steps=max(1, round(STEPS * effort)), seeds=SEEDS, seed=seed, seconds=seconds),
    )
    engine = prepared_engine(catalogue)
    quiet = as_json or settings.ui.json or settings.ui.quiet
    built = build(engine, catalogue.city, wish, told=None if quiet else lambda name: say(f"  Plan „{name}“ …"))
    if as_json or settings.ui.json:
        typer.echo(json.dumps(asdict(built), ensure_ascii=False))
        return
    tell(built.message())
    if not quiet:
        with engine.connect() as connection:
            console.print(plans_table(store.read_plans(connection, versions.get(connection, version))))
