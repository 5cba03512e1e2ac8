// What is shown, kept in the address after „#“, so that a link shows the same view again.

const KEYS = ["ansicht", "kennzahl", "ebene", "zeitraum", "gebiet", "vergleich", "karte"];

/** The wishes in an address: only known keys, of a length that makes sense. */
export function read(hash) {
  const wishes = {};
  for (const [key, value] of new URLSearchParams(hash.replace(/^#/, ""))) {
    if (KEYS.includes(key) && value.length <= 60) wishes[key] = value;
  }
  return wishes;
}

/** The address of a state; empty parts are left out. */
export function write(state) {
  const parts = new URLSearchParams();
  for (const key of KEYS) if (state[key]) parts.set(key, state[key]);
  return `#${parts}`;
}
