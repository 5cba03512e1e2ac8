"""The sample's employment agency: it gets the city's two files and answers with its tables for our districts."""

from __future__ import annotations

import tempfile
from datetime import date
from pathlib import Path

import yaml
from sqlalchemy import Engine

from etl.catalogue import Catalogue
from etl.console import say
from etl.districts.agency.deliver import deliver_agency
from etl.main_job.job import AgencyAnswers, Delivery
from etl.sample.agency import FOLDER as AGENCY_FOLDER
from etl.sample.agency_answer import answer
from etl.sample.manifest import sha256

RECORDS = "bestand.sha256"
"""Hashes of the agency's own records that were counted."""
JOURNAL = "antworten.yaml"
"""Lists the tables of an answer; written last, so that an interrupted answer has none."""


def answered(engine: Engine, catalogue: Catalogue, label: str, folder: Path, part: AgencyAnswers) -> list[Delivery]:
    """The agency's tables as deliveries; written anew only where the districts or their addresses have changed."""
    out = folder / part.out
    with tempfile.TemporaryDirectory() as place, engine.begin() as connection:
        report = deliver_agency(connection, catalogue, label, Path(place))
        sent = {path.name: path.read_bytes() for path in (report.areas_file, report.grid_file)}
    sent[RECORDS] = _fingerprint(folder / part.records / AGENCY_FOLDER)
    known = _known(folder, out, sent)
    if known is not None:
        return known
    out.mkdir(parents=True, exist_ok=True)
    (out / JOURNAL).unlink(missing_ok=True)
    for name, content in sent.items():
        (out / name).write_bytes(content)
    entries = answer(out / report.grid_file.name, out / report.areas_file.name, folder / part.records, out)
    say(f"  Antwort der Agentur: {len(entries)} Tabellen für {report.areas} Gebiete geschrieben (synthetisch)")
    deliveries = [
        Delivery(
            source=e.source or "", file=f"{part.out}/{e.name}", date=date.fromisoformat(e.reference_date or ""),
            form=e.form,
        )
        for e in entries
    ]  # fmt: skip
    (out / JOURNAL).write_text(yaml.safe_dump([d.model_dump(mode="json") for d in deliveries]), encoding="utf-8")
    return deliveries


def _fingerprint(records: Path) -> bytes:
    return "".join(f"{sha256(path)}  {path.name}\n" for path in sorted(records.glob("*.parquet"))).encode()


def _known(folder: Path, out: Path, sent: dict[str, bytes]) -> list[Delivery] | None:
    """The tables of an earlier answer to exactly these files of the city."""
    same = all((out / name).is_file() and (out / name).read_bytes() == content for name, content in sent.items())
    if not same or not (out / JOURNAL).is_file():
        return None
    listed = yaml.safe_load((out / JOURNAL).read_text(encoding="utf-8"))
    deliveries = [Delivery.model_validate(entry) for entry in listed]
    return deliveries if all((folder / d.file).is_file() for d in deliveries) else None
