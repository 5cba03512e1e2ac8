"""German field aliases and value texts of the layers; what QGIS shows instead of column names and codes."""

from __future__ import annotations

from dataclasses import dataclass, field

from etl.catalogue import Catalogue, Theme
from etl.publish import german

ALIASES = {
    "aktuell": "Aktuell",
    "anforderungen": "Anforderungen an die Daten",
    "anschrift": "Anschrift",
    "art": "Art",
    "auch_in": "Auch gezeigt in",
    "aufbau_angenommen": "Aufbau der Datei angenommen",
    "beschreibung": "Beschreibung",
    "bewertung_stadt": "Vergleich mit der Stadt, gewertet",
    "beziehung": "Beziehung",
    "bezug": "Stichtag oder Zeitraum",
    "bis": "Bis (ausschließlich)",
    "bis_tag": "Letzter Tag",
    "blockiert": "Blockierte Indizes",
    "brueche": "Brüche der Definition",
    "datenart": "Datenart",
    "datenluecke_id": "Datenlücke (ID)",
    "definition": "Definition",
    "ebene": "Ebene",
    "eigner": "Zuständige Stelle",
    "eingegangen_am": "Eingegangen am",
    "einheit": "Einheit",
    "einrichtung_id": "Einrichtung (ID)",
    "einwohner": "Einwohner",
    "einwohner_status": "Einwohner: Zustand",
    "einwohner_zeitraum": "Einwohner: Zeitraum",
    "einwohneranteil": "Anteil an den Einwohnern",
    "ersetzt_durch": "Ersetzt durch Lieferung (ID)",
    "erstes_jahr": "Erstes Jahr",
    "faellig_seit": "Fällig seit",
    "faktor": "Faktor",
    "fehlende_lieferungen": "Fehlende Lieferungen",
    "flaeche_ha": "Fläche (ha)",
    "flaechenanteil": "Anteil an der Fläche",
    "gebiet": "Gebietsschlüssel",
    "gebiet_id": "Gebiet (ID)",
    "gebiete": "Zahl der Gebiete",
    "gebietsstand": "Gebietsstand",
    "geglaettet": "Geglätteter Anteil",
    "geglaettet_an": "Geglättet zum Anteil von",
    "geheim_anteil": "Anteil geheim gehaltener Werte",
    "geschaetzt": "Geschätzt",
    "gesichert": "Einteilung gesichert",
    "grund": "Grund",
    "grundkarte_id": "Grundkarte (ID)",
    "gruppe": "Gruppe",
    "guete": "Güte",
    "herkunft": "Herkunft",
    "hinweis": "Hinweis",
    "index": "Index",
    "index_wert_id": "Indexwert (ID)",
    "indexteil": "Teil eines Index",
    "jahr": "Jahr",
    "kennzahl": "Kennzahl",
    "kennzahl_id": "Kennzahl (ID)",
    "kennzeichen": "Kennzeichen (r berichtigt, p vorläufig)",
    "ki998_oben": "99,8-%-Konfidenzintervall, obere Grenze",
    "ki998_unten": "99,8-%-Konfidenzintervall, untere Grenze",
    "ki_hinweis": "Warum kein Konfidenzintervall",
    "ki_methode": "Verfahren des Konfidenzintervalls",
    "ki_oben": "95-%-Konfidenzintervall, obere Grenze",
    "ki_unten": "95-%-Konfidenzintervall, untere Grenze",
    "klasse": "Klasse",
    "klasse_name": "Name der Klasse",
    "kleinste_ebene": "Kleinste Ebene",
    "lieferfrist_tage": "Lieferfrist (Tage)",
    "lieferung": "Lieferung",
    "lieferung_id": "Lieferung (ID)",
    "lizenz": "Lizenz",
    "luecke": "Lücke",
    "luecke_abhilfe": "Lücke: Abhilfe",
    "luecke_ansprechstelle": "Lücke: zu fragen",
    "luecke_grund": "Lücke: Grund",
    "nach_gebiet": "Nach Gebiet (Schlüssel)",
    "nach_gebietsstand": "Nach Gebietsstand",
    "nach_name": "Nach Gebiet",
    "nachkommastellen": "Nachkommastellen",
    "name": "Name",
    "nenner": "Nenner",
    "offenlegungsrisiko": "Offenlegungsrisiko",
    "periodizitaet": "Periodizität",
    "polaritaet": "Wertung",
    "pruefwert": "Prüfwert",
    "quelle": "Quelle",
    "quelle_id": "Quelle (ID)",
    "quellen": "Quellen",
    "rang": "Rang",
    "rang_bis": "Rang, höchstens",
    "rang_von": "Rang, mindestens",
    "raumbezug": "Raumbezug",
    "rechtsgrundlage": "Rechtsgrundlage",
    "reihenfolge": "Reihenfolge",
    "schaetzfehler_prozent": "Schätzfehler (%)",
    "schliesst": "Was die Lücke schließen würde",
    "schluessel": "Schlüssel",
    "signifikant_bh": "Auch bei vielen Prüfungen gesichert",
    "stabil": "Klasse gesichert",
    "stabil_gewicht": "Stabilität bei anderen Gewichten",
    "stabil_grenze": "Stabilität bei anderen Grenzen",
    "stabil_teil": "Stabilität ohne einen Bestandteil",
    "stabil_zufall": "Stabilität gegen Zufall",
    "stabilitaet": "Stabilität der Klasse (0 bis 1)",
    "stand": "Stand (Veröffentlichung)",
    "status": "Zustand",
    "stichtag": "Stichtag",
    "thema": "Handlungsfeld (Kennung)",
    "thema_titel": "Handlungsfeld",
    "titel": "Titel",
    "trend": "Trend",
    "typ": "Typ (Nummer)",
    "typ_name": "Typ",
    "typ_wert_id": "Typ (ID)",
    "typologie": "Typologie",
    "uebergeordnet": "Übergeordnetes Gebiet",
    "umsteigeschluessel_id": "Umsteigeschlüssel (ID)",
    "verfahren": "Verfahren",
    "vergleich_rest": "Vergleich mit der übrigen Stadt",
    "vergleich_stadt": "Vergleich mit der Stadt",
    "vergleich_stadtteil": "Vergleich mit dem Stadtteil",
    "vergleich_vorjahr": "Vergleich mit dem Vorjahr",
    "vergleichsraum_id": "Vergleichsraum (ID)",
    "veroeffentlicht": "Veröffentlicht",
    "veroeffentlicht_am": "Veröffentlicht am",
    "veroeffentlichung_id": "Veröffentlichung (ID)",
    "von": "Von (einschließlich)",
    "von_gebiet": "Von Gebiet (Schlüssel)",
    "von_gebietsstand": "Von Gebietsstand",
    "von_name": "Von Gebiet",
    "wert": "Wert",
    "wert_id": "Wert (ID)",
    "zaehler": "Zähler",
    "zeitraeume": "Zeiträume",
    "zeitraum": "Zeitraum",
    "zeitreihe_id": "Zeitreihe (ID)",
    "zuordnungssicherheit": "Sicherheit der Zuordnung (0 bis 1)",
    "zurueckgezogen": "zurückgezogen",
    "zurueckgezogen_am": "zurückgezogen am",
    "zurueckgezogen_weil": "zurückgezogen, weil",
    "zustand": "Zustand",
    "zustand_kennzahl": "Zustand der Kennzahl",
}
VALUE_TEXTS = {"status": german.STATUS, "einwohner_status": german.STATUS, "guete": german.QUALITY,
               "polaritaet": german.POLARITY, "trend": german.TREND,
               "vergleich_stadt": german.COMPARED, "vergleich_rest": german.COMPARED,
               "vergleich_stadtteil": german.COMPARED, "vergleich_vorjahr": german.COMPARED,
               "bewertung_stadt": german.JUDGED}  # fmt: skip
