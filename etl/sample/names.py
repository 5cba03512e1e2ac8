"""Invented street names from plants, animals and landscape; none is a person's."""

from __future__ import annotations

import numpy as np

_TEXT = """
Ahorn Akelei Amsel Anger Apfel Astern Auen Bach Bären Bärlapp Beeren Biber Binsen Birken Birnbaum Blaubeer Bohnen
Bracken Brombeer Brücken Buchen Bussard Dachs Dahlien Deich Distel Dohlen Dorn Drossel Eiben Eichen Eisvogel
Elster Enten Enzian Erd Erlen Eschen Espen Eulen Falken Farn Fasanen Feld Fichten Finken Flachs Flieder Föhren
Frosch Fuchs Furt Gänse Geest Gersten Ginster Glocken Graben Gras Grün Habicht Hafer Hagebutten Hain Hasel Hasen
Hecken Heide Heidschnucken Himbeer Hirsch Hirten Hügel Holunder Honig Hopfen Igel Iris Jasmin Kamillen Kastanien
Kauz Kiebitz Kiefern Kies Kirsch Klee Koppel Kranich Kräuter Krokus Kuckuck Lärchen Lehm Lerchen Linden
Löwenzahn Luchs Lupinen Margeriten Marder Meisen Milan Mispel Mohn Moor Moos Mühlen Narzissen Nelken
Nuss Otter Pappel Pferde Pfingstrosen Pflaumen Pilz Primel Quellen Quitten Raben Rain Rebhuhn Reh Reiher Ried
Rüstern Rosen Rosmarin Rotbuchen Rüben Sand Sanddorn Schäfchen Schilf Schlehen Schlüsselblumen Schmetterlings
Schwalben Schwanen See Seerosen Segge Sonnen Specht Sperber Spatzen Star Stein Stiefmütterchen Storchen Sumpf
Tannen Tauben Teich Thymian Torf Tränken Trauben Tulpen Ulmen Veilchen Vogel Wacholder Wachtel Wald Waldkauz
Walnuss Weiden Weißdorn Weizen Wiesel Wiesen Wildrosen Winkel Wolken Wurzel Zaunkönig Zeder Ziegel Zwergbirken
"""
_STEMS = _TEXT.split()
_SUFFIXES = ("weg", "straße", "stieg", "kamp", "twiete", "bogen", "redder", "allee", "grund", "ring", "horst", "gasse")
_WEIGHTS = np.array([26, 22, 10, 9, 8, 5, 5, 4, 4, 3, 2, 2], dtype=np.float64)


def street_names(rng: np.random.Generator, count: int) -> list[str]:
    """``count`` different names in random order.

    Raises:
        ValueError: there are not that many.
    """
    names = np.array([stem + suffix for stem in _STEMS for suffix in _SUFFIXES])
    if count > len(names):
        raise ValueError(f"only {len(names)} street names exist, {count} are wanted")
    weights = np.tile(_WEIGHTS, len(_STEMS))
    return [str(n) for n in rng.choice(names, size=count, replace=False, p=weights / weights.sum())]
