// Hatches as SVG patterns, made when first needed; ids are the same for the same colours.

import { svg } from "./elements.js";

let defs = null;

/** The fill of a surface: a colour, or a colour with lines over it. Rising lines, or falling ones. */
export function fill(colour, hatch = null, falling = false) {
  if (!hatch) return colour;
  const id = `schraffur-${colour.slice(1)}-${hatch.slice(1)}-${falling ? "f" : "s"}`;
  if (!defs) {
    defs = svg("defs");
    document.body.append(svg("svg", { class: "muster", "aria-hidden": "true", width: 0, height: 0 }, defs));
  }
  if (!document.getElementById(id)) {
    defs.append(
      svg("pattern", { id, width: 7, height: 7, patternUnits: "userSpaceOnUse", patternTransform: `rotate(${falling ? -45 : 45})` },
        svg("rect", { width: 7, height: 7, fill: colour }),
        svg("line", { x1: 0, y1: 0, x2: 0, y2: 7, stroke: hatch, "stroke-width": 2.2 })),
    );
  }
  return `url(#${id})`;
}
