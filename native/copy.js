/**
 * Part of the build: copies of `onnxruntime-node` what runs programs, once, and not its installation script, which fails
 * wherever its host cannot be reached. Left out are DirectML and the shader compiler of Windows (not under open
 * licences) and the second copy of macOS' library; who wants them, or CUDA, installs `onnxruntime-node` beside.
 */
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const file = createRequire(import.meta.url).resolve("onnxruntime-node/package.json");
const target = fileURLToPath(new URL("onnxruntime/", import.meta.url));
const libraries = /^(onnxruntime_binding\.node|libonnxruntime\.so\.1|libonnxruntime\.1\.dylib|onnxruntime\.dll)$/;

const { name, version, license, repository } = JSON.parse(readFileSync(file, "utf8"));
const described = { name, version, license, repository, type: "commonjs", main: "dist/index.js" };
const description = `${JSON.stringify(described, null, 2)}\n`;
const descriptionFile = join(target, "package.json"); // written last: where it is, the copy is whole
if (existsSync(descriptionFile) && readFileSync(descriptionFile, "utf8") === description) process.exit();

rmSync(target, { recursive: true, force: true });
mkdirSync(target);
cpSync(join(dirname(file), "dist"), join(target, "dist"), {
  recursive: true,
  filter: (path) => !/\.(map|d\.ts)$/.test(path),
});
cpSync(join(dirname(file), "bin"), join(target, "bin"), {
  recursive: true,
  filter: (path) => !basename(path).includes(".") || libraries.test(basename(path)),
});
writeFileSync(descriptionFile, description);
