// Photos as the page handles them: upright, moderate in size, without the data that cameras add.

const LONGEST_SIDE = 1024; // a face that fills a tenth of it is as large as the recogniser's own input
const QUALITY = 0.9;

/** What is sent, and a picture to show; a file that the browser cannot read is sent as it is, for the service to judge. */
export async function preparePhoto(file) {
  let bitmap;
  try {
    bitmap = await createImageBitmap(file, { imageOrientation: "from-image" });
  } catch {
    return { name: file.name, body: file, canvas: null };
  }
  const scale = Math.min(1, LONGEST_SIDE / Math.max(bitmap.width, bitmap.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(bitmap.width * scale));
  canvas.height = Math.max(1, Math.round(bitmap.height * scale));
  const pen = canvas.getContext("2d");
  pen.fillStyle = "#fff";
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.imageSmoothingQuality = "high";
  pen.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  bitmap.close();
  return { name: file.name, body: await encoded(canvas), canvas };
}

export const encoded = (canvas) => new Promise((done) => canvas.toBlob(done, "image/jpeg", QUALITY));

/** The square around a face as a picture of its own; `box` is in shares of the photo. */
export function cutFace(canvas, [left, top, right, bottom], pixels, margin = 0.55) {
  const { width, height } = canvas;
  const face = Math.max((right - left) * width, (bottom - top) * height);
  const side = Math.min(face * (1 + 2 * margin), width, height);
  const x = Math.min(Math.max(((left + right) * width - side) / 2, 0), width - side);
  const y = Math.min(Math.max(((top + bottom) * height - side) / 2 - side * 0.04, 0), height - side);
  const cut = document.createElement("canvas");
  cut.width = cut.height = pixels;
  cut.getContext("2d").drawImage(canvas, x, y, side, side, 0, 0, pixels, pixels);
  return cut;
}
