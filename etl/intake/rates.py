"""Published rates and sums computed again from the counts of the same file or of another source."""

from __future__ import annotations

from statistics import median

import polars as pl
from sqlalchemy import Connection, text

from etl.catalogue import AreaForm, Catalogue
from etl.catalogue.sources import RateCheck, SumCheck
from etl.intake.arearows import AREA, KIND
from etl.intake.areatable import CODE, PERIOD, RATE, VALUE
from etl.intake.control import UNIT
from etl.intake.header import tidy
from etl.intake.outcome import Deviation, RateResult

MAX_DEVIATIONS = 500
MANY = 5
"""Rates from which on it is worth saying in what way they deviate together."""
STRANGE = 0.15
"""An implied denominator that differs by more than this share from the usual one is named."""

_PRINTED, _TOP, _BOTTOM = "§printed", "§top", "§bottom"
_ROW = [AREA, KIND, PERIOD]

_ELSEWHERE = text("""
SELECT c.period, c.unit_id, c.value
FROM warehouse.count c
JOIN intake.delivery d ON d.id = c.delivery_id AND d.status = 'active'
JOIN catalogue.measure m ON m.id = c.measure_id
WHERE d.source = :source AND m.code = :measure AND c.group_code = 'insgesamt' AND c.block_id IS NULL
ORDER BY d.reference_date, d.id
""")


