// The atlas: joins the choice, the map, the list and the views, and keeps the address in step.

import { card } from "./card.js";
import { controls, unitSelect } from "./controls.js";
import { Atlas, OVERVIEW, load } from "./data.js";
import { $, el } from "./elements.js";
import { explanation } from "./explain.js";
import { UnitList } from "./list.js";
import { AtlasMap } from "./map.js";
import { learnSigns, legendEntries } from "./signs.js";
import * as address from "./state.js";
import * as words from "./words.js";

const VIEWS = ["karte", "tabelle", "profil", "vergleich"];
const STEP = 1200; // milliseconds a period when they run by themselves

let atlas;
let map = null;
let list;
let state = {};
let current = null; // what is shown: measure, series, periods, entries
let turn = 0;
let running = null;

function announce(text) {
  $("ansage").textContent = text;
}

function defaultMeasure() {
  const values = [...atlas.measures.values()].filter((one) => one.art === "wert");
  return values.find((one) => one.einheit === "%" && one.auskunft.ki_methode !== "keine" && one.klassen.length > 1) ?? values[0];
}

/** A state in which everything is known and fits together. */
async function settle(wishes) {
  if (wishes.kennzahl && !atlas.measures.has(wishes.kennzahl)) await atlas.addOverview();
  const measure = atlas.measures.get(wishes.kennzahl) ?? defaultMeasure();
  const series = await atlas.series(measure.code);
  const there = new Set([...series.byPeriod.values()].flatMap((period) => [...period.values()].map((one) => one.ebene)));
  const levels = atlas.mapLevels.filter((level) => there.has(level.ebene));
  const named = wishes.gebiet ? (wishes.ebene && atlas.unit(wishes.ebene, wishes.gebiet) ? wishes.ebene : atlas.levelOf(wishes.gebiet)) : null;
  // A unit that was asked for is shown, even where this indicator has no value for its level.
  const offered = levels.length ? atlas.mapLevels.filter((level) => levels.includes(level) || level.ebene === named) : atlas.mapLevels;
  let level = offered.find((one) => one.ebene === (named ?? wishes.ebene))?.ebene ?? offered[offered.length - 1]?.ebene ?? null;
  if (!level) level = atlas.cityLevel;
  const periods = series.periodsOf(level);
  const period = periods.includes(wishes.zeitraum) ? wishes.zeitraum : sameYear(periods, wishes.zeitraum) ?? periods[periods.length - 1] ?? "";
  const unit = wishes.gebiet && atlas.unit(level, wishes.gebiet) ? wishes.gebiet : "";
  const other = wishes.vergleich && wishes.vergleich !== unit && atlas.unit(level, wishes.vergleich) ? wishes.vergleich : "";
  const view = VIEWS.includes(wishes.ansicht) ? wishes.ansicht : wishes.gebiet ? "profil" : "karte";
  return {
    measure, series, offered, periods,
    state: { ansicht: view, kennzahl: measure.code, ebene: level, zeitraum: period, gebiet: unit, vergleich: other, karte: wishes.karte ?? "" },
  };
}

/** The newest period that ends in the same year: another indicator may have school years or three years together. */
function sameYear(periods, wanted) {
  const end = (period) => period.match(/\d{4}(?!.*\d{4})/)?.[0];
  return wanted ? periods.filter((period) => end(period) === end(wanted)).pop() : undefined;
}

async function change(wishes, { push = true, said = true } = {}) {
  turn += 1;
  const mine = turn;
  const found = await settle({ ...state, ...wishes });
  if (mine !== turn) return;
  state = found.state;
  const at = address.write(state);
  if (at !== location.hash) history[push ? "pushState" : "replaceState"](null, "", at);
  performance.mark("gewaehlt");
  current = { ...found, entries: atlas.unitsOf(state.ebene).map((unit) => ({ unit, one: found.series.at(state.zeitraum, state.ebene, unit.gebiet) })) };
  show();
  if (said) announce(summary());
}

