/** Files a command will write: checked before the work starts, so that nobody waits an hour for a folder that is not there. */
import { extname, resolve } from "node:path";
import { VqganClipError } from "../core/errors.js";
import { requireWritable } from "../files/atomic-write.js";

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
  try {
    await requireWritable(path);
  } catch (error) {
    if (!(error instanceof VqganClipError)) throw error;
    throw new VqganClipError(error.code, `${flag}: ${error.message}`, error.hint, { cause: error });
  }
}
