"""The German note in the folder of the sample: which files there are and what is wrong with them on purpose."""

from __future__ import annotations

from textwrap import fill

from etl.sample import plan
from etl.sample.agency import FOLDER
from etl.sample.manifest import NOTICE
from etl.sample.register_files import WRONG_CONTENT_YEAR, WRONG_ENCODING_YEAR
from etl.sample.writer import Writer

_TEXT = """Beispielstadt {city} (synthetisch)
{line}

{notice}

Dieser Ordner enthält die Dateien so, wie eine Stadt sie geliefert bekäme. JJJJ ist das Jahr; jeder Dateiname
enthält „synthetisch“.

Geodaten
  stadtgebiet                        Stadt, Stadtteile, Baublöcke, Straßen, Bahn, Gewässer (EPSG:25832)
  hauskoordinaten                    Adresspunkte im Aufbau der Hauskoordinaten (HK-DE)
  einrichtungen_kita, _schule        Kindertagesstätten, Schulen

Meldebehörde
  einwohner_bestand_gezaehlt_JJJJ    Einwohner am 31.12. nach Anschrift, Alter, Geschlecht, Staatsangehörigkeit
  einwohner_bestand_personen_JJJJ    dieselben Einwohner, eine Zeile je Person (ohne Namen)
  einwohner_merkmale_gezaehlt_JJJJ   Migrationshintergrund und Wohndauer
  einwohner_bewegung_gezaehlt_JJJJ   Geburten, Sterbefälle, Zuzüge, Fortzüge, Umzüge (bei beiden Anschriften)
  einwohner_bewegung_ereignisse_JJJJ dieselben, eine Zeile je Ereignis; im letzten Jahr auch mit festen Stellen (.txt)
  haushalte_gezaehlt_JJJJ            Haushalte nach Größe, Kindern und Art (ein Modell)

Arbeitsagentur
  arbeitslose_stadtteile             Arbeitslose nach Stadtteilen, als CSV und als Arbeitsmappe
  ba_pendler_reihe                   Auspendler der Stadt, eine Zeile je Jahr
  {agency}/       keine Lieferung: was die Agentur je Anschrift weiß; daraus entstehen ihre Tabellen
                                     nach Bezirken, wenn die Stadt Zuordnungs- und Rasterdatei geliefert hat

Fachämter der Stadt und des Kreises (gezählt nach Anschrift, wo nichts anderes steht)
  gebaeude, bautaetigkeit, sozialwohnungen           Wohnungen, Genehmigungen und Fertigstellungen, Bindungen
  wohnungsnotfaelle                                  Arbeitsmappe nach Stadtteilen
  sgb12 (auch als faelle), wohngeld, asylblg,        Sozialamt
  bildung_teilhabe
  jugendhilfe, uvg, jugendeinrichtungen,             Jugendamt, Jugendarbeit
  jugendgerichtshilfe (nach Stadtteilen)
  kita_betreuung, kita_plaetze, schuleingang,        Kindertagesbetreuung, Gesundheitsamt, Schule
  schuluebergaenge, ganztag_grundschule
  schulentlassene_reihe, foerderbedarf_reihe         eine Datei für alle Jahre

Amtliche Statistik (erfundene Werte im Aufbau der Veröffentlichungen)
  regionalstatistik_bevoelkerung, _nationalitaet,    Vergleichsräume, in den drei Aufbauten von GENESIS
  _arbeitsmarkt, _beschaeftigte
  zensus2022_gitter                                  Ergebnisse im Gitter, wo geschrieben

manifest.yaml                        was in den Dateien steht und welche Fehler absichtlich darin sind

Absichtlich enthalten: unbekannte Anschriften, doppelte und fehlerhafte Zeilen, eine Registerdatei in falscher
Kodierung ({encoding_year}) und eine unvollständige ({content_year}); zu beiden gibt es eine berichtigte.

Erzeugt mit: ./sozialbericht sample ORDNER --seed {seed} --scale {scale}
"""


def write_readme(writer: Writer) -> None:
    """``LIESMICH.txt``."""
    title = f"Beispielstadt {plan.CITY_NAME} (synthetisch)"
    text = _TEXT.format(
        city=plan.CITY_NAME,
        line="=" * len(title),
        notice=fill(NOTICE, 110),
        agency=FOLDER,
        encoding_year=WRONG_ENCODING_YEAR,
        content_year=WRONG_CONTENT_YEAR,
        seed=writer.city.seed,
        scale=writer.city.scale,
    )
    (writer.folder / "LIESMICH.txt").write_text(text, encoding="utf-8")
    writer.add("LIESMICH.txt", "readme")
