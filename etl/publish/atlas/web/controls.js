// Fields of the choice: theme, indicator, level, period, unit.

import { $, el } from "./elements.js";
import * as words from "./words.js";

/** Bring the fields of the choice in step with what is shown. */
export function controls(atlas, current, state) {
  const { measure, offered, periods } = current;
  options($("thema"), atlas.themes.map((theme) => [theme.code, theme.titel]), measure.thema);
  options($("kennzahl"), atlas.themes.find((theme) => theme.code === measure.thema).measures.map((one) => [one.code, words.heading(one)]), measure.code);
  options($("ebene"), offered.map((level) => [level.ebene, level.mehrzahl]), state.ebene);
  $("ebene").disabled = offered.length < 2;
  const at = periods.indexOf(state.zeitraum);
  const slider = $("zeit");
  slider.max = String(Math.max(0, periods.length - 1));
  slider.value = String(at);
  slider.setAttribute("aria-valuetext", state.zeitraum || "ohne Zeitraum");
  $("zeitwort").textContent = state.zeitraum || "–";
  slider.disabled = periods.length < 2;
  $("ablauf").disabled = periods.length < 2;
  $("frueher").disabled = at <= 0;
  $("spaeter").disabled = at < 0 || at >= periods.length - 1;
}

function options(select, pairs, chosen) {
  const same = select.options.length === pairs.length && pairs.every(([value], n) => select.options[n].value === value);
  if (!same) select.replaceChildren(...pairs.map(([value, text]) => el("option", { value }, text)));
  select.value = chosen;
}

/** A field to choose a unit of a level by name; ``without`` one. */
export function unitSelect(atlas, level, id, label, chosen, without, onchange) {
  const select = el("select", { id, onchange: () => onchange(select.value) }, el("option", { value: "" }, "bitte wählen"),
    atlas.unitsOf(level).filter((unit) => unit.gebiet !== without).map((unit) => el("option", { value: unit.gebiet, selected: unit.gebiet === chosen }, unit.anzeige)));
  return el("div", { class: "feld" }, el("label", { for: id }, label), select);
}
