// What is shown as CSV: UTF-8 with BOM, semicolons, decimal comma, no formulas.

import * as words from "./words.js";

function cell(value) {
  if (value === null || value === undefined) return "";
  if (typeof value === "number") return String(value).replace(".", ",");
  const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[";\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** The lines of a table as a CSV text. */
export function csvText(lines) {
  return `\ufeff${lines.map((line) => line.map(cell).join(";")).join("\r\n")}\r\n`;
}

const HEAD = ["gebiet", "name", "ebene", "zeitraum", "kennzahl", "titel", "einheit", "wert", "zustand", "klasse", "vertrauensbereich_unten",
  "vertrauensbereich_oben", "zaehler", "nenner", "vergleich_mit_stadt", "trend", "guete", "quelle", "stand", "hinweis"];

/** Rows of the entries that are shown: [{unit, one}]. */
export function csvLines(atlas, measure, entries) {
  const note = atlas.about.synthetisch ? "synthetische Daten" : "";
  const lines = entries.map(({ unit, one }) => {
    const shown = one?.shown ? one : {};
    return [unit.gebiet, unit.name, atlas.level(unit.ebene)?.titel ?? unit.ebene, one?.zeitraum ?? "", measure.code, measure.titel,
      measure.einheit, shown.wert, words.status(one), measure.art === "wert" ? shown.klasse : shown.klasse_name, shown.ki_unten,
      shown.ki_oben, shown.zaehler, shown.nenner, words.beside(one)?.words ?? "", words.trend(one?.trend)?.words ?? "",
      one?.guete ? words.quality(one.guete) : "", measure.auskunft.quelle ?? "eigene Berechnung", atlas.about.stand, note];
  });
  return [HEAD, ...lines];
}

/** Hand a text to the browser as a file. */
export function save(name, text) {
  const address = URL.createObjectURL(new Blob([text], { type: "text/csv;charset=utf-8" }));
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 10000);
}
