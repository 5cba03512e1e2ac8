"""What kind of file was delivered, judged by its content; a zip that holds one file is unpacked within limits."""

from __future__ import annotations

import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Literal

from etl.errors import InputError, InputProblem
from etl.intake.wording import thousands

MAX_UNPACKED = 2 * 1024**3
"""Bytes; a register extract of a million persons has about 100 MB."""
MAX_RATIO = 200
"""Unpacked to packed size; CSV reaches about 30, a zip bomb 1,000."""
HARMLESS = 20 * 1024**2
"""Below this many unpacked bytes a high ratio does no harm."""

_CHUNK = 1024**2
Kind = Literal["csv", "xlsx", "parquet"]


@dataclass(frozen=True)
class Delivered:
    """A file to read: where it lies, its kind, its name in messages, and the folder it was delivered in."""

    path: Path
    kind: Kind
    name: str
    folder: Path = Path()


def _refuse(file: str, reason: str) -> InputError:
    return InputError(InputProblem(file, reason))


def check_members(members: list[zipfile.ZipInfo], file: str, what: str) -> None:
    """Refuse by the sizes that the directory declares, before anything is unpacked."""
    unpacked, packed = sum(m.file_size for m in members), max(1, sum(m.compress_size for m in members))
    if unpacked > MAX_UNPACKED or (unpacked > HARMLESS and unpacked / packed > MAX_RATIO):
        size = thousands(round(unpacked / 1024**2))
        raise _refuse(
            file,
            f"{what} wäre entpackt {size} MB groß (das {thousands(unpacked // packed)}-Fache) und wird nicht geöffnet",
        )
    if any(m.flag_bits & 0x1 for m in members):
        raise _refuse(file, f"{what} ist verschlüsselt; bitte unverschlüsselt liefern")


def read_member(archive: zipfile.ZipFile, member: str, file: str, limit: int = MAX_UNPACKED) -> Iterator[bytes]:
    """The unpacked bytes of a member; refuses when more come than ``limit``, whatever the directory declares."""
    total = 0
    with archive.open(member) as stream:
        while block := stream.read(_CHUNK):
            total += len(block)
            if total > limit:
                raise _refuse(file, f"„{member}“ ist entpackt größer als {thousands(limit // 1024**2)} MB")
            yield block


@contextmanager
def opened(path: Path) -> Iterator[Delivered]:
    """The delivered file itself, or the one file in a delivered zip (removed again at the end).

    Raises InputError for missing, empty, damaged or too large files and for kinds that cannot be read.
    """
    if not path.is_file():
        raise _refuse(str(path), "die Datei gibt es nicht")
    with path.open("rb") as handle:
        magic = handle.read(8)
    if not magic:
        raise _refuse(path.name, "die Datei ist leer")
    if magic.startswith(b"\xd0\xcf\x11\xe0"):
        raise _refuse(path.name, "das alte Excel-Format (.xls) wird nicht gelesen; bitte als .xlsx oder CSV speichern")
    if magic.startswith(b"PAR1"):
        yield Delivered(path, "parquet", path.name, path.parent)
    elif not magic.startswith(b"PK"):
        if path.suffix.lower() in (".xlsx", ".zip", ".parquet"):
            raise _refuse(path.name, f"der Inhalt ist nicht der einer {path.suffix.lower()}-Datei")
        yield Delivered(path, "csv", path.name, path.parent)
    else:
        with tempfile.TemporaryDirectory() as folder:
            yield _from_zip(path, Path(folder))


def _from_zip(path: Path, folder: Path) -> Delivered:
    what = "die XLSX-Datei" if path.suffix.lower() == ".xlsx" else "das Zip-Archiv"
    try:
        with zipfile.ZipFile(path) as archive:
            members = [m for m in archive.infolist() if not m.is_dir()]
            check_members(members, path.name, what)
            names = {m.filename for m in members}
            if "[Content_Types].xml" in names:
                if "xl/workbook.xml" not in names:
                    raise _refuse(path.name, "ist ein Office-Dokument, aber keine Excel-Arbeitsmappe (.xlsx)")
                return Delivered(path, "xlsx", path.name, path.parent)
            if "mimetype" in names and "content.xml" in names:
                raise _refuse(path.name, "das Format ODS wird nicht gelesen; bitte als .xlsx oder CSV speichern")
            if len(members) != 1:
                raise _refuse(path.name, f"das Zip-Archiv muss genau eine Datei enthalten, es sind {len(members)}")
            inner = members[0]
            # the name inside is only shown, never used as a path
            shown = f"{path.name}/{PurePosixPath(inner.filename.replace(chr(92), '/')).name}"
            target = folder / "inhalt"
            with target.open("wb") as sink:
                for block in read_member(archive, inner.filename, path.name):
                    sink.write(block)
    except (zipfile.BadZipFile, EOFError, NotImplementedError, OSError) as error:
        raise _refuse(path.name, f"{what} ist unvollständig oder beschädigt; bitte neu liefern") from error
    with target.open("rb") as handle:
        magic = handle.read(4)
    if not magic:
        raise _refuse(shown, "die Datei ist leer")
    if magic.startswith(b"PK"):
        if not zipfile.is_zipfile(target) or "xl/workbook.xml" not in zipfile.ZipFile(target).namelist():
            raise _refuse(path.name, "ein Archiv im Archiv wird nicht geöffnet")
        with zipfile.ZipFile(target) as workbook:
            check_members(workbook.infolist(), shown, "die XLSX-Datei")
        return Delivered(target, "xlsx", shown, path.parent)
    return Delivered(target, "parquet" if magic.startswith(b"PAR1") else "csv", shown, path.parent)
