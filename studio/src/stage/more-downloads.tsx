/** What else the menu of downloads holds: how the picture grew, and the line that makes it again. */
import { DropdownMenu } from "radix-ui";
import { service } from "../api/client.js";
import type { Session } from "../api/types.js";
import { nameOf } from "../shell/format.js";
import { tell } from "../state/actions.js";
import { download } from "../state/download.js";
import { get } from "../state/store.js";
import { commandLine } from "./command-line.js";

export function MoreDownloads({ session }: { readonly session: Session }) {
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
      {!session.film && <DropdownMenu.Item onSelect={() => void copy()}>Copy the command line</DropdownMenu.Item>}
    </>
  );
}
