// Numbers, states and comparisons as German readers expect them.

const NBSP = "\u00a0";
const MINUS = "\u2212";
const formats = new Map();

/** 1234.5 as „1.234,5“; minus as a sign of its own. */
export function number(value, decimals) {
  if (!formats.has(decimals)) {
    formats.set(decimals, new Intl.NumberFormat("de-DE", { minimumFractionDigits: decimals, maximumFractionDigits: decimals }));
  }
  const text = formats.get(decimals).format(Math.abs(value));
  return value < 0 && /[1-9]/.test(text) ? MINUS + text : text;
}

export function plain(measure, value) {
  const plus = measure.vorzeichen && value > 0 && /[1-9]/.test(number(value, measure.stellen)) ? "+" : "";
  return plus + number(value, measure.stellen);
}

export function withUnit(measure, value) {
  return plain(measure, value) + (measure.einheit ? NBSP + measure.einheit : "");
}

/** Long units stand in the title; beside a number only short ones do. */
export function brief(measure, value) {
  return plain(measure, value) + (measure.einheit && measure.einheit.length <= 3 ? NBSP + measure.einheit : "");
}

export function heading(measure) {
  return measure.einheit ? `${measure.titel} (${measure.einheit})` : measure.titel;
}

let told = {};
/** Words of the release: states, comparisons, trends. */
export function learn(words) {
  told = words;
}

export function status(one) {
  return told.status?.[one?.status] ?? "keine Angabe";
}

/** The value of a reading, or why there is none. */
export function text(measure, one, form = brief) {
  if (!one || !one.shown) return status(one);
  if (measure.art === "typ" || measure.kreuz || one.wert === null) return one.klasse_name ?? "";
  if (measure.art === "index") return `${number(one.wert, measure.stellen)} (${one.klasse_name})`;
  return form(measure, one.wert);
}

export function interval(measure, one) {
  if (!one?.shown || one.ki_unten === null || one.ki_unten === undefined) return "";
  return `${plain(measure, one.ki_unten)} bis ${plain(measure, one.ki_oben)}`;
}

/** The same where there is little room: „Typ 2“ without what marks it. */
export function brieflyText(measure, one) {
  return measure.art === "typ" && one?.shown ? text(measure, one).split(":")[0] : text(measure, one);
}

/** Beside the city: a sign, words, and a CSS class. */
export function beside(one) {
  if (!one?.shown || !one.vergleich_stadt) return null;
  const sign = { hoeher: "▲", niedriger: "▼", nicht_unterscheidbar: "≈" }[one.vergleich_stadt];
  const words = {
    hoeher: "höher als die Stadt", niedriger: "niedriger als die Stadt",
    nicht_unterscheidbar: "nicht von der Stadt unterscheidbar",
  }[one.vergleich_stadt];
  const brief = { hoeher: "höher", niedriger: "niedriger", nicht_unterscheidbar: "nicht unterscheidbar" }[one.vergleich_stadt];
  const judged = one.vergleich_stadt === "nicht_unterscheidbar" ? "" : told.bewertung?.[one.bewertung_stadt] ?? "";
  return { sign, words, brief, judged, kind: judged ? one.bewertung_stadt : "" };
}

export function trend(direction) {
  const sign = { steigend: "↗", fallend: "↘", kein_trend: "" }[direction];
  return sign === undefined ? null : { sign, words: told.trend?.[direction] ?? direction };
}

export function period(measure, value) {
  const at = measure.auskunft?.bezug;
  return measure.art === "wert" && at && /^\d\d\.\d\d\.$/.test(at) && /^\d{4}$/.test(value) ? `${at}${value}` : value;
}

export { NBSP };

export function quality(code) {
  return told.guete?.[code] ?? code;
}

export function polarity(code) {
  return told.polaritaet?.[code] ?? "";
}
