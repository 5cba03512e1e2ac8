"""Bytes of a delivered text file, checked: the declared encoding holds, nothing was misread before."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from etl.errors import InputError, InputProblem

CHUNK = 1024**2
"""Bytes read at once; memory stays at a small multiple of it however large the file is."""

_MISREAD = re.compile("Ã[¤¶¼Ÿ„–œ©¨\x84\x96\x9c\x9f]|â€[œž“”™š]|\ufffd")
"""German letters and quotation marks after UTF-8 was once read as cp1252 or ISO-8859-1 (``MÃ¼ller``)."""

_NAMES = {"utf-8": "UTF-8", "cp1252": "cp1252 (Windows)", "iso8859-1": "ISO-8859-1"}


def encoding_name(encoding: str) -> str:
    """How an encoding is called in messages."""
    return _NAMES.get(codecs.lookup(encoding).name, encoding)


def head(path: Path, encoding: str, size: int = 256 * 1024) -> str:
    """The beginning of the file as text, read leniently: only for choosing the form."""
    with path.open("rb") as handle:
        raw = handle.read(size)
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return raw.decode("utf-16", "replace")
    return raw.decode("utf-8-sig" if codecs.lookup(encoding).name == "utf-8" else encoding, "replace")


def fits_encoding(path: Path, encoding: str, size: int = 256 * 1024) -> bool:
    """Whether the whole lines at the beginning of the file are text in this encoding and were not misread before."""
    with path.open("rb") as handle:
        raw = handle.read(size).removeprefix(codecs.BOM_UTF8)
    whole = raw[: raw.rfind(b"\n") + 1] or raw
    try:
        _checked(whole, codecs.lookup(encoding).name, 1, "")
    except InputError:
        return False
    return True


def utf8_chunks(path: Path, encoding: str, file: str) -> Iterator[tuple[int, bytes]]:
    """Line number of the first line, and whole lines as UTF-8 with ``\\n`` ends and without a byte order mark.

    Raises InputError naming the first line whose bytes do not fit ``encoding``, or that was misread earlier.
    """
    charset = codecs.lookup(encoding).name
    line, rest = 1, b""
    with path.open("rb") as handle:
        first = True
        while raw := handle.read(CHUNK):
            if first:
                first = False
                _refuse_utf16(raw, file)
                raw = raw.removeprefix(codecs.BOM_UTF8)
            block = rest + raw
            cut = block.rfind(b"\n") + 1
            if cut == 0 and len(block) > CHUNK:
                raise InputError(InputProblem(file, "die Datei hat keine Zeilenumbrüche", line=line))
            block, rest = block[:cut], block[cut:]
            if block:
                yield line, _checked(block, charset, line, file)
                line += int(np.count_nonzero(np.frombuffer(block, np.uint8) == ord("\n")))
    if rest:
        yield line, _checked(rest + b"\n", charset, line, file)


def _refuse_utf16(raw: bytes, file: str) -> None:
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        reason = "die Datei ist UTF-16 („Unicode-Text“ aus Excel); bitte als CSV UTF-8 speichern"
        raise InputError(InputProblem(file, reason, line=1))


def _line_of(block: bytes, position: int, first: int) -> tuple[int, bytes]:
    start = block.rfind(b"\n", 0, position) + 1
    return first + block.count(b"\n", 0, position), block[start : block.find(b"\n", position)]


def _checked(block: bytes, charset: str, first: int, file: str) -> bytes:
    """The block as UTF-8 with plain line ends, or InputError."""
    if (zero := block.find(b"\0")) >= 0:
        number, _ = _line_of(block, zero, first)
        raise InputError(InputProblem(file, "die Zeile enthält Nullbytes; das ist keine Textdatei", line=number))
    if b"\r" in block:
        block = block.replace(b"\r\n", b"\n")
        if (stray := block.find(b"\r")) >= 0:
            number, _ = _line_of(block, stray, first)
            reason = "die Zeile enthält einen einzelnen Wagenrücklauf statt eines Zeilenumbruchs"
            raise InputError(InputProblem(file, reason, line=number))
    if block.isascii():
        return block
    try:
        text = block.decode(charset)
    except UnicodeDecodeError as error:
        number, line = _line_of(block, error.start, first)
        raise InputError(InputProblem(file, _not_decodable(line, charset), line=number)) from error
    if charset != "utf-8":
        _refuse_utf8(block, charset, first, file)
    if match := _MISREAD.search(text):
        number = first + text.count("\n", 0, match.start())
        shown = text[max(0, match.start() - 15) : match.end() + 15].split("\n")[0]
        reason = (
            f"„…{shown}…“ sieht aus, als wäre UTF-8 schon vorher als cp1252 gelesen worden; bitte die Datei an der "
            "Quelle neu ausgeben"
        )
        raise InputError(InputProblem(file, reason, line=number))
    return block if charset == "utf-8" else text.encode("utf-8")


def _not_decodable(line: bytes, charset: str) -> str:
    if charset == "utf-8":
        shown = line.decode("cp1252", "replace").strip()[:80]
        return (
            f"ist nicht UTF-8, sieht nach cp1252 aus (dann hieße die Zeile „{shown}“); "
            "bitte als UTF-8 liefern oder im Katalog encoding: cp1252 vereinbaren"
        )
    return f"ist kein gültiges {encoding_name(charset)}; bitte die vereinbarte Zeichenkodierung liefern"


def _refuse_utf8(block: bytes, charset: str, first: int, file: str) -> None:
    """Text with umlauts that is valid UTF-8 throughout is UTF-8, whatever the mapping says."""
    try:
        block.decode("utf-8")
    except UnicodeDecodeError:
        return
    position = next(i for i, byte in enumerate(block) if byte > 127)
    number, line = _line_of(block, position, first)
    reason = (
        f"ist UTF-8, vereinbart ist {encoding_name(charset)} (aus „{line.decode('utf-8').strip()[:60]}“ würde "
        f"„{line.decode(charset, 'replace').strip()[:60]}“); bitte umspeichern "
        "oder im Katalog encoding: utf-8 vereinbaren"
    )
    raise InputError(InputProblem(file, reason, line=number))
