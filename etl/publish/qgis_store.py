"""Project and styles for those who do not open files: a released copy, and both in the database where QGIS looks."""

from __future__ import annotations

import hashlib
import html
import io
import json
import re
import tempfile
import zipfile
from collections.abc import Mapping
from pathlib import Path

import polars as pl
import shapely
from psycopg import sql
from psycopg.types.json import Jsonb
from sqlalchemy import Engine

from etl.catalogue import Catalogue
from etl.publish import qgis_project
from etl.publish.qgis_layers import Layer
from etl.publish.qgis_process import SCRIPTS, write_service
from etl.publish.source import Source
from etl.warehouse import service
from etl.warehouse.engine import driver
from etl.warehouse.rebuild import PUBLISHED

PROJECT_FILE = "sozialbericht.qgs"
STAND = ".stand"
"""Beside the project of another city: what it was built from."""
SCHEMA = "public"
OWNER = "sozialbericht"
"""Marks our styles among those that others saved."""
MARGIN = 0.05
GEOMETRY = {"MultiPolygon": "Polygon", "MultiLineString": "Line", "Point": "Point"}
"""Our geometry types as QGIS names them in its table of styles."""
_EPOCH = (1980, 1, 1, 0, 0, 0)
_TYPE_RULE = re.compile(
    r'<rule filter="[^"]*" key="(?P<code>\w+)_typ_(?P<number>\d+)" label="(?P<label>[^"]*)"[^>]*/>\n'
)
"""A class of a map of types, see qgis_overview."""
_CRS = re.compile(r"<projectCrs>\s*(<spatialrefsys>.*?</spatialrefsys>)\s*</projectCrs>", re.DOTALL)

README = """\
QGIS-Projekt: {title}
{line}
{synthetic}
Stand {stand}. Zum Öffnen: QGIS ab 3.22, Datei {file}.

Das Projekt liest die Datenbank über den Dienst „{service}“ (service='{service}'). Wohin er führt, steht in der
Dienstdatei pg_service.conf jedes Rechners; Server, Konto und Kennwort stehen nicht im Projekt. Fragt QGIS nach
Zugangsdaten, meldet es nicht verfügbare Ebenen oder steht auf der Karte „Diese Karte erreicht keine Daten“, fehlt fast
immer diese Datei oder der Eintrag [{service}] darin: definition of service "{service}" not found. Die Fragen beendet
„Ignorieren → In dieser Sitzung ignorieren“.

Ein Eintrag sieht so aus (Rechner und Konto nennt die GIS-Stelle):

[{service}]
host=datenbankserver
port=5432
dbname={service}
user=leser

Aus der Datenbank selbst öffnet man dasselbe Projekt mit Projekt → Öffnen aus → PostgreSQL, Schema {schema}.
Die Ordner unter styles/ enthalten die Stile je Sicht als QML zum Laden auf eigene Ebenen.
"""


def current_project(source: Source, catalogue: Catalogue) -> Path:
    """The catalogue's project; that of another city is built where it is missing or older than the catalogue.

    It is built as ``leser``, whose views are there even where only a draft has rows. Raises SozialberichtError where it
    cannot be built.
    """
    path = qgis_project.project_file(catalogue)
    if path == qgis_project.SHIPPED:
        return path
    told = json.dumps(qgis_project.describe(catalogue), sort_keys=True, ensure_ascii=False)
    digest = hashlib.sha256(told.encode())
    for script in (SCRIPTS / "build_project.py", *sorted((SCRIPTS / "project_builder").glob("*.py"))):
        digest.update(script.read_bytes())
    stand = digest.hexdigest()
    note = path.with_name(path.name + STAND)
    if not (path.is_file() and note.is_file() and note.read_text(encoding="utf-8") == stand):
        with tempfile.TemporaryDirectory(prefix="sozialbericht-dienst-") as name:
            parameters = service.parameters(str(source.engine.url.database), service.READER)
            service_file = write_service(Path(name), catalogue.city.database, parameters)
            qgis_project.build(catalogue, path, path.parent / "styles", service_file)
        note.write_text(stand, encoding="utf-8")
    return path


def _bookmarks(source: Source, catalogue: Catalogue, crs: str) -> str:
    """A spatial bookmark for each unit of the level below the city, named and grouped as in the catalogue."""
    level = catalogue.city.levels[min(1, len(catalogue.city.levels) - 1)]
    units = source.frame("gebiet", ("gebiet_id", "gebiet", "name", "geom"), "aktuell AND ebene = %(level)s",
                         level=level.code).sort("gebiet")  # fmt: skip
    marks = []
    for key, name, outline in zip(units["gebiet"], units["name"], units["geom"], strict=True):
        west, south, east, north = shapely.from_wkb(outline).bounds
        edge = MARGIN * max(east - west, north - south)
        corners = shapely.box(round(west - edge), round(south - edge), round(east + edge), round(north + edge))
        marks.append(
            f'<Bookmark extent="{corners.wkt}" group="{html.escape(level.plural)}" id="{html.escape(key)}" '
            f'name="{html.escape(name)}">\n{crs}\n</Bookmark>'
        )
    return "<Bookmarks>\n" + "\n".join(marks) + "\n</Bookmarks>"


