"""All exports of a release in one folder."""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import partial
from pathlib import Path

from etl import settings
from etl.catalogue import Catalogue
from etl.console import say
from etl.publish.exports import csv_files, dcat, dictionary, geopackage, package, parquet, workbook
from etl.publish.source import Source

FORMATS = ("csv", "xlsx", "gpkg", "parquet", "woerterbuch", "metadaten")
STYLES = settings.PROJECT / "qgis" / "styles"

README = """{title}, Stand {stand}
{synthetic}
csv/                    jede Sicht als Tabelle (UTF-8, Semikolon), beschrieben in csv/datapackage.json
sozialbericht.xlsx      Werte, Kennzahlen, Indizes und Hinweise für die Tabellenkalkulation
sozialbericht.gpkg      alles für QGIS, mit den Stilen der Karten
parquet/                jede Sicht als Parquet, mit Umrissen als GeoParquet (EPSG:25832)
datenwoerterbuch.html   was jede Spalte und jede Kennzahl bedeutet
metadaten.*             Beschreibung für Datenportale (DCAT-AP.de)

Leere Zahlen: Die Spalte „status“ sagt, warum. Geheim gehaltenes lässt sich aus dem Rest nicht berechnen.
"""


def build(
    source: Source, catalogue: Catalogue, folder: Path, wanted: Collection[str] = FORMATS, *, comma: bool = True
) -> None:
    """Write the wanted formats into ``folder``; the same release, the same bytes."""

    def tables() -> None:
        csv_files.write_csv(source, folder / "csv", comma=comma)
        package.write_package(source, catalogue, folder / "csv", comma=comma)

    def metadata() -> None:
        if catalogue.city.publication is not None:
            dcat.write_metadata(source, catalogue, folder)

    # what describes the files comes last
    steps: dict[str, Callable[[], object]] = {
        "csv": tables,
        "xlsx": partial(workbook.write_workbook, source, catalogue, folder / "sozialbericht.xlsx"),
        "gpkg": partial(geopackage.write_geopackage, source, folder / "sozialbericht.gpkg", STYLES),
        "parquet": partial(parquet.write_parquet, source, folder / "parquet"),
        "woerterbuch": partial(dictionary.write_dictionary, source, catalogue, folder / "datenwoerterbuch.html"),
        "metadaten": metadata,
    }
    synthetic = "SYNTHETISCHE DATEN: keine Aussage über die wirkliche Stadt.\n" if source.edition.synthetic else ""
    for name in FORMATS:
        if name in wanted:
            say(f"  {name} …")
            steps[name]()
    (folder / "LIESMICH.txt").write_text(
        README.format(title=catalogue.city.report_title, stand=source.edition.label, synthetic=synthetic),
        encoding="utf-8",
    )
