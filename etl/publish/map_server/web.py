"""What nginx is told: which requests reach QGIS Server, which folders are handed out, and the page that lists them."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

import jinja2

from etl.publish import german, products
from etl.publish.map_server.project import served

PROGRAM = Path("/usr/sbin/nginx")
KEEP_SECONDS = 30
"""How long an answer is given again."""
FOLDERS = ("bericht", "atlas", "steckbriefe", "exporte")
"""Products that are handed out as files, in the order of the start page."""
REQUESTS = (
    "GetCapabilities", "GetMap", "GetFeatureInfo", "GetLegendGraphic", "GetLegendGraphics", "GetStyles",
    "DescribeLayer", "DescribeFeatureType", "GetFeature",
)  # fmt: skip
_NUMBER = r"[0-9.%ACEace:,+-]{0,400}"
_CHECKED = {
    "SERVICE": "(?:WMS|WFS)",
    "REQUEST": f"(?:{'|'.join(REQUESTS)})",
    "VERSION": r"[0-9.]{0,9}",
    "WIDTH": r"\d{1,4}", "HEIGHT": r"\d{1,4}",
    "I": r"\d{1,4}", "J": r"\d{1,4}", "X": r"\d{1,4}", "Y": r"\d{1,4}",
    "DPI": r"\d{1,3}(?:\.\d{0,9})?", "MAP_RESOLUTION": r"\d{1,3}(?:\.\d{0,9})?",
    "FORMAT_OPTIONS": r"dpi(?::|%3A)\d{1,3}",
    "FEATURE_COUNT": r"\d{1,5}", "MAXFEATURES": r"\d{1,7}", "COUNT": r"\d{1,7}", "STARTINDEX": r"\d{1,9}",
    "BBOX": rf"{_NUMBER}(?:(?:,|%2C)(?:EPSG|urn)[\w:.%-]{{0,80}})?",
    "FI_POINT_TOLERANCE": r"\d{1,3}", "FI_LINE_TOLERANCE": r"\d{1,3}", "FI_POLYGON_TOLERANCE": r"\d{1,3}",
}  # fmt: skip
"""Parameters with what their value may be. A picture has four digits a side; QGIS Server has a closer limit."""
_FREE = (
    "LAYERS", "LAYER", "STYLES", "STYLE", "QUERY_LAYERS", "CRS", "SRS", "FORMAT", "INFO_FORMAT", "TRANSPARENT",
    "BGCOLOR", "EXCEPTIONS", "TIME", "TILED", "FILTER", "WITH_MAPTIP", "WITH_GEOMETRY", "OPACITIES", "LANGUAGE",
    "SLD_VERSION", "SCALE", "RULE", "RULELABEL", "LAYERTITLE", "BOXSPACE", "LAYERSPACE", "LAYERTITLESPACE",
    "SYMBOLSPACE", "ICONLABELSPACE", "SYMBOLWIDTH", "SYMBOLHEIGHT", "SHOWFEATURECOUNT", "TYPENAME", "TYPENAMES",
    "SRSNAME", "FEATUREID", "OUTPUTFORMAT", "RESULTTYPE", "PROPERTYNAME", "SORTBY", "NAMESPACE", "NAMESPACES",
    "GEOMETRYNAME", "ACCEPTVERSIONS", "ACCEPTFORMATS", "SECTIONS", "UPDATESEQUENCE", "_", "_OLSALT",
)  # fmt: skip
"""Parameters that may say anything; all others are refused, among them those with which QGIS Server opens other
projects (MAP), fetches foreign addresses (SLD, external layers) or evaluates expressions (EXP_FILTER)."""
_TEMPLATES = jinja2.Environment(
    loader=jinja2.FileSystemLoader(Path(__file__).parent), autoescape=jinja2.select_autoescape(("html.j2",)),
    undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True,
)  # fmt: skip
_KINDS = {
    ".html": "Seite", ".pdf": "PDF", ".csv": "Tabelle (CSV)", ".xlsx": "Excel-Datei", ".gpkg": "GeoPackage",
    ".parquet": "GeoParquet", ".json": "JSON", ".ttl": "Metadaten", ".rdf": "Metadaten", ".jsonld": "Metadaten",
    ".zip": "Archiv", ".txt": "Text",
}  # fmt: skip


@dataclass
class Published:
    """What is served: a project, and the folder of a release with the pages and files made of it.

    ``project``: says where the project lies now. ``folder``: a path that leads to the current release's folder.
    ``about``: says its label and the notice that stands on everything (None: real data).
    """

    project: Callable[[], Path]
    folder: Path | None = None
    title: str = "Sozialbericht"
    about: Callable[[], tuple[str | None, str | None]] = lambda: (None, None)
    _seen: tuple[object, ...] = field(default=(), init=False)

    def _state(self) -> tuple[object, ...]:
        project = self.project()
        entry = project.stat()
        current = os.path.realpath(self.folder) if self.folder else ""
        return (os.path.realpath(project), entry.st_mtime_ns, entry.st_size), current

    def changed(self) -> bool:
        """Whether the project or the current release is another than when it was last laid out."""
        return self._state() != self._seen

    def lay_out(self, folder: Path, address: Mapping[str, str]) -> None:
        """Write the project, as it is served from the database at ``address``, and the start page into a folder."""
        state = self._state()
        _replace(folder / "projekt" / "projekt.qgs", served(self.project().read_text(encoding="utf-8"), address))
        _replace(folder / "seite" / "index.html", self.page())
        self._seen = state

    def page(self) -> str:
        """The German page that lists report, atlas, profiles, exports and services."""
        label, notice = self.about()
        shown = []
        for product in sorted((p for p in products.PRODUCTS if p.folder in FOLDERS), key=_place):
            place = self.folder / product.folder if self.folder else None
            if place and place.is_dir():
                first, more = _links(place, product)
                shown.append({"title": product.title, "links": first, "more": more})
        return _TEMPLATES.get_template("start.html.j2").render(
            title=self.title, label=label, notice=notice, products=shown
        )


def _replace(path: Path, text: str) -> None:
    """Write a file at once."""
    fresh = path.with_name("neu")
    fresh.write_text(text, encoding="utf-8")
    fresh.replace(path)


def _place(product: products.Product) -> int:
    return FOLDERS.index(product.folder)


def _links(place: Path, product: products.Product) -> tuple[list[dict[str, str]], list[dict[str, str]]]:
    """What to open in a product's folder: pages and documents first, and each further file."""
    files = [path for path in sorted(place.rglob("*")) if path.is_file() and not path.is_symlink()]
    files = [path for path in files if not any(part.startswith(".") for part in path.relative_to(place).parts)]
    top = [path for path in files if path.parent == place]
    start = place / product.start
    if start.suffix == ".html" and start in top:
        # the other files belong to the page, except documents of their own
        top = [start, *(path for path in top if path != start and path.suffix in {".pdf", ".html"})]
        return [_link(place, path, product.title if path == start else "") for path in top], []
    if start in top:
        top = [start, *(path for path in top if path != start)]
    return [_link(place, path) for path in top], [_link(place, path) for path in files if path.parent != place]