GAP_TEXTS = {"zustand": german.COVERAGE, "zustand_kennzahl": german.COVERAGE}
RELATION_TEXTS = {
    "beziehung": {
        "unveraendert": "unverändert",
        "geteilt": "geteilt",
        "zusammengelegt": "zusammengelegt",
        "unregelmaessig": "Grenzen neu gezogen",
    }
}
TITLES = {"kennzahl": ("kennzahl", "kennzahl", "titel")}
"""Columns whose codes are told by a table of the project: its layer id, key column, column of the words."""
DATES = ("von", "bis", "bis_tag", "stichtag", "eingegangen_am", "faellig_seit", "veroeffentlicht_am")


@dataclass(frozen=True)
class Fields:
    """Aliases by column, words for coded values by column, date columns, columns the attribute table leaves out.

    ``looked_up``: columns whose words stand in another layer (layer id, key column, column of the words). ``tabs``: the
    form's tabs with their columns; without them the form is QGIS's own, in which all columns stand one below the other.
    """

    aliases: dict[str, str]
    values: dict[str, dict[str, str]] = field(default_factory=dict)
    dates: tuple[str, ...] = DATES
    hidden: tuple[str, ...] = ()
    looked_up: dict[str, tuple[str, str, str]] = field(default_factory=dict)
    tabs: tuple[tuple[str, tuple[str, ...]], ...] = ()


