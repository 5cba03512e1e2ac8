"""What functions of buildings and kinds of use in the cadastre mean for the report: who lives where, what is settled.

Keys: catalogue of objects of the official property cadastre (ALKIS-OK, AX_Gebaeude and AX_Gebaeudefunktion); kinds of
use: AdV's catalogue of actual use, group „Siedlung“ without mining.
"""

from __future__ import annotations

import re

PARTS = ("Bauteil",)
"""Values of ``gebnutzbez`` that are parts of another building."""
LIVING = range(1000, 1300)
"""Keys of dwelling houses, homes, and mixed buildings that are mainly for living (1000 to 1299)."""
LIVING_TOO = (2310, 2320, 3100)
"""Trade, industry and public buildings with dwellings."""
SETTLEMENT = (
    "wohnbaufläche", "industrie- und gewerbefläche", "fläche gemischter nutzung",
    "fläche besonderer funktionaler prägung", "sport-, freizeit- und erholungsfläche", "friedhof",
)  # fmt: skip
_KEY = re.compile(r"(?:^|_)(\d{4})$")


def is_residential(function_key: str | None, function: str | None) -> bool:
    """Whether people live in a building, by its key (``31001_1010``), else by the word."""
    if function_key and (match := _KEY.search(function_key.strip())):
        number = int(match[1])
        return number in LIVING or number in LIVING_TOO
    word = (function or "").casefold()
    return "wohn" in word and "ohne wohn" not in word


def is_settlement(use: str | None) -> bool:
    """Whether a kind of use belongs to the settlement area (traffic does not)."""
    word = " ".join((use or "").casefold().replace("ae", "ä").split())
    return word.startswith(SETTLEMENT)
