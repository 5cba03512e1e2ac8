// The table of the indicator that is shown: one row a unit, and the city below.

import { BAND, DASH, comparison, trendCell } from "./cells.js";
import { intervalBar, scrolling, spanOf } from "./charts.js";
import { el } from "./elements.js";
import * as words from "./words.js";

/** The table: entries [{unit, one}] in the order given. */
export function valueTable(measure, caption, entries, city, cityReading) {
  if (measure.art !== "wert") return resultTable(measure, caption, entries);
  const span = spanOf(entries.map(({ one }) => one));
  const counted = entries.some(({ one }) => one?.shown && one.nenner !== null);
  const estimated = entries.some(({ one }) => one?.shown && one.guete !== "exakt");
  const head = ["Nr.", "Gebiet", words.heading(measure), BAND, "Lage", "Vergleich mit Stadt", "Trend",
    ...(counted ? ["Zähler / Nenner"] : []), ...(estimated ? ["Güte"] : [])];
  const row = (unit, one, isCity) => el("tr", isCity ? { class: "stadt" } : {},
    el("td", {}, isCity ? "" : unit.nummer), el("th", { scope: "row" }, unit.kurz),
    el("td", { class: one?.shown ? "zahl" : "zustand" }, words.text(measure, one)),
    el("td", {}, words.interval(measure, one) || DASH),
    el("td", { class: "bild" }, isCity ? "" : intervalBar(span, one, cityReading)),
    el("td", {}, isCity ? DASH : comparison(one)), el("td", {}, trendCell(one?.trend)),
    counted ? el("td", { class: "zahl" }, one?.shown && one.nenner !== null ? `${count(one.zaehler)} / ${count(one.nenner)}` : DASH) : null,
    estimated ? el("td", {}, one?.guete ? words.quality(one.guete) : DASH) : null);
  return scrolling(caption, el("table", { class: "werte" }, el("caption", {}, caption),
    el("thead", {}, el("tr", {}, head.map((title) => el("th", { scope: "col" }, title)))),
    el("tbody", {}, entries.map(({ unit, one }) => row(unit, one, false)), city ? row(city, cityReading, true) : null)));
}

function count(value) {
  return value === null ? DASH : words.number(value, Number.isInteger(value) ? 0 : 1);
}

function resultTable(measure, caption, entries) {
  const index = measure.art === "index";
  const head = ["Nr.", "Gebiet", index ? "Klasse" : "Gebietstyp", ...(index && !measure.kreuz ? ["Wert", "Rang (Bereich)"] : []), index ? "Klasse gesichert?" : "Zuordnung gesichert?"];
  const rows = entries.map(({ unit, one }) => {
    const cells = [el("td", {}, unit.nummer), el("th", { scope: "row" }, unit.kurz),
      el("td", one?.shown ? {} : { class: "zustand" }, one?.shown ? one.klasse_name : words.status(one))];
    if (index && !measure.kreuz) {
      cells.push(el("td", { class: "zahl" }, one?.shown && one.wert !== null ? words.number(one.wert, measure.stellen) : DASH),
        el("td", {}, one?.shown && one.rang ? `${one.rang} (${one.rang_von} bis ${one.rang_bis}) von ${one.gebiete}` : DASH));
    }
    return el("tr", {}, cells, el("td", {}, one?.shown ? (one.hatched ? "nicht gesichert" : "gesichert") : DASH));
  });
  return scrolling(caption, el("table", { class: "werte" }, el("caption", {}, caption),
    el("thead", {}, el("tr", {}, head.map((title) => el("th", { scope: "col" }, title)))), el("tbody", {}, rows)));
}