function summary() {
  const { measure } = current;
  const unit = atlas.unit(state.ebene, state.gebiet);
  const value = unit ? ` ${atlas.titleOf(unit)}: ${words.text(measure, readingOf(state.gebiet), words.withUnit)}.` : "";
  return `${measure.titel}, ${state.zeitraum}, ${atlas.level(state.ebene)?.mehrzahl ?? ""}.${value}`;
}

function readingOf(key) {
  return current.series.at(state.zeitraum, state.ebene, key);
}

function cityReading() {
  return atlas.city ? current.series.at(state.zeitraum, atlas.cityLevel, atlas.city.gebiet) : null;
}

function title() {
  const { measure } = current;
  return `${words.heading(measure)}${state.zeitraum ? `, ${words.period(measure, state.zeitraum)}` : ""}`;
}

function show() {
  const { measure, entries } = current;
  controls(atlas, current, state);
  const unit = atlas.unit(state.ebene, state.gebiet);
  $("titel").textContent = state.ansicht === "profil" ? "Profil" : state.ansicht === "vergleich" ? "Vergleich zweier Gebiete" : title();
  document.title = `${unit && state.ansicht !== "karte" ? `${unit.kurz}: ` : ""}${title()} – ${atlas.about.titel}`;
  for (const view of VIEWS) {
    const chosen = view === state.ansicht;
    const tab = $(`reiter-${view}`);
    tab.setAttribute("aria-selected", String(chosen));
    tab.tabIndex = chosen ? 0 : -1;
    $(`feld-${view}`).hidden = !chosen;
  }
  $("csv").hidden = state.ansicht === "profil" || state.ansicht === "vergleich";
  $("gebietetitel").textContent = atlas.level(state.ebene)?.mehrzahl ?? "Gebiete";
  list.show(measure, entries, state.gebiet);
  $("karteikarte").replaceChildren(...card(atlas, unit, measure, readingOf(state.gebiet), cityReading(), state.zeitraum, (view) => change({ ansicht: view }).then(() => $("ansicht").focus())));
  $("erklaerung").replaceChildren(...explanation(atlas, measure, state.zeitraum));
  $("erklaerung").hidden = state.ansicht === "profil" || state.ansicht === "vergleich";
  if (state.ansicht === "karte") showMap();
  else if (state.ansicht === "tabelle") showTable();
  else if (state.ansicht === "profil") showProfile(unit);
  else showComparison(unit);
}

function showMap() {
  const { measure, entries } = current;
  const where = $("karte");
  if (!atlas.mapLevels.some((level) => level.ebene === state.ebene)) {
    where.parentElement.hidden = true; // no outlines at all
    $("legende").replaceChildren(el("p", {}, "Für diese Gebiete gibt es keine Umrisse. Die Werte stehen in der Tabelle."));
    return;
  }
  if (map) {
    map.resize();
  } else {
    map = new AtlasMap(where, atlas.outlines, (key) => change({ gebiet: key === state.gebiet ? "" : key }));
    map.view = state.karte;
    map.onMoved(() => {
      state.karte = map.view ?? "";
      if (state.ansicht === "karte") history.replaceState(null, "", address.write(state));
    });
  }
  map.draw(state.ebene);
  map.colour(measure, readingOf, (key) => atlas.unit(state.ebene, key));
  map.choose(state.gebiet, state.vergleich);
  where.setAttribute("aria-label", `Karte: ${title()}. Mit den Pfeiltasten verschieben, mit Plus und Minus vergrößern. Alle Werte stehen in der Gebietsliste und in der Tabelle.`);
  const legend = legendEntries(measure, entries.map(({ one }) => one));
  const city = cityReading();
  $("legende").replaceChildren(
    el("h3", {}, words.heading(measure)),
    el("ul", {}, legend.map((entry) => el("li", {}, entry.swatch, el("span", {}, entry.text)))),
    city?.shown ? el("p", {}, `${atlas.city.kurz}: ${words.text(measure, city, words.withUnit)}`) : "",
    atlas.about.synthetisch ? el("p", { class: "marke-synthetisch" }, "Synthetische Daten") : "",
  );
}

