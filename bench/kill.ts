/**
 * Kills a run at random moments and says what was lost:
 *
 *     node --import tsx bench/kill.ts --kills 50
 */
import { parseArgs } from "node:util";
import { inEmptyFolder } from "../test/support/cli.js";
import { cliProcess, compileCli } from "../test/support/cli-process.js";
import { killedAgainAndAgain } from "../test/support/kill.js";

const { values } = parseArgs({
  options: {
    kills: { type: "string", default: "50" },
    every: { type: "string", default: "5" },
    seed: { type: "string", default: "1" },
  },
});
const clean = compileCli();
try {
  await inEmptyFolder(async (folder) => {
    const [kills, every, seed] = [values.kills, values.every, values.seed].map(Number) as [number, number, number];
    console.log(JSON.stringify({ every, ...(await killedAgainAndAgain(cliProcess, { folder, kills, every, seed })) }));
  });
} finally {
  await clean();
}
