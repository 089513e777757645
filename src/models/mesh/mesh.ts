/** The style of a mesh told in words (Text2Mesh, Michel et al. 2022): colours of its vertices and ways along their normals. */
import { requires } from "../../core/errors.js";
import { NDArray } from "../../core/ndarray.js";
import type { Random } from "../../core/random.js";
import { input, type Tensor } from "../../graph/tensor.js";
import { add, mul } from "../../ops/arithmetic.js";
import { type Generator, type Solid, sizeOption } from "../generator.js";
import type { ModelFile } from "../model-file.js";
import { type Camera, cameraAt, drawCameras } from "./cameras.js";
import { drawMesh } from "./draw.js";
import { fieldShape, HostField, styled } from "./field.js";
import { writeGlb } from "./glb.js";
import { type Mesh, writeObj } from "./obj.js";
import { completeMesh, type MeshEnding, type MeshLook, type MeshOptions, meshEndings } from "./options.js";
import { writePly } from "./ply.js";
import { inOwnPlace, type Surface, surfaceOf } from "./surface.js";
import { visibleFaces } from "./visible.js";

/** Settings that suit the bundled encoder. */
const recommended = {
  steps: 100,
  learningRate: 0.05,
  schedule: { kind: "linear", final: 0.1 },
  cutouts: 8,
  cutMethod: "whole",
  augmentations: [
    { kind: "perspective", distortion: 0.5, p: 0.8 },
    { kind: "noise", level: 0.05 },
  ],
  start: "normal",
  regularizer: { weight: 0, target: "zero", decay: 0, every: 1 },
};

type Size = readonly [height: number, width: number];

/**
 * A generator of pictures of a mesh: each decodes to several views, of which the first is the front.
 *
 * @param name of the mesh, as pictures and sessions tell it
 * @throws BAD_ARGUMENT naming the option, its range and what came; BAD_FILE
 */
export function meshGenerator(mesh: Mesh, options: MeshOptions, name: string, files: readonly ModelFile[]): Generator {
  const look = completeMesh(options);
  const surface = surfaceOf(mesh, name);
  return {
    name,
    factor: 1,
    resolution: 128,
    recommended,
    latentShape: () => fieldShape(surface, look),
    first: () => NDArray.zeros("float32", fieldShape(surface, look)),
    decode: (z, given) => pictures(z, surface, look, sizeOption(name, given)),
    solid: solidOf(surface, look),
    files,
  };
}

/** [V,3,H,W] in -1..1; of bare ones twice as many */
function pictures(z: Tensor, surface: Surface, look: MeshLook, [height, width]: Size): Tensor {
  const { views, paper, bare } = look;
  const cameras = input("cameras", "float32", [views, 3, 3]);
  const visible = input("visible", "int32", [views * height * width]);
  const scene = { ...styled(z, surface, look), faces: surface.faces, cameras, visible };
  return add(mul(drawMesh(scene, [height, width], paper, bare), 2), -1);
}

function solidOf(surface: Surface, look: MeshLook): Solid {
  const host = new HostField(surface, look);
  const feeds = (z: NDArray, size: Size, cameras: readonly Camera[]) => {
    const { positions } = host.styled(z);
    const { faces } = surface;
    const visible = visibleFaces(positions, faces, cameras, size);
    return {
      cameras: NDArray.float32([cameras.length, 3, 3], cameras.flat()),
      visible: new NDArray("int32", [visible.length], visible),
    };
  };
  return {
    feeds: (z, size, random: Random) => feeds(z, size, drawCameras(look, random)),
    view: (z, size) => pictures(z, surface, { ...look, views: 1, bare: false }, size),
    feedsAt: (z, size, turn) => feeds(z, size, [cameraAt(look.azimuth + 360 * turn, look.elevation)]),
    file: (z, ending) => {
      const known = meshEndings.find((each) => each === ending);
      requires(
        known,
        "BAD_ARGUMENT",
        () => `toMesh(): a mesh is written as ${meshEndings.join(" or ")}, got ${ending || "no ending"}`,
      );
      const { positions, colours } = host.styled(z);
      return writers[known](inOwnPlace(surface, positions, colours));
    },
  };
}

const writers = { ".obj": writeObj, ".ply": writePly, ".glb": writeGlb } satisfies Record<MeshEnding, unknown>;
