// Where a similarity lies: on a scale with pairs of different faces as a hill, and the best within reach as a dotted line.
import { el, svg } from "./dom.js";
import { number, say } from "./languages.js";

const TICKS = [0, 0.5, 1];

export function ruler(impostors, match) {
  const place = (value) => `${(100 * (value - impostors.low)) / (impostors.high - impostors.low)}%`;
  const { density } = impostors;
  const points = density.map((share, at) => `L${(100 * at) / (density.length - 1)} ${40 - 38 * share}`).join(" ");
  const middle = impostors.low + ((impostors.high - impostors.low) * density.indexOf(Math.max(...density))) / (density.length - 1);
  const label = say("ruler", {
    predicted: number(match.similarity_predicted, 2),
    ceiling: number(match.ceiling, 2),
    middle: number(Math.abs(middle) < 0.005 ? 0 : middle, 2),
  });
  return el(
    "div",
    { class: "ruler", role: "img", "aria-label": label },
    svg(
      "svg",
      { class: "hill", viewBox: "0 0 100 40", preserveAspectRatio: "none", "aria-hidden": "true" },
      svg("path", { d: `M0 40 ${points} L100 40 Z` }),
    ),
    el("span", { class: "best", place: { left: place(match.ceiling) } }),
    el("span", { class: "dot", place: { left: place(match.similarity_predicted) } }),
    TICKS.map((tick) => el("span", { class: "tick", place: { left: place(tick) } }, number(tick, 1))),
  );
}

export function figures(match) {
  const line = (mark, name, value) =>
    el("li", {}, el("span", { class: mark, "aria-hidden": "true" }), el("span", {}, name), el("b", {}, value));
  return el(
    "ul",
    { class: "key" },
    line("dot", say("predicted"), number(match.similarity_predicted, 2)),
    line("best", say("ceiling"), number(match.ceiling, 2)),
    line("hump", say("others"), ""),
  );
}

export function verdict(match) {
  const isRare = match.percentile >= 99;
  const count = number(Math.round(match.percentile * (isRare ? 10 : 1)));
  return say(`verdict_${match.verdict}`, {
    share: say(isRare ? "of_thousand" : "of_hundred", { count }),
    ceiling: number(match.ceiling, 2),
  });
}