def _link(place: Path, path: Path, name: str = "") -> dict[str, str]:
    inner, size = path.relative_to(place).as_posix(), path.stat().st_size
    told = f"{german.number(size / 1e6, 1)}{german.NBSP}MB" if size >= 1e5 else f"{max(1, size // 1000)}{german.NBSP}kB"
    kind = _KINDS.get(path.suffix, "Datei")
    return {"address": f"/{place.name}/{quote(inner)}", "name": name or inner, "kind": kind, "size": told}


def parameters_allowed() -> str:
    """Regular expression that a query to WMS or WFS fits, whatever the order of its parameters."""
    pairs = [rf"{name}=(?:{value})?" for name, value in _CHECKED.items()]
    pairs.append(rf"(?:{'|'.join(map(re.escape, _FREE))})(?:=[^&]*+)?")
    return rf"^(?:(?:{'|'.join(pairs)})(?:&|$)|&)++$"


def configure(
    folder: Path, place: tuple[str, int], variables: Mapping[str, str], published: Published, processes: int
) -> Path:
    """Write the configuration of nginx into ``folder``, listening at host and port; returns its path."""
    host, port = place
    values = {
        "folder": folder, "address": f"[{host}]" if ":" in host else host, "port": port, "processes": processes,
        "published": published.folder, "folders": "|".join(FOLDERS), "allowed": parameters_allowed(),
        "requests": "|".join(REQUESTS), "keep_seconds": KEEP_SECONDS,
        # A FastCGI program sees each request's parameters as its environment, in place of the one it began with.
        "variables": {name: variables[name] for name in ("PGSERVICEFILE", "HOME", "QGIS_PROJECT_FILE")},
    }  # fmt: skip
    for name in ("fastcgi.conf", "nginx.conf"):
        (folder / name).write_text(_TEMPLATES.get_template(f"{name}.j2").render(values), encoding="utf-8")
    return folder / "nginx.conf"
