// The photos of the person: read, shown with the face that was found, and where there are several, with the question which one.
import { findFaces } from "./api.js";
import { byId, el, icon } from "./dom.js";
import { say, sayError, sayRemark } from "./languages.js";
import { cutFace, preparePhoto } from "./photo.js";

const THUMBNAIL = 220;

export class Photos {
  /** `onChange` is called whenever there is something new to know. */
  constructor(limits, onChange) {
    this.limits = limits;
    this.onChange = onChange;
    this.entries = [];
  }

  get isReading() {
    return this.entries.some((entry) => entry.isReading);
  }

  get chosen() {
    return this.entries.filter((entry) => entry.faces && entry.which).map((entry) => ({
      key: entry.faces[entry.which - 1].key,
      canvas: entry.canvas,
      face: entry.faces[entry.which - 1],
    }));
  }

  /** True when every face is known, so that the match can begin. */
  get isComplete() {
    return this.entries.length > 0 && this.entries.every((entry) => entry.faces && entry.which);
  }

  async add(files) {
    this.tell(null);
    const room = this.limits.max_photos - this.entries.length;
    if (files.length > room) this.tell(say("error_too_many", { count: this.limits.max_photos }));
    await Promise.all([...files].slice(0, room).map((file) => this.addOne(file)));
  }

  async addOne(file) {
    const entry = { name: file.name, isReading: true, faces: null, which: null, stop: new AbortController() };
    this.entries.push(entry);
    this.render();
    try {
      Object.assign(entry, await preparePhoto(file));
      this.render();
      const found = await findFaces(entry.body, (news) => this.onChange(news), entry.stop.signal);
      entry.faces = found.faces;
      entry.which = found.meant;
    } catch (error) {
      this.entries = this.entries.filter((each) => each !== entry);
      if (error.name !== "AbortError") this.tell(`${file.name}: ${sayError(error)}`);
    } finally {
      entry.isReading = false;
      entry.body = null; // it has been answered: only the picture to show is kept, and only here
      this.render();
    }
  }

  remove(entry) {
    entry.stop.abort();
    this.entries = this.entries.filter((each) => each !== entry);
    this.tell(null);
    this.render();
    byId("files").focus();
  }

  clear() {
    for (const entry of this.entries) entry.stop.abort();
    this.entries = [];
    this.render();
  }

  tell(text) {
    if (text === null) byId("problems").replaceChildren();
    else byId("problems").append(el("p", { class: "problem" }, text));
  }

  render() {
    byId("photos").replaceChildren(...this.entries.map((entry) => this.card(entry)));
    this.onChange(null);
  }

  card(entry) {
    const several = entry.faces?.length > 1;
    const caption = entry.isReading ? say("reading") : several ? say("several", { count: entry.faces.length }) : say("found");
    return el(
      "li",
      { class: `photo ${entry.isReading ? "is-reading" : ""} ${several && !entry.which ? "is-open" : ""}` },
      several ? this.chooser(entry, caption) : this.single(entry),
      several ? null : el("p", { class: "caption" }, caption),
      this.remarks(entry),
      el("button", { class: "remove", "aria-label": say("remove", entry), onclick: () => this.remove(entry) }, icon("close")),
    );
  }

  remarks(entry) {
    const said = entry.which ? entry.faces[entry.which - 1].remarks : [];
    return el("div", { class: "remarks", "aria-live": "polite" }, said.map((remark) => el("p", { class: "remark" }, sayRemark(remark))));
  }

  single(entry) {
    if (!entry.canvas) return el("div", { class: "blank" });
    const cut = entry.faces ? cutFace(entry.canvas, entry.faces[0].box, THUMBNAIL) : whole(entry.canvas);
    cut.setAttribute("role", "img");
    cut.setAttribute("aria-label", say("photo_of", entry));
    return cut;
  }

  /** The faces side by side under their numbers, as a group of which one is chosen. */
  chooser(entry, caption) {
    const choice = (face) => {
      const picture = cutFace(entry.canvas, face.box, THUMBNAIL / 2, 0.35);
      picture.setAttribute("aria-hidden", "true");
      return el(
        "label",
        { class: "choice" },
        el("input", {
          type: "radio",
          name: `face-${this.entries.indexOf(entry)}`,
          value: face.number,
          checked: entry.which === face.number,
          "aria-label": say("face_number", { number: face.number, name: entry.name }),
          onchange: (event) => this.choose(entry, face.number, event.target.closest(".photo")),
        }),
        picture,
        el("span", { class: "number", "aria-hidden": "true" }, String(face.number)),
      );
    };
    return el("fieldset", {}, el("legend", {}, caption), el("div", { class: "faces" }, entry.faces.map(choice)));
  }

  choose(entry, number, card) {
    entry.which = number;
    card.classList.remove("is-open");
    card.querySelector(".remarks").replaceWith(this.remarks(entry));
    this.onChange(null);
  }
}

function whole(canvas) {
  const side = Math.min(canvas.width, canvas.height);
  const cut = document.createElement("canvas");
  cut.width = cut.height = THUMBNAIL;
  cut.getContext("2d").drawImage(
    canvas, (canvas.width - side) / 2, (canvas.height - side) / 3, side, side, 0, 0, THUMBNAIL, THUMBNAIL,
  );
  return cut;
}
