"""What an audit found, in words: for the data protection officer without a single secret number."""

from __future__ import annotations

from collections import Counter

from etl.confidentiality.audit.files import FileFinding
from etl.confidentiality.audit.finding import KINDS, Fault, Finding

EXACT = 1e-4
COUNTED = {
    "unbekannte": "Unbekannte", "gleichungen": "Beziehungen", "teile": "unabhängige Teile",
    "programme": "gelöste Programme",
}  # fmt: skip


PARTS = {"numerator": "Zähler", "denominator": "Nenner", "complement": "Rest"}


def fault_words(fault: Fault) -> str:
    """A fault in one line, for the statistics office alone: it names what can be computed."""
    hidden = fault.hidden
    if hidden is None:
        return f"{KINDS[fault.kind]}: {fault.words}"
    lower, upper = hidden.inside if fault.kind == "mitwissend" and hidden.inside else (hidden.lower, hidden.upper)
    span = f"genau {lower:.6g}" if upper - lower < EXACT else f"{lower:.6g} bis {upper:.6g}"
    group = "" if hidden.group == "insgesamt" else f", Gruppe {hidden.group}"
    return (
        f"{KINDS[fault.kind]}: {hidden.indicator} {PARTS[hidden.part]}, Gebiet {hidden.unit[1]} ({hidden.unit[0]}), "
        f"{hidden.period}{group}: {fault.words or span}"
    )


def summary(found: Finding, files: FileFinding | None = None, protection: tuple[Fault, ...] | None = None) -> str:
    """A short report in German: how much was attacked, in which ways, and how many faults of which kind.

    ``files``: the comparison of the files, if made; ``protection``: faults against the true counts, if compared. No
    number of the release and no place stands in it, so that it may leave the office.
    """
    faults = (*found.all_faults, *(files.faults if files else ()), *(protection or ()))
    kinds = Counter(f.kind for f in faults)
    cells = {(h.indicator, h.unit, h.period, h.group) for h in found.hidden}
    lines = [
        f"Angegriffen: {len(found.hidden)} geheime Zähler, Nenner und Reste in {len(cells)} Werten, aus {found.rows} "
        "veröffentlichten Werten aller Stände zusammen.",
        "Umfang: " + ", ".join(f"{found.counts[k]} {w}" for k, w in COUNTED.items() if k in found.counts) + ".",
        "Angreifer: Leser; jemand, der in einer anderen Zelle mitgezählt ist. Gerechnet wird, wo es darauf ankommt, in "
        "ganzen Zahlen.",
        f"Genau nachrechenbare geheime Werte: {len(found.recovered_values)}.",
        f"Davon ohne Bedeutung, weil weder die Anzahl noch das Gebiet klein ist: {len(found.idle)}.",
        f"Zu eng eingegrenzte kleine Anzahlen: {sum(h.disclosed for h in found.hidden)}.",
    ]
    if protection is None:
        lines.append("Schutzabstände gegen die wahren Werte: nicht verglichen.")
    else:
        lines.append(f"Schutzabstände gegen die wahren Werte: {len(protection)} Verstöße.")
    if files is not None:
        lines.append(
            f"Dateien: {files.files}, darin {files.tables} Tabellen mit {files.numbers} Zahlen verglichen; "
            f"{len(files.unread)} Dateien sind keine Tabellen und wurden nicht gelesen."
        )
    if found.left_out:
        lines.append(f"Nicht als Beziehung genutzt: {found.left_out} geschätzte Werte.")
    if found.unread:
        lines.append(f"Quellen mit zu vielen Merkmalen, deren Definitionen nicht genutzt wurden: {len(found.unread)}.")
    if found.given_up:
        lines.append("Annahmen, denen das Veröffentlichte widerspricht: " + ", ".join(found.given_up) + ".")
    lines.append(f"Dauer: {found.seconds:.0f} Sekunden.")
    lines += [f"FEHLER, {KINDS[kind]}: {number}." for kind, number in sorted(kinds.items())]
    lines.append("Ergebnis: bestanden." if not faults else "Ergebnis: NICHT bestanden.")
    return "\n".join(lines)
