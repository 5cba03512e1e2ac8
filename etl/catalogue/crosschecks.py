"""Checks between the files of a catalogue: references, unique codes, filters that only read what a source offers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from etl.catalogue.chapters import plan_faults
from etl.catalogue.check_departments import department_faults
from etl.catalogue.check_indicators import indicator_faults
from etl.catalogue.check_indices import index_faults
from etl.catalogue.check_measures import carrier_faults, measure_faults
from etl.catalogue.check_reports import report_faults
from etl.catalogue.check_sources import source_faults
from etl.catalogue.faults import Fault, repeated, unknown
from etl.catalogue.identities import FILE as IDENTITY_FILE
from etl.catalogue.outlook import outlook_faults
from etl.catalogue.typologies import FILE as TYPOLOGY_FILE
from etl.catalogue.typologies import typology_faults

if TYPE_CHECKING:
    from etl.catalogue.load import Catalogue


def crosscheck(catalogue: Catalogue) -> list[Fault]:
    """All faults between the files; an empty list means that the catalogue is sound."""
    figures = [*(i.code for i in catalogue.indicators), *(i.code for i in catalogue.indices)]
    faults = [
        *repeated("sources/", "die Quelle", (s.code for s in catalogue.sources)),
        *repeated("measures", "die Messgröße", (m.code for m in catalogue.measures)),
        *repeated("themes/", "die Kennzahl", figures),
        *repeated("themes/", "das Thema", (t.code for t in catalogue.themes)),
        *repeated("city.yaml", "die Stelle", (o.code for o in catalogue.owners)),
        *(fault for s in catalogue.sources for fault in source_faults(catalogue, s)),
        *(fault for m in catalogue.measures for fault in measure_faults(catalogue, m)),
        *(fault for m in catalogue.measures for fault in carrier_faults(catalogue, m)),
        *(fault for t in catalogue.themes for i in t.indicators for fault in indicator_faults(catalogue, t, i)),
        *(fault for i in catalogue.indices for fault in index_faults(catalogue, i)),
        *report_faults(catalogue),
        *(
            unknown(IDENTITY_FILE, f"identities[{n}]", code, "die Messgröße", catalogue.measure)
            for n, identity in enumerate(catalogue.identities, start=1)
            for code, _ in (identity.total, *identity.addends)
            if code not in catalogue.measure
        ),
        *department_faults(catalogue),
        *typology_faults(catalogue),
        *outlook_faults(catalogue),
        *plan_faults(catalogue),
        *repeated(TYPOLOGY_FILE, "die Typologie", (t.code for t in catalogue.typologies)),
    ]
    if catalogue.city.population and catalogue.city.population not in catalogue.measure:
        faults.append(
            unknown("city.yaml", "city.population", catalogue.city.population, "die Messgröße", catalogue.measure)
        )
    return faults
