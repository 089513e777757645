/**
 * The benchmark: one table from one run, so that every figure has its yardstick beside it. Published sizes carry random
 * weights (speed does not depend on them); the bundled pair makes a real picture.
 *
 *     npm run bench                 everything; about ten minutes on two idle cores
 *     npm run bench -- --quick      fewer repeats, without PyTorch
 */
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { availableParallelism, cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs, promisify } from "node:util";
import { batchSeconds } from "./batch.js";
import { probe } from "./probe.js";

const run = promisify(execFile);
const { values } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    threads: { type: "string", default: String(availableParallelism()) },
    python: { type: "string", default: "python3" },
  },
});
const threads = Number(values.threads);
const repeat = values.quick ? 1 : 3;

/** Columns of figures under a title, as Markdown. */
function table(title: string, head: readonly string[], rows: readonly (readonly (string | number)[])[]): void {
  console.log(`\n## ${title}\n`);
  console.log(`| ${head.join(" | ")} |\n|${head.map(() => " --- ").join("|")}|`);
  for (const row of rows) console.log(`| ${row.join(" | ")} |`);
}

type Report = Record<string, number>;

async function step(cutouts: number, size = 256, options: readonly string[] = []): Promise<Report> {
  const args = [
    "--import",
    "tsx",
    "bench/step.ts",
    "--cutouts",
    cutouts,
    "--size",
    size,
    "--threads",
    threads,
    "--repeat",
    repeat,
  ];
  const { stdout } = await run(process.execPath, [...args.map(String), ...options]);
  return JSON.parse(stdout) as Report;
}

const of = (report: Report, key: string): number => report[key] ?? Number.NaN;
const seconds = (value: number): string => value.toFixed(2);
const percent = (part: number, whole: number): string => `${Math.round((100 * part) / whole)} %`;

console.log(
  `# Benchmark\n\n${cpus()[0]?.model.trim()}, ${threads} threads, Node ${process.version}, onnxruntime-node CPU`,
);
const limits = await probe(threads);
table(
  "What this machine can do",
  ["probe", "GFLOP/s"],
  [
    ["3x3 convolutions, 128 channels, 128 px", limits.convolution.toFixed(0)],
    ["matrix products 1600 x 768 x 3072", limits.matrix.toFixed(0)],
  ],
);

/** What the probes' rates would make of the step's own mix of convolutions and matrix products. */
function ideal(report: Report): number {
  const convolution = of(report, "convolutionGigaflop");
  return convolution / limits.convolution + (of(report, "gigaflop") - convolution) / limits.matrix;
}

const steps = [
  await step(8, 256, ["--split", "--micro-batch", "4"]),
  await step(32, 256, ["--split", "--micro-batch", "8"]),
];
table(
  "One step: VQGAN f16-16384 and ViT-B/32, 256 px",
  [
    "cutouts",
    "s/step",
    "decode",
    "cutouts + encode",
    "backward",
    "host",
    "GFLOP",
    "GFLOP/s",
    "of the probe (bar 0.75)",
  ],
  steps.map((report) => {
    const time = of(report, "seconds");
    return [
      of(report, "cutouts"),
      seconds(time),
      percent(of(report, "decodeSeconds"), time),
      percent(of(report, "forwardSeconds") - of(report, "decodeSeconds"), time),
      percent(time - of(report, "forwardSeconds"), time),
      percent(of(report, "hostSeconds"), time),
      of(report, "gigaflop").toFixed(0),
      (of(report, "gigaflop") / time).toFixed(0),
      (ideal(report) / time).toFixed(2),
    ];
  }),
);

const sizes = values.quick
  ? []
  : [await step(4, 128, ["--micro-batch", "4"]), await step(4, 384, ["--micro-batch", "4"])];
table(
  "Memory, loading and growth",
  ["px", "cutouts", "s/step", "session load s", "peak MB", "predicted MB", "bar MB"],
  [...steps, ...sizes].map((report) => [
    of(report, "size"),
    of(report, "cutouts"),
    seconds(of(report, "seconds")),
    seconds(of(report, "loadSeconds")),
    of(report, "peakMegabytes").toFixed(0),
    of(report, "predictedMegabytes").toFixed(0),
    of(report, "size") === 256 ? (of(report, "cutouts") === 8 ? 2600 : 3200) : "-",
  ]),
);

const folder = await mkdtemp(join(tmpdir(), "bench-"));
const pictures: (string | number)[][] = [];
for (const count of [50, 200]) {
  const start = performance.now();
  const output = join(folder, `${count}.png`);
  await run(process.execPath, [
    "dist/cli/main.js",
    "generate",
    "a red apple",
    "--seed",
    "1",
    "--steps",
    String(count),
    "-o",
    output,
  ]);
  pictures.push([count, seconds((performance.now() - start) / 1000)]);
}
await rm(folder, { recursive: true });
const [[, short], [, long]] = pictures as [[number, string], [number, string]];
table(
  "The bundled pair, 128 px, from start to PNG",
  ["steps", "s (bar for 200: 60)", "it/s between"],
  [
    [50, short, ""],
    [200, long, (150 / (Number(long) - Number(short))).toFixed(1)],
  ],
);

const batches: (string | number)[][] = [];
for (const count of [2, 4]) {
  const [apart, together] = await batchSeconds(count, threads, values.quick ? 3 : 9);
  batches.push([count, seconds(apart), seconds(together), (apart / together).toFixed(2)]);
}
table(
  "Latents in one program: the bundled VQGAN's picture and its gradient",
  ["latents", "one after the other s", "together s", "times faster"],
  batches,
);

console.log("");
if (values.quick) console.log("Not measured: PyTorch (left out by --quick).");
else await besidePytorch();
console.log("Not measured: GPUs, browsers, other processors, pictures above 384 px.");

/** The same step in PyTorch, where it is installed. */
async function besidePytorch(): Promise<void> {
  const rows: (string | number)[][] = [];
  for (const report of steps) {
    const cutouts = String(of(report, "cutouts"));
    try {
      const args = [
        "bench/pytorch_step.py",
        "--cutouts",
        cutouts,
        "--threads",
        String(threads),
        "--repeat",
        String(repeat),
      ];
      const { stdout } = await run(values.python, args);
      const torch = JSON.parse(stdout.trim().split("\n").at(-1) as string) as Report;
      const theirs = of(torch, "seconds_per_step");
      rows.push([
        cutouts,
        seconds(of(report, "seconds")),
        seconds(theirs),
        (theirs / of(report, "seconds")).toFixed(2),
      ]);
    } catch (error) {
      console.log(`Not measured: PyTorch (${(error as Error).message.trim().split("\n").at(-1)}).`);
      return;
    }
  }
  table(
    "Beside PyTorch on the same machine, same threads",
    ["cutouts", "this s/step", "PyTorch s/step", "times faster"],
    rows,
  );
}
