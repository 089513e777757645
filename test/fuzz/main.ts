/** `npm run fuzz -- --minutes 60 --seed 7`: as long as wanted; every input that fails becomes a file of test/fixtures/fuzz. */
import { createHash } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { fixturePath } from "../support/fixtures.js";
import { fuzz } from "./fuzz.js";
import { mutations } from "./inputs.js";

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "1" },
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
    /** Begin at this input. */
    first: { type: "string", default: "0" },
    count: { type: "string", default: "1000000000" },
  },
});
const [minutes, seed, first, count] = [values.minutes, values.seed, values.first, values.count].map(Number) as [
  number,
  number,
  number,
  number,
];
let shown = 0;
const report = await fuzz({ seed, first, count, until: Date.now() + 60_000 * minutes }, (number) => {
  if (number % 1000 > 0 || Date.now() - shown < 10_000) return;
  shown = Date.now();
  console.log(`seed ${seed}: ${number} inputs`);
});
for (const { label, what } of report.failures) {
  console.log(`FAILED ${label}: ${what}`);
  const [, number, target] = /:(\d+) (.+)$/.exec(label) ?? [];
  if (number === undefined) continue; // a known one
  const input = (await mutations(seed))(Number(number)).bytes;
  await mkdir(fixturePath("fuzz"), { recursive: true });
  const path = fixturePath(`fuzz/${target}--${createHash("sha256").update(input).digest("hex").slice(0, 12)}`);
  await writeFile(path, input);
  console.log(`  kept as ${path}`);
}
const { inputs, read, peakBytes, failures, written } = report;
console.log(`${inputs} inputs, ${read} read, ${(peakBytes / 1e6).toFixed(0)} MB at most, ${failures.length} failures`);
for (const file of written) console.log(`WRITTEN ${file}`);
process.exitCode = failures.length + written.length > 0 ? 1 : 0;
