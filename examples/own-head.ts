/**
 * A reward of your own from rated words: valence, arousal and dominance, or whatever a table's columns are called.
 *
 *     node --import tsx examples/own-head.ts examples/moods.csv mood.safetensors [CLIP]
 *     npx vqgan-clip "a house" --reward mood/arousal:2 --reward-model mood=mood.safetensors
 *
 * The table has a line for each word: the word, then a number for each column, by any scale. A linear map is fitted to the
 * words' embeddings by ridge regression, and reads pictures, which lie in the same space (Ibarrola et al. 2023 do so with
 * a deeper net and the 13,915 words of Warriner et al., whose licence does not let us bring them).
 */
import { readFile, writeFile } from "node:fs/promises";
import { pathToFileURL } from "node:url";
import { VqganClip } from "vqgan-clip";

/** The strengths that are tried; the one whose map tells unseen words best is kept. */
const STRENGTHS = [0.03, 0.1, 0.3, 1, 3, 10];
/** Every so manyth word is unseen while a strength is chosen. */
const UNSEEN = 5;

interface Table {
  readonly outputs: readonly string[];
  readonly words: readonly string[];
  /** Columns [k][n], each from 0 to 1 */
  readonly ratings: readonly (readonly number[])[];
}

export function readTable(text: string): Table {
  const [head = "", ...lines] = text.trim().split(/\r?\n/);
  const rows = lines.map((line) => line.split(",").map((cell) => cell.trim()));
  const outputs = head.split(",").slice(1).map((name) => name.trim()); // biome-ignore format: one thought
  const bad = rows.find((row) => row.length !== outputs.length + 1 || row.slice(1).some((cell) => cell === "" || !Number.isFinite(Number(cell)))); // biome-ignore format: one thought
  if (bad || outputs.length === 0 || rows.length < 2 * UNSEEN)
    throw new Error(
      `the table needs a word and its numbers in each of ${2 * UNSEEN} lines or more, got ${bad?.join() ?? head}`,
    );
  const ratings = outputs.map((_, k) => {
    const values = rows.map((row) => Number(row[k + 1]));
    const [low, high] = [Math.min(...values), Math.max(...values)];
    return values.map((value) => (value - low) / (high - low || 1));
  });
  return { outputs, words: rows.map(([word]) => word as string), ratings };
}

/** Weights w [E] and offset b with the least |X w + b - y|^2 + strength |w|^2; X [n][E]. */
export function ridge(x: readonly Float32Array[], y: readonly number[], strength: number): { w: number[]; b: number } {
  const size = x[0]?.length ?? 0;
  const centre = Array.from({ length: size }, (_, j) => mean(x.map((row) => row[j] as number)));
  const middle = mean(y);
  const rows = x.map((row) => centre.map((c, j) => (row[j] as number) - c));
  const system = centre.map((_, i) => [
    ...centre.map((_, j) => dot(column(rows, i), column(rows, j)) + (i === j ? strength : 0)),
    dot(column(rows, i), y.map((value) => value - middle)), // biome-ignore format: one thought
  ]);
  const w = solved(system);
  return { w, b: middle - dot(w, centre) };
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
const column = (rows: readonly (readonly number[])[], j: number) => rows.map((row) => row[j] as number);
const dot = (a: ArrayLike<number>, b: ArrayLike<number>) => Array.from(a).reduce((sum, value, i) => sum + value * (b[i] as number), 0); // biome-ignore format: one thought

/** Of a positive definite system [n][n+1], by elimination. */
function solved(system: number[][]): number[] {
  for (const [i, row] of system.entries()) {
    for (const other of system.slice(i + 1)) {
      const factor = (other[i] as number) / (row[i] as number);
      for (let j = i; j < row.length; j++) other[j] = (other[j] as number) - factor * (row[j] as number);
    }
  }
  const result = new Array<number>(system.length).fill(0);
  for (let i = system.length - 1; i >= 0; i--) {
    const row = system[i] as number[];
    result[i] = ((row.at(-1) as number) - dot(row.slice(i + 1, -1), result.slice(i + 1))) / (row[i] as number);
  }
  return result;
}

/** Pearson's, of what a map says of unseen words with their ratings. */
function correlation(a: readonly number[], b: readonly number[]): number {
  const [left, right] = [a, b].map((values) => values.map((value) => value - mean(values))) as [number[], number[]];
  return dot(left, right) / Math.sqrt(dot(left, left) * dot(right, right));
}

/** As `.safetensors`: arrays of float32 by their names. */
export function safetensors(arrays: Readonly<Record<string, { shape: readonly number[]; values: readonly number[] }>>) {
  let end = 0;
  const header = Object.entries(arrays).map(([name, { shape, values }]) => {
    const begin = end;
    end += 4 * values.length;
    return [name, { dtype: "F32", shape, data_offsets: [begin, end] }] as const;
  });
  const text = JSON.stringify(Object.fromEntries(header));
  const head = Buffer.from(text.padEnd(Math.ceil(text.length / 8) * 8)); // so that the numbers begin at a multiple of 8
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(head.length));
  const bodies = Object.values(arrays).map(({ values }) => Buffer.from(Float32Array.from(values).buffer));
  return Buffer.concat([length, head, ...bodies]);
}

async function main(table: string, file: string, clip: string | undefined): Promise<void> {
  const { outputs, words, ratings } = readTable(await readFile(table, "utf8"));
  const vq = await VqganClip.fromPretrained({ ...(clip !== undefined && { clip }) });
  const vectors = await vq.embedTexts(words);
  await vq.dispose();
  const isUnseen = (i: number) => i % UNSEEN === 0;
  const maps = ratings.map((values, k) => {
    const seen = <T>(list: readonly T[]) => list.filter((_, i) => !isUnseen(i));
    const unseen = <T>(list: readonly T[]) => list.filter((_, i) => isUnseen(i));
    const tried = STRENGTHS.map((strength) => {
      const { w, b } = ridge(seen(vectors), seen(values), strength);
      return { strength, told: correlation(unseen(vectors).map((vector) => dot(w, vector) + b), unseen(values)) }; // biome-ignore format: one thought
    });
    const best = tried.reduce((a, b) => (b.told > a.told ? b : a));
    console.log(
      `${outputs[k]}: correlation ${best.told.toFixed(2)} with the ratings of ${unseen(words).length} unseen words`,
    );
    return ridge(vectors, values, best.strength);
  });
  const [count, size] = [outputs.length, vectors[0]?.length ?? 0];
  const weight = { shape: [count, size], values: maps.flatMap(({ w }) => w) };
  await writeFile(file, safetensors({ weight, bias: { shape: [count], values: maps.map(({ b }) => b) } }));
  await writeFile(file.replace(/\.\w+$/, ".json"), `${JSON.stringify({ outputs })}\n`);
}

if (import.meta.url === pathToFileURL(process.argv[1] as string).href) {
  const [table, file, clip] = process.argv.slice(2);
  if (!table || !file) throw new Error("own-head.ts TABLE.csv HEAD.safetensors [CLIP]");
  await main(table, file, clip);
}
