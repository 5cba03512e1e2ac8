"""German field aliases and value texts of the layers; what QGIS shows instead of column names and codes."""

from __future__ import annotations

from dataclasses import dataclass, field

from etl.catalogue import Theme
from etl.publish import german

ALIASES = {
    "aktuell": "Aktuell",
    "anforderungen": "Anforderungen an die Daten",
    "anschrift": "Anschrift",
    "art": "Art",
    "auch_in": "Auch gezeigt in",
    "aufbau_angenommen": "Aufbau der Datei angenommen",
    "bewertung_stadt": "Vergleich mit der Stadt, gewertet",
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
    "ersetzt_durch": "Ersetzt durch Lieferung (ID)",
    "erstes_jahr": "Erstes Jahr",
    "faellig_seit": "Fällig seit",
    "faktor": "Faktor",
    "fehlende_lieferungen": "Fehlende Lieferungen",
    "flaeche_ha": "Fläche (ha)",
    "gebiet": "Gebietsschlüssel",
    "gebiet_id": "Gebiet (ID)",
    "gebietsstand": "Gebietsstand",
    "geglaettet": "Geglätteter Anteil",
    "geglaettet_an": "Geglättet zum Anteil von",
    "geheim_anteil": "Anteil geheim gehaltener Werte",
    "geschaetzt": "Geschätzt",
    "grund": "Grund",
    "grundkarte_id": "Grundkarte (ID)",
    "gruppe": "Gruppe",
    "guete": "Güte",
    "herkunft": "Herkunft",
    "hinweis": "Hinweis",
    "kennzeichen": "Kennzeichen (r berichtigt, p vorläufig)",
    "pruefwert": "Prüfwert",
    "zurueckgezogen": "zurückgezogen",
    "zurueckgezogen_am": "zurückgezogen am",
    "zurueckgezogen_weil": "zurückgezogen, weil",
    "indexteil": "Teil eines Index",
    "jahr": "Jahr",
    "kennzahl": "Kennzahl",
    "kennzahl_id": "Kennzahl (ID)",
    "ki998_oben": "99,8-%-Konfidenzintervall, obere Grenze",
    "ki998_unten": "99,8-%-Konfidenzintervall, untere Grenze",
    "ki_hinweis": "Warum kein Konfidenzintervall",
    "ki_methode": "Verfahren des Konfidenzintervalls",
    "ki_oben": "95-%-Konfidenzintervall, obere Grenze",
    "ki_unten": "95-%-Konfidenzintervall, untere Grenze",
    "klasse": "Klasse",
    "kleinste_ebene": "Kleinste Ebene",
    "lieferfrist_tage": "Lieferfrist (Tage)",
    "lieferung": "Lieferung",
    "lieferung_id": "Lieferung (ID)",
    "lizenz": "Lizenz",
    "luecke": "Lücke",
    "luecke_abhilfe": "Lücke: Abhilfe",
    "luecke_ansprechstelle": "Lücke: zu fragen",
    "luecke_grund": "Lücke: Grund",
    "nachkommastellen": "Nachkommastellen",
    "name": "Name",
    "nenner": "Nenner",
    "offenlegungsrisiko": "Offenlegungsrisiko",
    "periodizitaet": "Periodizität",
    "polaritaet": "Wertung",
    "quelle": "Quelle",
    "quelle_id": "Quelle (ID)",
    "quellen": "Quellen",
    "raumbezug": "Raumbezug",
    "rechtsgrundlage": "Rechtsgrundlage",
    "reihenfolge": "Reihenfolge",
    "schliesst": "Was die Lücke schließen würde",
    "schluessel": "Schlüssel",
    "signifikant_bh": "Auch bei vielen Prüfungen gesichert",
    "stand": "Stand (Veröffentlichung)",
    "status": "Zustand",
    "stichtag": "Stichtag",
    "thema": "Handlungsfeld (Kennung)",
    "thema_titel": "Handlungsfeld",
    "titel": "Titel",
    "trend": "Trend",
    "uebergeordnet": "Übergeordnetes Gebiet",
    "vergleich_rest": "Vergleich mit der übrigen Stadt",
    "vergleich_stadt": "Vergleich mit der Stadt",
    "vergleich_stadtteil": "Vergleich mit dem Stadtteil",
    "vergleich_vorjahr": "Vergleich mit dem Vorjahr",
    "vergleichsraum_id": "Vergleichsraum (ID)",
    "veroeffentlicht": "Veröffentlicht",
    "veroeffentlicht_am": "Veröffentlicht am",
    "veroeffentlichung_id": "Veröffentlichung (ID)",
    "von": "Von (einschließlich)",
    "wert": "Wert",
    "wert_id": "Wert (ID)",
    "zaehler": "Zähler",
    "zeitraeume": "Zeiträume",
    "zeitraum": "Zeitraum",
    "zeitreihe_id": "Zeitreihe (ID)",
    "zustand": "Zustand",
    "zustand_kennzahl": "Zustand der Kennzahl",
}
VALUE_TEXTS = {"status": german.STATUS, "einwohner_status": german.STATUS, "guete": german.QUALITY,
               "polaritaet": german.POLARITY, "trend": german.TREND,
               "vergleich_stadt": german.COMPARED, "vergleich_rest": german.COMPARED,
               "vergleich_stadtteil": german.COMPARED, "vergleich_vorjahr": german.COMPARED,
               "bewertung_stadt": german.JUDGED}  # fmt: skip
GAP_TEXTS = {"zustand": german.COVERAGE, "zustand_kennzahl": german.COVERAGE}
DATES = ("von", "bis", "bis_tag", "stichtag", "eingegangen_am", "faellig_seit", "veroeffentlicht_am")


@dataclass(frozen=True)
class Fields:
    """Aliases by column, words for coded values by column, date columns, columns the attribute table leaves out."""

    aliases: dict[str, str]
    values: dict[str, dict[str, str]] = field(default_factory=dict)
    dates: tuple[str, ...] = DATES
    hidden: tuple[str, ...] = ()


def plain_fields(values: dict[str, dict[str, str]] | None = None) -> Fields:
    """Fields of the layers that hold no indicator columns; ``values``: words for codes of one view alone."""
    return Fields(ALIASES, {**VALUE_TEXTS, **(values or {})})


def theme_fields(theme: Theme) -> Fields:
    """Fields of a theme's views: the column group of each indicator, named by its title and unit."""
    aliases, values, hidden = dict(ALIASES), dict(VALUE_TEXTS), []
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
    return Fields(aliases, values, hidden=tuple(hidden))
