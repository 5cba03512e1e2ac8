"""A zone design problem as arrays: blocks, their inhabitants, attributes, shapes and neighbours."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from etl.errors import SozialberichtError

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]


class ZoningError(SozialberichtError):
    """The blocks cannot be formed into districts as wanted; the text says why and what would make it possible."""


@dataclass(frozen=True)
class Edges:
    """Pairs of neighbouring blocks: ``i`` < ``j`` (row numbers) and the length of their common border in metres.

    ``length`` is 0 where two blocks meet in a point only (queen contiguity) or are joined by a bridge.
    """

    i: Ints
    j: Ints
    length: Floats

    def __len__(self) -> int:
        return len(self.i)

    def where(self, keep: Flags) -> Edges:
        """Only the pairs marked."""
        return Edges(self.i[keep], self.j[keep], self.length[keep])

    def csr(self, n: int) -> tuple[Ints, Ints, Floats]:
        """Neighbour lists: those of block *b* are ``indices[indptr[b]:indptr[b + 1]]``, ascending, with lengths."""
        a, b = np.concatenate([self.i, self.j]), np.concatenate([self.j, self.i])
        order = np.lexsort((b, a))
        indptr = np.zeros(n + 1, dtype=np.int64)
        np.cumsum(np.bincount(a, minlength=n), out=indptr[1:])
        return indptr, b[order], np.concatenate([self.length, self.length])[order]


def components(n: int, edges: Edges) -> Ints:
    """Number of the connected component of each of ``n`` blocks, counted in the order of their first block."""
    indptr, indices, _ = edges.csr(n)
    found = np.full(n, -1, dtype=np.int64)
    count = 0
    for start in range(n):
        if found[start] >= 0:
            continue
        found[start] = count
        stack = [start]
        while stack:
            block = stack.pop()
            for other in indices[indptr[block] : indptr[block + 1]].tolist():
                if found[other] < 0:
                    found[other] = count
                    stack.append(other)
        count += 1
    return found


@dataclass(frozen=True)
class Instance:
    """Blocks of a city (or of a part of it, see ``part``); element *i* of each array belongs to block *i*.

    ``parent`` numbers the Stadtteile in ``parents``; ``pop`` are inhabitants. ``z`` (blocks × attributes) are the
    attributes as z-scores weighted by inhabitants over the *whole* city. ``area`` in m², ``perimeter`` and ``xy``
    (centroids) in m of the blocks' plane; all zero if ``shaped`` is false. ``edges`` are all neighbours, also across
    Stadtteile; ``linked`` are those along which a district may grow: inside a Stadtteil and not across a barrier that
    is held to be uncrossable. ``side`` numbers the side of a barrier a block lies on (``None``: no barriers).
    ``city_pop`` and ``city_ss`` (the weighted sum of squares of all ``z``) are those of the whole city also in a part,
    so that figures of parts add up; ``rows`` are the row numbers in the whole city. ``misfits``: see ``Shapes``.
    """

    ids: tuple[str, ...]
    parents: tuple[str, ...]
    parent: Ints
    pop: Floats
    attributes: tuple[str, ...]
    z: Floats
    area: Floats
    perimeter: Floats
    xy: Floats
    edges: Edges
    linked: Edges
    side: Ints | None
    shaped: bool
    city_pop: float
    city_ss: float
    rows: Ints
    misfits: int = 0

    def __len__(self) -> int:
        return len(self.ids)

    @cached_property
    def neighbours(self) -> tuple[Ints, Ints, Floats]:
        """The pairs of ``linked`` as CSR: indptr, indices, common border in m."""
        return self.linked.csr(len(self))

    @cached_property
    def component(self) -> Ints:
        """Number of the connected component (along ``linked``) of each block."""
        return components(len(self), self.linked)

    def part(self, rows: Ints) -> Instance:
        """The blocks ``rows`` (row numbers here, ascending) as an instance whose sums stay those of the whole city."""
        to = np.full(len(self), -1, dtype=np.int64)
        to[rows] = np.arange(len(rows))

        def cut(edges: Edges) -> Edges:
            inside = edges.where((to[edges.i] >= 0) & (to[edges.j] >= 0))
            return Edges(to[inside.i], to[inside.j], inside.length)

        return replace(
            self,
            ids=tuple(self.ids[r] for r in rows.tolist()),
            parent=self.parent[rows],
            pop=self.pop[rows],
            z=self.z[rows],
            area=self.area[rows],
            perimeter=self.perimeter[rows],
            xy=self.xy[rows],
            edges=cut(self.edges),
            linked=cut(self.linked),
            side=None if self.side is None else self.side[rows],
            rows=self.rows[rows],
        )

    def without_sides(self) -> Instance:
        """The same blocks without barriers."""
        return replace(self, side=None)

    def of_parent(self, number: int) -> Instance:
        """The blocks of the Stadtteil ``parents[number]``."""
        return self.part(np.flatnonzero(self.parent == number).astype(np.int64))

    def by_component(self) -> list[Instance]:
        """The connected components, each inside one Stadtteil, in the order of Stadtteil and first block."""
        groups = [np.flatnonzero(self.component == c) for c in range(int(self.component.max(initial=-1)) + 1)]
        return [self.part(rows) for rows in sorted(groups, key=lambda rows: (int(self.parent[rows[0]]), int(rows[0])))]


@dataclass(frozen=True)
class Shapes:
    """What the search needs of the blocks' polygons: area (m²), perimeter (m), centroids (m) and neighbours.

    ``misfits`` counts the blocks that overlap others or whose edges do not match those of their neighbours.
    """

    area: Floats
    perimeter: Floats
    xy: Floats
    edges: Edges
    misfits: int = 0


def from_arrays(
    ids: Sequence[str],
    parents: Sequence[str],
    pop: Sequence[float] | Floats,
    values: Floats,
    attributes: Sequence[str],
    *,
    shapes: Shapes | Edges,
    side: Sequence[Any] | None = None,
    hard_barriers: bool = False,
    bridges: Iterable[tuple[str, str]] = (),
) -> Instance:
    """An instance of blocks that are already in memory.

    ``values`` (blocks × attributes) are the attributes as they come, in any unit: they are standardised here with the
    mean and standard deviation weighted by inhabitants (a constant attribute becomes 0 throughout). ``shapes`` may be
    neighbours alone (``Edges``), then there is no compactness. ``side``: any value that changes across a barrier; with
    ``hard_barriers`` no district crosses one. ``bridges`` link two blocks of a Stadtteil that do not touch.
    Raises ``ZoningError`` for blocks that are named twice, negative or missing numbers, an unknown block in a bridge.
    """
    n = len(ids)
    people = np.asarray(pop, dtype=np.float64)
    raw = np.asarray(values, dtype=np.float64).reshape(n, len(attributes))
    _check(ids, people, raw, attributes)
    names = tuple(sorted(set(parents), key=_natural))
    number = {name: k for k, name in enumerate(names)}
    parent = np.array([number[p] for p in parents], dtype=np.int64)
    if isinstance(shapes, Edges):
        edges, shaped = shapes, False
        area, perimeter, xy = np.zeros(n), np.zeros(n), np.zeros((n, 2))
    else:
        edges, shaped = shapes.edges, True
        area, perimeter, xy = shapes.area, shapes.perimeter, shapes.xy
    sides = None if side is None else _numbered(side)
    edges = _bridged(edges, ids, parent, bridges)
    open_edges = parent[edges.i] == parent[edges.j]
    if hard_barriers and sides is not None:
        bridge = np.zeros(len(edges), dtype=bool)
        bridge[len(shapes if isinstance(shapes, Edges) else shapes.edges) :] = True
        open_edges &= (sides[edges.i] == sides[edges.j]) | bridge
    misfits = 0 if isinstance(shapes, Edges) else shapes.misfits
    z = standardised(raw, people)
    return Instance(
        ids=tuple(ids), parents=names, parent=parent, pop=people, attributes=tuple(attributes), z=z, area=area,
        perimeter=perimeter, xy=xy, edges=edges, linked=edges.where(open_edges), side=sides, shaped=shaped,
        city_pop=float(people.sum()), city_ss=float(people @ (z**2).sum(axis=1)), rows=np.arange(n, dtype=np.int64),
        misfits=misfits,
    )  # fmt: skip


def _numbered(values: Sequence[Any]) -> Ints:
    return np.unique(np.array([str(v) for v in values]), return_inverse=True)[1].astype(np.int64)


def standardised(values: Floats, weights: Floats) -> Floats:
    """z-scores with the mean and standard deviation weighted by ``weights``; all 0 for a constant column."""
    if weights.sum() <= 0:
        return np.zeros_like(values)
    w = weights / weights.sum()
    mean = w @ values
    deviation = np.sqrt(w @ (values - mean) ** 2)
    deviation[deviation == 0] = 1.0
    result: Floats = (values - mean) / deviation
    return result


def _natural(name: str) -> tuple[int, int, str]:
    return (0, int(name), name) if name.isdecimal() else (1, 0, name)


def _check(ids: Sequence[str], people: Floats, values: Floats, attributes: Sequence[str]) -> None:
    if not ids:
        raise ZoningError("Es gibt keine Blöcke.")
    seen: set[str] = set()
    for name in ids:
        if name in seen:
            raise ZoningError(f"Der Block „{name}“ kommt mehrfach vor; jeder Block braucht einen eigenen Schlüssel.")
        seen.add(name)
    bad = np.flatnonzero(~np.isfinite(people) | (people < 0))
    if len(bad):
        raise ZoningError(f"Block „{ids[bad[0]]}“: die Einwohnerzahl fehlt oder ist negativ; 0 ist erlaubt.")
    if people.sum() <= 0:
        raise ZoningError("Kein Block hat Einwohner; ohne Einwohner lassen sich keine Bezirke bilden.")
    rows, columns = np.nonzero(~np.isfinite(values) & (people > 0)[:, None])
    if len(rows):
        raise ZoningError(
            f"Block „{ids[rows[0]]}“: das Merkmal „{attributes[columns[0]]}“ fehlt. Bewohnte Blöcke brauchen jedes "
            "Merkmal; bitte ergänzen oder das Merkmal weglassen."
        )
    values[~np.isfinite(values)] = 0.0


def _bridged(edges: Edges, ids: Sequence[str], parent: Ints, bridges: Iterable[tuple[str, str]]) -> Edges:
    row = {name: k for k, name in enumerate(ids)}
    pairs: list[tuple[int, int]] = []
    for a, b in bridges:
        lost = next((x for x in (a, b) if x not in row), None)
        if lost is not None:
            raise ZoningError(f"Brücke {a}:{b}: den Block „{lost}“ gibt es nicht.")
        if parent[row[a]] != parent[row[b]]:
            raise ZoningError(f"Brücke {a}:{b}: die Blöcke liegen in verschiedenen Stadtteilen.")
        if a == b:
            raise ZoningError(f"Brücke {a}:{b}: eine Brücke verbindet zwei verschiedene Blöcke.")
        pairs.append((min(row[a], row[b]), max(row[a], row[b])))
    if not pairs:
        return edges
    added = np.array(pairs, dtype=np.int64)
    return Edges(
        np.concatenate([edges.i, added[:, 0]]),
        np.concatenate([edges.j, added[:, 1]]),
        np.concatenate([edges.length, np.zeros(len(pairs))]),
    )
