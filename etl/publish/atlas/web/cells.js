// Cells that several views share: comparison with the city, trend.

import { el } from "./elements.js";
import * as words from "./words.js";

export const DASH = "–";
/** Breaks where there is little room. */
export const BAND = "Vertrauens\u00adbereich";

/** Sign and words of a comparison, in one cell. */
export function comparison(one) {
  const found = words.beside(one);
  if (!found) return DASH;
  return el("span", { class: `urteil ${found.kind}` }, el("span", { "aria-hidden": "true" }, found.sign), " ",
    found.judged ? `${found.brief} (${found.judged})` : found.brief);
}

export function trendCell(direction) {
  const found = words.trend(direction);
  return found ? el("span", { class: "trend" }, found.sign ? [el("span", { "aria-hidden": "true" }, found.sign), " "] : [], found.words) : DASH;
}
