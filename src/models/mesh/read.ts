/** A mesh from its file, as a generator. */
import { sha256Of } from "../../core/bytes.js";
import { requires } from "../../core/errors.js";
import { needed, type Place } from "../files.js";
import type { Generator } from "../generator.js";
import type { ModelFile } from "../model-file.js";
import { joinedFile } from "../model-weights.js";
import { meshGenerator } from "./mesh.js";
import { meshLimits, readObj } from "./obj.js";
import { type MeshOptions, toldMesh } from "./options.js";

/** @throws BAD_ARGUMENT on options; BAD_MODEL when there is no such file, BAD_FILE when it is no OBJ, OUT_OF_LIMITS, IO_FAILED */
export async function readMesh({ path, files, file }: Place, options: MeshOptions): Promise<Generator> {
  requires(file !== undefined, "BAD_ARGUMENT", () => `${path} is a folder`, "name the mesh's file, an OBJ");
  const source = await needed(files, file, "a mesh");
  const { bytes: most } = meshLimits;
  requires(source.size <= most, "OUT_OF_LIMITS", () => `${path}: ${source.size} bytes, at most ${most} are read`);
  const bytes = await source.read(0, source.size);
  const own: ModelFile = { name: file, size: source.size, sha256: () => sha256Of(bytes) };
  const told = toldMesh(options);
  const name = told === "" ? file : `${file},${told}`;
  const asked: ModelFile = {
    name: "options",
    size: told.length,
    sha256: () => sha256Of(new TextEncoder().encode(told)),
  };
  return meshGenerator(readObj(bytes, path), options, name, [told === "" ? own : joinedFile(name, [own, asked])]);
}
