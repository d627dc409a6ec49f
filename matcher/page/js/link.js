// A character as a link: settings in the part after #, which browsers send to nobody. No photo, nothing of a face.

const VERSION = 1;

/** "4999f3e7.AQE...": the creator's hash, then version, gender, face, skin and sliders as 16-bit numbers. */
export function characterCode(creator, { gender, face, skin, sliders }) {
  const numbers = Int16Array.from([VERSION, creator.genders.indexOf(gender), face, skin, ...sliders]);
  const bytes = new Uint8Array(numbers.length * 2);
  const view = new DataView(bytes.buffer);
  numbers.forEach((number, at) => view.setInt16(2 * at, number, true));
  const text = btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
  return `${creator.hash.slice(0, 8)}.${text}`;
}

/** The character of a code, null when it is damaged or of another creator. */
export function codedCharacter(creator, code) {
  const [hash, text = ""] = code.split(".");
  if (hash !== creator.hash.slice(0, 8)) return null;
  let bytes;
  try {
    bytes = Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (sign) => sign.charCodeAt(0));
  } catch {
    return null;
  }
  if (bytes.length % 2) return null;
  const view = new DataView(bytes.buffer);
  const numbers = Array.from({ length: bytes.length / 2 }, (_, at) => view.getInt16(2 * at, true));
  const [version, gender, face, skin, ...sliders] = numbers;
  const character = { gender: creator.genders[gender], face, skin, sliders };
  return version === VERSION && fits(creator, character) ? character : null;
}

function fits(creator, { gender, face, skin, sliders }) {
  const rows = creator.rows.filter((row) => row.kind === "slider");
  const offers = (role, id) => creator.rows.find((row) => row.role === role).ids[gender].includes(id);
  if (!gender || rows.length !== sliders.length || !offers("face", face) || !offers("skin", skin)) return false;
  return rows.every((row, at) => sliders[at] >= row.minimum && sliders[at] <= row.maximum);
}

export const characterLink = (creator, character) =>
  `${location.origin}${location.pathname}#character=${characterCode(creator, character)}`;

export const linkedCode = () => location.hash.match(/^#character=([\w.-]+)$/)?.[1] ?? null;