def _levels(catalogue: Catalogue) -> dict[str, str]:
    return {level.code: level.title for level in catalogue.city.levels}


def plain_fields(
    catalogue: Catalogue, values: dict[str, dict[str, str]] | None = None, *, looked_up: bool = False
) -> Fields:
    """Fields of the layers that hold no indicator columns; ``values``: words for codes of one view alone.

    ``looked_up``: its indicators are told by their titles.
    """
    words = {**VALUE_TEXTS, "ebene": _levels(catalogue), "kleinste_ebene": _levels(catalogue), **(values or {})}
    return Fields(ALIASES, words, looked_up=TITLES if looked_up else {})


_AREA = ("name", "gebiet", "ebene", "gebietsstand", "stand", "hinweis")
_PARTS = ("", "_status", "_zeitraum", "_ki_u", "_ki_o", "_signifikanz", "_trend")


def theme_fields(catalogue: Catalogue, theme: Theme) -> Fields:
    """Fields of a theme's views: the column group of each indicator, named by its title and unit, on a tab each."""
    aliases, values, hidden = dict(ALIASES), {**VALUE_TEXTS, "ebene": _levels(catalogue)}, []
    tabs: list[tuple[str, tuple[str, ...]]] = [("Gebiet", _AREA)]
    for indicator in theme.shown:
        code = indicator.code.lower()
        title = indicator.title
        unit = german.unit_suffix(indicator.unit).strip()
        aliases |= {
            code: f"{title} ({unit})" if unit else title,
            f"{code}_status": f"{title}: Zustand",
            f"{code}_klasse": f"{title}: Klasse",
            f"{code}_zeitraum": f"{title}: Zeitraum",
            f"{code}_ki_u": f"{title}: 95-%-Konfidenzintervall, untere Grenze",
            f"{code}_ki_o": f"{title}: 95-%-Konfidenzintervall, obere Grenze",
            f"{code}_signifikanz": f"{title}: Vergleich mit der Stadt",
            f"{code}_trend": f"{title}: Trend",
        }
        values[f"{code}_status"] = german.STATUS
        values[f"{code}_signifikanz"] = german.COMPARED
        values[f"{code}_trend"] = german.TREND
        hidden.append(f"{code}_klasse")
        tabs.append((indicator.code, tuple(f"{code}{part}" for part in _PARTS)))
    return Fields(aliases, values, hidden=tuple(hidden), tabs=tuple(tabs))