def _types(source: Source) -> dict[tuple[str, int], str]:
    """The types of areas that the release has found: name by typology (in small letters) and number."""
    if "typ" not in source.views:
        return {}
    rows = source.frame("typ", ("typ_wert_id", "typologie", "typ", "typ_name")).filter(pl.col("typ").is_not_null())
    return {(str(r["typologie"]).lower(), int(r["typ"])): str(r["typ_name"]) for r in rows.iter_rows(named=True)}


def with_types(text: str, names: Mapping[tuple[str, int], str]) -> str:
    """The project's text with these types in the legend of their typology's map, and no others."""
    known = {code for code, _ in names}

    def rule(line: re.Match[str]) -> str:
        if line["code"] not in known:
            return line[0]
        name = names.get((line["code"], int(line["number"])))
        return line[0].replace(f'label="{line["label"]}"', f'label="{html.escape(name)}"') if name else ""

    return _TYPE_RULE.sub(rule, text)


def released(source: Source, catalogue: Catalogue) -> str:
    """The project's text for a release: bookmarks of its areas, names of its types, synthetic data in its title."""
    text = current_project(source, catalogue).read_text(encoding="utf-8")
    crs = _CRS.search(text)
    if crs is not None:
        text = text.replace("<Bookmarks />", _bookmarks(source, catalogue, crs[1]), 1)
    text = with_types(text, _types(source))
    title = html.escape(catalogue.city.report_title, quote=False)
    hint = " (synthetische Daten)" if source.edition.synthetic else ""
    told = f"{title}{hint}, Stand {html.escape(source.edition.label)}"
    # the window's title, and the one of the metadata
    text = text.replace(f'projectname="{title}"', f'projectname="{told}"', 1)
    return text.replace(f"<title>{title}</title>", f"<title>{told}</title>")


def build(source: Source, catalogue: Catalogue, folder: Path) -> None:
    """The product „qgis“: project, styles as QML and how to open them. Raises SozialberichtError without PyQGIS."""
    text = released(source, catalogue)
    (folder / PROJECT_FILE).write_text(text, encoding="utf-8")
    styles = current_project(source, catalogue).parent / "styles"
    for name in sorted(
        {style.file for layer in qgis_project.layers(catalogue) for style in layer.styles if style.file}
    ):
        target = folder / "styles" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes((styles / name).read_bytes())
    city = catalogue.city
    words = README.format(
        title=city.report_title, line="=" * (len(city.report_title) + 14), stand=source.edition.label,
        synthetic="Die Daten sind synthetisch.\n" if source.edition.synthetic else "",
        file=PROJECT_FILE, service=city.database, schema=SCHEMA,
    )  # fmt: skip
    (folder / "LIESMICH.txt").write_text(words, encoding="utf-8")


def packed(text: str) -> bytes:
    """A project as QGIS's compressed file (.qgz); the same text gives the same bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        archive.writestr(zipfile.ZipInfo(PROJECT_FILE, _EPOCH), text.encode(), zipfile.ZIP_DEFLATED, 9)
    return buffer.getvalue()


def _view(layer: Layer) -> str:
    found = re.search(r'table="\w+"\."(\w+)"', layer.uri)
    return found[1] if found else ""


def store(engine: Engine, source: Source, catalogue: Catalogue) -> int:
    """Replace the project and our styles in the database, as its owner; returns the number of styles.

    The project is what ``source`` shows; it carries the report's title as its name. Styles of others stay.
    """
    styles = current_project(source, catalogue).parent / "styles"
    rows: list[tuple[str, str, str, bool, str, str]] = []
    seen: set[str] = set()
    for layer in qgis_project.layers(catalogue):
        for style in layer.styles:
            if style.file and style.file not in seen:
                default = _view(layer) not in {row[0] for row in rows}
                text = (styles / style.file).read_text(encoding="utf-8")
                # the database's XML type takes no foreign document type
                qml = re.sub(r"<!DOCTYPE[^>]*>\s*", "", text)
                rows.append((_view(layer), style.name, qml, default, style.heading, GEOMETRY[layer.geometry]))
                seen.add(style.file)
    with engine.begin() as connection, driver(connection).cursor() as cursor:
        cursor.execute(
            sql.SQL("INSERT INTO {}.qgis_projects VALUES (%s, %s, %s) ON CONFLICT (name) DO UPDATE "
                    "SET metadata = EXCLUDED.metadata, content = EXCLUDED.content").format(sql.Identifier(SCHEMA)),
            (catalogue.city.report_title, Jsonb({"last_modified_user": OWNER}),
             packed(released(source, catalogue))),
        )  # fmt: skip
        styles_table = sql.Identifier(SCHEMA, "layer_styles")
        cursor.execute(
            sql.SQL("DELETE FROM {} WHERE f_table_schema = %s AND owner = %s").format(styles_table),
            (PUBLISHED, OWNER),
        )
        cursor.executemany(
            sql.SQL(
                "INSERT INTO {} (f_table_catalog, f_table_schema, f_table_name, f_geometry_column, stylename, "
                "styleqml, useasdefault, description, owner, type) "
                "VALUES (current_database(), %s, %s, 'geom', %s, %s::xml, %s, %s, %s, %s)"
            ).format(styles_table),
            [(PUBLISHED, *row[:-1], OWNER, row[-1]) for row in rows],
        )
    return len(rows)
