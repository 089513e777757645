/** The studio's platform on Node: sessions in a folder, the engine in a child process, pictures by sharp. */
import { requires } from "../core/errors.js";
import { decodePicture } from "../image/decode.js";
import { animatedWebp, encodeWebp } from "../image/webp.js";
import type { PictureRun } from "../picture-run.js";
import { availableMemory } from "../runtime/available-memory.js";
import { givenThreads } from "../runtime/given-threads.js";
import { type PretrainedOptions, VqganClip } from "../vqgan-clip.js";
import { Refusal } from "./errors.js";
import { filmWriter } from "./film-writer.js";
import type { Platform, SessionStore } from "./platform.js";
import { FolderStore } from "./store.js";

export interface FolderOptions {
  /** Where sessions live. */
  readonly folder: string;
  readonly models: PretrainedOptions;
  /** Told in words, when it must wait for the folder. */
  readonly onWait?: ((text: string) => void) | undefined;
}

/** Opens models and folder. @throws BAD_MODEL, BAD_FILE, IO_FAILED */
export async function openFolder({ folder, models, onWait }: FolderOptions): Promise<Platform> {
  requires(
    !/^(s3|postgres(ql)?):/.test(folder),
    "BAD_ARGUMENT",
    () => `--folder: ${folder.split("://")[0]}:// is for many processes`,
    "name their --redis too (docs/scaling.md), or a folder of this machine",
  );
  const vq = await VqganClip.fromPretrained({ ...models, isolate: true });
  return platformOn(vq, await FolderStore.open(folder, onWait), models);
}

/** The platform of models and a folder that are open. */
export function platformOn<Store extends SessionStore>(
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
    open: async (id, request) => {
      const bytes = await store.read(id, "session.vqclip");
      if (!bytes) throw new Refusal("NOT_FOUND", "the session's file is no more in the store");
      return vq.open(bytes, request);
    },
    decode: decodePicture,
    encodePreview: encodeWebp,
    animated: animatedWebp,
    films: filmWriter,
    availableBytes: () => availableMemory(),
    close: () => vq.kill(),
  };
}
