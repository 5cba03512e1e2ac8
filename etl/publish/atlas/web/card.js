// The card of the chosen unit beside the map: its value in words, and the ways to profile and comparison.

import { comparison, trendCell } from "./cells.js";
import { el } from "./elements.js";
import * as words from "./words.js";

/** Elements of the card; ``go(view)`` changes the view. */
export function card(atlas, unit, measure, one, cityReading, period, go) {
  if (!unit) return [el("p", { class: "lesehilfe" }, "Ein Gebiet auf der Karte oder in der Liste wählen, um es genauer zu sehen.")];
  const city = cityReading?.shown ? words.text(measure, cityReading) : "";
  const facts = [["Vertrauensbereich", words.interval(measure, one)], ["Stadt", city],
    ["Vergleich", words.beside(one) ? comparison(one) : ""], ["Trend (fünf Jahre)", words.trend(one?.trend) ? trendCell(one.trend) : ""],
    ["Güte", one?.guete && one.guete !== "exakt" ? words.quality(one.guete) : ""],
    ["Rang", one?.shown && one.rang ? `${one.rang} (${one.rang_von} bis ${one.rang_bis}) von ${one.gebiete}` : ""],
    ["Sicherheit", measure.art !== "wert" && one?.shown ? (one.hatched ? "nicht gesichert" : "gesichert") : ""],
    ["Kennzeichen", measure.art === "typ" && one?.shown ? one.beschreibung : ""]];
  return [
    el("h3", {}, atlas.titleOf(unit)),
    el("p", { class: "wert" }, el("span", { class: "gross" }, measure.art === "typ" ? words.brieflyText(measure, one) : words.text(measure, one, words.withUnit)),
      el("span", {}, ` ${measure.titel}${period ? `, ${words.period(measure, period)}` : ""}`)),
    el("dl", { class: "fakten" }, facts.filter(([, value]) => value).map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, value)))),
    el("div", { class: "werkzeuge" }, el("button", { type: "button", onclick: () => go("profil") }, "Profil zeigen"),
      el("button", { type: "button", onclick: () => go("vergleich") }, "Mit anderem vergleichen")),
  ];
}
