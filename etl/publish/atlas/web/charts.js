// Small drawings: interval bars, series, age pyramid. Their numbers always stand in a table beside.

import { el, svg } from "./elements.js";
import * as words from "./words.js";

/** Steps of an axis at round numbers. */
function ticks(low, high, about = 5) {
  const raw = (high - low || 1) / about;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = power * [1, 2, 2.5, 5, 10].find((factor) => factor * power >= raw * 0.999);
  const found = [];
  for (let n = Math.ceil(low / step - 1e-9); n * step <= high + step * 1e-6; n += 1) found.push(Number((n * step).toPrecision(12)));
  return found;
}

/** Value with interval on the span of all units, and a stroke for the city; purely a picture of its row. */
export function intervalBar(span, one, city) {
  const at = (value) => 4 + ((value - span.low) / (span.high - span.low || 1)) * 152;
  const drawing = svg("svg", { class: "balken", viewBox: "0 0 160 20", width: 128, height: 20, "aria-hidden": "true" },
    svg("line", { x1: 4, y1: 10, x2: 156, y2: 10, class: "spanne" }));
  // A count of the whole city lies far beyond those of its parts and is no mark for them.
  if (city?.shown && city.wert !== null && city.wert >= span.low && city.wert <= span.high) drawing.append(svg("line", { x1: at(city.wert), y1: 2, x2: at(city.wert), y2: 18, class: "stadtstrich" }));
  if (one?.shown && one.wert !== null) {
    if (one.ki_unten !== null && one.ki_unten !== undefined) {
      drawing.append(svg("line", { x1: at(one.ki_unten), y1: 10, x2: at(one.ki_oben), y2: 10, class: "bereich" }));
    }
    drawing.append(svg("circle", { cx: at(one.wert), cy: 10, r: 4.2, class: one.hatched ? "punkt offen" : "punkt" }));
  }
  return drawing;
}

/** Least and greatest of values and intervals. */
export function spanOf(readings) {
  const numbers = readings.filter((one) => one?.shown && one.wert !== null)
    .flatMap((one) => [one.wert, one.ki_unten ?? one.wert, one.ki_oben ?? one.wert]);
  return numbers.length ? { low: Math.min(...numbers), high: Math.max(...numbers) } : { low: 0, high: 1 };
}

const WIDTH = 660;
const HEIGHT = 250;

/** Lines over the periods with the interval of the first; a period without a value is a gap and named below. */
export function seriesChart(measure, periods, lines) {
  const everything = lines.flatMap((line) => line.readings);
  const span = spanOf(everything);
  const shown = everything.filter((one) => one?.shown && one.wert !== null);
  if (!shown.length) return null;
  const fromZero = span.low >= 0 && span.low < span.high * 0.6;
  const room = (span.high - span.low || Math.abs(span.high) || 1) * 0.08;
  const low = fromZero ? 0 : span.low - room;
  const high = span.high + room;
  const [left, right, top, bottom] = [64, 16, 12, 46];
  // By the year and not one after the other: years may be missing between two deliveries.
  const years = periods.map((period) => Number(period.match(/\d{4}(?!.*\d{4})/)?.[0] ?? 0));
  const reach = years[years.length - 1] - years[0];
  const x = (n) => left + (reach > 0 ? (years[n] - years[0]) / reach : 0.5) * (WIDTH - left - right);
  const y = (value) => top + (1 - (value - low) / (high - low)) * (HEIGHT - top - bottom);
  const first = shown.find((one) => one.wert !== null);
  const drawing = svg("svg", { class: "reihe", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img",
    "aria-label": `Zeitreihe: ${words.heading(measure)}, ${first.zeitraum} bis ${shown[shown.length - 1].zeitraum}. Alle Zahlen stehen in der Tabelle darunter.` });
  const marks = ticks(low, high);
  const decimals = Math.max(...marks.map((mark) => (String(mark).split(".")[1] ?? "").length));
  for (const mark of marks) {
    drawing.append(svg("line", { x1: left, x2: WIDTH - right, y1: y(mark), y2: y(mark), class: "gitter" }),
      svg("text", { x: left - 8, y: y(mark) + 4, "text-anchor": "end" }, words.number(mark, decimals)));
  }
  const each = Math.ceil((reach + 1) / (periods[0].length > 5 ? 6 : 12));
  periods.forEach((period, n) => {
    if ((years[years.length - 1] - years[n]) % each === 0) {
      drawing.append(svg("text", { x: x(n), y: HEIGHT - bottom + 18, "text-anchor": n === periods.length - 1 && periods.length > 1 && period.length > 5 ? "end" : "middle" }, period));
    }
  });
  lines.forEach((line, order) => {
    if (order === 0) drawing.append(...bands(line.readings, x, y));
    for (const run of runs(line.readings)) {
      const points = run.map((n) => `${x(n).toFixed(1)},${y(line.readings[n].wert).toFixed(1)}`).join(" ");
      drawing.append(svg("polyline", { points, class: `linie ${line.kind}` }));
    }
    line.readings.forEach((one, n) => {
      if (one?.shown && one.wert !== null) drawing.append(mark(line.kind, x(n), y(one.wert)));
      else if (order === 0) drawing.append(svg("text", { x: x(n), y: HEIGHT - bottom - 4, "text-anchor": "middle", class: "luecke" }, one?.status === "geheim" ? "geheim" : "k. A."));
    });
  });
  let at = left;
  for (const line of lines) {
    drawing.append(svg("line", { x1: at, x2: at + 26, y1: HEIGHT - 10, y2: HEIGHT - 10, class: `linie ${line.kind}` }),
      mark(line.kind, at + 13, HEIGHT - 10), svg("text", { x: at + 32, y: HEIGHT - 6 }, line.name));
    at += 52 + line.name.length * 7;
  }
  const note = fromZero || low <= 0 ? "" : " Die senkrechte Achse beginnt nicht bei null.";
  return el("figure", {}, drawing,
    el("figcaption", {}, `${words.heading(measure)}. Die Fläche ist der Vertrauensbereich (95 %).${note}`),
    el("details", {}, el("summary", {}, "Zahlen der Zeitreihe als Tabelle"), seriesTable(measure, periods, lines)));
}

