"""What the web service of a GENESIS database answers: a table as text, a zip with one table, or a status as JSON."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import dataclass

from etl.errors import InputError, InputProblem

MAX_BYTES = 200 * 1024**2
"""Bytes of an answer, and of what a zip holds; whole years of all German municipalities have some 50 MB."""
MAX_RATIO = 200
_ACCESS = ("nutzername", "benutzername", "passwort", "password", "username", "zugangsdaten", "token", "anmeldung")


@dataclass(frozen=True)
class Status:
    """The service's own status: number and words."""

    code: int
    text: str

    @property
    def concerns_access(self) -> bool:
        """True where the words speak of name, password or token."""
        return any(word in self.text.casefold() for word in _ACCESS)


def status_of(raw: bytes) -> Status | None:
    """The status of a JSON answer; None where the answer is no JSON (then it is data)."""
    if not raw.lstrip().startswith(b"{"):
        return None
    try:
        answer = json.loads(raw)
    except ValueError:
        return None
    if not isinstance(answer, dict):
        return None
    inner = answer.get("Status", answer)
    if not isinstance(inner, dict):
        return Status(-1, str(inner))
    code = inner.get("Code", -1)
    return Status(code if isinstance(code, int) else -1, str(inner.get("Content") or "ohne Erläuterung"))


def content_of(raw: bytes, kind: str) -> bytes:
    """The table of an answer: itself, or the one member of a zip, within limits.

    Raises InputError for zips that are damaged, too large or hold several files.
    """
    if not raw.startswith(b"PK"):
        if not raw.strip():
            raise InputError(InputProblem("Antwort", "der Dienst hat eine leere Tabelle geschickt"))
        return raw
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            members = [m for m in archive.infolist() if not m.is_dir()]
            if len(members) != 1:
                reason = f"das Zip-Archiv ({kind}) enthält {len(members)} Dateien statt einer"
                raise InputError(InputProblem("Antwort", reason))
            size = members[0].file_size
            if size > MAX_BYTES or size > MAX_RATIO * max(len(raw), 100_000):
                raise InputError(InputProblem("Antwort", "das Zip-Archiv ist entpackt zu groß"))
            with archive.open(members[0]) as stream:
                content = stream.read(MAX_BYTES + 1)
    except (zipfile.BadZipFile, EOFError, NotImplementedError, OSError) as error:
        raise InputError(InputProblem("Antwort", "das Zip-Archiv ist beschädigt")) from error
    if len(content) > MAX_BYTES:
        raise InputError(InputProblem("Antwort", "das Zip-Archiv ist entpackt zu groß"))
    return content
