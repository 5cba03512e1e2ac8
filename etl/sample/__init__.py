"""The synthetic sample city: writes files as a city would receive them and knows nothing of the rest."""

from etl.sample.manifest import SampleManifest, load_manifest
from etl.sample.write import write_sample

__all__ = ["SampleManifest", "load_manifest", "write_sample"]
