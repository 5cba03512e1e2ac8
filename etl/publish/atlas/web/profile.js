// A unit's profile: facts, classes, sentences, series of the chosen indicator, ages, all key figures with intervals.

import { BAND, comparison, trendCell } from "./cells.js";
import { intervalBar, pyramid, scrolling, seriesChart, spanOf } from "./charts.js";
import { OVERVIEW, Series, load, rows, valueReadings } from "./data.js";
import { el } from "./elements.js";
import * as address from "./state.js";
import * as words from "./words.js";

let newest = null;

/** Newest readings of all indicators, one series each. */
export async function newestSeries() {
  if (!newest) {
    const grouped = new Map();
    for (const one of valueReadings(await load("neueste"))) {
      if (!grouped.has(one.kennzahl)) grouped.set(one.kennzahl, []);
      grouped.get(one.kennzahl).push(one);
    }
    newest = new Map([...grouped].map(([code, readings]) => [code, new Series(code, readings)]));
  }
  return newest;
}

/** The profile of a unit as elements; needs the files of newest values, results and ages. */
export async function profile(atlas, unit, state, measure) {
  const [series, chosen] = await Promise.all([newestSeries(), atlas.series(measure.code), atlas.addOverview()]);
  const parts = [el("h3", {}, atlas.titleOf(unit)), facts(atlas, unit), await results(atlas, unit)];
  const told = atlas.about.saetze ? await sentences(unit) : null;
  if (told) parts.push(told);
  const history = measure.art === "wert" ? chosen.history(unit.ebene, unit.gebiet) : [];
  if (history.some((one) => one.shown)) {
    const chart = seriesChart(measure, chosen.periods, [
      { name: unit.kurz, kind: "erste", readings: history },
      ...(atlas.city ? [{ name: atlas.city.kurz, kind: "stadt", readings: chosen.history(atlas.cityLevel, atlas.city.gebiet) }] : []),
    ]);
    parts.push(el("h4", {}, `Zeitreihe: ${measure.titel}`), trendSentence(atlas, unit, measure), chart);
  }
  const ages = await ageGroups(atlas, unit);
  if (ages) {
    const hidden = el("p", {}, "Der Altersaufbau nach Geschlecht wird zum Schutz der Personen nicht gezeigt.");
    parts.push(el("h4", {}, `Altersaufbau, ${ages.period}`), ages.shown ? pyramid(unit.kurz, ages.groups) : hidden);
  }
  const tables = atlas.themes.filter((one) => one.code !== OVERVIEW).map((theme) => themeTable(atlas, theme, unit, series, state, measure)).filter(Boolean);
  if (!tables.length) {
    parts.push(el("p", {}, `Für ${atlas.level(unit.ebene).mehrzahl} liegen noch keine Werte vor.`));
    return el("div", { class: "profil" }, parts);
  }
  parts.push(el("h4", {}, "Kennzahlen"), el("p", { class: "lesehilfe" },
    "Der Punkt ist der Wert, die dicke Linie sein Vertrauensbereich (95 %), der Strich der Wert der Stadt; die graue Linie reicht über alle Gebiete der Ebene. Ein offener Punkt: nicht von der Stadt unterscheidbar."));
  parts.push(...tables);
  return el("div", { class: "profil" }, parts);
}

/** „Trend 2021 bis 2025: steigend, um 0,26 %-Punkte im Jahr“; nothing where no trend was computed. */
function trendSentence(atlas, unit, measure) {
  if (!atlas.results.trend) return null;
  const own = rows(atlas.results.trend, { column: "kennzahl", text: measure.code })
    .find((one) => one.ebene === unit.ebene && one.gebiet === unit.gebiet);
  if (!own) return null;
  const by = (value) => words.number(value, Math.min(4, measure.stellen + 1));
  const unitWord = measure.einheit === "%" ? "Prozentpunkte" : measure.einheit;
  const years = `Trend ${own.von_zeitraum} bis ${own.bis_zeitraum}`;
  if (own.richtung === "kein_trend") return el("p", {}, `${years}: Eine Richtung ist nicht gesichert.`);
  const slope = `im Jahr um ${by(own.steigung)}${unitWord ? ` ${unitWord}` : ""} (Vertrauensbereich ${by(own.steigung_unten)} bis ${by(own.steigung_oben)})`;
  return el("p", {}, `${years}: ${words.trend(own.richtung)?.words ?? own.richtung}, ${slope}.`);
}

function facts(atlas, unit) {
  const above = atlas.units.find((one) => one.gebiet === unit.uebergeordnet && one.ebene !== unit.ebene);
  const people = unit.einwohner_status === "gueltig" && unit.einwohner !== null
    ? `${words.number(unit.einwohner, 0)} (${unit.einwohner_zeitraum})` : words.status({ status: unit.einwohner_status });
  const pairs = [["Einwohnerinnen und Einwohner", people],
    ["Fläche", unit.flaeche_ha === null ? null : `${words.number(unit.flaeche_ha, 0)} ha`],
    ["gehört zu", above ? `${atlas.level(above.ebene)?.titel ?? ""} ${above.kurz}` : null], ["Hinweis", unit.hinweis]];
  return el("dl", { class: "fakten" }, pairs.filter(([, value]) => value).map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, value))));
}

