/**
 * ONNX Runtime on Node, with its telemetry off: the same version installed beside this package as `onnxruntime-node`
 * (which may have CUDA's libraries), else the copy that is shipped with it (`copy.js`).
 */
import { createRequire } from "node:module";
import { dirname } from "node:path";
import { switchTelemetryOff } from "./telemetry.js";

switchTelemetryOff();

const require = createRequire(import.meta.url);
const wanted = require("../package.json").dependencies["onnxruntime-common"];

function folder() {
  try {
    const file = require.resolve("onnxruntime-node/package.json");
    if (require(file).version === wanted) return dirname(file);
  } catch {} // not installed
  return "./onnxruntime";
}

function load() {
  try {
    return require(`${folder()}/dist/index.js`);
  } catch (error) {
    throw new Error(
      `the engine does not load on ${process.platform}-${process.arch}: ${error.message} ` +
        "(it needs 64-bit Linux with glibc 2.28, macOS on Apple silicon, or Windows with Visual C++'s libraries)",
      { cause: error },
    );
  }
}

export const { env, InferenceSession, Tensor } = load();
