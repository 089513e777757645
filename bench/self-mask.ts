/**
 * How well a phrase finds its own mask (appendix G.2): intersection over union with the known places of objects in composed
 * scenes. `npm run bench:self-mask -- [--model DIR] [--scenes 40] [--seed 1] [--deviations 1,1.25,1.5] [--plain]`;
 * `--plain` leaves the picture's edges out, as the paper does.
 */
import { parseArgs } from "node:util";
import { VqganClip } from "../src/index.js";
import { USUAL_DEVIATIONS } from "../src/masks/mask.js";
import { composeScenes, overlap } from "../test/support/scenes.js";

const { values } = parseArgs({
  options: {
    model: { type: "string" },
    scenes: { type: "string", default: "40" },
    seed: { type: "string", default: "1" },
    deviations: { type: "string", default: String(USUAL_DEVIATIONS) },
    plain: { type: "boolean", default: false },
    threads: { type: "string" },
  },
});

const vq = await VqganClip.fromPretrained({
  ...(values.model !== undefined && { model: values.model }),
  ...(values.threads !== undefined && { threads: Number(values.threads) }),
});
const scenes = await composeScenes(Number(values.scenes), Number(values.seed));
const limits = values.deviations.split(",").map(Number);
const mean = (numbers: readonly number[]) => numbers.reduce((sum, value) => sum + value, 0) / numbers.length;

let hits = 0;
const rows: { object: number; box: number }[][] = limits.map(() => []);
for (const { picture, phrase, object, box } of scenes) {
  // One map serves every threshold.
  const { likeness } = await vq.findMask(picture, phrase, { deviations: -10, edges: !values.plain });
  const map = likeness.floats();
  const middle = mean([...map]);
  const spread = Math.sqrt(mean([...map].map((value) => (value - middle) ** 2)));
  if (box[map.indexOf(Math.max(...map))] === 1) hits++;
  for (const [i, limit] of limits.entries()) {
    const mask = Uint8Array.from(map, (value) => Number(value > middle + limit * spread));
    rows[i]?.push({ object: overlap(mask, object), box: overlap(mask, box) });
  }
  const shown = rows.map((row) => row.at(-1)?.object.toFixed(2)).join(" ");
  console.log(`${phrase.padEnd(16)} object ${shown}`);
}
console.log(`mean IoU over ${scenes.length} scenes; the most alike pixel lies in the object's box in ${hits}`);
for (const [i, limit] of limits.entries()) {
  const [object, box] = [mean((rows[i] ?? []).map((row) => row.object)), mean((rows[i] ?? []).map((row) => row.box))];
  console.log(`deviations ${limit}: object's pixels ${object.toFixed(3)}, its box ${box.toFixed(3)}`);
}
