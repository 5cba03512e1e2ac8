"""Tables of the sample city: proven optima, against greedy baselines and against Tau-ARGUS at equal protection."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import psycopg
import pytest

from etl.confidentiality.audit.pattern import audit_pattern
from etl.confidentiality.suppression.heuristic import Patterns
from etl.confidentiality.suppression.jj import read_jj
from etl.confidentiality.suppression.optimum import Budget, Outcome, suppress
from etl.confidentiality.suppression.table import Bools, Floats, Table
from etl.warehouse import service
from tests.confidentiality import tau_argus
from tests.confidentiality.city_tables import PLANS, city_table, protected, with_totals

needs_peer = pytest.mark.skipif(find_spec("pytauargus") is None, reason="Tau-ARGUS is not installed")
PARTS = [0, 0, 1, 1, 1, 1, 1, 2, 2, 3, 3, 3, 3, 3, 4, 4, 4]


def two_a_row(table: Table) -> Bools:
    """What offices do by hand: wherever one cell of a sum is hidden alone, hide the cheapest other one too."""
    hidden = table.primary.copy()
    changed = True
    while changed:
        changed = False
        for r in range(table.relations):
            cells = table.cell[table.start[r] : table.start[r + 1]]
            others = cells[~hidden[cells] & ~table.fixed[cells]]
            if hidden[cells].sum() == 1 and len(others):
                hidden[others[np.argmin(table.cost[others])]] = True
                changed = True
    return hidden


def limits(table: Table, hidden: Bools) -> dict[int, tuple[float, float]]:
    """Our auditor's interval of every hidden cell: asked for more than any can have, it says what each has."""
    everything = np.full(table.cells, 1e9)
    asked = replace(
        table, primary=hidden, fixed=np.zeros_like(hidden), lower_protection=everything, upper_protection=everything
    )
    return {fault.cell: (fault.lower, fault.upper) for fault in audit_pattern(asked, hidden).faults}


def agree(ours: dict[int, tuple[float, float]], theirs: dict[int, tuple[float, float]]) -> float:
    """The largest difference between limits, theirs cut to 1,000,000; ours may be up to 1 closer (whole numbers)."""
    assert ours.keys() <= theirs.keys()
    pairs = [(ours[cell], theirs[cell]) for cell in ours]
    values = np.clip(np.array(pairs, dtype=np.float64).reshape(len(pairs), 4), -1e6, 1e6)
    return float(np.abs(values[:, :2] - values[:, 2:]).max(initial=0.0))


def districts(seed: int, columns: int, *more: int) -> Floats:
    """Invented counts of 17 districts by class, some of them rare."""
    rng = np.random.default_rng(seed)
    rare = rng.choice([1.0, 4.0, 15.0, 60.0], (1, columns, *more))
    return rng.poisson(rng.uniform(0.4, 1.6, (17, *[1] * (1 + len(more)))) * rare).astype(float)


def test_tables_carry_all_their_totals():
    values = districts(1, 6, 2)
    full, relations = with_totals(values, PARTS)
    assert full.shape == (17 + 5 + 1, 7, 3)
    assert full[-1, -1, -1] == values.sum()
    assert full[17 + 3, 2, 1] == values[[9, 10, 11, 12, 13], 2, 1].sum()
    flat = full.ravel()
    assert all(flat[members].sum() == flat[total] for members, total in relations)
    table = protected(values, PARTS, show_zeros=True)
    assert (table.value[table.primary] >= 1).all()
    assert (table.lower[~table.fixed] >= 1).all()
    assert (table.lower <= table.value).all()
    # a total of 2 made of two districts cannot be below 2 where zeros are shown
    known = table.lower.reshape(full.shape)
    assert known[-1, 0, 0] == (values[:, 0, 0] > 0).sum()


@pytest.mark.parametrize("show_zeros", [True, False])
def test_a_table_of_a_city_is_proven(show_zeros):
    table = protected(districts(2, 16), PARTS, show_zeros=show_zeros)
    assert (table.cells, table.primary.sum() > 40) == (391, True)
    found = suppress(table, Budget(seconds=60))
    assert (found.gap, found.stopped) == (0, False)
    assert audit_pattern(table, found.hidden).safe
    greedy = Patterns(table).first()
    assert found.price < table.price(greedy)
    assert not audit_pattern(table, two_a_row(table)).safe


def test_the_safety_stop_leaves_a_safe_pattern_and_says_so():
    table = protected(districts(2, 16), PARTS, show_zeros=True)
    found = suppress(table, Budget(seconds=0.01))
    assert found.stopped
    assert audit_pattern(table, found.hidden).safe
    assert 0 <= found.bound < found.price
    assert found.price >= suppress(table, Budget(seconds=60)).price


