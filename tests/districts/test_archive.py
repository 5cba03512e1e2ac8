"""Zips that are harmless, broken or hostile."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from etl.districts import archive
from etl.errors import InputError


def test_unpacks_members_and_keeps_folders(tmp_path: Path) -> None:
    packed = tmp_path / "a.zip"
    with zipfile.ZipFile(packed, "w") as z:
        z.writestr("ordner/eins.txt", "1")
        z.writestr("zwei.txt", "2")
    written = archive.unpack(packed, tmp_path / "aus")
    assert sorted(p.relative_to(tmp_path / "aus").as_posix() for p in written) == ["ordner/eins.txt", "zwei.txt"]
    assert (tmp_path / "aus/ordner/eins.txt").read_text() == "1"


@pytest.mark.parametrize(
    "name", ["../boese.txt", "/etc/boese.txt", "a/../../boese.txt", "..\\boese.txt", "C:/boese.txt"]
)
def test_refuses_paths_out_of_the_folder(tmp_path: Path, name: str) -> None:
    packed = tmp_path / "a.zip"
    with zipfile.ZipFile(packed, "w") as z:
        z.writestr(zipfile.ZipInfo(name), "x")
    with pytest.raises(InputError, match="führt aus dem Zielordner hinaus"):
        archive.unpack(packed, tmp_path / "aus")
    assert not list(tmp_path.rglob("boese.txt"))


def test_refuses_ten_gigabytes_without_unpacking_them(tmp_path: Path) -> None:
    packed = tmp_path / "bombe.zip"
    megabyte = b"\0" * 1024**2
    with (
        zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as z,
        z.open("g.shp", "w", force_zip64=True) as m,
    ):
        for _ in range(60):
            m.write(megabyte)
    with pytest.raises(InputError, match="-Fache wachsen"):
        archive.unpack(packed, tmp_path / "aus")
    raw = bytearray(packed.read_bytes())
    start = raw.rindex(b"PK\x01\x02")
    raw[start + 24 : start + 28] = (0xFFFFFF00).to_bytes(4, "little")  # 4 GB declared in the central directory
    packed.write_bytes(raw)
    with pytest.raises(InputError, match="größer als 2 GB"):
        archive.unpack(packed, tmp_path / "aus")
    assert not (tmp_path / "aus").exists()


def test_a_lying_size_is_caught_while_writing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    packed = tmp_path / "a.zip"
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as z:
        z.writestr("g.shp", b"\0" * 100_000)
    monkeypatch.setattr(archive, "_check_declared", lambda path, members: None)
    monkeypatch.setattr(archive, "MAX_UNPACKED", 50_000)
    monkeypatch.setattr(archive, "CHUNK", 10_000)
    with pytest.raises(InputError, match="entpackt größer"):
        archive.unpack(packed, tmp_path / "aus")


def test_refuses_truncated_archives(tmp_path: Path) -> None:
    packed = tmp_path / "a.zip"
    with zipfile.ZipFile(packed, "w") as z:
        z.writestr("g.shp", bytes(range(256)) * 400)
    packed.write_bytes(packed.read_bytes()[:5000])
    assert not archive.is_zip(packed)
    with pytest.raises(InputError, match="beschädigt oder unvollständig"):
        archive.unpack(packed, tmp_path / "aus")
