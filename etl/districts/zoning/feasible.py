"""Says before the search whether districts can be formed at all, and if not, why and what would help."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely

from etl.districts.wording import count, listed, number
from etl.districts.zoning.instance import Instance, ZoningError
from etl.districts.zoning.model import Band

SHOWN = 4


@dataclass(frozen=True)
class Piece:
    """A connected part of a Stadtteil, divided on its own; ``counts`` are the numbers of districts it can form."""

    blocks: Instance
    counts: range
    count: int

    @property
    def parent(self) -> str:
        """Key of the Stadtteil."""
        return self.blocks.parents[int(self.blocks.parent[0])]


def pieces(instance: Instance, band: Band) -> tuple[list[Piece], list[str]]:
    """The parts that are divided on their own, and remarks in German on what is unusual about them.

    Raises ``ZoningError`` naming every obstacle and what would remove it.
    """
    problems = _heavy(instance, band)
    found: list[Piece] = []
    remarks = _misfits(instance)
    parts = instance.by_component()
    for key, name in enumerate(instance.parents):
        own = [part for part in parts if part.parent[0] == key]
        people = sum(float(part.pop.sum()) for part in own)
        bad = [part for part in own if not _fits(part, band, people)]
        if bad and len(own) == 1:
            problems.append(_no_count(name, own[0], band))
        elif bad:
            problems.append(_broken(instance, name, own, bad, band))
        elif len(own) > 1:
            remarks.append(
                f"Stadtteil „{name}“ besteht aus {len(own)} Teilen, die sich nicht berühren; jeder Teil wird für sich "
                "geteilt."
            )
        if people == 0:
            remarks.append(f"Stadtteil „{name}“ hat keine Einwohner; er bildet einen unbewohnten Bezirk.")
        if not bad:
            for part in own:
                possible = band.counts(float(part.pop.sum()), len(part))
                found.append(Piece(part, possible, band.count(float(part.pop.sum()), len(part))))
    if problems:
        raise ZoningError(
            "Aus diesen Blöcken lassen sich keine Bezirke bilden.\n" + "\n".join(problems + _misfits(instance))
        )
    return found, remarks


def _fits(part: Instance, band: Band, people_of_parent: float) -> bool:
    people = float(part.pop.sum())
    if people == 0 and people_of_parent > 0:
        return False
    return len(band.counts(people, len(part))) > 0


def _misfits(instance: Instance) -> list[str]:
    if not instance.misfits:
        return []
    which = count(instance.misfits, "Block überlappt", "Blöcke überlappen")
    fit = "passt" if instance.misfits == 1 else "passen"
    return [
        f"{which} andere oder {fit} am Rand nicht genau; Nachbarn und Kompaktheit können falsch sein. Abhilfe: die "
        "Flächen im GIS bereinigen."
    ]


def _heavy(instance: Instance, band: Band) -> list[str]:
    heavy = np.flatnonzero(instance.pop > band.high)
    if not len(heavy):
        return []
    names = [f"{instance.ids[b]} ({number(float(instance.pop[b]))})" for b in heavy.tolist()]
    most = number(float(instance.pop[heavy].max()))
    which = "Der Block hat" if len(names) == 1 else f"{len(names)} Blöcke haben"
    return [
        f"{which} mehr Einwohner, als ein Bezirk haben darf ({number(band.high)}): {listed(names)}. "
        f"Abhilfe: die Blöcke teilen oder --max auf mindestens {most} erhöhen."
    ]


def _no_count(name: str, part: Instance, band: Band) -> str:
    people = float(part.pop.sum())
    fewest = max(1, int(np.ceil(people / band.high)))
    said = (
        f"Stadtteil „{name}“ mit {number(people)} Einwohnern lässt sich nicht in Bezirke von {number(band.low)} bis "
        f"{number(band.high)} teilen"
    )
    if fewest > len(part):
        return f"{said}: er hat nur {count(len(part), 'Block', 'Blöcke')}. Abhilfe: feinere Blöcke."
    options = [f"--min auf höchstens {number(np.floor(people / fewest))} senken"]
    if fewest > 1:
        options.append(f"--max auf mindestens {number(np.ceil(people / (fewest - 1)))} erhöhen")
    reason = "er ist kleiner als ein Bezirk" if people < band.low else f"{fewest - 1} wären zu groß, {fewest} zu klein"
    return f"{said}: {reason}. Abhilfe: {' oder '.join(options)}."


def _broken(instance: Instance, name: str, own: list[Instance], bad: list[Instance], band: Band) -> str:
    texts = [f"{_shown(part)} mit {number(float(part.pop.sum()))} Einwohnern" for part in bad[:SHOWN]]
    if len(bad) > SHOWN:
        texts.append(f"{len(bad) - SHOWN} weitere")
    bridges = [f"--bridge {a}:{b}" for a, b in (_bridge(part, own) for part in bad[:SHOWN])]
    cut_by_barrier = any(_touches_elsewhere(instance, part) for part in bad)
    why = "durch Barrieren getrennt" if cut_by_barrier else "nicht zusammenhängend"
    help_ = ["die Teile verbinden (" + " ".join(dict.fromkeys(bridges)) + ")"]
    if cut_by_barrier:
        help_.append("Barrieren nur als Nachteil werten (--barriers soft)")
    lowest = min((float(part.pop.sum()) for part in bad), default=0.0)
    if lowest > 0:
        help_.append(f"--min auf höchstens {number(lowest)} senken")
    return (
        f"Stadtteil „{name}“ ist {why} ({len(own)} Teile); für sich bilden keinen Bezirk von {number(band.low)} bis "
        f"{number(band.high)} Einwohnern: {'; '.join(texts)}. Abhilfe: {' oder '.join(help_)}."
    )


def _shown(part: Instance) -> str:
    return ("Block " if len(part) == 1 else f"{len(part)} Blöcke ") + listed(part.ids, 3)


def _touches_elsewhere(instance: Instance, part: Instance) -> bool:
    """Whether a block of the part borders a block of its Stadtteil outside the part (so only a barrier parts them)."""
    inside = np.zeros(len(instance), dtype=bool)
    inside[part.rows] = True
    edges = instance.edges
    return bool(np.any((inside[edges.i] != inside[edges.j]) & (instance.parent[edges.i] == instance.parent[edges.j])))


def _bridge(part: Instance, own: list[Instance]) -> tuple[str, str]:
    """The pair of blocks, one in the part and one in another of the Stadtteil, whose centroids lie closest."""
    others = [o for o in own if o is not part]
    places = np.concatenate([o.xy for o in others])
    names = [name for o in others for name in o.ids]
    tree = shapely.STRtree(shapely.points(places))
    here, there = tree.query_nearest(shapely.points(part.xy), all_matches=False)
    distances = np.hypot(*(part.xy[here] - places[there]).T)
    nearest = int(np.argmin(distances))
    return part.ids[int(here[nearest])], names[int(there[nearest])]