function showTable() {
  const { measure, entries } = current;
  const caption = `${title()}, ${atlas.level(state.ebene)?.mehrzahl ?? ""}${atlas.about.synthetisch ? " (synthetische Daten)" : ""}`;
  const city = measure.art === "wert" ? atlas.city : null;
  const making = import("./table.js").then(({ valueTable }) => valueTable(measure, caption, entries, city, cityReading()));
  fill($("feld-tabelle"), making).catch(fail);
}

async function fill(panel, making) {
  const mine = turn;
  panel.setAttribute("aria-busy", "true");
  const made = await making;
  if (mine === turn) {
    const open = [...panel.querySelectorAll("details")].map((one) => one.open);
    const kept = panel.dataset.gebiet === `${state.ebene}/${state.gebiet}/${state.vergleich}`;
    panel.replaceChildren(...[made].flat());
    if (kept) panel.querySelectorAll("details").forEach((one, n) => { one.open = open[n] ?? one.open; });
    panel.dataset.gebiet = `${state.ebene}/${state.gebiet}/${state.vergleich}`;
    panel.removeAttribute("aria-busy");
  }
}

function refocus(id) {
  return () => $(id)?.focus();
}

function showProfile(unit) {
  const choose = unitSelect(atlas, state.ebene, "profilgebiet", "Gebiet", state.gebiet, "", (key) => change({ gebiet: key }).then(refocus("profilgebiet")));
  const panel = $("feld-profil");
  if (!unit) {
    panel.replaceChildren(choose, el("p", { class: "lesehilfe" }, "Das Profil zeigt alle Kennzahlen eines Gebiets. Bitte ein Gebiet wählen."));
    return;
  }
  const making = import("./profile.js").then(({ profile }) => profile(atlas, unit, state, current.measure));
  fill(panel, making.then((made) => [choose, made])).catch(fail);
}

function showComparison(unit) {
  const other = atlas.unit(state.ebene, state.vergleich);
  const choice = el("div", { class: "paar" },
    unitSelect(atlas, state.ebene, "erstes", "Erstes Gebiet", state.gebiet, state.vergleich, (key) => change({ gebiet: key }).then(refocus("erstes"))),
    unitSelect(atlas, state.ebene, "zweites", "Zweites Gebiet", state.vergleich, state.gebiet, (key) => change({ vergleich: key }).then(refocus("zweites"))));
  const panel = $("feld-vergleich");
  if (!unit || !other) {
    panel.replaceChildren(choice, el("p", { class: "lesehilfe" }, "Zwei Gebiete derselben Ebene wählen, um ihre Werte nebeneinander zu sehen."));
    return;
  }
  const making = import("./compare.js").then(({ compareUnits }) => compareUnits(atlas, unit, other, current.measure));
  fill(panel, making.then((made) => [choice, made])).catch(fail);
}

function step(by) {
  const at = current.periods.indexOf(state.zeitraum) + by;
  if (current.periods[at] !== undefined) change({ zeitraum: current.periods[at] }, { push: false });
}

function stop() {
  clearInterval(running);
  running = null;
  $("ablauf").setAttribute("aria-pressed", "false");
  $("ablauf").textContent = "Ablauf";
}

function run() {
  if (running) {
    stop();
    return;
  }
  if (state.zeitraum === current.periods[current.periods.length - 1]) change({ zeitraum: current.periods[0] }, { push: false });
  $("ablauf").setAttribute("aria-pressed", "true");
  $("ablauf").textContent = "Anhalten";
  running = setInterval(() => {
    if (current.periods.indexOf(state.zeitraum) >= current.periods.length - 1) stop();
    else step(1);
  }, STEP);
}

function fileName() {
  return `atlas_${state.kennzahl}_${state.ebene}_${state.zeitraum || "stand"}.csv`.replace(/[^\w.-]/g, "-");
}

async function copyLink() {
  try {
    await navigator.clipboard.writeText(location.href);
    announce("Der Verweis auf diese Ansicht ist kopiert.");
    $("verweis").textContent = "Verweis kopiert";
    setTimeout(() => { $("verweis").textContent = "Verweis kopieren"; }, 2500);
  } catch {
    prompt("Diesen Verweis kopieren:", location.href);
  }
}

