/** Files of what a generator draws beside pixels: the curves of a drawing, a mesh, and films of both. */
import { drawingDelays, turnDelays } from "../guidance/picture-series.js";
import { Refusal } from "./errors.js";
import type { Platform, ServedRun } from "./platform.js";

/** What each is, as an answer says it. */
export const shapeFiles = {
  "drawing.svg": "image/svg+xml",
  "drawing.webp": "image/webp",
  "mesh.glb": "model/gltf-binary",
  "mesh.ply": "application/octet-stream",
  "mesh.obj": "model/obj",
  "turntable.webp": "image/webp",
} as const;
export type ShapeFile = keyof typeof shapeFiles;
export const shapeFileNames = Object.keys(shapeFiles) as [ShapeFile, ...ShapeFile[]];

type Shaping = Pick<Platform["vq"]["generator"], "svg" | "culling" | "solid">;

/** Those that there are of a generator's pictures. */
export function shapesOf({ svg, culling, solid }: Shaping, { animated }: Pick<Platform, "animated">): ShapeFile[] {
  const has: Record<ShapeFile, unknown> = {
    "drawing.svg": svg,
    "drawing.webp": culling && animated,
    "mesh.glb": solid,
    "mesh.ply": solid,
    "mesh.obj": solid,
    "turntable.webp": solid && animated,
  };
  return shapeFileNames.filter((file) => has[file]);
}

/** @throws NOT_FOUND where the generator has no such thing */
export async function shapeOf(run: ServedRun, file: ShapeFile, platform: Platform): Promise<Uint8Array> {
  const { generator } = platform.vq;
  if (!shapesOf(generator, platform).includes(file)) {
    throw new Refusal(
      "NOT_FOUND",
      `${file}: ${generator.name} has none`,
      "strokes draw curves, and mesh:FILE.obj shapes in space",
    );
  }
  if (file === "drawing.svg") return new TextEncoder().encode(await run.svg());
  if (file === "drawing.webp" || file === "turntable.webp") {
    const turns = file === "turntable.webp";
    const pictures = await Promise.all((await (turns ? run.turntable() : run.film())).map(platform.encodePreview));
    return (platform.animated as NonNullable<Platform["animated"]>)(
      pictures,
      (turns ? turnDelays : drawingDelays)(pictures.length),
    );
  }
  return run.mesh(file.slice(file.lastIndexOf(".")));
}
