/** The studio's platform on Node: sessions in a folder, the engine in a child process, pictures by sharp. */
import { freemem } from "node:os";
import { decodePicture } from "../image/decode.js";
import { animatedWebp, encodeWebp } from "../image/webp.js";
import type { PictureRun } from "../picture-run.js";
import { givenThreads } from "../runtime/given-threads.js";
import { type PretrainedOptions, VqganClip } from "../vqgan-clip.js";
import { filmWriter } from "./film-writer.js";
import type { Platform } from "./platform.js";
import { FolderStore } from "./store.js";

export interface FolderOptions {
  /** Where sessions live. */
  readonly folder: string;
  readonly models: PretrainedOptions;
}

/** Opens models and folder. @throws BAD_MODEL, BAD_FILE, IO_FAILED */
export async function openFolder({ folder, models }: FolderOptions): Promise<Platform> {
  const vq = await VqganClip.fromPretrained({ ...models, isolate: true });
  return platformOn(vq, await FolderStore.open(folder), models);
}

/** The platform of models and a folder that are open. */
export function platformOn<Store extends FolderStore>(
  vq: VqganClip,
  store: Store,
  models: PretrainedOptions,
): Platform & { readonly store: Store } {
  const { device = "cpu", threads = givenThreads() } = models;
  return {
    vq,
    store,
    runsOn: { device, threads },
    save: async (id, run) => {
      await store.write(id, "session.vqclip", await (run as PictureRun).save(undefined, { picture: false }));
    },
    open: (id, request) => vq.open(store.fileOf(id, "session.vqclip"), request),
    decode: decodePicture,
    encodePreview: encodeWebp,
    animated: animatedWebp,
    films: filmWriter,
    availableBytes: freemem,
    close: () => vq.kill(),
  };
}
