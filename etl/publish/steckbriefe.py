"""District profiles as PDF: the project's own layout, exported by QGIS from what a release shows."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pikepdf

from etl.catalogue import Catalogue
from etl.errors import SozialberichtError
from etl.publish.qgis_expressions import literal
from etl.publish.qgis_layouts_profile import NAME
from etl.publish.qgis_process import run_script, write_service
from etl.publish.qgis_store import current_project
from etl.publish.source import ROLES, Source
from etl.warehouse import service
from etl.warehouse.rebuild import PUBLISHED

ALL = "steckbriefe.pdf"
SINGLE = "einzeln"
DPI = 200
"""Of what QGIS cannot draw as lines and letters; nothing on these pages."""

README = """{title}: Steckbriefe, Stand {stand}
{synthetic}
{content}

Erzeugt aus der Druckzusammenstellung „{layout}“ des QGIS-Projekts; wer das Projekt öffnet, kann sie selbst ausgeben
(Projekt → Druckzusammenstellungen → {layout} → Atlas).
"""


@dataclass(frozen=True)
class Made:
    """What was written: the file of all areas (None where there is none), and by key the file of each."""

    together: Path | None
    single: dict[str, Path]


def reading_project(source: Source, catalogue: Catalogue, folder: Path) -> tuple[Path, Path]:
    """A copy of the catalogue's project that reads the source's schema, and the service file for it, in ``folder``."""
    role = ROLES[source.schema]
    parameters = service.parameters(str(source.engine.url.database), role)
    service_file = write_service(folder, catalogue.city.database, parameters)
    project = folder / "projekt.qgs"
    text = current_project(source, catalogue).read_text(encoding="utf-8")
    project.write_text(_with_schema(text, source.schema), encoding="utf-8")
    return project, service_file


def _with_schema(project: str, schema: str) -> str:
    """The project's text with all tables of its layers looked up in another schema."""
    if schema == PUBLISHED:
        return project
    named = project
    for quote in ('"', "&quot;"):
        named = named.replace(f"{quote}{PUBLISHED}{quote}.{quote}", f"{quote}{schema}{quote}.{quote}")
    return re.sub(rf"(?<=FROM |JOIN ){PUBLISHED}\.(?=\w)", f"{schema}.", named)


def build(source: Source, catalogue: Catalogue, folder: Path, only: Sequence[str] = ()) -> Made:
    """Write all profiles as one PDF and each as its own, of the same release the same bytes.

    ``only``: keys of the areas wanted, if not all; then there is no common file. Raises SozialberichtError where there
    is no such area, and where QGIS complains of anything.
    """
    with tempfile.TemporaryDirectory(prefix="sozialbericht-steckbriefe-") as name:
        scratch = Path(name)
        scratch.chmod(0o700)
        project, service_file = reading_project(source, catalogue, scratch)
        task = {
            "project": str(project), "layout": NAME, "out": str(scratch / ALL), "dpi": DPI,
            "filter": f"\"gebiet\" IN ({', '.join(map(literal, only))})" if only else "",
        }  # fmt: skip
        answer = run_script("export_layouts.py", task, service_file)
        if answer["messages"]:
            raise SozialberichtError(f"QGIS konnte die Steckbriefe nicht fehlerfrei zeichnen: {answer['messages'][0]}")
        pages = [str(page) for page in answer["pages"]]
        drawn = {page.split(" ")[0] for page in pages}
        if missing := [key for key in only if key not in drawn]:
            raise _unknown(missing[0])
        made = _written(scratch / ALL, pages, int(answer["per_page"]), source, catalogue, folder=folder,
                        together=not only)  # fmt: skip
    if not only:
        _write_readme(source, catalogue, folder, made)
    return made


def build_all(source: Source, catalogue: Catalogue, folder: Path) -> None:
    """The product: all profiles of a release."""
    build(source, catalogue, folder)


def _unknown(key: str) -> SozialberichtError:
    return SozialberichtError(
        f"Ein Gebiet mit dem Schlüssel „{key}“ hat keinen Steckbrief. Richtig wäre zum Beispiel 101; alle Schlüssel "
        "nennt die Sicht „gebiet“."
    )


def _written(
    drawn: Path, pages: list[str], sheets: int, source: Source, catalogue: Catalogue, *, folder: Path, together: bool
) -> Made:
    """The drawn file without what is accidental, whole and in parts."""
    folder.mkdir(parents=True, exist_ok=True)
    if not pages:
        return Made(None, {})
    title = f"{catalogue.city.report_title}: Steckbrief"
    note = " (synthetische Daten)" if source.edition.synthetic else ""
    single = {}
    with pikepdf.open(drawn) as whole:
        if len(whole.pages) != len(pages) * sheets:
            raise SozialberichtError(
                f"QGIS hat {len(whole.pages)} Seiten gezeichnet, nicht {sheets} je Gebiet für {len(pages)} Gebiete."
            )
        for nth, page in enumerate(pages):
            key = page.split(" ")[0]
            with pikepdf.new() as part:
                part.pages.extend(whole.pages[nth * sheets : (nth + 1) * sheets])
                target = folder / SINGLE / f"steckbrief_{key}.pdf" if together else folder / f"steckbrief_{key}.pdf"
                single[key] = _save(part, target, f"{title} {page}{note}", catalogue, [(page, 0)])
        if not together:
            return Made(None, single)
        marks = [(page, nth * sheets) for nth, page in enumerate(pages)]
        path = _save(whole, folder / ALL, f"{title}e{note}", catalogue, marks)
    return Made(path, single)


def _save(document: pikepdf.Pdf, path: Path, title: str, catalogue: Catalogue, marks: list[tuple[str, int]]) -> Path:
    """Write a document with title, language and bookmarks, and nothing of when and where it was made."""
    if "/Info" in document.trailer:
        del document.trailer["/Info"]
    document.docinfo["/Title"] = title
    document.docinfo["/Author"] = catalogue.city.name
    if "/Metadata" in document.Root:
        del document.Root.Metadata
    document.Root.Lang = pikepdf.String("de-DE")
    document.Root.ViewerPreferences = pikepdf.Dictionary(DisplayDocTitle=True)
    with document.open_outline() as outline:
        outline.root.extend(pikepdf.OutlineItem(name, page) for name, page in marks)
    path.parent.mkdir(parents=True, exist_ok=True)
    document.remove_unreferenced_resources()
    document.save(path, deterministic_id=True, object_stream_mode=pikepdf.ObjectStreamMode.generate)
    return path


def _write_readme(source: Source, catalogue: Catalogue, folder: Path, made: Made) -> None:
    content = (
        f"{ALL:<24}alle {len(made.single)} Gebiete in einer Datei, zwei Seiten je Gebiet\n"
        f"{SINGLE + '/':<24}jedes Gebiet für sich"
        if made.together
        else "Dieser Stand enthält kein Gebiet, für das sich ein Steckbrief zeichnen ließe."
    )
    synthetic = "SYNTHETISCHE DATEN: keine Aussage über die wirkliche Stadt.\n" if source.edition.synthetic else ""
    (folder / "LIESMICH.txt").write_text(
        README.format(
            title=catalogue.city.report_title,
            stand=source.edition.label,
            synthetic=synthetic,
            content=content,
            layout=NAME,
        ),
        encoding="utf-8",
    )
