"""The job of the synthetic sample city: its files written once, then taken in like any other delivery."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from etl.errors import SozialberichtError
from etl.main_job.job import (
    Addresses,
    AgencyAnswers,
    Blocks,
    Boundaries,
    Delivery,
    Facilities,
    Job,
    Lines,
    Provisional,
    VersionSpec,
)
from etl.sample.manifest import SampleManifest, load_manifest, program
from etl.sample.write import write_sample
from etl.settings import DEFAULT_CATALOGUE

LABEL = "vorläufig (synthetisch)"
GEODATA = "stadtgebiet_synthetisch.gpkg"


def _written(folder: Path, seed: int, scale: float) -> SampleManifest:
    """The manifest of the sample in ``folder``; written there where it is missing, incomplete or another one."""
    try:
        manifest = load_manifest(folder)
        whole = all((folder / entry.name).is_file() for entry in manifest.files)
        if whole and (manifest.seed, manifest.scale, manifest.program) == (seed, scale, program()):
            return manifest
    except SozialberichtError:
        pass  # none yet, or of an earlier program
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "manifest.yaml").unlink(missing_ok=True)  # written last: an interrupted sample has none
    return write_sample(folder, seed=seed, scale=scale)


def sample_job(folder: Path, *, seed: int = 1, scale: float = 1.0) -> Job:
    """The job that takes in the sample city, whose files are written into ``folder`` if need be."""
    return job_of(_written(folder, seed, scale))


def job_of(manifest: SampleManifest) -> Job:
    """The job that takes in a written sample."""
    known = {path.stem for path in (DEFAULT_CATALOGUE / "sources").glob("*.yaml")}
    deliveries = tuple(
        Delivery(
            source=entry.source or "",
            file=entry.name,
            date=date.fromisoformat(entry.reference_date or f"{manifest.years[-1]}-12-31"),
            form=entry.form,
            refused=entry.outcome == "refused",
        )
        for entry in manifest.deliveries()
        if entry.deliver and entry.source in known
    )
    places = {"key": "einrichtung_nr", "name": "name", "x": "ost", "y": "nord"}
    address = ("strassenname", "hausnummer", "zusatz", "plz", "ort")
    return Job(
        title="Beispielstadt (synthetische Daten)",
        synthetic=True,
        version=VersionSpec(label=LABEL, title="Vorläufige Bezirke der synthetischen Beispielstadt"),
        boundaries=(
            Boundaries(file=GEODATA, layer="stadt", level="stadt", key="ags", name="name"),
            Boundaries(file=GEODATA, layer="stadtteile", level="stadtteil", key="stadtteil_nr", name="name"),
        ),
        blocks=Blocks(file=GEODATA, layer="bloecke", key="block_nr", parent="stadtteil_nr"),
        lines=(
            Lines.model_validate(
                {"file": GEODATA, "layer": "strassen", "kind": "strasse", "name": "name", "class": "klasse"}
            ),
            Lines.model_validate({"file": GEODATA, "layer": "bahn", "kind": "bahn", "name": "name", "class": "art"}),
            Lines.model_validate(
                {"file": GEODATA, "layer": "gewaesser", "kind": "gewaesser", "name": "name", "class": "art"}
            ),
        ),
        addresses=Addresses(file="hauskoordinaten_synthetisch.csv"),
        facilities=tuple(
            Facilities.model_validate(
                {**places, "file": f"einrichtungen_{kind}_synthetisch.csv", "kind": kind, "address": address}
            )
            for kind in ("kita", "schule")
        ),
        deliveries=deliveries,
        agency=AgencyAnswers(records=".", out="agentur_antwort_synthetisch"),
        provisional=Provisional(target=round(5000 * manifest.scale)),
    )
