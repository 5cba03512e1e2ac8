-- Kein veröffentlichter Wert beruht auf einer Anzahl unter der Mindestzahl oder auf einem zu kleinen Nenner
SELECT e.label AS stand, i.code AS kennzahl, u.key AS gebiet, v.period AS zeitraum, x.smallest_count AS anzahl,
       x.smallest_agency AS anzahl_agentur, x.smallest_base AS nenner
FROM release.value v
JOIN release.edition e ON e.id = v.edition_id AND e.status = 'published'
JOIN catalogue.indicator i ON i.id = v.indicator_id
JOIN geo.unit u ON u.id = v.unit_id AND u.level <> 'vergleichsraum'
JOIN warehouse.indicator_value x
  ON x.indicator_id = v.indicator_id AND x.unit_id = v.unit_id AND x.group_code = v.group_code AND x.period = v.period
WHERE v.status IN ('gueltig', 'unsicher')
  AND (x.smallest_count < (e.policy ->> 'min_count')::int
           AND NOT ((e.policy ->> 'show_zeros')::boolean AND x.smallest_nonzero >= (e.policy ->> 'min_count')::int)
       OR x.smallest_agency < (e.policy ->> 'min_count_agency')::int
       OR x.smallest_base < (e.policy ->> 'min_denominator')::int);
