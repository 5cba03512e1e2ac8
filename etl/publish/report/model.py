"""What a report is made of: chapters, sections, and blocks that the page knows how to show."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from etl.publish.drawing.figure import Figure


@dataclass(frozen=True)
class Paragraph:
    """A paragraph of plain text; ``note``: set off from the text, smaller; ``strong``: words above a list."""

    text: str
    note: bool = False
    strong: bool = False
    kind: ClassVar[str] = "absatz"


@dataclass(frozen=True)
class Points:
    """A list of sentences; each may begin with words in bold."""

    items: tuple[tuple[str, str], ...]
    kind: ClassVar[str] = "punkte"


@dataclass(frozen=True)
class Terms:
    """Terms and what they mean."""

    items: tuple[tuple[str, str], ...]
    kind: ClassVar[str] = "begriffe"


@dataclass(frozen=True)
class Prose:
    """HTML made from Markdown, without raw HTML in it; ``own``: a text of the office."""

    html: str
    own: bool = False
    kind: ClassVar[str] = "text"


@dataclass(frozen=True)
class Cell:
    """A cell: its text, what stands for it when it is read aloud, and its class in the style sheet."""

    text: str
    spoken: str = ""
    css: str = ""


@dataclass(frozen=True)
class Row:
    """A row; the first cell is its header. ``css``: class of the row, ``gruppe`` for one that opens a group."""

    cells: tuple[Cell, ...]
    css: str = ""


@dataclass(frozen=True)
class Table:
    """A table with a caption; ``words``: columns with text, by position, others are numbers."""

    caption: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    words: frozenset[int] = frozenset({0})
    names: bool = False
    """Whether the rows are named by areas or periods, whose names do not break."""
    note: str = ""
    kind: ClassVar[str] = "tabelle"


@dataclass(frozen=True)
class Drawing:
    """A figure with its numbers as a table; ``source``: the line about date and source.

    ``css``: ``breit`` over the whole width, ``rand`` small at the side, ``nebeneinander`` with the table beside it.
    """

    figure: Figure
    source: str = ""
    css: str = ""
    table: bool = True
    kind: ClassVar[str] = "abbildung"


Block = Paragraph | Points | Terms | Prose | Table | Drawing


@dataclass(frozen=True)
class Section:
    """A part of a chapter with a heading and an address of its own."""

    code: str
    title: str
    blocks: tuple[Block, ...]
    page: bool = False
    """Whether it begins a page in print."""
    deep: bool = True
    """Whether it stands in the table of contents."""


@dataclass(frozen=True)
class ChapterPage:
    """A chapter as it is shown."""

    code: str
    title: str
    blocks: tuple[Block, ...] = ()
    sections: tuple[Section, ...] = field(default=())

    def __bool__(self) -> bool:
        return bool(self.blocks or self.sections)


def table(
    caption: str,
    columns: tuple[str, ...],
    rows: list[tuple[str, ...]],
    *,
    words: frozenset[int] = frozenset({0}),
    names: bool = False,
    note: str = "",
) -> Table:
    """A table of plain texts."""
    made = tuple(Row(tuple(Cell(text) for text in row)) for row in rows)
    return Table(caption, columns, made, words, names, note)