@needs_peer
@pytest.mark.parametrize("seed", [3, 4])
def test_the_peer_is_no_cheaper_and_its_intervals_agree(tmp_path: Path, seed):
    table = protected(districts(seed, 7), PARTS, show_zeros=seed % 2 == 0)
    found = suppress(table, Budget(seconds=60))
    theirs, _ = tau_argus.solve(table, tmp_path)
    assert theirs is not None
    assert found.gap == 0
    assert found.price <= table.price(theirs)
    assert audit_pattern(table, theirs).safe
    for hidden in (found.hidden, theirs, table.primary):
        bounds = tau_argus.audit(table, hidden, tmp_path)
        assert bounds is not None
        assert agree(limits(table, hidden), bounds) < 1 + 1e-6


@pytest.fixture(scope="module")
def city() -> Iterator[psycopg.Connection]:
    """The published sample city, read only."""
    try:
        connection = psycopg.connect(service.dsn("sozialbericht", service.ADMIN))
    except (psycopg.Error, OSError):
        pytest.skip("there is no database of the sample city: ./sozialbericht run first")
    with connection:
        connection.read_only = True
        yield connection


@dataclass
class Timed:
    """An outcome and the processor time it took, in seconds."""

    outcome: Outcome
    processor: float


def timed(table: Table, seconds: float) -> Timed:
    """Solve within a safety stop."""
    begun = time.process_time()
    return Timed(suppress(table, Budget(seconds=seconds)), time.process_time() - begun)


@pytest.mark.bench
@pytest.mark.timeout(1500)
@pytest.mark.parametrize("plan", PLANS, ids=lambda plan: plan.name)
def test_sample_city(city, tmp_path: Path, plan, capsys):
    table = city_table(city, plan)
    flat = len(plan.classes) == 1
    found = timed(table, 120)
    ours, primaries = found.outcome, int(table.primary.sum())
    assert audit_pattern(table, ours.hidden).safe
    greedy, by_hand = Patterns(table).first(), two_a_row(table)
    faults = len(audit_pattern(table, by_hand).faults)
    said = [
        f"{plan.name}: {table.cells} cells, {primaries} primaries",
        f"  ours    {ours.price:8,.0f} in {ours.hidden.sum() - primaries:4}; bound {ours.bound:,.0f}, "
        f"gap {ours.gap:.2%}, {ours.seconds:.1f} s, processor {found.processor:.1f} s",
        f"  greedy  {table.price(greedy):8,.0f} in {greedy.sum() - primaries:4}",
        f"  by hand {table.price(by_hand):8,.0f} in {by_hand.sum() - primaries:4}; {faults} primaries unprotected",
    ]
    cheapest = table.price(greedy)
    if find_spec("pytauargus"):
        theirs, seconds = tau_argus.solve(table, tmp_path, 1 if flat else 2)
        if theirs is None:
            said.append(f"  peer    no pattern after {seconds:.0f} s of processor time")
        else:
            weak = len(audit_pattern(table, theirs).faults)
            cheapest = min(cheapest, table.price(theirs)) if weak == 0 else cheapest
            said.append(
                f"  peer    {table.price(theirs):8,.0f} in {theirs.sum() - primaries:4}; processor {seconds:.1f} s, "
                f"{weak} primaries unprotected by our audit"
            )
            bounds = tau_argus.audit(table, theirs, tmp_path)
            if bounds is not None:
                said.append(f"          limits differ by at most {agree(limits(table, theirs), bounds):.6f}")
    with capsys.disabled():
        print("\n" + "\n".join(said))
    assert ours.gap == 0 if flat else ours.gap <= 0.02
    assert ours.price <= cheapest


@pytest.mark.bench
@pytest.mark.reference
@pytest.mark.parametrize(("name", "seconds", "aim"), [("TABLE1_value", 300, 595_937), ("HIE1372D_value", 600, 563_902)])
def test_larger_published_problems(reference_dir: Path, name, seconds, aim, capsys):
    table = read_jj(reference_dir / "data" / "csp" / f"{name}.jj")
    found = timed(table, seconds)
    ours = found.outcome
    with capsys.disabled():
        print(
            f"\n{name}: {ours.price:,.0f}, bound {ours.bound:,.0f}, gap {ours.gap:.2%}, {ours.seconds:.0f} s, "
            f"processor {found.processor:.0f} s, {ours.cuts} cuts"
        )
    assert audit_pattern(table, ours.hidden).safe
    assert ours.price <= aim
    assert ours.gap == 0 or name != "TABLE1_value"
