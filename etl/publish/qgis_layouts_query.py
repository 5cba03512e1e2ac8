"""The rows behind the district profiles of the print layout: a query over the published views, one row a district.

QGIS runs it as the data source of a layer. Everything is shown values and their places in charts; the layout's
expressions only draw them.
"""

from __future__ import annotations

from collections.abc import Sequence

from etl.publish.qgis_expressions import literal

MOST_SENTENCES = 5
"""Sentences of each kind; two from one theme at most."""
POINTS = 12
"""Periods in a series, the newest ones."""

# Where „newest“ is the last period of which anything is known at this level, the same for all its areas.
_VALUES = """
WITH unit AS MATERIALIZED (
    SELECT g.* FROM sozialbericht.gebiet g WHERE g.aktuell AND g.ebene = {level}
), both_levels AS (
    SELECT w.gebiet, w.ebene, w.zeitraum, w.von, w.bis, w.kennzahl, w.gruppe, w.zaehler, w.wert, w.status, w.guete,
           w.ki_unten, w.ki_oben, w.vergleich_stadt, w.bewertung_stadt, w.trend, w.signifikant_bh,
           max(w.wert) FILTER (WHERE w.ebene = {city}) OVER cell AS stadt,
           max(w.bis) FILTER (WHERE w.ebene = {level} AND w.gruppe = 'insgesamt' AND w.status <> 'fehlt')
               OVER (PARTITION BY w.kennzahl) AS newest
    FROM sozialbericht.wert w
    WHERE w.aktuell AND w.ebene IN ({level}, {city}) AND w.gebietsstand IN (SELECT gebietsstand FROM unit)
    WINDOW cell AS (PARTITION BY w.kennzahl, w.gruppe, w.zeitraum)
), shown AS MATERIALIZED (
    SELECT * FROM both_levels WHERE gruppe = 'insgesamt' AND ebene = {level}
), known AS MATERIALIZED (
    SELECT kennzahl, titel, einheit, nachkommastellen, thema, reihenfolge, art IN ('anzahl', 'summe') AS absolute
    FROM sozialbericht.kennzahl
), latest AS MATERIALIZED (
    SELECT s.*, k.titel, k.einheit, k.nachkommastellen, k.thema, k.reihenfolge,
           CASE WHEN NOT k.absolute
                THEN nullif(max(abs(s.wert - s.stadt)) OVER (PARTITION BY s.kennzahl), 0) END AS widest
    FROM shown s JOIN known k USING (kennzahl)
    WHERE s.bis = s.newest
), placed AS MATERIALIZED (
    SELECT l.*, round((100 * (wert - stadt) / widest)::numeric, 1) AS x,
           CASE WHEN ki_unten IS NOT NULL
                THEN round((100 * greatest(-1.1, (ki_unten - stadt) / widest))::numeric, 1) END AS x_from,
           CASE WHEN ki_oben IS NOT NULL
                THEN round((100 * least(1.1, (ki_oben - stadt) / widest))::numeric, 1) END AS x_to,
           abs(wert - stadt) / widest AS distance
    FROM latest l
), others AS MATERIALIZED (
    SELECT kennzahl, string_agg('M' || x || ',-5v10', '' ORDER BY x) AS marks FROM placed GROUP BY kennzahl
), told AS (
    SELECT p.*, row_number() OVER (PARTITION BY gebiet, bewertung_stadt, thema ORDER BY distance DESC, kennzahl) AS nth
    FROM placed p
    WHERE bewertung_stadt IN ('guenstiger', 'unguenstiger') AND signifikant_bh IS NOT FALSE
), sentence AS (
    SELECT t.*, row_number() OVER (PARTITION BY gebiet, bewertung_stadt ORDER BY distance DESC, kennzahl) AS place
    FROM told t WHERE nth <= 2
), said AS MATERIALIZED (
    SELECT gebiet, bewertung_stadt, json_agg(json_build_object(
               'titel', titel, 'wert', wert, 'stadt', stadt, 'einheit', einheit, 'stellen', nachkommastellen,
               'mehr', vergleich_stadt = 'hoeher', 'trend', trend, 'zeitraum', zeitraum) ORDER BY place) AS words
    FROM sentence WHERE place <= {sentences} GROUP BY gebiet, bewertung_stadt
)"""

