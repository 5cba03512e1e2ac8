// What stands below map and table: definition, source, notes, how to quote, what is missing.

import { OVERVIEW } from "./data.js";
import { el } from "./elements.js";
import * as words from "./words.js";

function definitions(pairs) {
  return el("dl", {}, pairs.filter(([, value]) => value).map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, value))));
}

/** Explanation of an indicator, index or typology as elements. */
export function explanation(atlas, measure, period) {
  const about = measure.auskunft;
  const parts = [el("h3", {}, "Was die Zahl bedeutet")];
  if (measure.art === "wert") {
    parts.push(definitions([["Definition", about.definition], ["Zähler", about.zaehler], ["Nenner", about.nenner], ["Bezug", about.bezug],
      ["Wertung", words.polarity(measure.polaritaet)], ["Quelle", about.quelle], ["Zuständig", about.eigner], ["Hinweis", about.hinweis], ["Brüche", about.brueche],
      ["Zitieren als", `${measure.titel}, [Gebiet], ${words.period(measure, period)}, Stand ${atlas.about.stand}, Quelle: ${about.quelle}`]]));
  } else {
    parts.push(definitions([["Definition", about.definition ?? about.begruendung], ["Hinweis", about.hinweis],
      ["Zitieren als", `${measure.titel}, [Gebiet]${period ? `, ${period}` : ""}, Stand ${atlas.about.stand}, eigene Berechnung`]]));
  }
  parts.push(el("h3", {}, "Was die Zeichen bedeuten"), definitions([
    ["schraffiert", measure.art === "wert" ? "Der Vertrauensbereich (95 %) schließt den Wert der Stadt ein: Der Unterschied kann Zufall sein." : "Mit anderen, ebenso vertretbaren Festlegungen fiele das Gebiet öfter in eine andere Klasse."],
    ["geheim gehalten", "Der Wert ist vorhanden und wird zum Schutz der Personen nicht gezeigt. Er ist nicht null."],
    ["keine Angabe", "Es liegt kein Wert vor."],
    ["nicht vergleichbar", "Der Wert ist mit den übrigen der Reihe nicht vergleichbar."]]));
  const gaps = atlas.about.luecken.filter((gap) => gap.thema === measure.thema);
  if (measure.thema !== OVERVIEW && gaps.length) {
    parts.push(el("h3", {}, "In diesem Thema noch ohne Daten"), el("ul", {}, gaps.map((gap) => el("li", {}, gap.luecke_grund ? `${gap.titel}: ${gap.luecke_grund}` : gap.titel))));
  }
  return parts;
}
