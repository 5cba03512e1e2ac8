"""Print layouts of the QGIS project as plain data."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from etl.catalogue import Catalogue
from etl.publish import qgis_layouts_profile as profile
from etl.publish.qgis_layouts_maps import map_layouts


def layouts(catalogue: Catalogue) -> dict[str, Any]:
    """The described layouts and the layers that only they use, JSON-ready; depends on the catalogue alone."""
    own = profile.layer(catalogue)
    made = [profile.profile_layout(catalogue), *map_layouts(catalogue)]
    return {
        "layers": [{**own, "style": asdict(own["style"])}],  # type: ignore[call-overload]
        "layouts": [asdict(layout) for layout in made],
    }
