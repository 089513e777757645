/** How a mesh is styled and looked at, and the name that tells it: `mesh:FILE.obj`, `mesh:FILE.obj,views=6,shape=0`. */
import type { Colour } from "../../core/colour.js";
import { requires } from "../../core/errors.js";
import { type NamesOf, requireKnown } from "../../core/known-names.js";
import { colourOf, isOn, readFields, toldFields } from "../named-options.js";

export interface MeshOptions {
  /** Views a step, 1..32 (default 4): the front, and others about it. */
  readonly views?: number;
  /** The front in degrees from the z axis towards the x axis, -360..360 (default 0). */
  readonly azimuth?: number;
  /** How far above the horizon the front is looked at from, in degrees, -89..89 (default 15). */
  readonly elevation?: number;
  /** Deviation of the other views' elevations in degrees, 0..180 (default 22.5); of their azimuths it is twice that. */
  readonly spread?: number;
  /** How far vertices may move along their normals, in radii, 0..0.5 (default 0.05; Text2Mesh: 0.1). 0: colours alone. */
  readonly shape?: number;
  /** Whether vertices have colours: `on` or `off` (default `on`). */
  readonly colour?: "on" | "off";
  /** Whether half of the pictures are grey, so that shape has to tell too: `on` or `off` (default `on`). */
  readonly bare?: "on" | "off";
  /** How finely colours and shape may vary: waves a radius, 0.1..20 (default 1.5); 0: each vertex by itself. */
  readonly detail?: number;
  /** Colour behind the mesh: six hexadecimal digits, `black` or `white` (default `white`). */
  readonly paper?: string;
}

/** Complete and checked. */
export interface MeshLook {
  readonly views: number;
  readonly azimuth: number;
  readonly elevation: number;
  readonly spread: number;
  readonly shape: number;
  readonly colour: boolean;
  readonly bare: boolean;
  readonly detail: number;
  readonly paper: Colour;
}

const defaults = {
  views: 4,
  azimuth: 0,
  elevation: 15,
  spread: 22.5,
  shape: 0.05,
  colour: "on",
  bare: "on",
  detail: 1.5,
  paper: "white",
} as const satisfies Required<MeshOptions>;

const names: NamesOf<MeshOptions> = {
  views: true,
  azimuth: true,
  elevation: true,
  spread: true,
  shape: true,
  colour: true,
  bare: true,
  detail: true,
  paper: true,
};

const MESH = "mesh";

/** What files of meshes that are written end with. */
export const meshEndings = [".obj", ".ply", ".glb"] as const;
export type MeshEnding = (typeof meshEndings)[number];

/** The file and the options that a name tells; undefined where it is no mesh's. @throws BAD_ARGUMENT on fields that cannot be read */
export function meshNamed(name: string): { readonly path: string; readonly options: MeshOptions } | undefined {
  if (!name.startsWith(`${MESH}:`)) return undefined;
  const [, path, fields] = /^(.*?)((?:,[^,=/\\]*=[^,/\\]*)*)$/s.exec(name.slice(MESH.length + 1)) as unknown as [
    string,
    string,
    string,
  ];
  requires(
    path !== "",
    "BAD_ARGUMENT",
    () => `${MESH}: names no file`,
    `write ${MESH}:bunny.obj, or ${MESH}:bunny.obj,views=6`,
  );
  const example = `${MESH}:bunny.obj,views=6`;
  return { path, options: fields === "" ? {} : readFields<MeshOptions>(MESH, fields.slice(1), defaults, example) };
}

/** What of the options differs from the defaults, as a name tells it. */
export const toldMesh = (options: MeshOptions): string => toldFields(options, defaults);

/** @throws BAD_ARGUMENT naming the option, its range and what came */
export function completeMesh(options: MeshOptions): MeshLook {
  requireKnown(`${MESH}()`, options, names);
  const { views, azimuth, elevation, spread, shape, colour, bare, detail, paper } = { ...defaults, ...options };
  requires(
    Number.isInteger(views) && views >= 1 && views <= 32,
    "BAD_ARGUMENT",
    () => `${MESH}: views is a whole number from 1 to 32, got ${views}`,
  );
  within("azimuth", azimuth, -360, 360);
  within("elevation", elevation, -89, 89);
  within("spread", spread, 0, 180);
  within("shape", shape, 0, 0.5);
  if (detail !== 0) within("detail", detail, 0.1, 20);
  const coloured = isOn(MESH, "colour", colour);
  requires(
    coloured || shape > 0,
    "BAD_ARGUMENT",
    () => `${MESH}: colour is off and shape 0`,
    "let colours or the shape change",
  );
  return {
    ...{ views, azimuth, elevation, spread, shape, detail },
    colour: coloured,
    bare: isOn(MESH, "bare", bare) && coloured && shape > 0,
    paper: colourOf(MESH, "paper", paper),
  };
}

function within(name: string, value: number, least: number, most: number): void {
  requires(
    value >= least && value <= most,
    "BAD_ARGUMENT",
    () => `${MESH}: ${name} is a number from ${least} to ${most}, got ${value}`,
  );
}
