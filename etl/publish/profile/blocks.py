"""What a document is made of, before it becomes DOCX or HTML: headings, paragraphs, lists, tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class Heading:
    """A heading; level 1 begins a chapter. Numbers are part of the text."""

    level: int
    text: str


@dataclass(frozen=True)
class Paragraph:
    """Running text."""

    text: str


@dataclass(frozen=True)
class Bullets:
    """A list."""

    items: tuple[str, ...]


@dataclass(frozen=True)
class Table:
    """A table with a caption and a header row; ``widths`` are shares of the page's width."""

    caption: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    widths: tuple[float, ...] = ()

    def shares(self) -> tuple[float, ...]:
        """Column widths that sum to 1; equal where none are given."""
        given = self.widths or (1.0,) * len(self.header)
        return tuple(w / sum(given) for w in given)


@dataclass(frozen=True)
class Properties:
    """Pairs of name and value, as a table of two columns; empty values are left out by ``properties``."""

    caption: str
    pairs: tuple[tuple[str, str], ...]


Block = Heading | Paragraph | Bullets | Table | Properties


@dataclass(frozen=True)
class Document:
    """A whole document: title page, table of contents, then the blocks."""

    title: str
    subtitle: str
    issuer: str
    day: date
    about: tuple[str, ...]
    blocks: tuple[Block, ...]
    contents: bool = True

    def headings(self, deepest: int = 2) -> tuple[Heading, ...]:
        """Headings for the table of contents."""
        return tuple(b for b in self.blocks if isinstance(b, Heading) and b.level <= deepest)


def properties(caption: str, pairs: Sequence[tuple[str, str | None]]) -> Properties:
    """Pairs without those that have no value."""
    return Properties(caption, tuple((name, value) for name, value in pairs if value))
