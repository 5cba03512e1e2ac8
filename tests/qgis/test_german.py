"""Numbers and classes in the legend."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from etl.publish import german


@given(value=st.floats(-1e7, 1e7), decimals=st.integers(0, 4))
def test_a_number_reads_back_as_its_rounded_self(value: float, decimals: int) -> None:
    text = german.number(value, decimals)
    back = float(text.replace(german.MINUS, "-").replace(".", "").replace(",", "."))
    assert back == float(f"{value:.{decimals}f}")
    assert not text.startswith(german.MINUS) or back < 0


def test_numbers_as_printed() -> None:
    assert german.number(1234567.891, 2) == "1.234.567,89"
    assert german.number(-0.5, 1) == "−0,5"
    assert german.number(-0.04, 1) == "0,0"


def test_classes_are_closed_below() -> None:
    assert german.class_labels([12, 14, 16], "%") == [
        "unter 12\u00a0%",
        "12 bis unter 14\u00a0%",
        "14 bis unter 16\u00a0%",
        "16\u00a0% und mehr",
    ]


def test_classes_show_as_many_decimals_as_their_limits_need() -> None:
    assert german.class_labels([-1.1, -0.9, 0], "Index")[1] == "−1,1 bis unter −0,9"
    assert german.class_labels([2.25, 3], "Jahre")[0] == "unter 2,25\u00a0Jahre"


def test_long_units_stand_in_the_title_only() -> None:
    assert german.class_labels([500, 1000], "Einwohner je km²") == [
        "unter 500",
        "500 bis unter 1.000",
        "1.000 und mehr",
    ]


@given(st.lists(st.integers(-1000, 1000), min_size=1, max_size=8, unique=True))
def test_one_label_a_class_and_all_differ(limits: list[int]) -> None:
    labels = german.class_labels(sorted(limits), "%")
    assert len(labels) == len(set(labels)) == len(limits) + 1
