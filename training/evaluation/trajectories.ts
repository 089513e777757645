/** Whether a better score is a better picture: pictures of the same runs after few and many steps, with the score that the run's own CLIP gives each. */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { VqganClip } from "../../src/index.js";
import { type Column, fileName, type Lists } from "./pictures.js";

/** Steps after which a run is looked at; it takes the last of them. */
const MARKS = [0, 10, 25, 50, 100, 200];

/** The prompts that are followed: so many of each list, from the front. */
const FOLLOWED = { concepts: 30, attributes: 15, novel: 15 } as const;

/** One prompt with the CLIP's cosine to the picture at every mark. */
interface Trajectory {
  readonly prompt: string;
  readonly marks: readonly number[];
  readonly scores: readonly number[];
}

/** Makes what is missing: `trajectories/NNN/SSS.png`, and `trajectories/NNN/scores.json`, which is written last. */
export async function makeTrajectories(
  vq: VqganClip,
  prompts: Lists,
  { folder, settings, limit, isMine }: Pick<Column, "folder" | "settings" | "limit" | "isMine">,
): Promise<void> {
  const followed = Object.entries(FOLLOWED).flatMap(([list, count]) => (prompts[list] ?? []).slice(0, count));
  for (const [index, { prompt }] of followed.slice(0, limit).entries()) {
    if (!isMine(index)) continue;
    const own = join(folder, "trajectories", String(index).padStart(3, "0"));
    await mkdir(own, { recursive: true });
    const known = await readFile(join(own, "scores.json"), "utf8").catch(() => undefined);
    if (known && (JSON.parse(known) as Trajectory).prompt === prompt) continue;
    const run = vq.create({ ...settings, prompts: prompt, seed: 0, steps: MARKS.at(-1) as number });
    const scores: number[] = [];
    const look = async (step: number) => {
      const path = join(own, fileName(step));
      await run.toPNG(path);
      const [score] = await vq.score(path, [prompt]);
      scores.push((score as { cosine: number }).cosine);
    };
    await look(0);
    for await (const { step } of run) {
      if (MARKS.includes(step)) await look(step);
    }
    await run.dispose();
    await writeFile(join(own, "scores.json"), JSON.stringify({ prompt, marks: MARKS, scores } satisfies Trajectory));
    console.error(`trajectory ${index + 1}/${followed.length}: ${prompt}`);
  }
}
