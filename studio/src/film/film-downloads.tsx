/** What the menu of downloads holds of a video: files that play, and its frames. */
import { DropdownMenu } from "radix-ui";
import type { FilmFormat, Session } from "../api/types.js";
import { download } from "../state/download.js";
import { set, useStudio } from "../state/store.js";

const names: Readonly<Record<FilmFormat, string>> = { mp4: "Video (MP4)", webm: "Video (WebM)", webp: "Animated WebP" };

export function FilmDownloads({ session }: { readonly session: Session }) {
  const formats = useStudio((state) => state.info?.films) ?? [];
  const needsFfmpeg = (format: FilmFormat) =>
    set({
      problem: {
        title: `${names[format]} needs ffmpeg`,
        detail: "There is no ffmpeg on the machine that makes the videos.",
        hint: "install it (apt install ffmpeg, brew install ffmpeg, winget install ffmpeg) and reload this page; the frames and an animated WebP are there without it",
      },
    });
  return (
    <>
      {(Object.keys(names) as FilmFormat[]).map((format) => (
        <DropdownMenu.Item
          key={format}
          onSelect={() => (formats.includes(format) ? void download(session, format) : needsFfmpeg(format))}
        >
          {names[format]}
          {!formats.includes(format) && ", needs ffmpeg"}
        </DropdownMenu.Item>
      ))}
      <DropdownMenu.Item onSelect={() => void download(session, "frames")}>All frames (ZIP)</DropdownMenu.Item>
    </>
  );
}
