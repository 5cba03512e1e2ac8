// Loads the atlas's files and turns compact tables of views into readings.

const cache = new Map();

/** The content of a JSON file below daten/, fetched once. */
export function load(name) {
  if (!cache.has(name)) {
    const pending = fetch(`daten/${name}.json`, { mode: "cors", credentials: "same-origin" }).then((answer) => {
      if (!answer.ok) throw new Error(`daten/${name}.json: ${answer.status}`);
      return answer.json();
    });
    pending.catch(() => cache.delete(name));
    cache.set(name, pending);
  }
  return cache.get(name);
}

/** Rows of a compact table as objects with the view's columns; those alone whose column holds a text, if wanted. */
export function rows(table, only = null) {
  const words = table.spalten.map((column) => table.worte[column] ?? null);
  let cells = table.zeilen;
  if (only && !(only.column in table.fest)) {
    const at = table.spalten.indexOf(only.column);
    const code = words[at] ? words[at].indexOf(only.text) : only.text;
    cells = cells.filter((row) => row[at] === code);
  } else if (only && table.fest[only.column] !== only.text) {
    cells = [];
  }
  return cells.map((values) => {
    const row = { ...table.fest };
    for (let n = 0; n < values.length; n += 1) {
      row[table.spalten[n]] = words[n] && values[n] !== null ? words[n][values[n]] : values[n];
    }
    return row;
  });
}

const SHOWN = new Set(["gueltig", "unsicher"]);
export const OVERVIEW = "ueberblick";
const NOT_DISTINCT = "nicht_unterscheidbar";

/** A reading: what map, list, table and profile need of a row of wert, index_zeitreihe or typ. */
function reading(row, special) {
  const shown = SHOWN.has(row.status) && row.wert !== null;
  return Object.assign(row, { shown, hatched: shown && row.vergleich_stadt === NOT_DISTINCT }, special);
}

export function valueReadings(table, code = null) {
  return rows(table, code && { column: "kennzahl", text: code }).map((row) => reading(row));
}

export function indexReadings(table) {
  return rows(table).map((row) => {
    const shown = SHOWN.has(row.status) && (row.wert !== null || row.klasse !== null);
    return reading({ ...row, kennzahl: row.index }, { shown, hatched: shown && row.stabil === false });
  });
}

export function typeReadings(table) {
  return rows(table).map((row) => {
    const shown = SHOWN.has(row.status) && row.typ !== null;
    return reading(
      { ...row, kennzahl: row.typologie, klasse: row.typ, klasse_name: row.typ_name, wert: null, zeitraum: "" },
      { shown, hatched: shown && row.gesichert === false },
    );
  });
}

/** Readings of one indicator: by period, then by level and unit. */
export class Series {
  constructor(code, readings) {
    this.code = code;
    this.byPeriod = new Map();
    for (const one of readings) {
      if (!this.byPeriod.has(one.zeitraum)) this.byPeriod.set(one.zeitraum, new Map());
      this.byPeriod.get(one.zeitraum).set(`${one.ebene}/${one.gebiet}`, one);
    }
    this.periods = [...this.byPeriod.keys()].sort();
  }

  /** Periods in which a unit of the level has a value; all of them where none has. */
  periodsOf(level) {
    const shown = this.periods.filter((period) =>
      [...this.byPeriod.get(period).values()].some((one) => one.ebene === level && one.shown));
    return shown.length ? shown : this.periods;
  }

  at(period, level, unit) {
    return this.byPeriod.get(period)?.get(`${level}/${unit}`) ?? null;
  }

  history(level, unit) {
    return this.periods.map((period) => this.at(period, level, unit) ?? { zeitraum: period, shown: false, status: "fehlt" });
  }
}

