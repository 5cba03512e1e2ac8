"""Statistics as readers see them: rules that hold in every published edition, tried on the small sample."""

from __future__ import annotations

import pytest
from sqlalchemy import text


def test_what_readers_see(published):
    """The published sample: limits hold the value, withheld values have none, and the city is compared with nobody."""
    with published.engine.connect() as connection:
        row = connection.execute(
            text("""
            SELECT count(*) FILTER (WHERE ki_unten IS NOT NULL) AS with_interval,
                   count(*) FILTER (WHERE wert NOT BETWEEN ki_unten AND ki_oben) AS outside,
                   count(*) FILTER (WHERE status <> 'gueltig'
                                      AND num_nonnulls(ki_unten, ki_oben, vergleich_stadt, trend) > 0) AS told,
                   count(*) FILTER (WHERE ebene = 'stadt' AND vergleich_stadt IS NOT NULL) AS city,
                   count(DISTINCT vergleich_stadt) AS kinds
            FROM sozialbericht.wert
        """)
        ).one()
    assert row.with_interval > 1000
    assert (row.outside, row.told, row.city) == (0, 0, 0)
    assert row.kinds == 3


RULES = {
    "limits or a reason, never both": """
        SELECT * FROM sozialbericht.wert WHERE wert IS NOT NULL AND (ki_unten IS NULL) = (ki_hinweis IS NULL)""",
    "stricter limits hold the others": """
        SELECT * FROM sozialbericht.wert
        WHERE ki998_unten > ki_unten OR ki998_oben < ki_oben OR (ki998_unten IS NULL) <> (ki_unten IS NULL)""",
    "neutral indicators are never judged": """
        SELECT w.kennzahl FROM (SELECT kennzahl, bewertung_stadt AS b FROM sozialbericht.wert
                                UNION ALL SELECT kennzahl, bewertung FROM sozialbericht.trend
                                UNION ALL SELECT kennzahl, bewertung FROM sozialbericht.veraenderung
                                UNION ALL SELECT kennzahl, bewertung FROM sozialbericht.vergleich) w
        JOIN sozialbericht.kennzahl k USING (kennzahl) WHERE b IS NOT NULL AND k.polaritaet = 'neutral'""",
    "higher is better only where that is good": """
        SELECT * FROM sozialbericht.wert w JOIN sozialbericht.kennzahl k USING (kennzahl)
        WHERE (w.bewertung_stadt = 'guenstiger')
              <> ((k.polaritaet, w.vergleich_stadt) IN (('gut', 'hoeher'), ('schlecht', 'niedriger')))""",
    "a trend is that of its last value": """
        SELECT * FROM sozialbericht.trend t
        FULL JOIN (SELECT * FROM sozialbericht.wert WHERE trend IS NOT NULL) w
               ON (w.stand, w.gebietsstand, w.gebiet, w.kennzahl, w.gruppe, w.zeitraum)
                = (t.stand, t.gebietsstand, t.gebiet, t.kennzahl, t.gruppe, t.bis_zeitraum)
        WHERE t.richtung IS DISTINCT FROM w.trend""",
    "a change is the difference of two shown values": """
        SELECT * FROM sozialbericht.veraenderung v
        JOIN sozialbericht.kennzahl k USING (kennzahl)
        LEFT JOIN sozialbericht.wert f ON (f.stand, f.gebietsstand, f.gebiet, f.kennzahl, f.gruppe)
                                         = (v.stand, v.gebietsstand, v.gebiet, v.kennzahl, v.gruppe)
                                      AND f.von = v.von - make_interval(years => v.jahre) AND f.status = 'gueltig'
        WHERE f.wert IS NULL OR abs(v.wert - f.wert - v.veraenderung) > 1.6 * 10.0 ^ -k.nachkommastellen""",
    "words of changes follow their limits": """
        SELECT * FROM sozialbericht.veraenderung
        WHERE (ki_unten > 0 AND ergebnis <> 'hoeher') OR (ki_oben < 0 AND ergebnis <> 'niedriger')
           OR (ki_unten < 0 AND ki_oben > 0 AND ergebnis <> 'nicht_unterscheidbar')""",
    "words of comparisons follow the numbers beside them": """
        SELECT * FROM sozialbericht.vergleich
        WHERE (ergebnis = 'hoeher' AND abstand < 0) OR (ergebnis = 'niedriger' AND abstand > 0)
           OR (bezug IN ('stadt', 'stadtteil', 'vergleichsraum') AND ki_unten > bezugswert AND ergebnis <> 'hoeher')
           OR bezugswert IS NULL OR (einheit = '%' AND abs(wert - bezugswert - abstand) > 0.16)""",
    "keys are unique": """
        SELECT 1 FROM (SELECT vergleich_id AS id, 1 AS n FROM sozialbericht.vergleich
                       UNION ALL SELECT veraenderung_id, 2 FROM sozialbericht.veraenderung
                       UNION ALL SELECT pruefumfang_id, 3 FROM sozialbericht.pruefumfang
                       UNION ALL SELECT trend_id, 4 FROM sozialbericht.trend) x GROUP BY id, n HAVING count(*) > 1""",
    "smoothed shares stand beside counted ones with limits": """
        SELECT * FROM sozialbericht.wert WHERE (geglaettet IS NULL) <> (geglaettet_an IS NULL)
                                            OR (geglaettet IS NOT NULL AND ki_unten IS NULL)""",
    "controlled findings are fewer": """
        SELECT * FROM sozialbericht.pruefumfang WHERE nach_berichtigung > auffaellig OR auffaellig > pruefungen""",
}


@pytest.mark.parametrize("rule", RULES)
def test_rules_of_what_readers_see(published, rule):
    with published.engine.connect() as connection:
        wrong = connection.execute(text(f"SELECT * FROM ({RULES[rule]}) x LIMIT 3")).mappings().all()
    assert wrong == []


def test_what_has_limits_in_the_sample(published):
    """Every method has its values, every comparison its kinds; the newest trend of a series is marked once."""
    with published.engine.connect() as connection:
        methods = connection.scalars(
            text("""
            SELECT DISTINCT k.ki_methode FROM sozialbericht.wert w JOIN sozialbericht.kennzahl k USING (kennzahl)
            WHERE w.ki_unten IS NOT NULL
        """)
        ).all()
        kinds = connection.scalars(text("SELECT DISTINCT bezug FROM sozialbericht.vergleich")).all()
        newest = connection.scalars(
            text("""
            SELECT count(*) FILTER (WHERE juengster) FROM sozialbericht.trend
            GROUP BY stand, gebietsstand, gebiet, kennzahl, gruppe
        """)
        ).all()
        smoothed = connection.scalar(text("SELECT count(geglaettet) FROM sozialbericht.wert"))
    assert set(methods) >= {"wilson", "byar", "delta"}
    assert set(kinds) == {"stadt", "rest", "stadtteil", "vorjahr", "vergleichsraum"}
    assert set(newest) == {1}
    assert smoothed > 500
