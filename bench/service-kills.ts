/**
 * Kills workers, Redis and the server (kill -9) in a random order under load, and says what was lost and what was done twice:
 *
 *     node --import tsx bench/service-kills.ts --kills 200
 */
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { chaos } from "../test/support/chaos.js";
import { build, compileCli } from "../test/support/cli-process.js";
import { fixturePath } from "../test/support/fixtures.js";

const { values } = parseArgs({
  options: {
    kills: { type: "string", default: "30" },
    seed: { type: "string", default: "1" },
    workers: { type: "string", default: "2" },
    sessions: { type: "string", default: "6" },
    steps: { type: "string", default: "60" },
  },
});
const [kills, seed, workers, sessions, steps] = [
  values.kills,
  values.seed,
  values.workers,
  values.sessions,
  values.steps,
].map(Number) as [number, number, number, number, number];

const clean = compileCli();
const { VqganClip } = (await import(pathToFileURL(join(build, "index.js")).href)) as typeof import("../src/index.js");
const tiny = { vqgan: fixturePath("vqgan"), clip: fixturePath("clip-quick-gelu"), threads: 1 };
const vq = await VqganClip.fromPretrained(tiny);
try {
  const expected = async (request: object) => (await vq.create(request as { prompts: string }).toFinish()).toPNG();
  const onKill = (kill: number, what: string) => console.error(`${kill} of ${kills}: ${what}`);
  const report = await chaos({ kills, seed, workers, sessions, steps, expected, onKill });
  console.log(JSON.stringify(report));
  const faults = report.lost + report.twice + report.unfinished + report.miscounted + report.otherPictures;
  process.exitCode = faults > 0 ? 1 : 0;
} finally {
  await clean();
}
