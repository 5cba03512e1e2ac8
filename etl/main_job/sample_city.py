"""The job of the synthetic sample city: its files written once, then taken in like any other delivery."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from etl.errors import SozialberichtError
from etl.main_job.job import Addresses, Blocks, Boundaries, Delivery, Facilities, Job, Lines, Provisional, VersionSpec
from etl.sample.manifest import SampleManifest, load_manifest
from etl.sample.write import write_sample

LABEL = "vorläufig (synthetisch)"
SCHOOLS = ("Grundschule", "Gemeinschaftsschule", "Gymnasium", "Förderzentrum")
GEODATA = "stadtgebiet_synthetisch.gpkg"


def _written(folder: Path, seed: int, scale: float) -> SampleManifest:
    """The manifest of the sample in ``folder``; written there where it is missing, incomplete or another one."""
    try:
        manifest = load_manifest(folder)
        whole = all((folder / entry.name).is_file() for entry in manifest.files)
        if whole and (manifest.seed, manifest.scale) == (seed, scale):
            return manifest
    except SozialberichtError:
        pass  # none yet, or of an earlier program
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "manifest.yaml").unlink(missing_ok=True)  # written last: an interrupted sample has none
    return write_sample(folder, seed=seed, scale=scale)


def sample_job(folder: Path, *, seed: int = 1, scale: float = 1.0) -> tuple[Job, Path]:
    """The job that takes in the sample city, and the folder of its files (written if need be)."""
    manifest = _written(folder, seed, scale)
    deliveries = tuple(
        Delivery(
            source=entry.source or "",
            file=entry.name,
            date=date.fromisoformat(entry.reference_date or f"{manifest.years[-1]}-12-31"),
            form=entry.form,
            refused=entry.outcome == "refused",
        )
        for entry in manifest.deliveries()
        if entry.form in ("gezaehlt", "csv")  # the other forms hold the same figures
    )
    places = {"file": "einrichtungen_synthetisch.csv", "key": "einrichtung_nr", "name": "name", "x": "ost", "y": "nord"}
    address = ("strassenname", "hausnummer", "zusatz", "plz", "ort")
    job = Job(
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
        facilities=(
            Facilities.model_validate({**places, "kind": "kita", "address": address, "where": {"art": ("Kita",)}}),
            Facilities.model_validate({**places, "kind": "schule", "address": address, "where": {"art": SCHOOLS}}),
        ),
        deliveries=deliveries,
        provisional=Provisional(),
    )
    return job, folder