_SERIES = """
, point AS MATERIALIZED (
    SELECT p.gebiet, p.kennzahl, p.zeitraum, p.wert, p.status, p.trend, coalesce(p.ki_unten, p.wert) AS low,
           coalesce(p.ki_oben, p.wert) AS high, CASE WHEN NOT p.absolute THEN p.stadt END AS stadt,
           extract(year FROM p.von) - min(extract(year FROM p.von)) OVER line AS nth,
           max(extract(year FROM p.von)) OVER line - min(extract(year FROM p.von)) OVER line AS years
    FROM (SELECT s.*, k.absolute, dense_rank() OVER (PARTITION BY s.kennzahl ORDER BY s.von DESC) AS back
          FROM shown s JOIN known k USING (kennzahl)
          WHERE s.kennzahl = ANY ({series}) AND s.bis <= s.newest) p
    WHERE p.back <= {points}
    WINDOW line AS (PARTITION BY p.gebiet, p.kennzahl)
), span AS MATERIALIZED (
    SELECT p.*, least(min(low) OVER line, min(stadt) OVER line)::numeric AS least,
           greatest(max(high) OVER line, max(stadt) OVER line)::numeric AS most
    FROM point p WINDOW line AS (PARTITION BY gebiet, kennzahl)
), size AS MATERIALIZED (
    SELECT s.*, greatest(most - least, 0.1) AS size, power(10::numeric, floor(log(greatest(most - least, 0.1)))) AS tens
    FROM span s
), step AS MATERIALIZED (
    SELECT s.*, CASE WHEN size / tens <= 2 THEN tens / 2 WHEN size / tens <= 5 THEN tens ELSE 2 * tens END AS step
    FROM size s
), axis AS MATERIALIZED (
    SELECT s.*, floor(least / step) * step AS axis_low,
           greatest(ceil(most / step), floor(least / step) + 1) * step AS axis_high
    FROM step s
), drawn AS MATERIALIZED (
    SELECT a.*, round(200 * nth / greatest(years, 1), 1) AS x,
           round(100 - 100 * (wert::numeric - axis_low) / (axis_high - axis_low), 1) AS y,
           round(100 - 100 * (low::numeric - axis_low) / (axis_high - axis_low), 1) AS y_low,
           round(100 - 100 * (high::numeric - axis_low) / (axis_high - axis_low), 1) AS y_high,
           round(100 - 100 * (stadt::numeric - axis_low) / (axis_high - axis_low), 1) AS y_town
    FROM axis a
), pen AS (
    SELECT d.*, lag(y) OVER w IS NULL OR lag(nth) OVER w < nth - 1 AS starts,
           lag(y_town) OVER w IS NULL OR lag(nth) OVER w < nth - 1 AS town_starts,
           lag(y_low) OVER w AS before_low, lag(y_high) OVER w AS before_high,
           CASE WHEN lag(nth) OVER w >= nth - 1 THEN lag(x) OVER w END AS before_x
    FROM drawn d WINDOW w AS (PARTITION BY gebiet, kennzahl ORDER BY nth)
), line AS MATERIALIZED (
    SELECT gebiet, kennzahl, json_build_object(
               'linie', string_agg(CASE WHEN starts THEN 'M' ELSE 'L' END || x || ',' || y, '' ORDER BY nth),
               'stadt', string_agg(CASE WHEN town_starts THEN 'M' ELSE 'L' END || x || ',' || y_town, '' ORDER BY nth),
               'band', string_agg('M' || before_x || ',' || before_low || 'L' || x || ',' || y_low || 'L' || x || ','
                                  || y_high || 'L' || before_x || ',' || before_high || 'Z', '' ORDER BY nth),
               'punkte', string_agg('M' || (x - 2.4) || ',' || y || 'a2.4,2.4 0 1 0 4.8,0a2.4,2.4 0 1 0 -4.8,0', ''
                                    ORDER BY nth),
               'geheim', string_agg('M' || (x - 2) || ',98h4v4h-4Z', '' ORDER BY nth) FILTER (WHERE status = 'geheim'),
               'unten', min(axis_low), 'oben', max(axis_high), 'punktzahl', count(wert),
               'von', (array_agg(zeitraum ORDER BY nth))[1], 'bis', (array_agg(zeitraum ORDER BY nth DESC))[1],
               'wert', (array_agg(wert ORDER BY nth DESC))[1], 'wert_stadt', (array_agg(stadt ORDER BY nth DESC))[1],
               'trend', (array_agg(trend ORDER BY nth DESC))[1]
           ) AS chart
    FROM pen GROUP BY gebiet, kennzahl
)"""

