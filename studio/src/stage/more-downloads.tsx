/** What else the menu of downloads holds: how the picture grew, and the line that makes it again. */
import { DropdownMenu } from "radix-ui";
import { links } from "../api/client.js";
import type { Session } from "../api/types.js";
import { tell } from "../state/actions.js";
import { get } from "../state/store.js";
import { commandLine } from "./command-line.js";

interface Props {
  readonly session: Session;
  /** Of the files, without an ending. */
  readonly name: string;
}

export function MoreDownloads({ session, name }: Props) {
  const copy = async () => {
    const line = commandLine(session, get().info?.recommended ?? {}, `${name}.png`);
    const isCopied = await navigator.clipboard?.writeText(line).then(
      () => true,
      () => false,
    );
    tell({ text: isCopied ? `Copied: ${line}` : line });
  };
  return (
    <>
      {session.frames.length > 1 && (
        <DropdownMenu.Item asChild>
          <a href={links.timelapse(session.id)} download={`${name}.webp`}>
            Timelapse (WebP)
          </a>
        </DropdownMenu.Item>
      )}
      <DropdownMenu.Item className="item" onSelect={() => void copy()}>
        Copy the command line
      </DropdownMenu.Item>
    </>
  );
}
