/** A mesh with colours of vertices as a PLY file, binary: what mesh viewers and Blender open with its colours. */
import type { Mesh } from "./obj.js";

export function writePly({ positions, colours, faces }: Mesh): Uint8Array {
  const [vertices, triangles] = [positions.length / 3, faces.length / 3];
  const header = new TextEncoder().encode(
    [
      "ply",
      "format binary_little_endian 1.0",
      `element vertex ${vertices}`,
      ...["x", "y", "z"].map((name) => `property float ${name}`),
      ...["red", "green", "blue"].map((name) => `property uchar ${name}`),
      `element face ${triangles}`,
      "property list uchar int vertex_indices",
      "end_header\n",
    ].join("\n"),
  );
  const bytes = new Uint8Array(header.length + 15 * vertices + 13 * triangles);
  bytes.set(header);
  const view = new DataView(bytes.buffer);
  let at = header.length;
  for (let i = 0; i < positions.length; i += 3) {
    for (const value of positions.subarray(i, i + 3)) at = put(at, 4, () => view.setFloat32(at, value, true));
    for (let c = 0; c < 3; c++) bytes[at++] = Math.round(255 * (colours?.[i + c] ?? 0.5));
  }
  for (let i = 0; i < faces.length; i += 3) {
    bytes[at++] = 3;
    for (const index of faces.subarray(i, i + 3)) at = put(at, 4, () => view.setInt32(at, index, true));
  }
  return bytes;
}

/** @returns where the next goes */
function put(at: number, length: number, write: () => void): number {
  write();
  return at + length;
}
