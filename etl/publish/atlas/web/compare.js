// Two units side by side: the chosen indicator over time, and all key figures with a careful verdict.

import { BAND } from "./cells.js";
import { scrolling, seriesChart } from "./charts.js";
import { OVERVIEW } from "./data.js";
import { el } from "./elements.js";
import { newestSeries } from "./profile.js";
import * as words from "./words.js";

/** Which of two is higher: only where their intervals do not touch. */
export function verdict(a, b) {
  if (!a?.shown || !b?.shown) return { code: "", text: "–" };
  if ((a.ki_unten ?? null) === null || (b.ki_unten ?? null) === null) return { code: "", text: "ohne Vertrauensbereich" };
  if (a.ki_unten > b.ki_oben) return { code: "a", text: "höher" };
  if (a.ki_oben < b.ki_unten) return { code: "b", text: "niedriger" };
  return { code: "gleich", text: "kein sicherer Unterschied" };
}

/** The comparison of two units of a level as elements. */
export async function compareUnits(atlas, first, second, measure) {
  const [newest, chosen] = await Promise.all([newestSeries(), atlas.series(measure.code)]);
  const parts = [el("h3", {}, `${atlas.titleOf(first)} und ${atlas.titleOf(second)}`)];
  if (measure.art === "wert") {
    const history = (unit) => chosen.history(unit.ebene, unit.gebiet);
    const chart = seriesChart(measure, chosen.periods, [
      { name: first.kurz, kind: "erste", readings: history(first) }, { name: second.kurz, kind: "zweite", readings: history(second) },
      ...(atlas.city ? [{ name: atlas.city.kurz, kind: "stadt", readings: history(atlas.city) }] : []),
    ]);
    if (chart) parts.push(el("h4", {}, `Zeitreihe: ${measure.titel}`), chart);
  }
  parts.push(el("h4", {}, "Kennzahlen"), el("p", { class: "lesehilfe" },
    `„Höher“ oder „niedriger“ heißt: ${first.kurz} im Vergleich mit ${second.kurz}, und die Vertrauensbereiche (95 %) überschneiden sich nicht. Das ist vorsichtig: Auch ein kleinerer Unterschied kann wirklich sein.`));
  for (const theme of atlas.themes.filter((one) => one.code !== OVERVIEW)) {
    const table = themeTable(atlas, theme, first, second, newest, measure);
    if (table) parts.push(table);
  }
  return el("div", { class: "profil" }, parts);
}

function themeTable(atlas, theme, first, second, newest, measure) {
  const body = theme.measures.map((one) => {
    const own = newest.get(one.code);
    const period = own?.periods[0];
    const [a, b] = [first, second].map((unit) => own?.at(period, unit.ebene, unit.gebiet) ?? null);
    if (!a && !b) return null;
    const city = atlas.city ? own.at(period, atlas.cityLevel, atlas.city.gebiet) : null;
    const found = verdict(a, b);
    const cell = (reading) => el("td", { class: reading?.shown ? "zahl" : "zustand" }, words.text(one, reading));
    return el("tr", one.code === measure.code ? { class: "gewaehlt" } : {}, el("th", { scope: "row" }, words.heading(one)), el("td", {}, period),
      cell(a), el("td", {}, words.interval(one, a) || "–"), cell(b), el("td", {}, words.interval(one, b) || "–"),
      el("td", { class: found.code === "a" || found.code === "b" ? "sicher" : "" }, found.text), cell(city));
  }).filter(Boolean);
  if (!body.length) return null;
  const head = ["Kennzahl", "Zeitraum", first.kurz, BAND, second.kurz, BAND, "Unterschied", "Stadt"];
  return el("details", { open: theme.code === measure.thema || measure.thema === OVERVIEW }, el("summary", {}, `${theme.titel} (${body.length})`),
    scrolling(`Vergleich ${theme.titel}`, el("table", { class: "werte" }, el("caption", { class: "nur-vorlesen" }, `${theme.titel}: ${first.kurz} und ${second.kurz}`),
      el("thead", {}, el("tr", {}, head.map((title) => el("th", { scope: "col" }, title)))), el("tbody", {}, body))));
}