function wire() {
  $("auswahl").addEventListener("submit", (event) => event.preventDefault());
  $("thema").addEventListener("change", (event) => change({ kennzahl: atlas.themes.find((theme) => theme.code === event.target.value).measures[0].code }));
  $("kennzahl").addEventListener("change", (event) => change({ kennzahl: event.target.value }));
  $("ebene").addEventListener("change", (event) => change({ ebene: event.target.value, gebiet: "", vergleich: "" }));
  $("zeit").addEventListener("input", (event) => change({ zeitraum: current.periods[Number(event.target.value)] }, { push: false }));
  $("frueher").addEventListener("click", () => step(-1));
  $("spaeter").addEventListener("click", () => step(1));
  $("ablauf").addEventListener("click", run);
  $("csv").addEventListener("click", async () => {
    const { csvLines, csvText, save } = await import("./download.js");
    const city = current.measure.art === "wert" && atlas.city ? [{ unit: atlas.city, one: cityReading() }] : [];
    save(fileName(), csvText(csvLines(atlas, current.measure, [...current.entries, ...city])));
    announce(`Die Datei ${fileName()} wurde gespeichert.`);
  });
  $("verweis").addEventListener("click", copyLink);
  $("drucken").addEventListener("click", () => print());
  for (const view of VIEWS) $(`reiter-${view}`).addEventListener("click", () => change({ ansicht: view }));
  $("reiter").addEventListener("keydown", (event) => {
    const now = VIEWS.indexOf(state.ansicht);
    const to = { ArrowRight: (now + 1) % 4, ArrowLeft: (now + 3) % 4, Home: 0, End: 3 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    change({ ansicht: VIEWS[to] }).then(() => $(`reiter-${VIEWS[to]}`).focus());
  });
  document.querySelector(".sprung").addEventListener("click", (event) => {
    event.preventDefault();
    $("ansicht").focus();
  });
  addEventListener("hashchange", () => {
    state = {};
    change(address.read(location.hash), { push: false });
  });
  // On paper nothing can be unfolded.
  let folded = [];
  addEventListener("beforeprint", () => {
    folded = [...document.querySelectorAll(".profil > details:not([open])")];
    for (const one of folded) one.open = true;
  });
  addEventListener("afterprint", () => {
    for (const one of folded) one.open = false;
  });
  addEventListener("resize", () => map?.resize());
}

function fail(error) {
  $("meldung").hidden = false;
  $("meldung").textContent = `Der Atlas konnte nicht geladen werden (${error.message}). Bitte die Seite neu laden; bleibt der Fehler, fehlen Dateien im Ordner „daten“.`;
}

/** After the first view: what the map does not need at once. */
async function later() {
  await atlas.addOverview();
  if (atlas.themes.some((theme) => theme.code === OVERVIEW)) controls(atlas, current, state);
  const lines = await load("grundkarte");
  map?.lines(lines);
  atlas.lines = lines;
}

async function start() {
  const wishes = address.read(location.hash);
  const first = document.body.dataset.thema;
  if (!wishes.kennzahl && first) load(`thema_${first}`).catch(() => null);
  const [about, outlines] = await Promise.all([load("atlas"), load("umrisse")]);
  performance.mark("daten");
  if (about.format !== 1) throw new Error("Daten und Seite gehören nicht zusammen");
  atlas = new Atlas(about);
  atlas.outlines = outlines;
  words.learn(about.worte);
  learnSigns(about.zeichen);
  list = new UnitList((key) => change({ gebiet: key }), announce);
  wire();
  if (!atlas.measures.size) throw new Error("dieser Stand enthält keine Werte");
  for (const id of ["auswahl", "spalten"]) $(id).hidden = false;
  await change(wishes, { push: false, said: false });
  $("meldung").hidden = true;
  performance.mark("gezeichnet");
  requestAnimationFrame(() => setTimeout(() => {
    performance.mark("erste-ansicht");
    document.body.dataset.bereit = "ja";
  }));
  await later();
}

start().catch(fail);
