-- The one definition of an address key: street key | house number | suffix, as geo.address.address_key holds it.
-- '00123' '007' 'A' and '123' '7' 'a' and '123' '7A' '' are the same address: 00123|7|a.
-- NULL where there is no street key or no house number: such a row cannot be located.
CREATE OR REPLACE FUNCTION geo.address_key(street text, number text, suffix text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
SELECT CASE
    -- nearly all addresses are written plainly; the regular expressions below cost ten times as much
    WHEN translate(street, '0123456789', '') = '' AND length(street) = 5
         AND translate(number, '0123456789', '') = '' AND left(number, 1) > '0'
         AND translate(coalesce(suffix, ''), 'abcdefghijklmnopqrstuvwxyz', '') = ''
    THEN street || '|' || number || '|' || coalesce(suffix, '')
    ELSE CASE WHEN btrim(street) ~ '^[0-9]+$' AND length(ltrim(btrim(street), '0')) <= 5
              THEN lpad(ltrim(btrim(street), '0'), 5, '0')
              ELSE nullif(upper(btrim(street)), '') END
         || '|' || substring(number FROM '^\s*0*([1-9][0-9]*)')
         || '|' || lower(regexp_replace(
                coalesce(substring(number FROM '^\s*[0-9]+(.*)$'), '') || coalesce(suffix, ''), '\s', '', 'g'))
END
$$;
COMMENT ON FUNCTION geo.address_key(text, text, text) IS
    'Adressschlüssel: Straßenschlüssel fünfstellig | Hausnummer ohne führende Nullen | Zusatz klein geschrieben';
