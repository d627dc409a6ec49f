// The page: from photos to the answer, or from a link straight to it.
import { getCreator, matchFaces, preview } from "./api.js";
import { byId, el, toast } from "./dom.js";
import { Kept } from "./kept.js";
import { chooseLanguage, number, say, sayError, setLanguage } from "./languages.js";
import { characterLink, codedCharacter, linkedCode } from "./link.js";
import { Photos } from "./photos.js";
import { Result } from "./result.js";
import { genderName } from "./sheet.js";

let service;
let photos;
let result;
let kept;

async function begin() {
  chooseTheme(localStorage.getItem("theme") ?? "auto");
  chooseLanguage();
  wireChoices();
  try {
    service = await getCreator();
  } catch (error) {
    byId("problems").append(el("p", { class: "problem" }, sayError(error)));
    return;
  }
  photos = new Photos(service, onPhotos);
  kept = new Kept(service.keep_days);
  wirePhotos();
  fillTexts();
  byId("token-form").hidden = !service.needs_token || sessionStorage.getItem("token") !== null;
  if (!followLink()) showcase();
  document.documentElement.dataset.ready = "";
}

function wireChoices() {
  byId("language").value = document.documentElement.lang;
  byId("theme").value = localStorage.getItem("theme") ?? "auto";
  byId("language").onchange = (event) => {
    localStorage.setItem("language", event.target.value);
    setLanguage(event.target.value);
    fillTexts();
    photos?.render();
    result?.show();
  };
  byId("theme").onchange = (event) => {
    localStorage.setItem("theme", event.target.value);
    chooseTheme(event.target.value);
  };
}

function chooseTheme(theme) {
  if (theme === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
}

function wirePhotos() {
  for (const id of ["files", "camera"]) {
    byId(id).onchange = (event) => {
      photos.add([...event.target.files]);
      event.target.value = "";
    };
  }
  const drop = byId("drop");
  for (const kind of ["dragover", "drop"]) addEventListener(kind, (event) => event.preventDefault());
  drop.ondragover = () => drop.classList.add("is-over");
  drop.ondragleave = () => drop.classList.remove("is-over");
  drop.ondrop = (event) => {
    drop.classList.remove("is-over");
    photos.add([...event.dataTransfer.files]);
  };
  addEventListener("paste", (event) => event.clipboardData?.files.length && photos.add([...event.clipboardData.files]));
  addEventListener("hashchange", followLink);
  byId("go").onclick = match;
  byId("token-form").onsubmit = (event) => {
    event.preventDefault();
    sessionStorage.setItem("token", byId("token").value.trim());
    byId("token-form").hidden = true;
  };
}

function fillTexts() {
  const { creator } = service ?? {};
  if (!creator) return;
  byId("lead").textContent = say("lead", {
    creator: creator.title,
    sliders: creator.rows.filter((row) => row.kind === "slider").length,
    combinations: number(creator.num_combinations),
  });
  fillWishes(creator);
  kept.render();
}

function fillWishes(creator) {
  const row = (role) => creator.rows.find((each) => each.role === role);
  const [gender, face, skin] = ["gender", "face", "skin"].map((role) => byId(`wish-${role}`));
  const offers = (role) => [...new Set((gender.value ? [gender.value] : creator.genders).flatMap((each) => row(role).ids[each]))].sort((a, b) => a - b);
  const fill = (select, values) => {
    const before = select.value;
    const options = values.map(([value, text]) => el("option", { value }, text));
    select.replaceChildren(el("option", { value: "" }, say("any")), ...options);
    select.value = values.some(([value]) => String(value) === before) ? before : "";
  };
  fill(gender, creator.genders.map((each) => [each, genderName(each)]));
  for (const [role, select] of [["face", face], ["skin", skin]]) {
    byId(`${role}-label`).textContent = row(role).label;
    fill(select, offers(role).map((id) => [id, String(id).padStart(3, "0")]));
  }
  const tell = () => {
    const said = [gender, face, skin].filter((select) => select.value).map((select) => select.selectedOptions[0].textContent);
    byId("wishes-said").textContent = said.join(", ") || say("wishes_none");
  };
  gender.onchange = () => {
    fillWishes(creator);
    tell();
  };
  face.onchange = skin.onchange = tell;
  tell();
}

function wishes() {
  const fix = {};
  for (const role of ["face", "skin"]) if (byId(`wish-${role}`).value) fix[role] = Number(byId(`wish-${role}`).value);
  return {
    faces: photos.chosen.map(({ key }) => key),
    gender: byId("wish-gender").value || null,
    fix,
    mildness: service.default_mildness,
    alternatives: 5,
  };
}

function onPhotos(news) {
  if (news?.event === "waiting") tellProgress(say("waiting", { ahead: news.ahead }), 0.2);
  else if (photos.isReading) tellProgress(say("reading"), 0.4);
  else tellProgress(null);
  byId("go").hidden = photos.entries.length === 0;
  byId("go").disabled = !photos.isComplete;
}

function tellProgress(text, share = 0) {
  byId("progress").hidden = text === null;
  byId("progress-text").textContent = text ?? "";
  byId("progress-bar").style.width = `${100 * share}%`;
}

async function match() {
  const asked = wishes();
  byId("go").disabled = true;
  const combinations = number(service.creator.num_combinations);
  tellProgress(say("working", { combinations }), 0.6);
  try {
    const found = await matchFaces(asked, (news) => {
      if (news.event === "waiting") tellProgress(say("waiting", { ahead: news.ahead }), 0.3);
      else tellProgress(say("working", { combinations }), 0.8);
    });
    showResult({ match: found, photos: photos.chosen, wishes: asked });
    history.replaceState(null, "", characterLink(service.creator, found.sheet.character)); // a reload keeps the character
    kept.send(photos.chosen.map(({ canvas }) => canvas));
  } catch (error) {
    if (error.code === "token_wanted") byId("token-form").hidden = false;
    photos.tell(sayError(error));
  } finally {
    tellProgress(null);
    byId("go").disabled = !photos.isComplete;
  }
}

function showResult(found) {
  result = new Result(service, found, again);
  byId("start").hidden = true;
  result.show();
  scrollTo(0, 0);
  byId("result-title").focus({ preventScroll: true });
}

function again() {
  history.replaceState(null, "", location.pathname);
  result = null;
  photos.clear();
  byId("result").hidden = true;
  byId("result").replaceChildren();
  byId("start").hidden = false;
  showcase();
  byId("files").focus();
}

/** True when the address holds a character that can be shown. */
function followLink() {
  const code = linkedCode();
  if (!code) return false;
  const character = codedCharacter(service.creator, code);
  if (character) showResult({ character });
  else photos.tell(say("error_bad_link"));
  return character !== null;
}

/** Beside the place for photos: what comes out of it. */
async function showcase() {
  const place = byId("showcase");
  if (!service.has_previews || place.childElementCount) return;
  const fresh = (gender) => {
    const at = (row) => row.defaults[gender];
    const sliders = service.creator.rows.filter((row) => row.kind === "slider").map(at);
    const [face, skin] = ["face", "skin"].map((role) => at(service.creator.rows.find((row) => row.role === role)));
    return { gender, face, skin, sliders };
  };
  for (const gender of [...service.creator.genders].reverse()) {
    const shown = await preview(fresh(gender)).catch(() => null);
    if (shown) place.append(el("img", { src: shown.image, alt: "" }));
  }
}

begin().catch((error) => toast(String(error)));
