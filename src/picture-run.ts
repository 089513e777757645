/** A run with its picture and its files: what `create` and `open` give on Node. */
import { extname } from "node:path";
import type { NDArray } from "./core/ndarray.js";
import { writeFileAtomically } from "./files/atomic-write.js";
import { drawingDelays, turnDelays } from "./guidance/picture-series.js";
import { encodePng } from "./image/png.js";
import { animatedWebp } from "./image/webp.js";
import type { PictureOptions, SessionOptions } from "./pair/picture-requests.js";
import { RunningPicture } from "./pair/running-picture.js";

/** A picture file by path or bytes, or numbers [3,H,W] in 0..1. */
export type PictureSource = string | Uint8Array | NDArray;

/**
 * One picture in the making. Nothing is compiled before the first step; leaving a loop over it pauses it, and another
 * loop goes on from there.
 */
export class PictureRun extends RunningPicture<PictureSource> {
  /** The picture as it is now as a PNG with its story; also written to `path`, when given. @throws IO_FAILED */
  async toPNG(path?: string, options: PictureOptions = {}): Promise<Uint8Array> {
    const png = await this.png(options);
    if (path !== undefined) await writeFileAtomically(path, png);
    return png;
  }

  /**
   * The picture as it is now as an SVG, of which any viewer makes the same drawing; also written to `path`, when given.
   *
   * @throws BAD_ARGUMENT unless the generator draws shapes (`strokes`), IO_FAILED
   */
  async toSVG(path?: string, options: PictureOptions = {}): Promise<string> {
    const svg = await this.svg(options);
    if (path !== undefined) await writeFileAtomically(path, new TextEncoder().encode(svg));
    return svg;
  }

  /**
   * The mesh as it is now with its colours, as the path's ending says: `.obj`, `.ply` or `.glb`. Written to `path`.
   *
   * @throws BAD_ARGUMENT unless the generator has shapes in space (`mesh:FILE.obj`), and on other endings; IO_FAILED
   */
  async toMesh(path: string): Promise<Uint8Array> {
    const bytes = await this.mesh(extname(path).toLowerCase());
    await writeFileAtomically(path, bytes);
    return bytes;
  }

  /** The pictures of `film` as a WebP that moves for ever, whose last stays a while; also written to `path`, when given. @throws IO_FAILED */
  async toFilm(path?: string, frames?: number): Promise<Uint8Array> {
    const pictures = await Promise.all((await this.film(frames)).map((picture) => encodePng(picture)));
    const webp = await animatedWebp(pictures, drawingDelays(pictures.length), 90);
    if (path !== undefined) await writeFileAtomically(path, webp);
    return webp;
  }

  /** The pictures of `turntable` as a WebP that moves for ever; also written to `path`, when given. @throws IO_FAILED */
  async toTurntable(path?: string, frames?: number): Promise<Uint8Array> {
    const pictures = await Promise.all((await this.turntable(frames)).map((picture) => encodePng(picture)));
    const webp = await animatedWebp(pictures, turnDelays(pictures.length), 90);
    if (path !== undefined) await writeFileAtomically(path, webp);
    return webp;
  }

  /** The bytes of a `.vqclip` session, from which `open` continues with the same result; also written to `path`, when given. @throws IO_FAILED */
  async save(path?: string, options: SessionOptions = {}): Promise<Uint8Array> {
    const session = await this.session(options);
    if (path !== undefined) await writeFileAtomically(path, session);
    return session;
  }
}
