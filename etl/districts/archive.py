"""Unpacks a zip of a delivery into a folder, within limits that a hostile or broken archive cannot pass."""

from __future__ import annotations

import zipfile
from pathlib import Path, PurePosixPath

from etl.errors import InputError, InputProblem

MAX_MEMBERS = 2_000
MAX_UNPACKED = 2 * 1024**3
"""Bytes in all; the largest real boundary deliveries of a federal state stay below."""
MAX_RATIO = 200
"""Unpacked to packed size; Shapefiles reach about 10, a zip bomb 1,000."""
RATIO_MATTERS_FROM = 50 * 1024**2
"""Below this many unpacked bytes a high ratio does no harm (an empty DBF compresses extremely well)."""
CHUNK = 1024**2


def is_zip(path: Path) -> bool:
    """Whether the file is a zip archive by its content, whatever its name says."""
    return path.is_file() and zipfile.is_zipfile(path)


def unpack(path: Path, folder: Path) -> list[Path]:
    """Unpack ``path`` into ``folder`` and return the files written.

    Refuses (``InputError``) archives that are damaged, encrypted, too large when unpacked, suspiciously compressed,
    or whose member names lead out of the folder. Sizes are checked as declared and again while writing, because the
    declaration is the sender's word.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            members = [m for m in archive.infolist() if not m.is_dir()]
            _check_declared(path, members)
            return _write(archive, members, path, folder)
    except (zipfile.BadZipFile, EOFError, NotImplementedError) as error:
        raise InputError(
            InputProblem(path.name, f"das Zip-Archiv ist beschädigt oder unvollständig ({error})")
        ) from error


def _check_declared(path: Path, members: list[zipfile.ZipInfo]) -> None:
    if not members:
        raise InputError(InputProblem(path.name, "das Zip-Archiv enthält keine Dateien"))
    if len(members) > MAX_MEMBERS:
        raise InputError(
            InputProblem(path.name, f"das Zip-Archiv enthält {len(members)} Dateien, erlaubt sind {MAX_MEMBERS}")
        )
    unpacked = sum(m.file_size for m in members)
    packed = max(1, sum(m.compress_size for m in members))
    if unpacked > MAX_UNPACKED:
        raise InputError(_too_large(path))
    if unpacked > RATIO_MATTERS_FROM and unpacked / packed > MAX_RATIO:
        raise InputError(
            InputProblem(
                path.name,
                f"das Zip-Archiv würde beim Entpacken auf das {unpacked // packed}-Fache wachsen und wird deshalb "
                f"nicht geöffnet (erlaubt ist das {MAX_RATIO}-Fache)",
            )
        )
    for member in members:
        name = PurePosixPath(member.filename.replace("\\", "/"))
        if name.is_absolute() or ".." in name.parts or ":" in name.parts[0]:
            raise InputError(
                InputProblem(path.name, f"die Datei „{member.filename}“ im Zip-Archiv führt aus dem Zielordner hinaus")
            )
        if member.flag_bits & 0x1:
            raise InputError(InputProblem(path.name, "das Zip-Archiv ist verschlüsselt; bitte unverschlüsselt liefern"))


def _too_large(path: Path) -> InputProblem:
    return InputProblem(
        path.name,
        f"das Zip-Archiv wäre entpackt größer als {MAX_UNPACKED // 1024**3} GB und wird deshalb nicht geöffnet",
    )


def _write(archive: zipfile.ZipFile, members: list[zipfile.ZipInfo], path: Path, folder: Path) -> list[Path]:
    written: list[Path] = []
    total = 0
    for member in members:
        target = folder / PurePosixPath(member.filename.replace("\\", "/"))
        target.parent.mkdir(parents=True, exist_ok=True)
        with archive.open(member) as source, target.open("wb") as sink:
            while chunk := source.read(CHUNK):
                total += len(chunk)
                if total > MAX_UNPACKED:
                    raise InputError(_too_large(path))
                sink.write(chunk)
        written.append(target)
    return written
