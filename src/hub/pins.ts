/** sha256 of files that nobody states one for: written down at the first download, required ever after. */
import { mkdir, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { VqganClipError } from "../core/errors.js";
import { writeFileAtomically } from "../files/atomic-write.js";
import { ownFolder } from "./own-folder.js";

export interface Pin {
  readonly sha256: string;
  readonly size: number;
  /** Where it came from. */
  readonly from: string;
}

export function pinsFile(cacheDir: string): string {
  return join(ownFolder(cacheDir), "pins.json");
}

/** @throws BAD_FILE when the list is there and cannot be read: then nothing may be trusted anew */
async function readPins(cacheDir: string): Promise<Record<string, Pin>> {
  const path = pinsFile(cacheDir);
  const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return "{}";
    throw new VqganClipError("IO_FAILED", `cannot read ${path}: ${error.message}`, "check its permissions");
  });
  try {
    return JSON.parse(text) as Record<string, Pin>;
  } catch (cause) {
    throw new VqganClipError("BAD_FILE", `${path}: not JSON`, "delete it to trust the next downloads anew", { cause });
  }
}

export async function pinOf(cacheDir: string, name: string, file: string): Promise<Pin | undefined> {
  return (await readPins(cacheDir))[`${name}/${file}`];
}

export async function addPin(cacheDir: string, name: string, file: string, pin: Pin): Promise<void> {
  const pins = await readPins(cacheDir);
  const path = pinsFile(cacheDir);
  await mkdir(dirname(path), { recursive: true });
  const text = JSON.stringify({ ...pins, [`${name}/${file}`]: pin }, null, 2);
  await writeFileAtomically(path, new TextEncoder().encode(`${text}\n`));
}
