"""What is kept of an unfinished proof, and its file: an interrupted certificate goes on where it was saved."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from etl.districts.zoning.certify_cuts import Cut
from etl.districts.zoning.medoid import Floats, Ints, Problem
from etl.errors import SozialberichtError

Bools = npt.NDArray[np.bool_]
FORM = 1
"""Number of the file's form; another one is not read."""


@dataclass
class Node:
    """A part of the search tree that is still open.

    ``ones`` are the (medoid, block) pairs that it uses, ``may`` those it can use (those it must not are taken out).
    """

    bound: float
    ones: tuple[tuple[int, int], ...]
    may: Bools


@dataclass
class State:
    """A proof under way. ``upper`` is the value of ``labels``, infinite while no plan is known."""

    fingerprint: str
    labels: Ints | None = None
    upper: float = np.inf
    bound: float = 0.0
    stage: int = 0
    """0: nothing done, 1: plan sought, 2: relaxation done, the tree is open."""
    prices: Floats | None = None
    root: Bools | None = None
    """The pairs that any better plan can use."""
    open: list[Node] = field(default_factory=list)
    cuts: list[Cut] = field(default_factory=list)
    links: list[tuple[int, int]] = field(default_factory=list)
    rounds: int = 0
    nodes: int = 0
    seconds: float = 0.0


def fingerprint(part: Problem, seed: int, gap: float) -> str:
    """Hash of all that the proof depends on: a saved state of another problem is refused."""
    digest = hashlib.sha256()
    for array in (part.pop, part.cost, part.first, part.neighbours):
        digest.update(np.ascontiguousarray(array).tobytes())
    numbers = (part.deviation, part.band.smallest, part.band.target, part.band.largest)
    rest = (*(float(number) for number in numbers), int(part.k), int(seed), round(float(gap), 9))
    digest.update(repr(rest).encode())
    return digest.hexdigest()


def save(state: State, path: Path) -> None:
    """Write the state so that a reader sees the old file or the new one, never half of it."""
    n = len(state.labels) if state.labels is not None else (state.open[0].may.shape[0] if state.open else 0)
    facts: dict[str, Any] = {
        "form": FORM,
        "fingerprint": state.fingerprint,
        "upper": None if np.isinf(state.upper) else state.upper,
        "bound": None if np.isinf(state.bound) else state.bound,
        "stage": state.stage,
        "n": n,
        "open": [{"bound": node.bound, "ones": node.ones} for node in state.open],
        "cuts": state.cuts,
        "links": state.links,
        "rounds": state.rounds,
        "nodes": state.nodes,
        "seconds": state.seconds,
    }
    arrays: dict[str, npt.NDArray[Any]] = {
        "facts": np.frombuffer(json.dumps(facts).encode(), dtype=np.uint8),
        "may": np.packbits(np.array([node.may.ravel() for node in state.open], dtype=bool).reshape(-1)),
    }
    if state.labels is not None:
        arrays["labels"] = state.labels
    if state.prices is not None:
        arrays["prices"] = state.prices
    if state.root is not None:
        arrays["root"] = state.root
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    with temporary.open("wb") as file:
        np.savez_compressed(file, allow_pickle=False, **arrays)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)


def load(path: Path, wanted: str) -> State | None:
    """The saved state; None if there is no file. Raises `SozialberichtError` for one of another problem."""
    if not path.exists():
        return None
    try:
        with np.load(path, allow_pickle=False) as file:
            facts = json.loads(bytes(file["facts"]))
            labels = file.get("labels")
            prices = file.get("prices")
            root = file.get("root")
            bits = file["may"]
    except (OSError, ValueError, KeyError) as error:
        raise SozialberichtError(
            f"{path}: kein lesbarer Zwischenstand eines Nachweises. Bitte die Datei löschen und neu beginnen."
        ) from error
    if facts.get("form") != FORM or facts["fingerprint"] != wanted:
        raise SozialberichtError(
            f"{path}: Der Zwischenstand gehört zu anderen Blöcken, Gewichten oder Einstellungen. "
            "Bitte dieselben Angaben wie beim ersten Lauf machen oder die Datei löschen."
        )
    n, count = facts["n"], len(facts["open"])
    may: Bools = np.unpackbits(bits, count=count * n * n).astype(bool).reshape(count, n, n)
    return State(
        fingerprint=facts["fingerprint"],
        labels=labels,
        upper=np.inf if facts["upper"] is None else facts["upper"],
        bound=np.inf if facts["bound"] is None else facts["bound"],
        stage=facts["stage"],
        prices=prices,
        root=root,
        open=[
            Node(node["bound"], tuple((j, i) for j, i in node["ones"]), mask)
            for node, mask in zip(facts["open"], may, strict=True)
        ],
        cuts=[(j, i, tuple(separator)) for j, i, separator in facts["cuts"]],
        links=[(j, i) for j, i in facts["links"]],
        rounds=facts["rounds"],
        nodes=facts["nodes"],
        seconds=facts["seconds"],
    )