class Rates:
    """The checks that a form declares, on the placed cells of its table."""

    def __init__(self, connection: Connection, catalogue: Catalogue, form: AreaForm, names: dict[int, str]) -> None:
        """``names`` are those of the units, for the report."""
        self._connection, self._catalogue, self._form, self._names = connection, catalogue, form, names

    def results(self, cells: pl.DataFrame, rates: pl.DataFrame) -> list[RateResult]:
        """One result a declared rate or sum. ``cells`` and ``rates`` carry UNIT besides the columns of AreaValues."""
        out = [self._rate(cells, rates, number, check) for number, check in enumerate(self._form.rates)]
        return [*out, *(self._sum(cells, check) for check in self._form.sums)]

    def _table(self, cells: pl.DataFrame, expression: str, name: str, *, city: bool = False) -> pl.DataFrame:
        """A sum of column codes by row (or by period, for the city); NULL where a part is not known."""
        frames = [self._part(cells, part.strip(), city=city) for part in expression.split("+")]
        keys = [PERIOD] if city else [UNIT, *_ROW]
        joined = frames[0].rename({VALUE: name})
        for frame in frames[1:]:
            other = frame.rename({VALUE: "§other"})
            joined = joined.join(other, on=keys, how="inner", nulls_equal=True)
            joined = joined.with_columns(pl.col(name) + pl.col("§other")).drop("§other")
        return joined

    def _part(self, cells: pl.DataFrame, code: str, *, city: bool) -> pl.DataFrame:
        own = (
            cells.filter(pl.col(CODE) == code).select(UNIT, *_ROW, VALUE)
            if "." not in code
            else self._elsewhere(cells, code)
        )
        if not city:
            return own
        total = own.filter(pl.col(KIND) == "total").select(PERIOD, VALUE).drop_nulls()
        areas = own.filter(pl.col(KIND).is_in(["unit", "unlocated"])).group_by(PERIOD)
        summed = areas.agg(pl.when(pl.col(VALUE).is_not_null().all()).then(pl.col(VALUE).sum()))
        return pl.concat([total, summed.filter(~pl.col(PERIOD).is_in(total[PERIOD].implode()))])

    def _elsewhere(self, cells: pl.DataFrame, code: str) -> pl.DataFrame:
        """Counts that another source delivered, for the rows of this table."""
        source, column = code.split(".")
        measures = [m.code for m in self._catalogue.measures_of(source) if m.column == column]
        found: dict[tuple[str, int | None], float | None] = {}
        for measure in measures[:1]:
            for period, unit, value in self._connection.execute(_ELSEWHERE, {"source": source, "measure": measure}):
                found[str(period), unit] = value
        schema = {PERIOD: pl.String, UNIT: pl.Int32, VALUE: pl.Float64}
        table = pl.DataFrame([(p, u, v) for (p, u), v in found.items()], schema=schema, orient="row")
        rows = cells.filter(pl.col(KIND).is_in(["unit", "unlocated"])).select(UNIT, *_ROW).unique(maintain_order=True)
        return rows.join(table, on=[PERIOD, UNIT], how="left", nulls_equal=True).select(UNIT, *_ROW, VALUE)

    def _rate(self, cells: pl.DataFrame, rates: pl.DataFrame, number: int, check: RateCheck) -> RateResult:
        printed = rates.filter(pl.col(CODE) == f"{RATE}{number}").select(UNIT, *_ROW, pl.col(VALUE).alias(_PRINTED))
        everything = pl.concat([cells, rates.select(cells.columns)])
        keys = [UNIT, *_ROW]
        city = check.base == "city"
        bottom = self._table(everything, check.denominator, _BOTTOM, city=city)
        joined = printed.join(bottom, on=[PERIOD] if city else keys, how="left", nulls_equal=True)
        if check.numerator is not None:
            top = self._table(everything, check.numerator, _TOP)
            joined = joined.join(top, on=keys, how="left", nulls_equal=True)
            expected = pl.col(_TOP) / pl.col(_BOTTOM) * check.factor
        else:
            expected = _nearest(check)
        usable = joined.filter(pl.col(_PRINTED).is_not_null() & (pl.col(_BOTTOM) > 0) & expected.is_not_null())
        usable = usable.with_columns(expected.alias("§expected"))
        away = (pl.col(_PRINTED) - pl.col("§expected")).abs()
        wrong = usable.filter(away > check.tolerance + 1e-9).sort(away, descending=True)
        basis = f"{_bracketed(check.numerator or 'ganze Zahl von Fällen')} / {_bracketed(check.denominator)}"
        basis += " der Stadt" if city else ""
        return RateResult(
            tidy(check.column),
            basis if check.factor == 1 else f"{basis} × {check.factor:g}",
            len(usable),
            len(usable) - len(wrong),
            len(joined) - len(usable),
            self._deviations(wrong, _PRINTED, "§expected" if check.numerator is not None else None),
            self._in_common(usable, wrong, check) or self._other_base(everything, joined, wrong, check),
        )

    def _deviations(self, wrong: pl.DataFrame, printed: str, expected: str | None) -> list[Deviation]:
        out = []
        for row in wrong.head(MAX_DEVIATIONS).iter_rows(named=True):
            value = None if expected is None else round(float(row[expected]), 3)
            out.append(Deviation(self._name(row), str(row[PERIOD]), float(row[printed]), value))
        return out

    def _name(self, row: dict[str, object]) -> str:
        if row[KIND] == "unlocated":
            return "nicht zuordenbar"
        unit = row[UNIT]
        return self._names[unit] if isinstance(unit, int) and unit in self._names else str(row[AREA]) or "insgesamt"

    def _in_common(self, usable: pl.DataFrame, wrong: pl.DataFrame, check: RateCheck) -> str:
        """What the deviations say together: another denominator than supposed, and who falls out of line."""
        if check.numerator is None or len(wrong) < MANY or len(wrong) < len(usable) / 2:
            return ""
        usable = usable.filter((pl.col(_PRINTED) > 0) & (pl.col(_TOP) > 0))
        implied = usable.with_columns((pl.col("§expected") / pl.col(_PRINTED)).alias("§share")).sort("§share")
        shares = implied["§share"].to_list()
        if not shares:
            return ""
        middle = median(shares)
        strange = implied.filter((pl.col("§share") / middle - 1).abs() > STRANGE)
        text = (
            f"der Nenner ist wohl ein anderer als {check.denominator}: aus den Angaben ergibt sich im Mittel das "
            f"{_factor(middle)}-Fache davon ({_factor(shares[0])} bis {_factor(shares[-1])})"
        )
        if len(strange):
            named = [f"{self._name(row)} {row[PERIOD]}" for row in strange.head(12).iter_rows(named=True)]
            more = f" und {len(strange) - 12} weitere" if len(strange) > 12 else ""
            text += f"; aus der Reihe fallen {', '.join(named)}{more}"
        return text

    def _other_base(self, cells: pl.DataFrame, rates: pl.DataFrame, wrong: pl.DataFrame, check: RateCheck) -> str:
        """Columns of the same table that a rate without numerator may refer to instead."""
        if check.numerator is not None or wrong.is_empty() or check.base == "city":
            return ""
        printed = rates.filter(pl.col(_PRINTED).is_not_null()).drop(_BOTTOM)
        fitting = []
        for code in sorted(self._form.column_codes() - {check.denominator}):
            other = self._table(cells, code, _BOTTOM)
            usable = printed.join(other, on=[UNIT, *_ROW], nulls_equal=True).filter(pl.col(_BOTTOM) > 0)
            away = (pl.col(_PRINTED) - _nearest(check)).abs()
            if len(usable) >= MANY and not len(usable.filter(away > check.tolerance + 1e-9)):
                fitting.append(f"{code} ({len(usable)} von {len(usable)})")
        return f"alle passen dagegen zum Nenner {' oder '.join(fitting)}" if fitting else ""

    def _sum(self, cells: pl.DataFrame, check: SumCheck) -> RateResult:
        """Two sums of columns that must be equal in every row."""
        keys = [UNIT, *_ROW]
        left, right = self._table(cells, check.left, _TOP), self._table(cells, check.right, _BOTTOM)
        joined = left.join(right, on=keys, how="inner", nulls_equal=True)
        usable = joined.filter(pl.col(_TOP).is_not_null() & pl.col(_BOTTOM).is_not_null())
        away = (pl.col(_TOP) - pl.col(_BOTTOM)).abs()
        wrong = usable.filter(away > 1e-6).sort(away, descending=True)
        return RateResult(
            check.left, f"= {check.right}", len(usable), len(usable) - len(wrong), len(joined) - len(usable),
            self._deviations(wrong, _TOP, _BOTTOM),
        )  # fmt: skip


def _nearest(check: RateCheck) -> pl.Expr:
    """The rate of the whole number of cases that comes nearest to what is printed."""
    cases = (pl.col(_PRINTED) * pl.col(_BOTTOM) / check.factor).round()
    return cases / pl.col(_BOTTOM) * check.factor


def _bracketed(expression: str) -> str:
    return f"({expression})" if "+" in expression else expression


def _factor(number: float) -> str:
    return f"{number:.2f}".replace(".", ",")
