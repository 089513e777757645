/** What else the menu of downloads holds: how the picture grew, and the line that makes it again. */
import { DropdownMenu } from "radix-ui";
import { service } from "../api/client.js";
import type { Session, ShapeFile } from "../api/types.js";
import { nameOf } from "../shell/format.js";
import { tell } from "../state/actions.js";
import { download } from "../state/download.js";
import { get, useStudio } from "../state/store.js";
import { commandLine } from "./command-line.js";

const names: Readonly<Record<ShapeFile, string>> = {
  "drawing.svg": "Drawing (SVG)",
  "drawing.webp": "Drawing in the making (WebP)",
  "mesh.glb": "Mesh (GLB)",
  "mesh.ply": "Mesh (PLY)",
  "mesh.obj": "Mesh (OBJ)",
  "turntable.webp": "Mesh from all round (WebP)",
};

export function MoreDownloads({ session }: { readonly session: Session }) {
  const shapes = useStudio((state) => state.info?.shapes) ?? [];
  const copy = async () => {
    const line = commandLine(session, get().info?.recommended ?? {}, `${nameOf(session.title)}.png`);
    const isCopied = await navigator.clipboard?.writeText(line).then(
      () => true,
      () => false,
    );
    tell({ text: isCopied ? `Copied: ${line}` : line });
  };
  return (
    <>
      {service.timelapse && session.frames.length > 1 && (
        <DropdownMenu.Item onSelect={() => void download(session, "timelapse")}>Timelapse (WebP)</DropdownMenu.Item>
      )}
      {service.shape &&
        shapes.map((file) => (
          <DropdownMenu.Item key={file} onSelect={() => void download(session, file)}>
            {names[file]}
          </DropdownMenu.Item>
        ))}
      {!session.film && <DropdownMenu.Item onSelect={() => void copy()}>Copy the command line</DropdownMenu.Item>}
    </>
  );
}
