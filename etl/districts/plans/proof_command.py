"""The command ``districts certify-plan``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from etl import settings
from etl.catalogue import load_catalogue
from etl.console import say, tell
from etl.districts.plans.export import folder_name
from etl.districts.plans.proof import prove
from etl.districts.wording import number
from etl.districts.zoning.certify import Effort, ParentCertificate
from etl.warehouse.session import prepared_engine


def certify_plan(
    label: Annotated[str, typer.Argument(help="Gebietsstand.")],
    *,
    plan: Annotated[str | None, typer.Option(help="Name des Plans; sonst der gewählte.")] = None,
    gap: Annotated[float, typer.Option(help="Gewünschte Lücke in Prozent.", min=0, max=50)] = Effort.gap * 100,
    nodes: Annotated[int, typer.Option(help="Höchstens so viele Teilprobleme je Stadtteil.", min=0)] = Effort.nodes,
    seconds: Annotated[float, typer.Option(help="Zeitgrenze; derselbe Aufruf macht dort weiter.", min=1)] = 600,
    seed: Annotated[int, typer.Option(help="Startwert; gleiche Eingabe, gleiches Ergebnis.", min=0)] = 1,
    state: Annotated[Path | None, typer.Option(help="Ordner für den Zwischenstand.")] = None,
) -> None:
    """Beweisen, wie nah ein gespeicherter Plan am besten möglichen ist (Medoid-Modell)."""

    def told(part: ParentCertificate) -> None:
        say(f"  Stadtteil {part.parent}: Lücke {number(100 * part.gap, 2)} % nach {number(part.seconds)} s")

    engine = prepared_engine(load_catalogue(settings.catalogue_dir()), migrated=False)
    folder = state or settings.home() / "nachweise" / f"{folder_name(label)}-{plan or 'gewaehlt'}"
    folder.mkdir(parents=True, exist_ok=True)
    proof = prove(
        engine, label, plan, Effort(gap=gap / 100, seconds=seconds, nodes=nodes, seed=seed), state=folder, tell=told
    )
    best = number(100 * proof.certificate.gap, 2)
    words = (
        f"Plan „{proof.plan}“: im Medoid-Modell höchstens {number(100 * proof.gap, 2)} % vom besten möglichen entfernt "
        f"(der beste gefundene Plan dieses Modells: {best} %). Der Nachweis ist beim Plan gespeichert."
    )
    tell(words, plan=proof.plan, **proof.as_json())