async function results(atlas, unit) {
  const found = [];
  for (const measure of atlas.themes.find((one) => one.code === OVERVIEW)?.measures ?? []) {
    const series = await atlas.series(measure.code);
    const one = series?.at(series.periods[series.periods.length - 1], unit.ebene, unit.gebiet);
    if (!one) continue;
    const firm = one.hatched ? (measure.art === "typ" ? " (Zuordnung nicht gesichert)" : " (Klasse nicht gesichert)") : "";
    const words_ = one.shown ? `${one.klasse_name}${firm}` : words.status(one);
    found.push(el("div", {}, el("dt", {}, `${measure.titel}${one.zeitraum ? ` ${one.zeitraum}` : ""}`), el("dd", {}, words_)));
  }
  return found.length ? el("dl", { class: "fakten ergebnisse" }, found) : null;
}

async function sentences(unit) {
  const all = await load("profile");
  const own = all[unit.ebene]?.[unit.gebiet];
  if (!own) return null;
  const list = (title, lines) => (lines.length ? el("div", {}, el("h4", {}, title), el("ul", {}, lines.map((line) => el("li", {}, line)))) : null);
  return el("div", { class: "saetze" }, list("Lage", own.lage), list("Günstiger als die Stadt", own.staerken),
    list("Ungünstiger als die Stadt", own.belastungen), list("Anders als die Stadt, ohne Wertung", own.auffaellig),
    list("Zu den Daten", own.hinweise), own.einrichtungen.length ? el("details", {}, el("summary", {}, `Öffentliche Einrichtungen (${own.einrichtungen.length})`),
      el("ul", {}, own.einrichtungen.map((line) => el("li", {}, line)))) : null);
}

async function ageGroups(atlas, unit) {
  const groups = new Map();
  let period = "";
  for (const row of rows(await load("altersaufbau"))) {
    if (row.ebene !== unit.ebene || row.gebiet !== unit.gebiet) continue;
    if (!groups.has(row.gruppe)) groups.set(row.gruppe, { all: null, women: null, sign: "k. A." });
    period = row.zeitraum;
    if (row.status === "geheim") groups.get(row.gruppe).sign = "geheim";
    if (row.status !== "gueltig") continue;
    if (row.kennzahl === atlas.about.alter.alle) groups.get(row.gruppe).all = row.wert;
    else groups.get(row.gruppe).women = row.zaehler;
  }
  if (groups.size < 3) return null;
  const made = [...groups].sort(([a], [b]) => a.localeCompare(b)).map(([code, { all, women, sign }]) => ({
    name: atlas.about.alter.gruppen[code], sign, women, others: all !== null && women !== null ? all - women : null,
  }));
  return { period, groups: made, shown: made.some((group) => group.women !== null) };
}

function themeTable(atlas, theme, unit, series, state, measure) {
  const body = theme.measures.map((one) => {
    const own = series.get(one.code);
    const period = own?.periods[0];
    const here = own?.at(period, unit.ebene, unit.gebiet) ?? null;
    const city = atlas.city ? own?.at(period, atlas.cityLevel, atlas.city.gebiet) : null;
    if (!here) return null;
    const all = atlas.unitsOf(unit.ebene).map((other) => own.at(period, unit.ebene, other.gebiet));
    const link = address.write({ ...state, kennzahl: one.code, ansicht: "karte", zeitraum: "", karte: "" });
    return el("tr", one.code === measure.code ? { class: "gewaehlt" } : {},
      el("th", { scope: "row" }, el("a", { href: link }, words.heading(one))), el("td", {}, period),
      el("td", { class: here.shown ? "zahl" : "zustand" }, words.text(one, here)), el("td", {}, words.interval(one, here) || "–"),
      el("td", { class: "bild" }, intervalBar(spanOf(all), here, city)), el("td", { class: "zahl" }, city ? words.text(one, city) : "–"),
      el("td", {}, comparison(here)), el("td", {}, trendCell(here.trend)));
  }).filter(Boolean);
  if (!body.length) return null;
  const head = ["Kennzahl", "Zeitraum", "Wert", BAND, "Lage", "Stadt", "Vergleich mit Stadt", "Trend"];
  return el("details", { open: theme.code === measure.thema || measure.thema === OVERVIEW }, el("summary", {}, `${theme.titel} (${body.length})`),
    scrolling(`Kennzahlen ${theme.titel}`, el("table", { class: "werte" }, el("caption", { class: "nur-vorlesen" }, `${theme.titel}: ${atlas.titleOf(unit)}`),
      el("thead", {}, el("tr", {}, head.map((title) => el("th", { scope: "col" }, title)))), el("tbody", {}, body))));
}
