"""Words of the catalogue never become SQL: a filter compares with them, a comment shows them, whatever they are."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from psycopg import sql
from sqlalchemy import Connection, Engine, text

from etl.catalogue import Catalogue, Condition, Measure, Source
from etl.intake import counting
from etl.warehouse.engine import driver
from etl.warehouse.rebuild import rebuild

HOSTILE = (
    "'); DROP TABLE warehouse.count; --",
    "' OR true --",
    "\\'); SELECT pg_sleep(9); --",
    "$$; DROP SCHEMA release CASCADE; $$",
    '"; DELETE FROM intake.delivery; "',
    "%s %(x)s {} {{ 7 * 7 }} :name %",
    "E'\\\\'",
    "ein Wort\nund /* noch */ eins",
)
AT = date(2025, 12, 31)
# what PostgreSQL cannot hold in a text at all is not in a file either
words = st.text(st.characters(exclude_characters="\x00", exclude_categories=("Cs",)), max_size=40) | st.sampled_from(
    HOSTILE
)


@pytest.fixture(scope="module")
def source() -> Source:
    """A source with a free text and a number."""
    return Source.model_validate(
        {
            "code": "probe",
            "title": "Probe",
            "owner": "amt",
            "periodicity": "jaehrlich",
            "smallest_level": "block",
            "forms": [
                {
                    "kind": "records",
                    "name": "zeilen",
                    "location": {"block": "block"},
                    "dimensions": {
                        "wort": {"column": "wort", "type": "text"},
                        "alter": {"column": "alter", "type": "age"},
                    },
                }
            ],
        }
    )


@pytest.fixture
def connection(db: Engine) -> Iterator[Connection]:
    """A connection whose work is undone."""
    with db.connect() as opened:
        yield opened


def holds(connection: Connection, source: Source, measure: Measure, group: str | None, word: str) -> bool:
    """Whether PostgreSQL finds that a row with this word and age 30 belongs to the measure."""
    weight = counting._weight(source, measure, group, AT)  # the SQL that counting runs
    with driver(connection).cursor() as cursor:
        # the row comes from a table, so that the statement has no parameters and is sent as it is, as in counting
        cursor.execute("CREATE TEMPORARY TABLE IF NOT EXISTS probe (wort text)")
        cursor.execute("TRUNCATE probe")
        cursor.execute("INSERT INTO probe VALUES (%s)", (word,))
        composed = sql.SQL("SELECT {} FROM (SELECT wort, 30 AS alter FROM probe) d").format(weight)
        cursor.execute(composed)
        row = cursor.fetchone()
    assert row is not None
    return bool(row[0])


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(wanted=words, given_word=words, many=st.lists(words, max_size=3))
@example(wanted=HOSTILE[0], given_word=HOSTILE[0], many=[])
@example(wanted=HOSTILE[5], given_word="anders", many=list(HOSTILE))
def test_a_filter_only_compares(
    connection: Connection, source: Source, wanted: str, given_word: str, many: list[str]
) -> None:
    one = Measure(code="m", title="M", source="probe", filter={"wort": Condition(eq=wanted)})
    assert holds(connection, source, one, None, given_word) == (given_word == wanted)
    several = Measure(code="m", title="M", source="probe", filter={"wort": Condition(isin=tuple(many))})
    assert holds(connection, source, several, None, given_word) == (given_word in many)
    grouped = Measure(code="m", title="M", source="probe", group_by="wort")
    assert holds(connection, source, grouped, wanted, given_word) == (given_word == wanted)
    bands = Measure(code="m", title="M", source="probe", group_by="alter", bands={wanted: (0, 40)})
    assert holds(connection, source, bands, wanted, given_word)
    assert connection.scalar(text("SELECT count(*) FROM warehouse.count")) == 0


def test_texts_reach_comments_as_they_are(db: Engine, catalogue: Catalogue) -> None:
    def soil(number: int, title: str) -> str:
        return f"{title} {HOSTILE[number % len(HOSTILE)]}"

    themes = tuple(
        theme.model_copy(
            update={
                "title": soil(t, theme.title),
                "indicators": tuple(
                    i.model_copy(update={"title": soil(n, i.title), "unit": HOSTILE[n % len(HOSTILE)]})
                    for n, i in enumerate(theme.indicators)
                ),
            }
        )
        for t, theme in enumerate(catalogue.themes)
    )
    soiled = Catalogue(**{**vars_of(catalogue), "themes": themes})
    with db.connect() as connection:
        assert rebuild(connection, soiled)
        found = connection.execute(
            text("""
            SELECT a.attname, col_description(a.attrelid, a.attnum)
            FROM pg_attribute a WHERE a.attrelid = 'sozialbericht.bevoelkerung_aktuell'::regclass AND a.attnum > 0
            """)
        ).all()
        comments = {name: comment for name, comment in found}
        for indicator in themes[0].shown:
            assert comments[indicator.code.lower()] == f"{indicator.title} ({indicator.unit})"


def vars_of(catalogue: Catalogue) -> dict[str, object]:
    """Fields of a catalogue, without what is worked out from them."""
    return {name: getattr(catalogue, name) for name in catalogue.__dataclass_fields__}
