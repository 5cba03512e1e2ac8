"""Suppression patterns: known optima, laws, and an auditor that catches what is broken on purpose."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from etl.confidentiality.audit.pattern import audit_pattern
from etl.confidentiality.commands import app
from etl.confidentiality.suppression.heuristic import Impossible, Patterns
from etl.confidentiality.suppression.jj import read_jj, read_pattern, write_jj, write_pattern
from etl.confidentiality.suppression.optimum import Budget, suppress
from etl.confidentiality.suppression.table import Table
from etl.errors import InputError


def cross_table(values: np.ndarray, smallest: int = 5, *, zeros_visible: bool = False) -> Table:
    """Rows × columns with margins; counts 1 … smallest - 1 are primary, protected up to ``smallest``."""
    rows, columns = values.shape
    full = np.zeros((rows + 1, columns + 1))
    full[:-1, :-1] = values
    full[-1], full[:, -1] = full[:-1].sum(axis=0), 0
    full[:, -1] = full[:, :-1].sum(axis=1)
    number = np.arange(full.size).reshape(full.shape)
    relations = [(*number[r, :-1], number[r, -1]) for r in range(rows + 1)]
    relations += [(*number[:-1, c], number[-1, c]) for c in range(columns + 1)]
    flat = full.ravel()
    primary = (flat < smallest) & ((flat > 0) | (not zeros_visible))
    known = np.ones_like(flat) if zeros_visible else np.zeros_like(flat)
    return Table(
        value=flat, cost=flat + 1, primary=primary, fixed=np.zeros(flat.size, dtype=bool),
        lower=np.minimum(known, flat), upper=np.full(flat.size, flat.max()),
        lower_protection=np.where(primary, flat - np.maximum(known, flat - 1), 0) * (flat > known),
        upper_protection=np.where(primary, smallest - flat, 0.0), sliding=np.zeros(flat.size),
        start=np.cumsum([0, *(len(r) for r in relations)]),
        cell=np.concatenate(relations).astype(np.int64),
        coefficient=np.concatenate([[*(1.0,) * (len(r) - 1), -1.0] for r in relations]),
    )  # fmt: skip


@pytest.mark.reference
@pytest.mark.parametrize(
    ("name", "optimum"),
    [("sdctable_microdata1_Afemale", 24), ("sdctable_problemdata", 31), ("TARGUS_value", 1206816)],
)
def test_published_problems_are_solved_to_their_optimum(reference_dir: Path, name, optimum):
    table = read_jj(reference_dir / "data" / "csp" / f"{name}.jj")
    found = suppress(table, Budget(seconds=60))
    assert (found.price, found.bound, found.gap) == (optimum, optimum, 0)
    assert audit_pattern(table, found.hidden).safe


@pytest.mark.reference
def test_two_hidden_cells_in_every_row_are_not_enough(reference_dir: Path):
    """A published table: nine primaries, never one alone in a relation, and one is computed exactly all the same."""
    table = read_jj(reference_dir / "data" / "csp" / "sdctable_problemdata.jj")
    hidden = table.primary
    for r in range(table.relations):
        assert hidden[table.cell[table.start[r] : table.start[r + 1]]].sum() != 1
    faults = audit_pattern(table, hidden).faults
    assert [f.kind for f in faults] == ["exakt"]
    assert (faults[0].lower, faults[0].upper) == pytest.approx((47, 47))


TABLES = st.integers(0, 10_000).map(lambda seed: np.random.default_rng(seed).poisson(9, (4, 5)).astype(float))


@given(TABLES)
@settings(max_examples=15, deadline=None)
def test_every_found_pattern_withstands_the_auditor(values):
    table = cross_table(values)
    if not table.primary.any():
        return
    try:
        start = Patterns(table).start()
    except Impossible:
        return
    found = suppress(table, Budget(seconds=20, improvements=4))
    assert found.bound - 1e-6 <= found.price <= table.price(start)
    for hidden in (start, found.hidden):
        assert hidden[table.primary].all()
        assert audit_pattern(table, hidden).safe


@given(TABLES)
@settings(max_examples=10, deadline=None)
def test_thinned_patterns_need_every_secondary(values):
    table = cross_table(values)
    try:
        hidden = Patterns(table).start()
    except Impossible:
        return
    for cell in np.flatnonzero(hidden & ~table.primary):
        fewer = hidden.copy()
        fewer[cell] = False
        assert not audit_pattern(table, fewer).safe


def test_primaries_alone_are_caught():
    values = np.array([[3.0, 20, 30], [20, 30, 40], [30, 40, 50]])
    table = cross_table(values)
    faults = audit_pattern(table, table.primary).faults
    assert [(f.cell, f.kind, f.lower) for f in faults] == [(0, "exakt", 3.0)]
    assert audit_pattern(table, np.zeros(table.cells, dtype=bool)).faults[0].kind == "sichtbar"


def test_the_same_table_gives_the_same_pattern():
    table = cross_table(np.random.default_rng(3).poisson(8, (6, 6)).astype(float))
    first, second = (suppress(table, Budget(seconds=60)) for _ in range(2))
    assert not first.stopped
    assert np.array_equal(first.hidden, second.hidden)
    assert (first.price, first.cuts) == (second.price, second.cuts)


def test_a_cell_beside_fixed_ones_cannot_be_protected():
    table = cross_table(np.array([[3.0, 20], [20, 30]]))
    fixed = ~table.primary
    stuck = Table(**{**{f: getattr(table, f) for f in table.__dataclass_fields__}, "fixed": fixed})
    with pytest.raises(Impossible) as caught:
        Patterns(stuck).start()
    assert caught.value.cell == 0


def test_solve_and_audit_on_files(tmp_path: Path):
    table = cross_table(np.array([[3.0, 20, 30], [20, 30, 40], [30, 40, 50]]))
    write_jj(tmp_path / "t.jj", table)
    runner = CliRunner()
    solved = runner.invoke(app, ["solve", str(tmp_path / "t.jj"), "--out", str(tmp_path / "m.csv"), "--seconds", "20"])
    assert solved.exit_code == 0, solved.output
    assert "bewiesen" in solved.output
    # the block of four that closes the rectangle around the single primary: 21 + 21 + 31
    assert "73" in solved.output
    audited = runner.invoke(app, ["audit", str(tmp_path / "t.jj"), str(tmp_path / "m.csv")])
    assert (audited.exit_code, "Sicher" in audited.output) == (0, True)
    write_pattern(tmp_path / "m.csv", table.primary)
    broken = runner.invoke(app, ["audit", str(tmp_path / "t.jj"), str(tmp_path / "m.csv")])
    assert (broken.exit_code, "NICHT SICHER" in broken.output) == (1, True)
    assert np.array_equal(read_pattern(tmp_path / "m.csv", table.cells), table.primary)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda t: t.replace("\n16\n", "\n17\n"), "Zelle 16"),
        (lambda t: t.replace("0 3 4 u", "0 drei 4 u"), "Zeile 3"),
        (lambda t: t.replace("0 3 4 u 0 ", "0 3 4 u 4 "), "bekannten Grenzen"),
        (lambda t: t.replace("0 4 :", "0 5 :", 1), "Beziehung"),
        (lambda t: t.replace("3 (-1)", "99 (-1)", 1), "Zelle 99"),
        (lambda t: t.replace("1 20 21 s", "1 21 21 s"), "Zeile 20: die Beziehung geht nicht auf"),
        (lambda t: t.replace("0 4 :", "0 4 : und", 1), "Zeile 20"),
        (lambda t: t[: len(t) // 2], "Zeile"),
    ],
)
def test_faulty_files_are_named(tmp_path: Path, change, said):
    path = tmp_path / "t.jj"
    write_jj(path, cross_table(np.array([[3.0, 20, 30], [20, 30, 40], [30, 40, 50]])))
    text = path.read_text()
    assert change(text) != text
    path.write_text(change(text))
    with pytest.raises(InputError) as caught:
        read_jj(path)
    assert said in str(caught.value)


def test_faulty_patterns_are_named(tmp_path: Path):
    path = tmp_path / "m.csv"
    for text, said in (
        ("cell;suppressed\n", "Kopfzeile"),
        ("cell,suppressed\n0,1\n0,1\n", "zweimal"),
        ("cell,suppressed\n0,1\n", "fehlt"),
    ):  # fmt: skip
        path.write_text(text)
        with pytest.raises(InputError, match=said):
            read_pattern(path, 2)