/** Everything the pages know beforehand, read from daten/atlas.json. */
export class Atlas {
  constructor(about) {
    this.about = about;
    this.units = rows(about.gebiete).map((unit) => {
      const kurz = unit.name.replace(" (vorläufig)", "");
      // A number is shown with the name, but not beside a name that begins with it, and no internal key.
      const nummer = /^\d+$/.test(unit.gebiet) && !/^\d/.test(kurz) ? unit.gebiet : "";
      return { ...unit, kurz, nummer, anzeige: nummer ? `${nummer} ${kurz}` : kurz };
    });
    this.levels = about.ebenen;
    this.mapLevels = about.ebenen.filter((level) => level.karte);
    this.cityLevel = about.ebenen.find((level) => level.stadt)?.ebene ?? null;
    this.city = this.units.find((unit) => unit.ebene === this.cityLevel) ?? null;
    this.measures = new Map();
    this.themes = [];
    const signed = new Set(about.vorzeichen);
    for (const row of rows(about.kennzahlen)) {
      this.#add(row.thema, row.thema_titel, {
        code: row.kennzahl, art: "wert", titel: together(row.titel), einheit: row.einheit === "Index" ? "" : together(row.einheit ?? ""),
        stellen: row.nachkommastellen, vorzeichen: signed.has(row.kennzahl), polaritaet: row.polaritaet,
        klassen: about.klassen[row.kennzahl].map(asClass), auskunft: row,
      });
    }
    this.#overview(about);
  }

  #overview(about) {
    this.overview = [];
    for (const one of about.indizes) {
      this.overview.push({ code: one.index, art: "index", titel: one.titel, einheit: "", stellen: one.nachkommastellen,
        kreuz: one.kreuz, klassen: one.klassen.map(asClass), auskunft: one });
    }
    for (const one of about.typologien) {
      this.overview.push({ code: one.typologie, art: "typ", titel: one.titel, einheit: "", stellen: 0,
        klassen: one.klassen.map(asClass), auskunft: one });
    }
  }

  #add(theme, title, measure) {
    let found = this.themes.find((one) => one.code === theme);
    if (!found) {
      found = { code: theme, titel: title, measures: [] };
      if (theme === OVERVIEW) this.themes.unshift(found);
      else this.themes.push(found);
    }
    measure.thema = theme;
    found.measures.push(measure);
    this.measures.set(measure.code, measure);
  }

  /** Adds indices and types as a theme of their own, as far as there are results. */
  addOverview() {
    this.overviewAdded ??= this.#addOverview();
    return this.overviewAdded;
  }

  async #addOverview() {
    this.results = await load("ergebnisse");
    const there = new Set([
      ...(this.results.index ? indexReadings(this.results.index) : []).map((one) => one.kennzahl),
      ...(this.results.typ ? typeReadings(this.results.typ) : []).map((one) => one.kennzahl),
    ]);
    for (const measure of this.overview) {
      if (there.has(measure.code)) this.#add(OVERVIEW, "Überblick: Indizes und Gebietstypen", measure);
    }
  }

  unit(level, key) {
    return this.units.find((unit) => unit.ebene === level && unit.gebiet === key) ?? null;
  }

  /** „Statistischer Bezirk 301 Norderstedt-Mitte 1“. */
  titleOf(unit) {
    return `${this.level(unit.ebene).titel} ${unit.anzeige}`;
  }

  unitsOf(level) {
    return this.units.filter((unit) => unit.ebene === level);
  }

  level(code) {
    return this.levels.find((level) => level.ebene === code);
  }

  /** The level of a unit named without it: the finest that has this key. */
  levelOf(key) {
    const found = this.mapLevels.filter((level) => this.unit(level.ebene, key));
    return found.length ? found[found.length - 1].ebene : null;
  }

  #series = new Map();

  /** All readings of an indicator, index or typology; loads its file when needed. */
  async series(code) {
    if (this.#series.has(code)) return this.#series.get(code);
    const measure = this.measures.get(code);
    let found;
    if (measure.art === "wert") {
      found = valueReadings(await load(`thema_${measure.thema}`), code);
    } else {
      await this.addOverview();
      const table = this.results[measure.art];
      found = table ? (measure.art === "index" ? indexReadings(table) : typeReadings(table)) : [];
    }
    this.#series.set(code, new Series(code, found.filter((one) => one.kennzahl === code)));
    return this.#series.get(code);
  }
}

/** „1 000“ stays on one line. */
function together(text) {
  return text.replace(/(\d) (?=\d{3}\b)/g, "$1\u00a0");
}

function asClass([nummer, titel, farbe, schrift, schraffur, zeichen]) {
  return { nummer, titel, kurz: titel.split(":")[0], farbe, schrift, schraffur, zeichen };
}

/** The class that a reading is drawn in; null where it has none. */
export function classOf(measure, one) {
  if (!one?.shown) return null;
  if (measure.klassen.length === 1) return measure.klassen[0];
  return measure.klassen.find((entry) => entry.nummer === one.klasse) ?? null;
}
