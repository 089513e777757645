/** Files a command will write: checked before the work starts, so that nobody waits an hour for a folder that is not there. */
import { randomBytes } from "node:crypto";
import { constants, type Stats } from "node:fs";
import { access, open, rm, stat } from "node:fs/promises";
import { dirname, extname, join, resolve } from "node:path";
import { VqganClipError } from "../core/errors.js";

export interface Output {
  /** What named it, for messages: "-o", "--trace". */
  readonly flag: string;
  readonly path: string;
  /** The endings it may have; none: any. */
  readonly endings?: readonly string[];
}

/** @throws BAD_ARGUMENT on wrong endings and clashes, IO_FAILED on a place that cannot be written */
export async function checkOutputs(outputs: readonly Output[]): Promise<void> {
  const taken = new Map<string, string>();
  for (const { flag, path, endings } of outputs) {
    if (path === "") throw new VqganClipError("BAD_ARGUMENT", `${flag}: the path is empty`);
    if (endings && !endings.includes(extname(path).toLowerCase())) {
      throw new VqganClipError("BAD_ARGUMENT", `${flag}: ${path} must end in ${endings.join(" or ")}`);
    }
    const other = taken.get(resolve(path));
    if (other !== undefined)
      throw new VqganClipError("BAD_ARGUMENT", `${flag}: ${path} is what ${other} names already`);
    taken.set(resolve(path), flag);
    await checkPlace(flag, path);
  }
}

async function checkPlace(flag: string, path: string): Promise<void> {
  const folder = dirname(path);
  const place = await facts(folder);
  if (!place?.isDirectory()) {
    throw new VqganClipError(
      "IO_FAILED",
      `${flag}: cannot write ${path}: there is no folder ${folder}`,
      "make it first",
    );
  }
  const existing = await facts(path);
  if (existing?.isDirectory()) {
    throw new VqganClipError("IO_FAILED", `${flag}: cannot write ${path}: it is a folder`, "name a file inside it");
  }
  if (existing && !existing.isFile()) return; // a device or a pipe
  try {
    if (existing) await access(path, constants.W_OK);
    const probe = join(folder, `.vqgan-clip-${randomBytes(6).toString("hex")}`);
    await (await open(probe, "wx")).close();
    await rm(probe);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const hint = "choose a folder that you may write to";
    throw new VqganClipError("IO_FAILED", `${flag}: cannot write ${path}: ${code}`, hint, { cause });
  }
}

async function facts(path: string): Promise<Stats | undefined> {
  return stat(path).catch(() => undefined);
}
