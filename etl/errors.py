"""Errors that a user of the tool may meet. Their text is German, because the office reads it."""

from __future__ import annotations

from dataclasses import dataclass


class SozialberichtError(Exception):
    """Something the user can understand and mend; the command ends with exit code 1 and changes nothing."""


class CatalogueError(SozialberichtError):
    """A catalogue file is wrong. The text names file, key and what would be right."""


class SetupError(SozialberichtError):
    """The machine or the database is not ready; the text says what to do."""


@dataclass(frozen=True)
class InputProblem:
    """One fault in a delivered file.

    ``line`` counts from 1 in the file as the sender sees it (the header is line 1); ``None`` means the whole file.
    """

    file: str
    reason: str
    line: int | None = None
    column: str | None = None
    value: str | None = None

    def __str__(self) -> str:
        place = self.file
        if self.line is not None:
            place += f", Zeile {self.line}"
        if self.column is not None:
            place += f", Spalte „{self.column}“"
        if self.value is not None:
            place += f", Wert „{self.value}“"
        return f"{place}: {self.reason}"


class InputError(SozialberichtError):
    """A delivered file is refused as a whole; the database is as it was before."""

    def __init__(self, *problems: InputProblem) -> None:
        self.problems = problems
        super().__init__("\n".join(str(p) for p in problems))
