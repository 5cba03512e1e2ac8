// The list of units beside the map: ordered by value, searched by name, moved through with the arrow keys.

import { $, el, spoken } from "./elements.js";
import { look, swatch } from "./signs.js";
import * as words from "./words.js";

function plainText(text) {
  return text.toLowerCase().normalize("NFD").replace(/[\u0300-\u036f]/g, "").replaceAll("ß", "ss");
}

export class UnitList {
  constructor(onPick, announce) {
    this.onPick = onPick;
    this.announce = announce;
    this.list = $("liste");
    this.search = $("suche");
    this.list.addEventListener("keydown", (event) => this.#key(event));
    this.list.addEventListener("click", (event) => {
      const item = event.target.closest("[role=option]");
      if (item) this.onPick(item.dataset.gebiet);
    });
    this.search.addEventListener("input", () => {
      this.#filter();
      const found = this.#visible().length;
      this.announce(found === 1 ? "1 Gebiet gefunden" : `${found} Gebiete gefunden`);
    });
    this.search.addEventListener("keydown", (event) => {
      if (event.key === "ArrowDown" || event.key === "Enter") {
        const [first] = this.#visible();
        if (!first) return;
        event.preventDefault();
        this.#focus(first);
        if (event.key === "Enter") this.onPick(first.dataset.gebiet);
      }
      if (event.key === "Escape") {
        this.search.value = "";
        this.#filter();
      }
    });
  }

  /** Show units with their readings, highest first; those without a value at the end. */
  show(measure, entries, chosen) {
    const focused = this.list.contains(document.activeElement) ? document.activeElement.dataset.gebiet : null;
    const key = (one) => (one?.shown ? one.wert ?? -one.klasse : -Infinity);
    const sorted = [...entries].sort((a, b) => key(b.one) - key(a.one) || a.unit.gebiet.localeCompare(b.unit.gebiet));
    this.list.replaceChildren(...sorted.map(({ unit, one }) => {
      const paint = look(measure, one);
      return el("li", { role: "option", id: `gebiet-${unit.gebiet}`, "data-gebiet": unit.gebiet, tabindex: -1,
        "aria-selected": String(unit.gebiet === chosen) },
      swatch(paint.fill, paint.mark, paint.letters),
      el("span", { class: "name" }, el("span", { class: "nummer" }, unit.nummer), unit.nummer ? " " : "", unit.kurz),
      el("span", { class: "zahl" }, words.brieflyText(measure, one), one?.hatched ? spoken(`, ${measure.art === "wert" ? "nicht von der Stadt unterscheidbar" : "nicht gesichert"}`) : null));
    }));
    this.#filter();
    const again = focused && this.list.querySelector(`[data-gebiet="${CSS.escape(focused)}"]`);
    if (again) this.#focus(again);
    else if (chosen) this.#reveal(this.list.querySelector("[aria-selected=true]"));
  }

  #reveal(item) {
    if (!item) return;
    const top = item.offsetTop - this.list.offsetTop;
    if (top < this.list.scrollTop || top + item.offsetHeight > this.list.scrollTop + this.list.clientHeight) {
      this.list.scrollTop = top - this.list.clientHeight / 2;
    }
  }

  #visible() {
    return [...this.list.children].filter((item) => !item.hidden);
  }

  #filter() {
    const wanted = plainText(this.search.value.trim());
    for (const item of this.list.children) {
      item.hidden = wanted !== "" && !plainText(`${item.dataset.gebiet} ${item.querySelector(".name").textContent}`).includes(wanted);
    }
    this.#entry();
  }

  /** One item at a time is reached with the tab key: the chosen one, else the first. */
  #entry() {
    const items = this.#visible();
    const entry = items.find((item) => item.getAttribute("aria-selected") === "true") ?? items[0];
    for (const item of this.list.children) item.tabIndex = item === entry ? 0 : -1;
  }

  #focus(item) {
    for (const other of this.list.children) other.tabIndex = -1;
    item.tabIndex = 0;
    item.focus();
  }

  #key(event) {
    const items = this.#visible();
    const now = items.indexOf(document.activeElement);
    const to = { ArrowDown: now + 1, ArrowUp: now - 1, Home: 0, End: items.length - 1 }[event.key];
    if (to !== undefined) {
      event.preventDefault();
      if (items[to]) this.#focus(items[to]);
    } else if ((event.key === "Enter" || event.key === " ") && now >= 0) {
      event.preventDefault();
      this.onPick(items[now].dataset.gebiet);
    }
  }
}
