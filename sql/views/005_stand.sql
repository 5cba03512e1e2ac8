-- Which releases the views of readers show, and which those of the candidate. The only views outside the published schemas:
-- every view of schema sozialbericht reads shown_edition, its copy in schema kandidat reads candidate_edition instead.
CREATE VIEW release.shown_edition AS
SELECT e.id, e.label, e.status, e.synthetic, e.policy, e.catalogue_sha256, e.deliveries, e.created_at, e.created_by,
       e.published_at, e.withdrawn_at, e.withdrawn_reason, e.values_closed, e.content_sha256
FROM release.edition e WHERE e.status IN ('published', 'superseded', 'withdrawn');
COMMENT ON VIEW release.shown_edition IS 'Stände, die Leser sehen oder sahen';

CREATE VIEW release.candidate_edition AS
SELECT e.id, e.label,
       CASE WHEN e.id = c.id THEN 'published' WHEN c.id IS NOT NULL AND e.status = 'published' THEN 'superseded'
            ELSE e.status END AS status,
       e.synthetic, e.policy, e.catalogue_sha256, e.deliveries, e.created_at, e.created_by, e.published_at,
       e.withdrawn_at, e.withdrawn_reason, e.values_closed, e.content_sha256
FROM release.edition e
LEFT JOIN (SELECT max(id) AS id FROM release.edition WHERE status IN ('draft', 'approved')) c ON true
WHERE e.status IN ('published', 'superseded', 'withdrawn') OR e.id = c.id;
COMMENT ON VIEW release.candidate_edition IS
    'Stände, wie sie wären, wenn der neueste Entwurf veröffentlicht würde; ohne Entwurf die, die Leser sehen';
