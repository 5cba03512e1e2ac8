"""What views take from the catalogue that no table holds: needs, gaps, comparison reports, as plain values."""

from __future__ import annotations

from typing import Any

from etl.catalogue import Catalogue
from etl.catalogue.needs import MONTHS, blocked_indices, compared, needs, reference_point

BASIS = {"belegt": "belegt", "teilweise_angenommen": "teilweise angenommen", "angenommen": "angenommen"}


def _sources(catalogue: Catalogue) -> list[dict[str, Any]]:
    return [
        {
            "code": s.code,
            "first_year": s.first_year,
            "due_days": s.due_days,
            "length": MONTHS.get(s.periodicity, 12),
            "point": reference_point(s),
        }
        for s in catalogue.sources
    ]


def _indicators(catalogue: Catalogue) -> list[dict[str, Any]]:
    indices = {index.code: index.title for index in catalogue.indices}
    blocked = blocked_indices(catalogue)
    shown: dict[str, list[str]] = {}
    for report in catalogue.reports:
        for code in dict.fromkeys(c for q in report.questions for c in q.codes):
            shown.setdefault(code, []).append(report.title)
    return [
        {
            "code": i.code,
            "pool": i.pool,
            "blocks": "; ".join(f"{indices[c]} ({c})" for c in blocked.get(i.code, ())) or None,
            "shown_in": "; ".join(shown.get(i.code, ())) or None,
        }
        for i in catalogue.indicators
    ]


def _gaps(catalogue: Catalogue) -> list[dict[str, Any]]:
    titles = {o.code: o.title for o in catalogue.owners}
    return [
        {"code": i.code, "reason": i.gap.reason, "closed_by": i.gap.closed_by, "owner": titles[i.gap.ask]}
        for i in catalogue.indicators
        if i.gap is not None
    ]


def _questions(catalogue: Catalogue) -> list[dict[str, Any]]:
    titles = {o.code: o.title for o in catalogue.owners}
    smallest = catalogue.city.levels[-1].code
    return [
        {
            "report": report.title,
            "publisher": report.publisher,
            "basis": BASIS[report.basis],
            "evidence": report.evidence,
            "title": q.title,
            "theme": q.theme,
            "codes": ", ".join(q.codes) or None,
            "covered": q.covered,
            "missing": q.missing,
            "closed_by": q.closed_by,
            "owner": titles[q.ask] if q.ask else None,
            "level": q.level or smallest,
        }
        for report in catalogue.reports
        for q in report.questions
    ]


def view_facts(catalogue: Catalogue) -> dict[str, Any]:
    """Names that the templates ``sql/views/*.city.sql.j2`` may use."""
    return {
        "catalogue": catalogue,
        "sources": _sources(catalogue),
        "needs": needs(catalogue),
        "compared": compared(catalogue),
        "indicators": _indicators(catalogue),
        "gaps": _gaps(catalogue),
        "questions": _questions(catalogue),
        "readers": [(d.code, owner) for d in catalogue.departments for owner in d.owners],
    }
