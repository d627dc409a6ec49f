// A character as rows to set, and as the text, the link and the panel that show them.
import { el } from "./dom.js";
import { gameNumber, say } from "./languages.js";

/** Rows in menu order: value, place in the list, where a fresh character stands, presses from there. */
export function sheetRows(creator, character) {
  let slider = 0;
  return creator.rows.map((row) => {
    if (row.role === "gender") return genderRow(creator, row, character);
    return row.kind === "slider" ? sliderRow(row, character, character.sliders[slider++]) : choiceRow(row, character);
  });
}

function genderRow(creator, row, character) {
  const position = creator.genders.indexOf(character.gender) + 1;
  return { ...row, value: character.gender, shown: genderName(character.gender), position, count: creator.genders.length, steps: null };
}

export const genderName = (gender) => (["male", "female"].includes(gender) ? say(gender) : gender);

function sliderRow(row, character, value) {
  const before = row.defaults[character.gender];
  const share = (at) => (at - row.minimum) / (row.maximum - row.minimum);
  return {
    ...row,
    value,
    before,
    shown: gameNumber(value),
    steps: Math.round((value - before) / row.step),
    at: share(value),
    start: share(before),
    origin: share(Math.min(Math.max(0, row.minimum), row.maximum)),
  };
}

function choiceRow(row, character) {
  const ids = row.ids[character.gender];
  const value = character[row.role];
  const before = row.defaults[character.gender];
  return {
    ...row,
    value,
    before,
    shown: String(value).padStart(3, "0"),
    position: ids.indexOf(value) + 1,
    count: ids.length,
    steps: ids.indexOf(value) - ids.indexOf(before),
  };
}

/** Rows gathered by page and section. */
export function sheetSections(rows) {
  const sections = [];
  for (const row of rows) {
    const last = sections.at(-1);
    if (last?.page === row.page && last.section === row.section) last.rows.push(row);
    else sections.push({ page: row.page, section: row.section, rows: [row] });
  }
  return sections;
}

export const hint = (row) =>
  row.count ? say("of", row) : row.steps ? say("from", { value: gameNumber(row.before) }) : "";

export function sheetText(creator, rows) {
  const lines = [creator.title];
  for (const { page, section, rows: part } of sheetSections(rows)) {
    lines.push("", `${page} > ${section}`);
    for (const row of part) lines.push(`  ${row.label}: ${row.shown}${row.count ? ` (${hint(row)})` : ""}`);
  }
  return lines.join("\n");
}

/** A slider as the game draws it; text beside it says the same. */
export function bar(row) {
  const percent = (share) => `${(100 * share).toFixed(2)}%`;
  const fill = { left: percent(Math.min(row.at, row.origin)), width: percent(Math.abs(row.at - row.origin)) };
  return el(
    "span",
    { class: "bar", "aria-hidden": "true" },
    el("i", { place: fill }),
    el("u", { place: { left: percent(row.start) } }),
    el("b", { place: { left: percent(row.at) } }),
  );
}

/** The sheet with boxes to tick off; `ticks` remembers them for this character. */
export function sheetPanel(rows, ticks) {
  const line = (row) =>
    el(
      "li",
      { class: row.steps === 0 ? "kept" : null },
      el(
        "label",
        {},
        el("input", {
          type: "checkbox",
          checked: ticks.has(row.row),
          "aria-label": say("is_set", row),
          onchange: (event) => ticks.set(row.row, event.target.checked),
        }),
        el("span", { class: "name" }, row.label),
        row.kind === "slider" ? bar(row) : null,
        el("span", { class: row.kind === "slider" ? "value" : "value wide" }, row.shown),
        el("span", { class: "hint" }, hint(row)),
      ),
    );
  return el(
    "div",
    { class: "sheet" },
    sheetSections(rows).map(({ page, section, rows: part }) =>
      el("section", { class: "menu" }, el("h4", {}, el("span", {}, page), ` ${section}`), el("ol", {}, part.map(line))),
    ),
  );
}

/** Which rows are set already, remembered on this device for each character. */
export class Ticks {
  constructor(code) {
    this.key = `ticks ${code}`;
    this.rows = new Set(JSON.parse(localStorage.getItem(this.key) ?? "[]"));
  }
  has(row) {
    return this.rows.has(row);
  }
  set(row, isSet) {
    if (isSet) this.rows.add(row);
    else this.rows.delete(row);
    localStorage.setItem(this.key, JSON.stringify([...this.rows]));
  }
}
