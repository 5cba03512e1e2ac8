"""The general chapters of the requirement profile: purpose, terms, quality, confidentiality."""

from __future__ import annotations

from etl.catalogue import Catalogue
from etl.publish.profile.blocks import Block, Bullets, Heading, Paragraph, Table
from etl.publish.profile.words import enumerated, level, number


def purpose(catalogue: Catalogue) -> tuple[Block, ...]:
    """What the document is for, and for which areas."""
    city = catalogue.city
    levels = enumerated([lv.plural for lv in city.levels])
    return (
        Heading(1, "1 Zweck und Geltung"),
        Paragraph(
            f"Der {city.report_title} beschreibt soziale Lagen und Entwicklungen im Stadtgebiet kleinräumig und "
            "wiederkehrend. "
            "Dieses Anforderungsprofil legt fest, welche Themen und Kennzahlen er umfasst, wie sie definiert sind, "
            "welche "
            "Daten dafür gebraucht werden, wer sie liefert und welchen Anforderungen die Lieferungen genügen. Es kann "
            "einer "
            "Leistungsbeschreibung als Anlage beigefügt werden."
        ),
        Paragraph(
            "Alle Angaben stammen aus dem Katalog des Sozialberichts und werden mit ihm fortgeschrieben; maßgeblich "
            "ist die "
            "jeweils jüngste Fassung. Wo der Aufbau einer Lieferung nicht öffentlich beschrieben ist, ist er als "
            "angenommen "
            "gekennzeichnet und mit der liefernden Stelle abzustimmen."
        ),
        Paragraph(f"Kennzahlen werden für diese Ebenen gebildet: {levels}."),
    )


def terms(catalogue: Catalogue) -> tuple[Block, ...]:
    """The words that the document uses."""
    district = level(catalogue, catalogue.city.district_level or catalogue.city.levels[-1].code)
    rows = (
        (
            "Kennzahl",
            "Veröffentlichte Größe, in der Regel Zähler geteilt durch Nenner mal Faktor; gerundet wird zuletzt.",
        ),
        ("Messgröße", "Zählbare, addierbare Größe aus einer Quelle; aus Messgrößen entstehen Zähler und Nenner."),
        ("Quelle", "Datenbestand einer Stelle, der regelmäßig geliefert wird."),
        ("Lieferung", "Eine Datei einer Quelle für einen Stichtag oder Zeitraum."),
        ("Stichtag, Zeitraum", "Bestände gelten für einen Tag, Bewegungen für ein Kalender- oder Schuljahr."),
        ("Baublock", "Kleinste Zähleinheit; Anschriften dienen nur der Zuordnung und werden nicht gespeichert."),
        (district, "Gebiet aus ganzen Baublöcken, Hauptebene der Veröffentlichung."),
        (
            "nicht zuordenbar",
            "Personen oder Fälle ohne verortbare Anschrift: Sie zählen für die Stadt, für kein Gebiet darunter.",
        ),
        ("Lücke", "Kennzahl ohne kleinräumige Quelle; sie ist beschrieben, wird aber nicht gebildet."),
    )
    return (Heading(1, "2 Begriffe"), Table("Begriffe", ("Begriff", "Bedeutung"), rows, (1, 3)))


def requirements(number_: str, catalogue: Catalogue) -> tuple[Block, ...]:
    """What every delivery must satisfy."""
    person_level = "sind zugelassen" if catalogue.policy.person_level_intake else "werden abgewiesen"
    return (
        Heading(1, f"{number_} Anforderungen an alle Lieferungen"),
        Bullets(
            (
                "Eine Datei je Quelle und Stichtag, mit Spaltennamen wie in den Tabellen der Quelle; die Reihenfolge "
                "der Spalten "
                "ist frei, weitere Spalten werden gemeldet und nicht verwendet.",
                "Werte statt Formeln, keine Kennwörter, keine verborgenen Zeilen oder Spalten.",
                "CSV mit Semikolon; Zeichensatz wie angegeben; Dezimalkomma. Vorlagen liegen als XLSX bei und werden "
                "ausgefüllt "
                "angenommen.",
                "Jede Zelle enthält eine Zahl oder ein vereinbartes Zeichen; was ein Zeichen bedeutet, steht bei der "
                "Quelle. Eine "
                "leere Zelle ohne Vereinbarung ist ein Fehler.",
                "Gezählte Zeilen: Anschrift oder Baublock, Merkmale und Anzahl. Zeilen mit null Fällen entfallen.",
                "Fälle ohne verortbare Anschrift werden mitgeliefert, damit die Summe der Stadt stimmt.",
                "Anschriften folgen dem Straßenverzeichnis der Stadt; mindestens 98 % der Zeilen müssen sich "
                "zuordnen lassen, "
                "Abweichungen werden begründet.",
                "Summenzeilen sind erlaubt und werden als Prüfsummen verwendet, nie als Gebiete.",
                "Korrigierte Dateien werden vollständig neu geliefert und ersetzen die frühere.",
                "Änderungen von Definitionen, Verfahren oder Gebietsständen werden vor der Lieferung mitgeteilt.",
            )
        ),
        Paragraph(
            "Jede Lieferung wird beim Einlesen geprüft. Die liefernde Stelle erhält einen Bericht: gelesene, "
            "angenommene und "
            "abgewiesene Zeilen mit Grund, Prüfsummen, auffällige Veränderungen gegenüber dem Vorzeitraum, "
            "Vollständigkeit nach "
            f"Gebieten. Dateien mit einer Zeile je Person {person_level}; sie setzen eine abgeschottete "
            "Statistikstelle voraus "
            "(LStatG SH §§ 7 und 13)."
        ),
    )


def confidentiality(number_: str, catalogue: Catalogue) -> tuple[Block, ...]:
    """What protects persons in what is published."""
    policy = catalogue.policy
    return (
        Heading(1, f"{number_} Datenschutz und Geheimhaltung"),
        Paragraph(
            "Rechtsgrundlage ist je Quelle angegeben. Gespeichert werden Zählungen nach Baublöcken, keine Namen, keine "
            "Anschriften. "
            "Vor der Veröffentlichung gilt:"
        ),
        Bullets(
            (
                f"Anzahlen unter {policy.min_count} werden geheim gehalten, ebenso Kennzahlen, aus denen sie folgen "
                "würden.",
                "Für Zahlen aus Dateien, die selbst kleine Werte zurückhalten, gilt die Grenze "
                f"{policy.min_count_agency}.",
                f"Anteile mit einem Nenner unter {policy.min_denominator} werden nicht gezeigt.",
                f"Gebiete unter {policy.min_population} Einwohnern zeigen keine sozialen Kennzahlen und keinen Index.",
                "Untergruppen, zum Beispiel nach Alter, werden gemeinsam mit allen anderen Tabellen geschützt; nach "
                "Geschlecht wird nicht untergliedert.",
            )
        ),
        Paragraph(
            "Die Stufe des Offenlegungsrisikos ist bei jeder Kennzahl genannt. Alle Schwellen "
            f"({number(policy.min_count)}, "
            f"{number(policy.min_denominator)}, {number(policy.min_population)}) sind Teil des Katalogs und werden mit "
            "der "
            "behördlichen Datenschutzbeauftragten abgestimmt."
        ),
    )