/** Each line has a sign of its own, so that grey suffices to tell them apart. */
function mark(kind, x, y) {
  if (kind === "zweite") return svg("rect", { x: x - 3.6, y: y - 3.6, width: 7.2, height: 7.2, class: `marke ${kind}` });
  if (kind === "stadt") return svg("path", { d: `M${x - 4.2} ${y}L${x} ${y - 4.2}L${x + 4.2} ${y}L${x} ${y + 4.2}z`, class: `marke ${kind}` });
  return svg("circle", { cx: x, cy: y, r: 3.6, class: `marke ${kind}` });
}

function runs(readings) {
  const found = [];
  readings.forEach((one, n) => {
    if (!one?.shown || one.wert === null) return;
    const last = found[found.length - 1];
    if (last && last[last.length - 1] === n - 1) last.push(n); // a gap in the list breaks the line
    else found.push([n]);
  });
  return found;
}

function bands(readings, x, y) {
  return runs(readings.map((one) => (one?.shown && (one.ki_unten ?? null) !== null ? one : null))).map((run) => {
    const upper = run.map((n) => `${x(n).toFixed(1)},${y(readings[n].ki_oben).toFixed(1)}`);
    const lower = run.map((n) => `${x(n).toFixed(1)},${y(readings[n].ki_unten).toFixed(1)}`).reverse();
    return svg("polygon", { points: [...upper, ...lower].join(" "), class: "band" });
  });
}

function seriesTable(measure, periods, lines) {
  return scrolling("Zahlen der Zeitreihe", el("table", {},
    el("thead", {}, el("tr", {}, el("th", { scope: "col" }, "Zeitraum"),
      lines.flatMap((line) => [el("th", { scope: "col" }, line.name), el("th", { scope: "col" }, `${line.name}: Vertrauensbereich`)]))),
    el("tbody", {}, periods.map((period, n) => el("tr", {}, el("th", { scope: "row" }, period),
      lines.flatMap((line) => [el("td", { class: "zahl" }, words.text(measure, line.readings[n])), el("td", {}, words.interval(measure, line.readings[n]) || "–")]))))));
}

/** A table that may be wider than the page: reached by the keyboard to be scrolled. */
export function scrolling(label, table) {
  return el("div", { class: "rollen", role: "region", tabindex: 0, "aria-label": label }, table);
}

/** Women on the left, all others on the right, youngest below; groups: [{name, women, others}], null where withheld. */
export function pyramid(name, groups) {
  const row = 15;
  const height = groups.length * row + 42;
  const most = Math.max(...groups.flatMap((group) => [group.women ?? 0, group.others ?? 0]), 1);
  const wide = 190;
  const middle = 250;
  const drawing = svg("svg", { class: "pyramide", viewBox: `0 0 520 ${height}`, role: "img",
    "aria-label": `Altersaufbau ${name}: Frauen links, Männer, divers oder ohne Angabe rechts. Alle Zahlen stehen in der Tabelle darunter.` },
  svg("text", { x: middle - 30, y: 12, "text-anchor": "end" }, "weiblich"),
  svg("text", { x: middle + 28, y: 12 }, "männlich, divers oder ohne Angabe"));
  [...groups].reverse().forEach((group, n) => {
    const y = 20 + n * row;
    drawing.append(svg("text", { x: middle, y: y + 11, "text-anchor": "middle", class: "klein" }, group.name));
    for (const [value, kind] of [[group.women, "frauen"], [group.others, "andere"]]) {
      const left = kind === "frauen";
      if (value === null) {
        drawing.append(svg("text", { x: left ? middle - 34 : middle + 34, y: y + 11, "text-anchor": left ? "end" : "start", class: "klein luecke" }, group.sign));
        continue;
      }
      const length = (value / most) * wide;
      drawing.append(svg("rect", { x: left ? middle - 28 - length : middle + 28, y: y + 1, width: length, height: row - 2, class: kind }));
    }
  });
  for (const share of [0.5, 1]) {
    const value = Math.round(most * share);
    for (const side of [-1, 1]) {
      drawing.append(svg("text", { x: middle + side * (28 + wide * share), y: height - 6, "text-anchor": "middle", class: "klein" }, words.number(value, 0)));
    }
  }
  const show = (group, value) => (value === null ? group.sign : words.number(value, 0));
  return el("figure", {}, drawing, el("figcaption", {}, "Personen nach Altersgruppen"),
    el("details", {}, el("summary", {}, "Zahlen des Altersaufbaus als Tabelle"), scrolling("Zahlen des Altersaufbaus", el("table", {},
      el("thead", {}, el("tr", {}, ["Alter", "weiblich", "männlich, divers oder ohne Angabe"].map((head) => el("th", { scope: "col" }, head)))),
      el("tbody", {}, groups.map((group) => el("tr", {}, el("th", { scope: "row" }, group.name), el("td", { class: "zahl" }, show(group, group.women)), el("td", { class: "zahl" }, show(group, group.others)))))))));
}
