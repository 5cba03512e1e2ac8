"""Leaflet as Debian packages it: found on this machine, copied into the atlas, never part of the project."""

from __future__ import annotations

import shutil
from pathlib import Path

from etl.errors import SozialberichtError

PACKAGED = Path("/usr/share/javascript/leaflet")
LICENCE = Path("/usr/share/doc/libjs-leaflet/copyright")
SCRIPTS = ("leaflet.min.js", "leaflet.js")
"""The first that is there is taken."""


def copy_leaflet(folder: Path, packaged: Path = PACKAGED, licence: Path = LICENCE) -> None:
    """Copy script, style and licence into ``folder``. Raises SozialberichtError where the package is missing."""
    script = next((packaged / name for name in SCRIPTS if (packaged / name).is_file()), None)
    style = packaged / "leaflet.css"
    if script is None or not style.is_file():
        raise SozialberichtError(
            f"Die Kartenbibliothek Leaflet fehlt ({packaged}). Abhilfe: „./sozialbericht prepare“ aufrufen oder das "
            "Debian-Paket libjs-leaflet installieren."
        )
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(script, folder / "leaflet.js")
    shutil.copyfile(style, folder / "leaflet.css")
    if licence.is_file():
        shutil.copyfile(licence, folder / "LIZENZ.txt")
