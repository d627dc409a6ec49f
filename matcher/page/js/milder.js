// The trade of likeness for mildness: a slider that asks the service again, above a line that shows what each step costs.
import { el, svg } from "./dom.js";
import { number, say } from "./languages.js";

const HIGHEST = 60;
const WAIT_MS = 250;

export class Milder {
  /** `onChoose` is called with a mildness once the hand rests. */
  constructor(match, onChoose) {
    this.match = match;
    this.onChoose = onChoose;
    this.line = el("div", { class: "trade", "aria-hidden": "true" });
    this.value = el("output", { for: "milder" });
    this.input = el("input", {
      id: "milder",
      type: "range",
      min: 0,
      max: HIGHEST,
      step: 5,
      value: Math.round(match.mildness * 100),
      "aria-describedby": "milder-said",
      oninput: () => this.onInput(),
    });
    this.said = el("p", { id: "milder-said", class: "note" });
    this.show(match);
  }

  node() {
    return el(
      "div",
      { class: "milder" },
      el("div", { class: "head" }, el("label", { for: "milder" }, say("milder")), this.value),
      this.line,
      this.input,
      el("div", { class: "ends", "aria-hidden": "true" }, el("span", {}, say("milder_low")), el("span", {}, say("milder_high"))),
      this.said,
    );
  }

  onInput() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.onChoose(Number(this.input.value) / 100), WAIT_MS);
  }

  show(match) {
    this.match = match;
    this.value.textContent = say("milder_now", { similarity: number(match.similarity_predicted, 2) });
    this.said.textContent = say("milder_value", {
      percent: number(match.mildness * 50),
      extremeness: number(match.extremeness * 100),
    });
  }

  /** Similarity at each mildness, falling from left to right; the axis begins at zero so that small costs look small. */
  draw(trades) {
    const points = trades
      .filter((trade) => trade.mildness * 100 <= HIGHEST)
      .map((trade) => `${(10000 * trade.mildness) / HIGHEST} ${40 - 38 * Math.max(trade.similarity_predicted, 0)}`);
    this.line.replaceChildren(
      svg(
        "svg",
        { viewBox: "0 0 100 40", preserveAspectRatio: "none" },
        svg("path", { class: "area", d: `M0 40 L${points.join(" L")} L100 40 Z` }),
        svg("path", { class: "edge", d: `M${points.join(" L")}` }),
      ),
    );
  }
}
