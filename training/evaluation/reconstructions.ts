/** Unseen compositions through the generator and back: what the best picture of each could look like. */
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { writeFileAtomically } from "../../src/files/atomic-write.js";
import { encodePng, type VqganClip } from "../../src/index.js";
import { fileName } from "./pictures.js";

interface Reconstructions {
  /** sha256 of the generator that made them. */
  readonly generator: string;
  /** Size of its codebook. */
  readonly codes: number;
  /** The codes of each picture. */
  readonly used: readonly number[][];
}

/** How many are written to the report at a time. */
const BLOCK = 20;

/** Writes NNN.png for the first `count` compositions, and reconstructions.json; those of this generator stay. */
export async function makeReconstructions(
  vq: VqganClip,
  count: number,
  sources: string,
  folder: string,
): Promise<void> {
  const generator = (await vq.identities()).find(({ role }) => role === "generator")?.sha256 ?? "";
  const report = join(folder, "reconstructions.json");
  const former = await readReport(report);
  const used = former?.generator === generator ? [...former.used] : [];
  await mkdir(folder, { recursive: true });
  while (used.length < count) {
    const { picture, codes } = await vq.reconstruct(join(sources, "compositions", fileName(used.length)));
    await writeFileAtomically(join(folder, fileName(used.length)), await encodePng(picture));
    used.push(Array.from(codes?.data ?? [], Number));
    if (used.length % BLOCK !== 0 && used.length < count) continue;
    const result: Reconstructions = { generator, codes: vq.generator.codebook?.codes.shape[0] ?? 0, used };
    await writeFileAtomically(report, new TextEncoder().encode(JSON.stringify(result)));
  }
}

async function readReport(path: string): Promise<Reconstructions | undefined> {
  try {
    return JSON.parse(await readFile(path, "utf8")) as Reconstructions;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
