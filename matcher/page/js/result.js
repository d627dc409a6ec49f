// The answer: picture beside the photo, what it is worth, the trade, runners-up and the sheet.
import { preview, sheetFile, tradeOff, matchFaces } from "./api.js";
import { byId, el, icon, toast } from "./dom.js";
import { characterCode, characterLink } from "./link.js";
import { number, say, sayError, sayRemark } from "./languages.js";
import { Milder } from "./milder.js";
import { cutFace } from "./photo.js";
import { figures, ruler, verdict } from "./ruler.js";
import { Ticks, genderName, sheetPanel, sheetRows, sheetText } from "./sheet.js";
import { Walk } from "./walk.js";

const PICTURE = 480;
const FORMS = ["png", "json", "ini", "html"];

export class Result {
  /** `found` is the match with its photos and wishes; a shared character has neither. */
  constructor(service, found, onAgain) {
    this.service = service;
    this.creator = service.creator;
    this.match = found.match ?? null;
    this.photos = found.photos ?? [];
    this.wishes = found.wishes ?? null;
    this.onAgain = onAgain;
    this.previews = new Map();
    this.choose(found.character ?? found.match.sheet.character, found.match?.similarity_predicted);
  }

  choose(character, similarity) {
    this.character = character;
    this.similarity = similarity;
    this.rows = sheetRows(this.creator, character);
    this.ticks = new Ticks(characterCode(this.creator, character));
  }

  /** Everyone in the running: the match first, then the runners-up. */
  get candidates() {
    const best = { character: this.match.sheet.character, similarity_predicted: this.match.similarity_predicted };
    return [best, ...this.match.alternatives];
  }

  show() {
    const section = byId("result");
    section.replaceChildren(this.top(), ...(this.match ? [this.alternatives()] : []), this.sheet());
    section.hidden = false;
    this.fillPreviews();
    if (this.wishes) this.fillTrade();
  }

  top() {
    return el(
      "div",
      { class: "card panel" },
      this.pictures(),
      el(
        "div",
        { class: "told" },
        el("h1", { id: "result-title", tabindex: "-1" }, say(this.match ? "result_title" : "shared_title")),
        ...(this.match ? this.judgement() : [el("p", { class: "meaning" }, say("shared_lead", { creator: this.creator.title }))]),
      ),
      this.trade(),
      this.actions(),
    );
  }

  pictures() {
    return el("div", { class: `pair ${this.photos.length ? "" : "alone"}` }, this.photoFigure(), this.pictureFigure());
  }

  photoFigure() {
    if (!this.photos.length) return null;
    const { canvas, face } = this.photos[0];
    const cut = cutFace(canvas, face.box, PICTURE);
    const caption = this.photos.length > 1 ? say("your_photos", { count: this.photos.length }) : say("your_photo");
    cut.setAttribute("role", "img");
    cut.setAttribute("aria-label", caption);
    return el("figure", {}, cut, el("figcaption", {}, caption));
  }

  pictureFigure() {
    const label = this.service.has_previews ? "" : say("no_preview");
    return el(
      "figure",
      { id: "picture" },
      el("div", { class: "blank" }),
      el("figcaption", {}, label),
    );
  }

  trade() {
    if (!this.wishes) return null;
    this.milder = new Milder(this.match, (mildness) => this.retry(mildness));
    return this.milder.node();
  }

  judgement() {
    const remarks = this.match.remarks.map((remark) => el("li", {}, sayRemark(remark)));
    return [
      el("p", { class: "meaning" }, verdict(this.match)),
      el("div", { id: "scale" }, ruler(this.service.impostors, this.match), figures(this.match)),
      remarks.length ? el("ul", { class: "remarks" }, remarks) : null,
    ];
  }

  actions() {
    const button = (name, kind, onclick) => el("button", { class: kind, onclick }, icon(name), el("span", {}, say(name)));
    return el(
      "div",
      { class: "actions" },
      el("button", { class: "primary", id: "walk-begin", onclick: () => this.walk() }, icon("walk"), el("span", {}, say("walk"))),
      el("button", { class: "plain", onclick: () => this.copySheet() }, icon("copy"), el("span", {}, say("copy"))),
      el("button", { class: "plain", onclick: () => this.copyLink() }, icon("link"), el("span", {}, say("share"))),
      button("print", "plain", () => window.print()),
      this.downloads(),
      el("button", { class: "quiet", id: "again", onclick: () => this.onAgain() }, say("again")),
    );
  }

  /** Closes when something is chosen, on Escape, and when the focus goes elsewhere. */
  downloads() {
    const forms = FORMS.map((form) => el("button", { class: "plain", onclick: () => this.download(form) }, say(`form_${form}`)));
    const summary = el("summary", { class: "plain button" }, icon("save"), el("span", {}, say("download")));
    const node = el("details", { class: "downloads" }, summary, el("div", { class: "menu-list" }, forms));
    const close = () => (node.open = false);
    node.onkeydown = (event) => {
      if (event.key !== "Escape" || !node.open) return;
      close();
      summary.focus();
    };
    node.onfocusout = (event) => node.contains(event.relatedTarget) || setTimeout(() => node.contains(document.activeElement) || close());
    for (const form of forms) form.addEventListener("click", close);
    return node;
  }