_AGES = """
, ages AS MATERIALIZED (
    SELECT gebiet, ebene, gruppe, zeitraum, max(zaehler) FILTER (WHERE kennzahl = {people}) AS alle,
           max(zaehler) FILTER (WHERE kennzahl = {women}) AS frauen
    FROM both_levels
    WHERE kennzahl IN ({people}, {women}) AND bis = newest GROUP BY gebiet, ebene, gruppe, zeitraum
), share AS MATERIALIZED (
    SELECT a.*, round((100 * a.frauen / t.alle)::numeric, 2) AS links,
           round((100 * (a.alle - a.frauen) / t.alle)::numeric, 2) AS rechts,
           row_number() OVER (PARTITION BY a.ebene, a.gebiet ORDER BY a.gruppe) - 1 AS nth
    FROM ages a JOIN ages t ON t.gebiet = a.gebiet AND t.ebene = a.ebene AND t.gruppe = 'insgesamt'
    WHERE a.gruppe <> 'insgesamt'
), widest AS (
    SELECT ceil(max(greatest(links, rechts))) AS widest FROM share
), pyramid AS MATERIALIZED (
    SELECT s.gebiet, json_agg(json_build_object(
               'nr', s.nth, 'alter', CASE WHEN s.gruppe LIKE '%plus'
                   THEN (substring(s.gruppe FROM '[0-9]+'))::integer || '+'
                   ELSE (substring(s.gruppe FROM '[0-9]+'))::integer || '–'
                        || (substring(s.gruppe FROM '_([0-9]+)'))::integer - 1 END,
               'links', s.links, 'rechts', s.rechts, 'stadt_links', t.links, 'stadt_rechts', t.rechts,
               'breite', w.widest, 'zeitraum', s.zeitraum) ORDER BY s.nth) AS rows
    FROM share s
    CROSS JOIN widest w
    LEFT JOIN share t ON t.gruppe = s.gruppe AND t.ebene = {city}
    WHERE s.ebene = {level}
    GROUP BY s.gebiet
)"""

