"""The German report on a boundary file: for the terminal, for scripts, and as the reason of a refusal."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from etl.districts.areas import Areas
from etl.districts.findings import Findings, Severity
from etl.districts.prepare import Source
from etl.districts.wording import count, number
from etl.errors import InputError, InputProblem

MAX_ROWS = 60
STYLE = {Severity.ERROR: "bold red", Severity.WARNING: "yellow", Severity.NOTE: "dim"}


@dataclass
class Report:
    """What was read, the units with their areas, and the findings. ``result`` says what became of it."""

    source: Source
    level: str
    version: str
    areas: Areas
    findings: Findings
    result: str = ""
    extra: dict[str, Any] = field(default_factory=dict)

    def refusal(self, *, strict: bool = False) -> InputError | None:
        """The error that refuses the file, ``None`` if it may be loaded; ``strict`` refuses on any warning."""
        reasons = [*self.findings.errors, *(self.findings.warnings if strict else [])]
        if not reasons:
            return None
        problems = [InputProblem(self.source.file, f.text) for f in reasons]
        if strict and not self.findings.errors:
            problems.append(InputProblem(self.source.file, "wegen --strict wird mit Warnungen nichts geladen"))
        return InputError(*problems)

    def summary(self) -> dict[str, Any]:
        """Everything but the single units, for the load journal."""
        return {
            "level": self.level,
            "version": self.version,
            "units": len(self.areas),
            "area_m2": round(float(self.areas.areas_m2().sum()), 2),
            "crs": self.source.crs,
            "operation": self.source.operation_text(),
            "findings": [f.as_json() for f in self.findings.items],
            "result": self.result,
            **self.extra,
        }

    def as_json(self) -> dict[str, Any]:
        """The whole report for ``--json``; areas in m²."""
        rows = zip(self.areas.keys, self.areas.names, self.areas.parents, self.areas.areas_m2().tolist(), strict=True)
        units = [{"key": k, "name": n, "parent": p, "area_m2": round(a, 2)} for k, n, p, a in rows]
        return {
            "file": self.source.file,
            "sha256": self.source.sha256,
            "layer": self.source.layer,
            "driver": self.source.driver,
            "encoding": self.source.encoding,
            **self.summary(),
            "unit_list": units,
        }

    def render(self, console: Console) -> None:
        """Print the report."""
        source = self.source
        layer = f", Layer „{escape(source.layer)}“ ({source.driver}, {source.encoding})" if source.layer else ""
        console.print(f"[bold]{escape(source.file)}[/bold]{layer}")
        console.print(f"Koordinaten: {escape(source.crs)}; {escape(source.operation_text())}")
        total = float(self.areas.areas_m2().sum())
        console.print(
            f"Ebene {self.level}, Gebietsstand „{escape(self.version)}“: "
            f"{count(len(self.areas), 'Gebiet', 'Gebiete')}, zusammen {number(total / 1e4, 1)} ha "
            f"({number(total / 1e6, 2)} km²)"
        )
        console.print(self._table())
        if len(self.areas) > MAX_ROWS:
            console.print(f"… und {number(len(self.areas) - MAX_ROWS)} weitere Gebiete")
        for finding in self.findings.items:
            console.print(f"[{STYLE[finding.severity]}]{finding.severity}:[/] {escape(finding.text)}")
        tally = {s: len(self.findings.of(s)) for s in Severity}
        console.print(
            f"{tally[Severity.ERROR]} Fehler, {count(tally[Severity.WARNING], 'Warnung', 'Warnungen')}, "
            f"{count(tally[Severity.NOTE], 'Hinweis', 'Hinweise')}"
        )
        if self.result:
            console.print(f"[bold]{escape(self.result)}[/bold]")

    def _table(self) -> Table:
        table = Table(box=None, pad_edge=False)
        for title in ("Schlüssel", "Name", "gehört zu"):
            table.add_column(title)
        for title in ("ha", "km²"):
            table.add_column(title, justify="right")
        rows = zip(self.areas.keys, self.areas.names, self.areas.parents, self.areas.areas_m2().tolist(), strict=True)
        for key, name, parent, size in sorted(rows, key=lambda r: r[0])[:MAX_ROWS]:
            cells = (key, name, parent or "", number(size / 1e4, 2), number(size / 1e6, 3))
            table.add_row(*(escape(c) for c in cells))
        return table
