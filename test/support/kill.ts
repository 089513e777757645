/** Kills a run that writes checkpoints at random moments, again and again, and looks at what is left each time. */
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Random } from "../../src/core/random.js";
import { readSession } from "../../src/sessions/session-file.js";
import { currentState } from "../../src/sessions/session-tree.js";
import { listing, tinyModels } from "./cli.js";
import type { cliProcess } from "./cli-process.js";

export interface KillReport {
  readonly kills: number;
  /** Sessions that could not be read. */
  readonly unreadable: number;
  /** The most steps that one kill lost: seen in the output, and later than the session. */
  readonly lost: number;
  /** The step of the last session. */
  readonly reached: number;
  /** Temporary files that were left behind. */
  readonly leftovers: number;
}

/**
 * Every life begins where the last session stands and is killed (SIGKILL) within the time of about two checkpoints.
 *
 * @param every steps between two checkpoints
 */
export async function killedAgainAndAgain(
  run: typeof cliProcess,
  { folder, kills, every, seed }: { folder: string; kills: number; every: number; seed: number },
): Promise<KillReport> {
  const random = new Random(seed).split("kills");
  const session = join(folder, "run.vqclip");
  const files = ["-o", join(folder, "run.png"), "--save-state", session, "--checkpoint-every", String(every)];
  const steps = ["-i", "1000000", "--json", ...tinyModels];
  let [unreadable, lost, reached] = [0, 0, 0];
  for (let kill = 0; kill < kills; kill++) {
    const begin = existsSync(session)
      ? ["resume", session]
      : ["generate", "a castle", "--size", "32", "--cutouts", "2"];
    const lastStep = reached + every + Math.floor(random.uniform() * every);
    const delay = random.uniform() * 30; // ms into the step, the writing or the renaming that follows
    let seen = reached;
    await run([...begin, ...files, ...steps], {
      onLine: (line, end) => {
        const event = JSON.parse(line) as { type: string; step: number };
        if (event.type !== "step") return;
        seen = event.step;
        if (seen === lastStep) setTimeout(() => end("SIGKILL"), delay);
      },
    });
    if (reached === 0 && !existsSync(session)) {
      lost = Math.max(lost, seen); // killed before the first checkpoint was there
      continue;
    }
    try {
      reached = currentState((await readSession(await readFile(session))).tree).step;
    } catch {
      unreadable++;
    }
    lost = Math.max(lost, seen - reached);
  }
  const leftovers = (await listing(folder)).filter((name) => name.endsWith(".tmp")).length;
  return { kills, unreadable, lost, reached, leftovers };
}
