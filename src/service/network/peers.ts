/** Packages that only many machines need: optional, loaded when they are asked for. */
import { VqganClipError } from "../../core/errors.js";

/** The versions that this one was tested with: those of the optional peers in package.json. */
const INSTALL = {
  bullmq: "npm install bullmq@6.7.0 ioredis@6.0.0",
  ioredis: "npm install bullmq@6.7.0 ioredis@6.0.0",
  pg: "npm install pg@8.23.1",
  s3mini: "npm install s3mini@1.0.2",
} as const;

/** @param option that asks for it @throws BAD_ARGUMENT with the line that installs it */
export async function loadPeer<Module>(
  name: keyof typeof INSTALL,
  option: string,
  load: () => Promise<Module>,
): Promise<Module> {
  try {
    return await load();
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "ERR_MODULE_NOT_FOUND") throw cause;
    throw new VqganClipError("BAD_ARGUMENT", `${option}: the package ${name} is not installed`, INSTALL[name], {
      cause,
    });
  }
}
