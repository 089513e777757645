/** Where a mesh is looked at from: cameras at distance 2 of its centre, upright, that see 60 degrees (Text2Mesh). */
import type { Random } from "../../core/random.js";
import type { MeshLook } from "./options.js";

/** Of cameras from the centre, whose mesh lies within a radius of 1.5 of it. */
export const DISTANCE = 2;
/** Half of what the shorter side of a picture sees, at distance 1. */
export const HALF_VIEW = Math.tan(Math.PI / 6);

/** Unit vectors to the right, up and back to the camera, one after another: the rows of a rotation [3,3]. */
export type Camera = readonly number[];

/** @param azimuth degrees from the z axis towards the x axis @param elevation degrees above the horizon; past 90 it is the other side */
export function cameraAt(azimuth: number, elevation: number): Camera {
  const [a, e] = [(azimuth * Math.PI) / 180, (elevation * Math.PI) / 180];
  const back = [Math.cos(e) * Math.sin(a), Math.sin(e), Math.cos(e) * Math.cos(a)] as const;
  const upright = Math.cos(e) < 0 ? -1 : 1;
  const right = [upright * Math.cos(a), 0, -upright * Math.sin(a)] as const;
  const up = [
    back[1] * right[2] - back[2] * right[1],
    back[2] * right[0] - back[0] * right[2],
    back[0] * right[1] - back[1] * right[0],
  ];
  return [...right, ...up, ...back];
}

/** The front, and views about it: elevations with the deviation `spread`, azimuths with twice that. */
export function drawCameras({ views, azimuth, elevation, spread }: MeshLook, random: Random): readonly Camera[] {
  return Array.from({ length: views }, (_, i) =>
    i === 0
      ? cameraAt(azimuth, elevation)
      : cameraAt(azimuth + random.normal(0, 2 * spread), elevation + random.normal(0, spread)),
  );
}
