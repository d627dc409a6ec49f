// The service's API. Requests that may wait tell how it goes: see `onNews`.

const PATIENCE = 5;

export class ServiceError extends Error {
  constructor(body) {
    super(body.error ?? "");
    this.code = body.code ?? "internal";
    this.retryAfter = body.retry_after_seconds;
  }
}

const headers = (more) => {
  const token = sessionStorage.getItem("token");
  return token ? { ...more, Authorization: `Bearer ${token}` } : more;
};

async function send(path, options) {
  let response;
  try {
    response = await fetch(path, options);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new ServiceError({ code: "offline" });
  }
  if (!response.ok) throw new ServiceError(await response.json().catch(() => ({})));
  return response;
}

/** Posts and follows the stream of lines to its end; returns the result. */
async function follow(path, body, type, onNews, signal) {
  const response = await send(path, {
    method: "POST",
    body,
    signal,
    headers: headers({ "Content-Type": type, Accept: "application/x-ndjson" }),
  });
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) throw new ServiceError({ code: "offline" });
    const lines = (rest + value).split("\n");
    rest = lines.pop();
    for (const line of lines.filter(Boolean)) {
      const news = JSON.parse(line);
      if (news.event === "done") return news.result;
      if (news.event === "error") throw new ServiceError(news);
      onNews?.(news);
    }
  }
}

const followJson = (path, body, onNews, signal) =>
  follow(path, JSON.stringify(body), "application/json", onNews, signal);

export const getCreator = async () => (await send("v1/creator", {})).json();

export const findFaces = (photo, onNews, signal) =>
  follow("v1/faces", photo, photo.type || "application/octet-stream", onNews, signal);

export const matchFaces = (wishes, onNews, signal) => followJson("v1/matches", wishes, onNews, signal);

/** What stands beside an answer may wait while many ask for answers. */
async function patiently(ask) {
  for (let tries = 1; ; tries++) {
    try {
      return await ask();
    } catch (error) {
      if (error.code !== "busy" || tries === PATIENCE) throw error;
      await new Promise((done) => setTimeout(done, 1000 * (error.retryAfter ?? 2)));
    }
  }
}

export const tradeOff = (wishes, signal) => patiently(() => followJson("v1/trades", wishes, null, signal));

export const preview = (character) => patiently(() => followJson("v1/previews", { character }));

export const keepPhoto = (photo) => patiently(() => follow("v1/photos", photo, photo.type, null));

export const deletePhoto = (id) => send(`v1/photos/${id}`, { method: "DELETE", headers: headers({}) });

export async function sheetFile(form, body) {
  const options = { method: "POST", body: JSON.stringify(body), headers: headers({ "Content-Type": "application/json" }) };
  return (await send(`v1/sheets/${form}`, options)).blob();
}
