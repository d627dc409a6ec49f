// Walks through the menu row by row, with numbers to be read from across a room while typing them in on a console.
import { byId, el, icon } from "./dom.js";
import { gameNumber, say } from "./languages.js";
import { bar } from "./sheet.js";

export class Walk {
  constructor(rows, ticks, onClose) {
    this.all = rows;
    this.ticks = ticks;
    this.onClose = onClose;
    this.skipsKept = false;
    this.dialog = byId("walk");
    this.at = Math.max(0, this.rows.findIndex((row) => !ticks.has(row.row)));
    this.dialog.onkeydown = (event) => this.onKey(event);
    this.dialog.onclose = () => this.end();
  }

  get rows() {
    return this.skipsKept ? this.all.filter((row) => row.steps !== 0) : this.all;
  }

  begin() {
    this.render();
    this.dialog.showModal();
    byId("walk-next").focus();
    this.stayAwake();
  }

  end() {
    this.lock?.release();
    this.onClose();
  }

  /** The screen stays on where the browser can do that; without it nothing is lost. */
  async stayAwake() {
    try {
      this.lock = await navigator.wakeLock?.request("screen");
    } catch {
      this.lock = null;
    }
  }

  onKey(event) {
    if (event.target.matches("input")) return;
    if (event.key === "ArrowRight" || event.key === "ArrowDown") this.next();
    else if (event.key === "ArrowLeft" || event.key === "ArrowUp") this.back();
    else return;
    event.preventDefault();
  }

  next() {
    this.ticks.set(this.rows[this.at].row, true);
    if (this.at + 1 === this.rows.length) this.dialog.close();
    else this.go(this.at + 1);
  }

  back() {
    this.go(Math.max(0, this.at - 1));
  }

  go(at) {
    this.at = at;
    const focused = document.activeElement?.id;
    this.render();
    byId(focused || "walk-next")?.focus();
  }

  skipKept(isSkipping) {
    const row = this.rows[this.at];
    this.skipsKept = isSkipping;
    this.go(Math.max(0, this.rows.indexOf(row)));
    byId("walk-skip").focus();
  }

  render() {
    const row = this.rows[this.at];
    const count = this.rows.length;
    this.dialog.replaceChildren(
      el(
        "header",
        {},
        el("p", { class: "count" }, say("row_count", { at: this.at + 1, count })),
        el("button", { class: "round", "aria-label": say("close"), onclick: () => this.dialog.close() }, icon("close")),
        el("div", { class: "track", "aria-hidden": "true" }, el("i", { place: { width: `${(100 * (this.at + 1)) / count}%` } })),
      ),
      el(
        "div",
        { class: "row", "aria-live": "polite" },
        el("p", { class: "where" }, el("span", {}, row.page), ` › ${row.section}`),
        el("h2", { id: "walk-row" }, row.label),
        el("p", { class: "number" }, row.shown),
        row.kind === "slider" ? bar(row) : el("p", { class: "place" }, say("place_in_list", row)),
        el("p", { class: "way" }, this.way(row)),
        row.moves.length ? el("p", { class: "moves" }, say("also_moves", { rows: row.moves.join(", ") })) : null,
      ),
      el(
        "footer",
        {},
        this.coming(),
        el("button", { id: "walk-back", class: "plain", disabled: this.at === 0, onclick: () => this.back() }, say("previous")),
        el("button", { id: "walk-next", class: "primary", onclick: () => this.next() }, say(this.at + 1 === count ? "finish" : "next")),
        el(
          "label",
          { class: "skip-kept" },
          el("input", { id: "walk-skip", type: "checkbox", checked: this.skipsKept, onchange: (e) => this.skipKept(e.target.checked) }),
          say("only_changed"),
        ),
        el("p", { class: "keys" }, say("walk_keys")),
      ),
    );
  }

  way(row) {
    if (row.steps === null) return "";
    const presses = say(row.steps > 0 ? "presses_up" : row.steps < 0 ? "presses_down" : "presses_none", {
      count: Math.abs(row.steps),
    });
    return row.steps && row.kind === "slider" ? `${say("before", { value: gameNumber(row.before) })}: ${presses}` : presses;
  }

  /** The rows after this one, so that nobody is surprised by what the menu shows next. */
  coming() {
    const rows = this.rows.slice(this.at + 1, this.at + 4);
    return el("ol", { class: "coming", "aria-hidden": "true" }, rows.map((row) => el("li", {}, row.label, el("b", {}, row.shown))));
  }
}
