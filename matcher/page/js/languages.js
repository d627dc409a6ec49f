// What the page says, in the language that its user reads. The game's own labels stay as the game writes them.
import { en } from "../languages/en.js";
import { de } from "../languages/de.js";

const languages = { en, de };
let current = "en";

export function chooseLanguage() {
  const wanted = [localStorage.getItem("language"), ...navigator.languages.map((tag) => tag.slice(0, 2))];
  setLanguage(wanted.find((tag) => tag in languages) ?? "en");
}

export function setLanguage(tag) {
  current = tag;
  document.documentElement.lang = tag;
  for (const node of document.querySelectorAll("[data-text]")) node.textContent = say(node.dataset.text);
}

export const language = () => current;

/** A sentence by its name, with its {places} filled in. */
export function say(name, values = {}) {
  const text = languages[current][name] ?? en[name] ?? name;
  return text.replace(/\{(\w+)\}/g, (whole, place) => values[place] ?? whole);
}

export const number = (value, digits = 0) =>
  new Intl.NumberFormat(current, { minimumFractionDigits: digits, maximumFractionDigits: digits })
    .format(value)
    .replace("-", "−");

/** Numbers as the game shows them: no grouping, a true minus sign. */
export const gameNumber = (value) => String(value).replace("-", "−");

/** What the service says of a photo, in the user's language where it is known. */
export const sayRemark = (remark) => languages[current].remarks?.[remark] ?? remark;

/** The server's sentence for an error, or ours where it is known by its code. */
export function sayError(error) {
  const name = `error_${error.code}`;
  const known = languages[current][name] ?? en[name];
  if (!known) return error.message;
  return say(name, { detail: error.message, seconds: Math.max(1, Math.round(error.retryAfter ?? 1)) });
}
