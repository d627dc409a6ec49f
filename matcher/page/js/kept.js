// Photos that their owner lets the operator keep: sent only with the box ticked, remembered here so that they can be deleted.
import { deletePhoto, keepPhoto } from "./api.js";
import { byId, el, toast } from "./dom.js";
import { language, number, say, sayError } from "./languages.js";
import { encoded } from "./photo.js";

const PLACE = "kept";

export class Kept {
  /** `days` is how long this service keeps photos, null when it keeps none. */
  constructor(days) {
    this.days = days;
    const now = Date.now() / 1000;
    this.photos = JSON.parse(localStorage.getItem(PLACE) ?? "[]").filter(({ expires }) => expires > now);
  }

  /** The pictures as they were sent for the match, if the box is ticked; it has to be ticked anew for the next ones. */
  async send(canvases) {
    if (!byId("keep-photos").checked) return;
    byId("keep-photos").checked = false;
    try {
      for (const canvas of canvases) this.remember([...this.photos, await keepPhoto(await encoded(canvas))]);
    } catch (error) {
      toast(sayError(error));
    }
  }

  async delete() {
    try {
      for (const photo of this.photos) {
        await deletePhoto(photo.id).catch((error) => {
          if (error.code !== "not_kept") throw error;
        });
        this.remember(this.photos.filter((each) => each !== photo));
      }
      toast(say("kept_deleted"));
    } catch (error) {
      toast(sayError(error));
    }
  }

  remember(photos) {
    this.photos = photos;
    localStorage.setItem(PLACE, JSON.stringify(photos));
    this.render();
  }

  render() {
    byId("keep").hidden = this.days === null;
    byId("keep-text").textContent = say("keep", { days: number(this.days ?? 0) });
    byId("privacy").dataset.text = this.days === null ? "privacy" : "privacy_keep";
    byId("privacy").textContent = say(byId("privacy").dataset.text);
    byId("kept").hidden = this.photos.length === 0;
    if (this.photos.length === 0) return;
    const last = new Date(1000 * Math.max(...this.photos.map(({ expires }) => expires)));
    byId("kept").replaceChildren(
      say("kept", { count: number(this.photos.length), date: last.toLocaleDateString(language(), { dateStyle: "long" }) }),
      " ",
      el("button", { class: "quiet", onclick: () => this.delete() }, say("kept_delete")),
    );
  }
}