  alternatives() {
    return el(
      "section",
      { class: "part", "aria-labelledby": "alternatives-title" },
      el("h2", { id: "alternatives-title" }, say("alternatives")),
      el("p", { class: "about" }, say("alternatives_about")),
      el("ul", { class: "alternatives" }, this.candidates.map((candidate, at) => this.alternative(candidate, at))),
    );
  }

  alternative({ character, similarity_predicted: similarity }, at) {
    const choices = say("choices", { gender: genderName(character.gender), face: character.face, skin: character.skin });
    const isChosen = characterCode(this.creator, character) === characterCode(this.creator, this.character);
    return el(
      "li",
      {},
      el(
        "button",
        { class: "alternative", "aria-pressed": String(isChosen), onclick: () => this.pick(character, similarity, at) },
        el("span", { class: "picture", "data-code": characterCode(this.creator, character) }),
        el("span", { class: "words" }, el("b", {}, number(similarity, 2)), at === 0 ? el("em", {}, say("best_match")) : null, el("span", { class: "choices" }, choices)),
      ),
    );
  }

  sheet() {
    const labels = this.rows.filter((row) => row.role).map((row) => `${row.label} ${row.shown}`);
    return el(
      "section",
      { class: "part", "aria-labelledby": "sheet-title", id: "sheet" },
      el("h2", { id: "sheet-title" }, say("sheet")),
      el("p", { class: "about" }, say("sheet_about")),
      el("p", { class: "print-only" }, `${this.creator.title}. ${labels.join(", ")}`),
      sheetPanel(this.rows, this.ticks),
    );
  }

  pick(character, similarity, at) {
    this.choose(character, similarity);
    byId("sheet").replaceWith(this.sheet());
    document.querySelectorAll(".alternative").forEach((node, place) => node.setAttribute("aria-pressed", String(place === at)));
    this.showPicture();
  }

  /** The same faces with another mildness; only what changes is drawn anew, so that the hand stays on the slider. */
  async retry(mildness) {
    this.asking?.abort();
    this.asking = new AbortController();
    try {
      this.match = await matchFaces({ ...this.wishes, mildness }, null, this.asking.signal);
    } catch (error) {
      if (error.name !== "AbortError") toast(sayError(error));
      return;
    }
    this.wishes = { ...this.wishes, mildness };
    this.choose(this.match.sheet.character, this.match.similarity_predicted);
    this.milder.show(this.match);
    document.querySelector("#result .meaning").textContent = verdict(this.match);
    byId("scale").replaceChildren(ruler(this.service.impostors, this.match), figures(this.match));
    document.querySelector(".part").replaceWith(this.alternatives());
    byId("sheet").replaceWith(this.sheet());
    this.fillPreviews();
  }

  async fillTrade() {
    try {
      this.milder.draw((await tradeOff(this.wishes)).trades);
    } catch (error) {
      this.milder.line.remove(); // without the line the slider works all the same
    }
  }

  /** The chosen character's picture first, then the others', one after the other. */
  async fillPreviews() {
    if (!this.service.has_previews) return;
    this.showPicture();
    const candidates = this.match ? this.candidates : [];
    const match = this.match;
    for (const { character } of candidates) {
      if (match !== this.match) return;
      const shown = await this.previewOf(character);
      const code = characterCode(this.creator, character);
      const place = document.querySelector(`.picture[data-code="${code}"]`);
      if (shown) place?.replaceChildren(el("img", { src: shown.image, alt: "" }));
    }
  }

  async showPicture() {
    const character = this.character;
    const shown = await this.previewOf(character);
    if (!shown || character !== this.character) return;
    const choices = this.rows.filter((row) => row.role).map((row) => `${row.label} ${row.shown}`).join(", ");
    byId("picture")?.replaceChildren(
      el("img", { src: shown.image, alt: `${say(shown.kind)}: ${choices}` }),
      el("figcaption", { title: shown.label }, say(shown.kind)),
    );
  }

  async previewOf(character) {
    const code = characterCode(this.creator, character);
    if (!this.previews.has(code)) this.previews.set(code, preview(character).catch(() => null));
    return this.previews.get(code);
  }

  walk() {
    new Walk(this.rows, this.ticks, () => {
      byId("sheet").replaceWith(this.sheet());
      byId("walk-begin").focus();
    }).begin();
  }

  async download(form) {
    const figures = this.similarity === undefined ? "" : `${say("similarity")} ${number(this.similarity, 2)}`;
    const sentence = this.match ? verdict(this.match) : "";
    try {
      const file = await sheetFile(form, { character: this.character, title: this.creator.title, sentence, figures });
      const link = el("a", { href: URL.createObjectURL(file), download: `lookalike.${form}` });
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
    } catch (error) {
      toast(sayError(error));
    }
  }

  copySheet() {
    this.copy(sheetText(this.creator, this.rows), "copied");
  }

  copyLink() {
    this.copy(characterLink(this.creator, this.character), "link_copied");
  }

  async copy(text, said) {
    try {
      await navigator.clipboard.writeText(text);
      toast(say(said));
    } catch {
      window.prompt(say("not_copied"), text);
    }
  }
}
