/** Downloads: a picture, its session, and what is made of them. */
import { service } from "../api/client.js";
import type { Session, ShapeFile } from "../api/types.js";
import { nameOf } from "../shell/format.js";
import { doing } from "./actions.js";

const endings = {
  picture: "png",
  file: "vqclip",
  timelapse: "webp",
  frames: "zip",
  webp: "webp",
  mp4: "mp4",
  webm: "webm",
};

type Downloadable = keyof typeof endings | ShapeFile;

function downloaded(id: string, what: Downloadable): Promise<Blob> | undefined {
  if (what === "picture" || what === "file" || what === "timelapse") return service[what]?.(id);
  if (isShape(what)) return service.shape?.(id, what);
  return what === "frames" ? service.films?.frames(id) : service.films?.file(id, what);
}

const isShape = (what: Downloadable): what is ShapeFile => what.includes(".");

/** The picture with its story, the session's file, how the picture grew, or what is made of a video's frames, as a download. */
export async function download({ id, title }: Session, what: Downloadable): Promise<void> {
  const blob = await doing("download", async () => downloaded(id, what));
  if (!blob) return;
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = `${nameOf(title)}.${isShape(what) ? what.split(".").at(-1) : endings[what]}`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
