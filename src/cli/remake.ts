/** The run of a picture made again: begun as it was, led over the same branches, to be stopped at the same step. */
import { requires } from "../core/errors.js";
import type { SettingsRequest } from "../guidance/resolve-settings.js";
import type { Settings } from "../guidance/settings.js";
import { unpackMask } from "../masks/packed-mask.js";
import type { PictureRun } from "../picture-run.js";
import type { SessionChanges } from "../sessions/session-tree.js";
import { readFrames } from "../video/frame-folder.js";
import { styleFrames } from "../video/style-video.js";
import type { VqganClip } from "../vqgan-clip.js";
import type { Likeness } from "./like.js";

interface Remade {
  readonly run: PictureRun;
  /** Steps that the picture had. */
  readonly until: number;
}

type Changes = Omit<SettingsRequest, "targets">;

/**
 * @param changes what is to be different this time
 * @param keepEvery see `RunRequest`
 * @throws BAD_ARGUMENT when the picture cannot be made again under them, or its files are other ones
 */
export async function remade(
  vq: VqganClip,
  likeness: Likeness,
  changes: Changes,
  keepEvery: number | undefined,
): Promise<Remade> {
  const { story, frames } = likeness;
  const { lineage = [], judged, step } = story;
  const isAsItWas = Object.keys(changes).length === 0;
  requires(
    isAsItWas || (lineage.length === 0 && !frames),
    "BAD_ARGUMENT",
    () =>
      `--like: the picture was ${frames ? "a frame among others" : "branched off on the way"} and is made again as it was`,
    "leave the other settings out",
  );
  let run = await begun(vq, likeness, changes, keepEvery);
  for (const [i, branch] of lineage.entries()) {
    const settings = lineage[i + 1]?.settings ?? story.settings;
    const steered = changesTo(settings);
    await run.toFinish({ until: branch.step });
    if (branch.kind === "paint") {
      const [, height, width] = (await run.render()).shape as [number, number, number];
      const mask = branch.mask === undefined ? undefined : unpackMask(branch.mask, [height, width]);
      const image = likeness.painted.get(branch.sha256) as Exclude<Likeness["picture"], undefined>;
      await run.edit({ ...steered, image, optimizer: branch.optimizer, ...(mask && { mask }) });
    } else if (branch.optimizer) run.resume({ ...steered, optimizer: branch.optimizer });
    else {
      const fork = await run.fork(steered);
      await run.dispose();
      run = fork;
    }
    requires(
      JSON.stringify(run.settings) === JSON.stringify(settings),
      "BAD_ARGUMENT",
      () =>
        `--like: at step ${branch.step} it went on in a way that its settings do not tell, such as other micro-batches`,
      "resume its session instead",
    );
  }
  const picks = vq.judge || run.settings.judgeReward || run.settings.keepBest;
  const chosen = judged && picks ? judged.after : step;
  return { run, until: changes.steps ?? chosen };
}

async function begun(
  vq: VqganClip,
  likeness: Likeness,
  changes: Changes,
  keepEvery: number | undefined,
): Promise<PictureRun> {
  const { story, picture, codes, frames, targets } = likeness;
  const like = story.lineage?.[0]?.settings ?? story.settings;
  const request = {
    // A judge chose it: who has none makes that step's picture, whatever its loss.
    ...(story.models.some(({ role }) => role === "judge") && !vq.judge && { keepBest: false }),
    ...changes,
    ...(keepEvery !== undefined && { keepEvery }),
    like,
    ...(targets.length > 0 && { targets }),
  };
  if (frames) {
    const [first = "", ...others] = frames;
    const run = await vq.edit({ ...request, image: first });
    for await (const _ of styleFrames(vq, run, readFrames([first, ...others]))) {
      // the run stands at the last when they end
    }
    await requireSame(likeness, run);
    return run;
  }
  const { source } = story;
  if (source && picture) {
    const mask = source.mask === undefined ? undefined : unpackMask(source.mask, [source.height, source.width]);
    const run = await vq.edit({ ...request, image: picture, ...(mask && { mask }) });
    await requireSame(likeness, run);
    return run;
  }
  const run = vq.create({
    ...request,
    ...(picture && { initImage: picture }),
    ...(codes && { initCodes: codes }),
  });
  await requireSame(likeness, run);
  return run;
}

/** Whether files that were taken in their order are those that the picture tells of. */
async function requireSame({ story, frames }: Likeness, run: PictureRun): Promise<void> {
  const { targets, source, before } = await run.state();
  for (const [i, { sha256 }] of targets.entries()) {
    const told = story.targets?.[i] ?? undefined;
    requires(
      told === undefined || sha256 === told,
      "BAD_ARGUMENT",
      () => `--like: target ${i + 1} of the picture had the sha256 ${told}, the one given has ${sha256}`,
      "give the same pictures and vectors, in the same order",
    );
  }
  requires(
    !frames || (before?.sha256 === story.before?.sha256 && source?.sha256 === story.source?.sha256),
    "BAD_ARGUMENT",
    () => `--like: these are not the ${frames?.length} frames that the picture was made from`,
    "give the folder that style was given",
  );
}

/** What leads a run to other settings. */
function changesTo({ steps, prompts, generatorPrompt, learningRate, seed, plateau }: Settings): SessionChanges {
  return { steps, prompts, generatorPrompt, learningRate, seed, plateau };
}
