"""The list of all that a release shows: complete for the catalogue, and no published number beside it."""

from __future__ import annotations

from sqlalchemy import Engine, text

from etl.catalogue import Catalogue
from etl.confidentiality.linked.shown import parts_of, released_list, shown_parts, unlisted_columns, year_of
from tests.conftest import Published


def parts(catalogue: Catalogue, code: str) -> dict[str, str]:
    [indicator] = [i for i in catalogue.indicators if i.code == code]
    return {s.part: s.name for s in parts_of(catalogue, indicator)}


def test_parts_of_indicators(catalogue: Catalogue) -> None:
    assert parts(catalogue, "BEV04") == {
        "numerator": "+1*ew_u18", "denominator": "+1*ew", "complement": "+1*ew -1*ew_u18",
    }  # fmt: skip
    # what comes twice is one expression: shares of a sum of its own parts
    assert parts(catalogue, "BIL13")["complement"] == "+1*ent_esa +1*ent_fhr +1*ent_msa +1*ent_ohne_esa"
    assert parts(catalogue, "BEV02") == {"numerator": "+1*ew -1*ew[-5]", "denominator": "+1*ew[-5]"}
    # a pooled one has all its years
    assert parts(catalogue, "BIL10")["denominator"] == "+1*uebergaenge +1*uebergaenge[-1] +1*uebergaenge[-2]"
    # areas are public; no density without inhabitants
    assert parts(catalogue, "BEV03") == {"numerator": "+1*ew"}
    assert set(parts(catalogue, "BEV25")) == {"formula"}


def test_every_indicator_with_a_source_is_listed(catalogue: Catalogue) -> None:
    listed = {s.indicator for s in shown_parts(catalogue)}
    assert listed == {i.code for i in catalogue.indicators if i.gap is None}


def test_years_of_periods() -> None:
    assert [year_of(p) for p in ("2025", "2024/25", "2023-2025", "2022/23-2024/25")] == [2025, 2024, 2025, 2024]


def test_no_published_number_is_unlisted(db: Engine) -> None:
    with db.connect() as connection:
        assert unlisted_columns(connection) == []
        connection.execute(text("CREATE VIEW sozialbericht.nebenbei AS SELECT 3::bigint AS personen, 'x' AS text"))
        assert unlisted_columns(connection) == ["nebenbei.personen"]
        connection.rollback()


def test_every_published_value_is_on_the_list(published: Published, catalogue: Catalogue) -> None:
    with published.engine.connect() as connection:
        lines = released_list(connection, catalogue)
        units = {
            row.id: (row.level, row.key) for row in connection.execute(text("SELECT id, level, key FROM geo.unit"))
        }
        shown = connection.execute(text("""
            SELECT kennzahl, ebene, gebiet, gruppe, zeitraum FROM sozialbericht.wert WHERE wert IS NOT NULL
        """)).all()  # fmt: skip
    listed = {(line.shown.indicator, *units[line.unit], line.group, line.period) for line in lines}
    assert len(shown) > 1000
    assert {tuple(row) for row in shown} <= listed
