// The map: Leaflet on metres of EPSG:25832, polygons of one level, quiet lines over them, labels where there is room.

import { el } from "./elements.js";
import { look } from "./signs.js";
import * as words from "./words.js";

/* global L */
const LINES = {
  strasse: { color: "#4d4d4d", weight: 0.7, opacity: 0.35 },
  haupt: { color: "#4d4d4d", weight: 1.8, opacity: 0.5 },
  bahn: { color: "#222222", weight: 1.6, opacity: 0.7, dashArray: "7 4" },
  gewaesser: { color: "#2f78ad", weight: 1.6, opacity: 0.75 },
};
const LABEL_ROOM = 17; // pixels round the point inside

function pairs(flat) {
  const points = [];
  for (let n = 0; n < flat.length; n += 2) points.push([flat[n + 1], flat[n]]);
  return points;
}

export class AtlasMap {
  constructor(container, outlines, onPick) {
    this.outlines = outlines;
    this.onPick = onPick;
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.map = L.map(container, {
      crs: L.CRS.Simple, minZoom: -7, maxZoom: 1, zoomSnap: 0.25, zoomDelta: 0.5, attributionControl: false,
      zoomAnimation: !calm, fadeAnimation: !calm, markerZoomAnimation: !calm, zoomControl: false, tap: false,
    });
    L.control.zoom({ zoomInTitle: "Karte vergrößern", zoomOutTitle: "Karte verkleinern" }).addTo(this.map);
    L.control.scale({ imperial: false }).addTo(this.map);
    for (const pane of ["linien", "rahmen", "wahl"]) {
      const made = this.map.createPane(pane);
      made.style.zIndex = { linien: 410, rahmen: 420, wahl: 430 }[pane];
      made.style.pointerEvents = "none";
    }
    // Everything in it also stands in the list and in the table.
    this.map.getPane("mapPane").setAttribute("aria-hidden", "true");
    this.units = new Map();
    this.map.on("zoomend", () => this.#labels());
  }

  /** Draw another level; the view stays unless it is the first. */
  draw(level) {
    if (this.level === level) return;
    this.polygons?.remove();
    this.frame?.remove();
    for (const { label } of this.units.values()) label.remove();
    this.units.clear();
    this.level = level;
    const made = [];
    for (const [key, [x, y, room], polygons] of this.outlines.ebenen[level]) {
      const shape = L.polygon(polygons.map((rings) => rings.map(pairs)), { weight: 0.8, fillOpacity: 1, opacity: 1, smoothFactor: 0.5 });
      shape.on("click", () => this.onPick(key));
      shape.bindTooltip("", { sticky: true, className: "hinweisfeld", direction: "top" });
      // Centred by the style sheet: a tooltip of Leaflet's would be measured, and the page laid out, for each unit.
      const text = el("span", {});
      const label = L.marker([y, x], { icon: L.divIcon({ className: "beschriftung", iconSize: [0, 0], html: text }), interactive: false, keyboard: false });
      this.units.set(key, { shape, label, text, room });
      made.push(shape);
    }
    this.polygons = L.featureGroup(made).addTo(this.map);
    const levels = Object.keys(this.outlines.ebenen);
    const above = levels[levels.indexOf(level) - 1];
    if (above) {
      const borders = this.outlines.ebenen[above].map(([, , polygons]) => polygons.map((rings) => rings.map(pairs)));
      this.frame = L.polygon(borders, { pane: "rahmen", fill: false, color: "#262626", weight: 2, interactive: false }).addTo(this.map);
    }
    if (!this.fitted) this.fit();
  }

  fit() {
    this.map.invalidateSize();
    this.map.fitBounds(this.polygons.getBounds(), { animate: false, padding: [8, 8] });
    this.fitted = true;
    this.#labels();
  }

  /** Centre and zoom for a link; null while the whole city is shown. */
  get view() {
    if (!this.fitted) return null;
    const { lat, lng } = this.map.getCenter();
    const all = this.map.getBoundsZoom(this.polygons.getBounds(), false, L.point(8, 8));
    return Math.abs(all - this.map.getZoom()) < 0.1 ? null : `${this.map.getZoom()},${Math.round(lng)},${Math.round(lat)}`;
  }

  set view(text) {
    const [zoom, east, north] = (text ?? "").split(",").map(Number);
    if (Number.isFinite(zoom) && Number.isFinite(east) && Number.isFinite(north)) {
      this.map.setView([north, east], Math.max(-7, Math.min(1, zoom)), { animate: false });
      this.fitted = true;
    }
  }

  onMoved(listener) {
    this.map.on("moveend", listener);
  }

  /** Colour the units by their readings and name them. */
  colour(measure, readingOf, unitOf) {
    for (const [key, { shape, text: label }] of this.units) {
      const one = readingOf(key);
      const paint = look(measure, one);
      shape.setStyle({ fillColor: paint.fill, color: paint.border });
      const text = words.text(measure, one);
      shape.setTooltipContent(el("span", {}, el("strong", {}, unitOf(key)?.kurz ?? key), el("br"), text));
      label.className = paint.letters;
      label.textContent = shortLabel(measure, one, paint.mark);
    }
    this.#labels();
  }

  /** A frame round the chosen unit and a dashed one round the one it is compared with. */
  choose(key, other) {
    this.chosen?.remove();
    const frames = [];
    for (const [unit, dash] of [[other, "7 6"], [key, null]]) {
      const found = this.units.get(unit);
      if (!found) continue;
      const points = found.shape.getLatLngs();
      frames.push(L.polygon(points, { pane: "wahl", fill: false, color: "#ffffff", weight: 6, interactive: false }));
      frames.push(L.polygon(points, { pane: "wahl", fill: false, color: "#000000", weight: 3, dashArray: dash, interactive: false }));
    }
    this.chosen = L.layerGroup(frames).addTo(this.map);
  }

  lines(lines) {
    const kinds = {};
    for (const [kind, rank, points] of lines) {
      const style = kind === "strasse" && rank === "haupt" ? "haupt" : kind;
      (kinds[style] ??= []).push(pairs(points));
    }
    for (const [kind, parts] of Object.entries(kinds)) {
      const drawn = L.polyline(parts, { ...LINES[kind], pane: "linien", interactive: false, smoothFactor: 1 });
      if (kind === "strasse") this.streets = drawn;
      else drawn.addTo(this.map);
    }
    this.#labels();
  }

  resize() {
    this.map.invalidateSize({ animate: false });
    if (!this.fitted && this.polygons) this.fit();
  }

  /** Labels where they fit, small streets only when one looks closer. */
  #labels() {
    if (this.streets && this.fitted) {
      const close = this.map.getZoom() > this.map.getBoundsZoom(this.polygons.getBounds(), false, L.point(8, 8)) + 0.9;
      if (close !== this.map.hasLayer(this.streets)) this.map[close ? "addLayer" : "removeLayer"](this.streets);
    }
    const scale = this.map.getZoom() === undefined ? 0 : this.map.getZoomScale(this.map.getZoom(), 0);
    for (const { label, room } of this.units.values()) {
      const fits = room * scale >= LABEL_ROOM;
      if (fits && !this.map.hasLayer(label)) label.addTo(this.map);
      if (!fits && this.map.hasLayer(label)) label.remove();
    }
  }
}

function shortLabel(measure, one, mark) {
  if (!one?.shown) return SHORT[one?.status] ?? "k. A.";
  return measure.art === "wert" ? words.plain(measure, one.wert) : mark || one.klasse_name;
}

const SHORT = { geheim: "geheim", nicht_vergleichbar: "n. v.", fehlt: "k. A.", folgt: "folgt", nicht_sinnvoll: "–" };
