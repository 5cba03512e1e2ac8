"""Connected starting plans: random spanning trees, cut where the inhabitants divide best (as ReCom does).

Method: DeFord, Duchin, Solomon: Recombination (2021), https://doi.org/10.1162/99608f92.eb30390f; here trees come from
random edge weights (Kruskal), and halves are cut recursively.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from etl.districts.zoning.instance import Ints
from etl.districts.zoning.kernel import Ground, State, rand


@njit(cache=True)
def split(ground: Ground, label: Ints, region: int, share: float, other: int, state: State, tries: int) -> bool:  # noqa: PLR0912, PLR0915, PLR0917
    """Cut the connected district ``region`` in two connected parts; one becomes ``other``.

    Of ``tries`` random trees the cut is taken that leaves ``region`` closest to ``share`` of its inhabitants (blocks
    count a little, so that empty ground divides as well). False if the district has one block only.
    """
    n = len(label)
    members = np.empty(n, dtype=np.int64)
    place = np.full(n, -1, dtype=np.int64)
    m = 0
    for block in range(n):
        if label[block] == region:
            place[block] = m
            members[m] = block
            m += 1
    if m < 2:
        return False
    count = 0
    for k in range(m):
        count += ground.indptr[members[k] + 1] - ground.indptr[members[k]]
    ends = np.empty((count, 2), dtype=np.int64)
    count = 0
    weight = np.empty(m)
    total = 0.0
    people = 0.0
    for k in range(m):
        people += ground.pop[members[k]]
    token = max(people, 1.0) * 1e-3 / m
    for k in range(m):
        block = members[k]
        weight[k] = ground.pop[block] + token
        total += weight[k]
        for e in range(ground.indptr[block], ground.indptr[block + 1]):
            o = place[ground.indices[e]]
            if o > k:
                ends[count, 0], ends[count, 1] = k, o
                count += 1
    best = np.inf
    chosen = np.zeros(m, dtype=np.bool_)
    root = np.empty(m, dtype=np.int64)
    key = np.empty(count)
    first = np.empty(m + 1, dtype=np.int64)
    near = np.empty(2 * m, dtype=np.int64)
    parent = np.empty(m, dtype=np.int64)
    order = np.empty(m, dtype=np.int64)
    below = np.empty(m)
    for _ in range(tries):
        for e in range(count):
            key[e] = rand(state)
        for k in range(m):
            root[k] = k
        tree = np.empty((m - 1, 2), dtype=np.int64)
        size = 0
        for e in np.argsort(key):
            a, b = ends[e, 0], ends[e, 1]
            while root[a] != a:
                root[a] = root[root[a]]
                a = root[a]
            while root[b] != b:
                root[b] = root[root[b]]
                b = root[b]
            if a != b:
                root[a] = b
                tree[size, 0], tree[size, 1] = ends[e, 0], ends[e, 1]
                size += 1
        if size < m - 1:
            return False
        first[:] = 0
        for e in range(size):
            first[tree[e, 0] + 1] += 1
            first[tree[e, 1] + 1] += 1
        for k in range(m):
            first[k + 1] += first[k]
        at = first[:m].copy()
        for e in range(size):
            a, b = tree[e, 0], tree[e, 1]
            near[at[a]] = b
            at[a] += 1
            near[at[b]] = a
            at[b] += 1
        parent[:] = -1
        order[0] = 0
        tail = 1
        for head in range(m):
            here = order[head]
            for e in range(first[here], first[here + 1]):
                if near[e] != parent[here]:
                    parent[near[e]] = here
                    order[tail] = near[e]
                    tail += 1
        below[:] = weight[:m]
        for k in range(m - 1, 0, -1):
            below[parent[order[k]]] += below[order[k]]
        cut, flip, found = -1, False, best
        for k in range(1, m):
            here = order[k]
            off = abs(below[here] - (1.0 - share) * total)
            if off < found:
                cut, flip, found = here, False, off
            off = abs(below[here] - share * total)
            if off < found:
                cut, flip, found = here, True, off
        if cut >= 0:
            best = found
            chosen[:] = flip
            for k in range(m):
                here = order[k]
                if here == cut or (parent[here] >= 0 and here != cut and chosen[parent[here]] != flip):
                    chosen[here] = not flip
    for k in range(m):
        if chosen[k]:
            label[members[k]] = other
    return True


@njit(cache=True)
def grow_plan(ground: Ground, k: int, state: State, tries: int) -> Ints:
    """A random connected plan of ``k`` districts (fewer only if there are fewer blocks), about equal in inhabitants."""
    label = np.zeros(len(ground.pop), dtype=np.int64)
    wanted = np.zeros(k, dtype=np.int64)
    wanted[0] = k
    made = 1
    d = 0
    while d < made:
        while wanted[d] > 1:
            keep = wanted[d] // 2
            if not split(ground, label, d, keep / wanted[d], made, state, tries):
                break
            wanted[made] = wanted[d] - keep
            wanted[d] = keep
            made += 1
        d += 1
    return label
