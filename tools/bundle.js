/**
 * Builds the package's code into a folder: one file for each of its entries, and what several of them share in files beside
 * (`node tools/bundle.js dist`). Node reads a few files several times as fast as the 400 that they are made of. Packages stay
 * outside but for zod, of which a tenth is used.
 */
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const inRoot = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));
const entries = ["index", "browser/index", "notebook/index", "cli/main", "engine/main"];

await build({
  entryPoints: entries.map((entry) => inRoot(`src/${entry}.ts`)),
  outbase: inRoot("src"),
  outdir: process.argv[2] ?? "dist",
  bundle: true,
  splitting: true,
  format: "esm",
  platform: "node",
  target: "es2023",
  packages: "external",
  external: ["#*"], // what package.json chooses by platform
  alias: { zod: inRoot("node_modules/zod/index.js") },
  chunkNames: "shared/[name]-[hash]", // as deep as the sources: `src/core/own-files.ts` looks from there
  logLevel: "warning",
});
