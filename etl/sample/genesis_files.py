"""The three layouts in which GENESIS databases give a table, as text."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass, field

REGION = ("GEMEIN", "Gemeinden")
TOTAL = "Insgesamt"
FOOTER = "__________"


@dataclass(frozen=True)
class Table:
    """Codes and labels of a table. ``variables``: code → label, and code → label of its attributes."""

    code: str
    statistic: str
    statistic_label: str
    value: str
    value_label: str
    title: str
    time: str
    time_label: str
    variables: dict[str, tuple[str, dict[str, str]]]
    note: str = ""


@dataclass(frozen=True)
class Value:
    """One value: time and key as written, name, attribute by variable ("" is the total), text, quality mark."""

    time: str
    key: str
    name: str
    attributes: dict[str, str] = field(default_factory=dict)
    text: str = ""
    quality: str = "e"


def _written(rows: Sequence[Sequence[str]]) -> str:
    sink = io.StringIO()
    csv.writer(sink, delimiter=";", lineterminator="\r\n").writerows(rows)
    return sink.getvalue()


def _label(table: Table, variable: str, code: str) -> str:
    return table.variables[variable][1][code] if code else TOTAL


def flat_new(table: Table, values: Sequence[Value]) -> str:
    """The flat layout of 2024: a row a value, English headings, one column ``value`` and ``value_q``."""
    heads = ["statistics_code", "statistics_label", "time_code", "time_label", "time"]
    parts = ("variable_code", "variable_label", "variable_attribute_code", "variable_attribute_label")
    for n in range(1, len(table.variables) + 2):
        heads += [f"{n}_{part}" for part in parts]
    heads += ["value", "value_unit", "value_variable_code", "value_variable_label", "value_q"]
    rows = [heads]
    for v in values:
        row = [table.statistic, table.statistic_label, table.time, table.time_label, v.time, *REGION, v.key, v.name]
        for code, (label, _) in table.variables.items():
            chosen = v.attributes.get(code, "")
            row += [code, label, chosen, _label(table, code, chosen)]
        rows.append([*row, v.text, "Anzahl", table.value, table.value_label, v.quality])
    return _written(rows)


def flat_old(table: Table, values: Sequence[Value]) -> str:
    """The flat layout before: German headings, a column a value variable with blanks before its heading."""
    heads = ["Statistik_Code", "Statistik_Label", "Zeit_Code", "Zeit_Label", "Zeit"]
    for n in range(1, len(table.variables) + 2):
        heads += [f"{n}_{part}" for part in ("Merkmal_Code", "Merkmal_Label", "Auspraegung_Code", "Auspraegung_Label")]
    plain = table.value_label.replace("ä", "ae").replace("ö", "oe").replace("ü", "ue").replace(" ", "_")
    heads += [f"     {table.value}__{plain}__Anzahl", f"{table.value}__{plain}__q"]
    rows = [heads]
    for v in values:
        row = [table.statistic, table.statistic_label, table.time, table.time_label, v.time, *REGION, v.key, v.name]
        for code, (label, _) in table.variables.items():
            chosen = v.attributes.get(code, "")
            row += [code, label, chosen, _label(table, code, chosen)]
        rows.append([*row, v.text, v.quality])
    return _written(rows)


def _titles(table: Table, width: int) -> list[list[str]]:
    blank = [""] * (width - 1)
    return [
        [f"GENESIS-Tabelle: {table.code}"],
        [table.title, *blank],
        [table.statistic_label, *blank],
        [f"{table.value_label} (Anzahl)", *blank],
    ]


def _footer(table: Table) -> list[list[str]]:
    return [
        [FOOTER],
        [table.note],
        ["Aufbau wie bei der Regionalstatistik der Statistischen Ämter des Bundes und der Länder"],
        ["Stand: 01.01.2026 / 08:00:00"],
    ]


def _german(day: str) -> str:
    parts = day.split("-")
    return ".".join(reversed(parts)) if len(parts) == 3 else day


def classic_by_attribute(table: Table, values: Sequence[Value], across: str) -> str:
    """The table of the screen with time, key, name and further attributes in front, one variable across."""
    stubs = [v for v in table.variables if v != across]
    codes = ["", *table.variables[across][1]]
    width = 3 + len(stubs) + len(codes)
    rows = _titles(table, width)
    front = [""] * (3 + len(stubs))
    rows.append([*front, *[table.variables[across][0]] * len(codes)])
    rows.append([*front, *(_label(table, across, c) for c in codes)])
    found = {
        (v.time, v.key, *(v.attributes.get(s, "") for s in stubs), v.attributes.get(across, "")): v for v in values
    }
    seen: dict[tuple[str, ...], Value] = {}
    for v in values:
        seen.setdefault((v.time, v.key, *(v.attributes.get(s, "") for s in stubs)), v)
    for place, v in seen.items():
        indent = {2: "  ", 5: "    "}.get(len(v.key), "      ")
        labels = [_label(table, s, c) for s, c in zip(stubs, place[2:], strict=True)]
        rows.append([_german(v.time), v.key, indent + v.name, *labels, *(found[*place, c].text for c in codes)])
    return _written([*rows, *_footer(table)])


def classic_by_date(table: Table, values: Sequence[Value]) -> str:
    """The table of the screen with the dates across: three header rows, key, name and attributes in front."""
    times = list(dict.fromkeys(_german(v.time) for v in values))
    stubs = list(table.variables)
    front = [""] * (2 + len(stubs))
    rows = _titles(table, len(front) + len(times))
    rows += [[*front, *[table.time_label] * len(times)], [*front, *times], [*front, *["Anzahl"] * len(times)]]
    found = {(v.key, *(v.attributes.get(s, "") for s in stubs), _german(v.time)): v for v in values}
    seen: dict[tuple[str, ...], Value] = {}
    for v in values:
        seen.setdefault((v.key, *(v.attributes.get(s, "") for s in stubs)), v)
    for place, v in seen.items():
        labels = [_label(table, s, c) for s, c in zip(stubs, place[1:], strict=True)]
        rows.append([v.key, v.name, *labels, *(found[*place, t].text for t in times)])
    return _written([*rows, *_footer(table)])