_ROWS = """
SELECT g.gebiet_id, g.gebiet, g.ebene, replace(g.name, ' (vorläufig)', '') AS name,
       nullif(e.stand, '') AS stand, g.gebietsstand, u.name AS liegt_in, g.flaeche_ha, g.einwohner, g.einwohner_status,
       g.einwohner_zeitraum, g.hinweis,
       (SELECT json_agg(json_build_object(
                   'nr', c.nth - 1, 'wert', p.wert, 'status', coalesce(p.status, 'fehlt'), 'von', p.ki_unten,
                   'bis', p.ki_oben, 'stadt', p.stadt, 'zeitraum', p.zeitraum,
                   'vergleich', p.vergleich_stadt, 'bewertung', p.bewertung_stadt, 'trend', p.trend, 'x', p.x,
                   'x_von', p.x_from, 'x_bis', p.x_to, 'andere', coalesce(o.marks, ''), 'guete', p.guete)
               ORDER BY c.nth)
        FROM unnest({codes}) WITH ORDINALITY AS c (kennzahl, nth)
        LEFT JOIN placed p ON p.kennzahl = c.kennzahl AND p.gebiet = g.gebiet
        LEFT JOIN others o ON o.kennzahl = c.kennzahl
       )::text AS werte,
       (SELECT json_object_agg(l.kennzahl, l.chart) FROM line l WHERE l.gebiet = g.gebiet)::text AS reihen,
       {pyramid} AS altersaufbau,
       (SELECT s.words FROM said s WHERE s.gebiet = g.gebiet AND s.bewertung_stadt = 'guenstiger')::text AS staerken,
       (SELECT s.words FROM said s WHERE s.gebiet = g.gebiet AND s.bewertung_stadt = 'unguenstiger')::text
           AS belastungen,
       (SELECT json_agg(json_build_object(
                   'titel', i.titel, 'klasse', i.klasse_name, 'status', i.status, 'zeitraum', i.zeitraum,
                   'rang', i.rang, 'rang_von', i.rang_von, 'rang_bis', i.rang_bis, 'gebiete', i.gebiete,
                   'stabil', i.stabil) ORDER BY i.index)
        FROM sozialbericht.index_aktuell i WHERE i.gebiet_id = g.gebiet_id)::text AS indizes,
       (SELECT json_agg(json_build_object('name', t.typ_name, 'text', t.beschreibung, 'gesichert', t.gesichert)
                        ORDER BY t.typologie)
        FROM sozialbericht.typ t WHERE t.gebiet_id = g.gebiet_id AND t.status = 'gueltig')::text AS typen,
       (SELECT CASE WHEN EXISTS (SELECT FROM sozialbericht.einrichtung)
                    THEN coalesce(json_object_agg(o.art, o.anzahl ORDER BY o.art), '{{}}') END
        FROM (SELECT e.art, count(*) AS anzahl FROM sozialbericht.einrichtung e
              WHERE ST_Intersects(g.geom, e.geom) GROUP BY e.art) o)::text AS einrichtungen,
       (SELECT json_build_object(
                   'steigend', string_agg(p.titel, ', ' ORDER BY p.reihenfolge) FILTER (WHERE p.trend = 'steigend'),
                   'fallend', string_agg(p.titel, ', ' ORDER BY p.reihenfolge) FILTER (WHERE p.trend = 'fallend'))
        FROM placed p WHERE p.gebiet = g.gebiet AND p.kennzahl = ANY ({codes}))::text AS trends,
       (SELECT json_build_object(
                   'geschaetzt', string_agg(p.titel, ', ' ORDER BY p.reihenfolge) FILTER (WHERE p.guete = 'geschaetzt'),
                   'unsicher', string_agg(p.titel, ', ' ORDER BY p.reihenfolge) FILTER (WHERE p.status = 'unsicher'),
                   'nicht_vergleichbar', string_agg(p.titel, ', ' ORDER BY p.reihenfolge)
                                         FILTER (WHERE p.status = 'nicht_vergleichbar'),
                   'fehlt', string_agg(p.titel, ', ' ORDER BY p.reihenfolge) FILTER (WHERE p.status = 'fehlt'))
        FROM placed p WHERE p.gebiet = g.gebiet AND p.kennzahl = ANY ({codes}))::text AS datenlage,
       g.geom
FROM unit g
LEFT JOIN sozialbericht.gebiet u ON u.gebiet = g.uebergeordnet AND u.gebietsstand = g.gebietsstand
     AND u.ebene <> g.ebene AND u.aktuell AND u.ebene <> {city}
LEFT JOIN sozialbericht.veroeffentlichung e ON e.zustand = 'aktuell'
"""


def _array(codes: Sequence[str]) -> str:
    return f"ARRAY[{', '.join(map(literal, codes))}]::text[]"


def profile_query(
    level: str, city: str, codes: Sequence[str], series: Sequence[str], ages: tuple[str, str] | None
) -> str:
    """The query for areas of ``level``, compared with level ``city``.

    ``codes``: key figures in their order; ``series``: those shown over the years; ``ages``: the indicators of all
    people and of women by age group, None where there are none. Codes come from the catalogue; they are quoted here, as
    the data source of a layer has no parameters.
    """
    parts = [_VALUES, _SERIES, *([_AGES] if ages else []), _ROWS]
    people, women = ages or ("", "")
    pyramid = "(SELECT p.rows FROM pyramid p WHERE p.gebiet = g.gebiet)::text" if ages else "NULL::text"
    filled = "".join(parts).format(
        level=literal(level), city=literal(city), codes=_array(codes), series=_array(series), people=literal(people),
        women=literal(women), pyramid=pyramid, sentences=MOST_SENTENCES, points=POINTS,
    )  # fmt: skip
    return " ".join(line.strip() for line in filled.splitlines() if line.strip())
