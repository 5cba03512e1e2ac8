"""Faults of a catalogue in German: file, key, what is wrong, what would be right."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails


@dataclass(frozen=True)
class Fault:
    """One fault; ``key`` is the path to the entry within the file."""

    file: str
    key: str
    reason: str

    def __str__(self) -> str:
        return f"{self.file}: {self.key + ': ' if self.key else ''}{self.reason}"


def unknown(file: str, key: str, word: str, what: str, known: Iterable[str]) -> Fault:
    """A reference to something that does not exist, with the nearest name or all that there are."""
    listed = sorted(known)
    close = difflib.get_close_matches(word, listed, n=1)
    hint = f"gemeint ist vielleicht „{close[0]}“" if close else f"bekannt sind {', '.join(listed) or 'keine'}"
    return Fault(file, key, f"{what} „{word}“ gibt es nicht; {hint}")


def repeated(file: str, what: str, codes: Iterable[str]) -> Iterator[Fault]:
    """A fault for each code that stands there more than once."""
    for code, times in Counter(codes).items():
        if times > 1:
            yield Fault(file, code, f"{what} {code} steht {times}-mal da; jeder Schlüssel darf nur einmal vorkommen")


_MESSAGES = {
    "missing": "fehlt und muss angegeben werden",
    "int_parsing": "muss eine ganze Zahl sein",
    "int_type": "muss eine ganze Zahl sein",
    "float_parsing": "muss eine Zahl sein",
    "float_type": "muss eine Zahl sein",
    "bool_parsing": "muss true oder false sein",
    "bool_type": "muss true oder false sein",
    "string_type": "muss ein Text sein (gegebenenfalls in Anführungszeichen setzen)",
    "dict_type": "muss eine Zuordnung (Schlüssel: Wert) sein",
    "model_type": "muss eine Zuordnung (Schlüssel: Wert) sein",
    "model_attributes_type": "muss eine Zuordnung (Schlüssel: Wert) sein",
    "tuple_type": "muss eine Liste sein",
    "too_short": "ist leer; mindestens ein Eintrag ist nötig",
}


def _known_keys(kind: type[BaseModel], location: tuple[str | int, ...]) -> list[str]:
    """Keys that the model at ``location`` knows, for the proposal after a misspelling."""
    candidates: list[Any] = [kind]
    for part in location:
        inner: list[Any] = []
        for candidate in candidates:
            if isinstance(candidate, type) and issubclass(candidate, BaseModel) and part in candidate.model_fields:
                inner.extend(_models(candidate.model_fields[str(part)].annotation))
            else:
                inner.append(candidate)
        candidates = inner
    return sorted({name for c in candidates if hasattr(c, "model_fields") for name in c.model_fields})


def _models(annotation: Any) -> list[Any]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [m for arg in get_args(annotation) for m in _models(arg)]


def _reason(kind: type[BaseModel], error: ErrorDetails) -> str:
    context = error.get("ctx", {})
    given = error.get("input")
    match error["type"]:
        case "extra_forbidden":
            wrong = str(error["loc"][-1])
            known = _known_keys(kind, error["loc"][:-1])
            close = difflib.get_close_matches(wrong, known, n=1)
            hint = f"gemeint ist vielleicht „{close[0]}“" if close else f"erlaubt sind {', '.join(known)}"
            return f"unbekannter Schlüssel; {hint}"
        case "literal_error":
            return f"„{given}“ ist nicht erlaubt; richtig wäre {str(context['expected']).replace(' or ', ' oder ')}"
        case "string_pattern_mismatch":
            return f"„{given}“ passt nicht zum Muster {context['pattern']}"
        case "value_error":
            return str(context["error"])
        case "union_tag_invalid" | "union_tag_not_found":
            return (
                f"„kind“ muss {str(context.get('expected_tags', 'records, areas, grid')).replace(', ', ' oder ')} sein"
            )
        case "greater_than" | "greater_than_equal" | "less_than" | "less_than_equal":
            limit = next(iter(context.values()))
            word = {"greater_than": "größer als", "greater_than_equal": "mindestens"}.get(error["type"], "höchstens")
            return f"{given} ist außerhalb: muss {word} {limit} sein"
        case kind_of_error:
            return _MESSAGES.get(kind_of_error, error["msg"])


def describe(kind: type[BaseModel], error: ValidationError, file: str, prefix: str) -> list[Fault]:
    """The faults of a failed validation of ``kind``, places written as ``forms[1].area.column``."""
    faults = []
    for details in error.errors():
        place = prefix
        for part in details["loc"]:
            if isinstance(part, int):
                place += f"[{part + 1}]"
            elif part not in ("records", "areas", "grid"):  # tags of the union of forms, not keys of the file
                place += f".{part}" if place else str(part)
        faults.append(Fault(file, place, _reason(kind, details)))
    return faults
