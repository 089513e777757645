/** An address of the picture for others, which ends by itself. */
import { type RefObject, useState } from "react";
import { service } from "../api/client.js";
import type { Given, Session } from "../api/types.js";
import { Sheet } from "../shell/sheet.js";
import { doing, tell } from "../state/actions.js";
import { useStudio } from "../state/store.js";

const HOUR = 3600;
const times = [
  ["1 hour", HOUR],
  ["1 day", 24 * HOUR],
  ["1 week", 7 * 24 * HOUR],
  ["30 days", 30 * 24 * HOUR],
] as const;

interface Props {
  readonly dialog: RefObject<HTMLDialogElement | null>;
  readonly session: Session;
  readonly onClose: () => void;
}

export function Share({ dialog, session: { id }, onClose }: Props) {
  const isBusy = useStudio(({ busy }) => busy === "share");
  const [seconds, setSeconds] = useState<number>(24 * HOUR);
  const [given, setGiven] = useState<Given>();
  const address = given && new URL(given.url, location.href).href;
  const make = async () => setGiven(await doing("share", async () => service.give?.(id, seconds)));
  const close = () => {
    setGiven(undefined);
    onClose();
  };
  return (
    <Sheet dialog={dialog} title="A link for others" onClose={close}>
      <p>
        Whoever has the link sees this picture as it then is, and nothing else of the studio. It ends by itself, and
        sooner when you delete the picture or end the program.
      </p>
      {isLoopback(location.hostname) && (
        <p className="hint">
          This studio answers this machine alone, so the link works only here. For others, run{" "}
          <code>vqgan-clip serve</code> on a server, or download the picture and send it.
        </p>
      )}
      {address === undefined ? (
        <form
          className="row"
          onSubmit={(event) => {
            event.preventDefault();
            void make();
          }}
        >
          <label className="row">
            It ends after
            <select value={seconds} onChange={(event) => setSeconds(Number(event.target.value))}>
              {times.map(([words, value]) => (
                <option key={value} value={value}>
                  {words}
                </option>
              ))}
            </select>
          </label>
          <button type="submit" className="main" disabled={isBusy}>
            Make the link
          </button>
        </form>
      ) : (
        <>
          <div className="row">
            <input
              readOnly
              value={address}
              aria-label="The link"
              // biome-ignore lint/a11y/noAutofocus: what was asked for has come
              autoFocus
              onFocus={(event) => event.target.select()}
            />
            <button type="button" className="main" onClick={() => void copy(address)}>
              Copy
            </button>
          </div>
          <p className="hint" role="status">
            It ends on{" "}
            {new Date(given?.until ?? 0).toLocaleString(undefined, { dateStyle: "long", timeStyle: "short" })}.
          </p>
        </>
      )}
    </Sheet>
  );

  async function copy(text: string): Promise<void> {
    const isCopied = await navigator.clipboard?.writeText(text).then(
      () => true,
      () => false,
    );
    dialog.current?.close();
    tell({ text: isCopied ? "The link is copied." : text });
  }
}

const isLoopback = (name: string): boolean => ["localhost", "127.0.0.1", "[::1]"].includes(name);
