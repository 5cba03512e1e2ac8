"""Texts and columns as literals of QGIS expressions."""

from __future__ import annotations


def literal(text: str) -> str:
    """A text as QGIS expression literal."""
    return "'" + text.replace("\\", "\\\\").replace("'", "''") + "'"


def column(name: str) -> str:
    """A column as QGIS expression."""
    return '"' + name.replace('"', '""') + '"'
