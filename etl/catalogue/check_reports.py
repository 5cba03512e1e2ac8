"""Checks of the reports compared with: their questions name our indicators, themes, levels and offices."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from etl.catalogue.faults import Fault, repeated, unknown

if TYPE_CHECKING:
    from etl.catalogue.load import Catalogue

FILE = "berichte.yaml"


def report_faults(catalogue: Catalogue) -> Iterator[Fault]:
    """Faults of ``berichte.yaml`` against the rest of the catalogue."""
    yield from repeated(FILE, "der Bericht", (r.code for r in catalogue.reports))
    themes, owners = {t.code for t in catalogue.themes}, {o.code for o in catalogue.owners}
    levels = {level.code for level in catalogue.city.levels}
    for report in catalogue.reports:
        for number, question in enumerate(report.questions, start=1):
            at = f"{report.code}.questions[{number}]"
            for code in question.codes:
                if code not in catalogue.indicator:
                    yield unknown(FILE, f"{at}.codes", code, "die Kennzahl", catalogue.indicator)
            for key, word, what, known in (
                ("theme", question.theme, "das Thema", themes),
                ("ask", question.ask, "die Stelle", owners),
                ("level", question.level, "die Ebene", levels),
            ):
                if word is not None and word not in known:
                    yield unknown(FILE, f"{at}.{key}", word, what, known)
