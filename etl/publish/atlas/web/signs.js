// How a reading is drawn: the colour of its class with a hatch where it is not firm, or the sign of its state.

import { classOf } from "./data.js";
import { svg } from "./elements.js";
import { fill } from "./patterns.js";

let signs = null;
export function learnSigns(known) {
  signs = known;
}

/** „geheim“, „nicht_vergleichbar“ or „fehlt“ for a reading without a value. */
export function signOf(one) {
  return one && signs[one.status]?.farbe && one.status !== "schraffur" ? one.status : "fehlt";
}

/** Fill, letters on it, and border of a reading. */
export function look(measure, one) {
  const found = classOf(measure, one);
  if (found) {
    const light = found.schrift === "#ffffff";
    return { fill: fill(found.farbe, one.hatched ? found.schraffur : null), letters: light ? "hell" : "dunkel",
      border: light ? "#ffffff" : "#3d3d3d", mark: found.zeichen };
  }
  const sign = signs[signOf(one)];
  return { fill: fill(sign.farbe, sign.schraffur, sign.fallend), letters: "dunkel", border: "#3d3d3d", mark: "" };
}

/** A small box in a colour or hatch, for legends and lists; the words stand beside it. */
export function swatch(paint, mark = "", letters = "dunkel") {
  return svg("svg", { class: "kasten", viewBox: "0 0 26 16", width: 26, height: 16, "aria-hidden": "true" },
    svg("rect", { x: 0.5, y: 0.5, width: 25, height: 15, fill: paint, stroke: "#3d3d3d" }),
    mark ? svg("text", { x: 13, y: 12.5, "text-anchor": "middle", class: `zeichen ${letters}` }, mark) : null);
}

/** The legend's entries for the readings that are shown: classes, then hatch, then states that occur. */
export function legendEntries(measure, readings) {
  const entries = measure.klassen.map((entry) => ({
    swatch: swatch(entry.farbe, entry.zeichen, entry.schrift === "#ffffff" ? "hell" : "dunkel"), text: entry.titel,
  }));
  if (readings.some((one) => one?.hatched)) {
    const word = { index: signs.schraffur.index, typ: signs.schraffur.typ }[measure.art] ?? signs.schraffur.werte;
    entries.push({ swatch: swatch(fill("#ffffff", signs.schraffur.farbe)), text: word });
  }
  for (const name of ["geheim", "nicht_vergleichbar", "fehlt"]) {
    if (readings.some((one) => !one?.shown && signOf(one) === name)) {
      const sign = signs[name];
      entries.push({ swatch: swatch(fill(sign.farbe, sign.schraffur, sign.fallend)), text: sign.titel });
    }
  }
  return entries;
}
