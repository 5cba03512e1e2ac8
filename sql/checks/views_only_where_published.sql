-- In den Datenschemata stehen keine Sichten
SELECT n.nspname AS schema, c.relname AS sicht
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('v', 'm') AND n.nspname IN ('geo', 'catalogue', 'intake', 'warehouse', 'release')
  -- these two say which releases the published views show
  AND (n.nspname, c.relname) NOT IN (('release', 'shown_edition'), ('release', 'candidate_edition'));
