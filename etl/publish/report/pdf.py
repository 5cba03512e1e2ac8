"""The PDF of a page: PDF/UA, tagged, with bookmarks, by WeasyPrint; the same page gives the same bytes."""

from __future__ import annotations

import gc
import hashlib
import logging
from pathlib import Path

from etl.errors import SozialberichtError
from etl.publish.report.page import for_print


def write_pdf(page: str, target: Path) -> None:
    """Write the page as PDF/UA-1. Raises SozialberichtError where Pango, which sets the text, is missing."""
    try:
        import weasyprint  # noqa: PLC0415  # takes half a second and a library that not every command needs
        from weasyprint.urls import URLFetcher  # noqa: PLC0415
    except OSError as error:
        raise SozialberichtError(
            "Für das PDF fehlt die Bibliothek Pango. Abhilfe: ./sozialbericht prepare, oder die Debian-Pakete "
            "libpango-1.0-0, libpangoft2-1.0-0 und libharfbuzz-subset0 installieren."
        ) from error
    # fonttools tells of every table it leaves out
    logging.getLogger("fontTools").setLevel(logging.ERROR)
    text = for_print(page)
    # what is written into the page itself, nothing from a disk or a network
    fetcher = URLFetcher(allowed_protocols=("data",), fail_on_errors=True)
    document = weasyprint.HTML(string=text, url_fetcher=fetcher)
    # millions of small objects live to the end: looking for garbage among them costs a seventh of the time
    collecting = gc.isenabled()
    gc.disable()
    try:
        document.write_pdf(
            target, pdf_variant="pdf/ua-1", pdf_identifier=hashlib.sha256(text.encode()).digest()[:16],
            custom_metadata=False,
        )  # fmt: skip
    finally:
        if collecting:
            gc.enable()
