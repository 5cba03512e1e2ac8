-- Kein veröffentlichter Wert zeigt eine Anzahl unter der Mindestzahl (auch nicht als Rest) oder einen zu kleinen Nenner
SELECT e.label AS stand, i.code AS kennzahl, u.key AS gebiet, v.group_code AS gruppe, v.period AS zeitraum,
       v.numerator AS zaehler, v.denominator AS nenner
FROM release.value v
JOIN release.edition e ON e.id = v.edition_id AND e.status = 'published'
JOIN catalogue.indicator i ON i.id = v.indicator_id
JOIN geo.unit u ON u.id = v.unit_id AND u.level <> 'vergleichsraum'
JOIN warehouse.indicator_value x
  ON x.indicator_id = v.indicator_id AND x.unit_id = v.unit_id AND x.group_code = v.group_code AND x.period = v.period
CROSS JOIN LATERAL (
    SELECT CASE WHEN x.smallest_agency IS NULL THEN (e.policy ->> 'min_count')::int
                ELSE (e.policy ->> 'min_count_agency')::int END AS least
) p
-- sums and differences of counts may be small where none of these is shown; a numerator of places counts no persons
CROSS JOIN LATERAL unnest(ARRAY[
    CASE WHEN i.kind IN ('anzahl', 'anteil', 'rate', 'quotient', 'dichte') THEN v.numerator END,
    CASE WHEN i.kind = 'anteil' AND v.denominator >= v.numerator THEN v.denominator - v.numerator END
]) AS shown(persons)
WHERE v.status IN ('gueltig', 'unsicher')
  AND (x.smallest_base < (e.policy ->> 'min_denominator')::int
       OR shown.persons < p.least AND x.smallest_count <= shown.persons
          AND NOT (shown.persons = 0 AND ((e.policy ->> 'show_zeros')::boolean OR u.level = 'nicht_zuordenbar'
                                        OR EXISTS (SELECT FROM catalogue.measure m
                                                   WHERE m.definition -> 'structural_zeros' ? u.key))));
