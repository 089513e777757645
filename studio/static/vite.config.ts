/** Builds the studio's page with the engine in the browser: static files that need no server of ours, the models beside them. */
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

const inPackage = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const pair = inPackage("models/compact");
const files = readdirSync(pair, { recursive: true, encoding: "utf8" }).filter((path) =>
  /\.(json|safetensors)$/.test(path),
);
const sizeOf = (path: string) => statSync(path).size;

/** Threads share memory, which browsers allow only to pages served with these. */
const isolation = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
};

export default defineConfig({
  root: fileURLToPath(new URL(".", import.meta.url)),
  base: "./", // the page may lie anywhere on a host
  appType: "mpa", // a file that is not there is 404, not the page
  publicDir: inPackage("models"),
  define: {
    // How much will come, for the progress of loading: servers that compress do not say.
    FILE_SIZES: JSON.stringify({
      engine: sizeOf(inPackage("node_modules/onnxruntime-web/dist/ort-wasm-simd-threaded.asyncify.wasm")),
      models: Object.fromEntries(files.map((path) => [path.replaceAll("\\", "/"), sizeOf(join(pair, path))])),
    }),
  },
  build: {
    outDir: "dist",
    emptyOutDir: true,
    target: "es2023",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 900,
  },
  worker: { format: "es" },
  optimizeDeps: { exclude: ["onnxruntime-web"] },
  server: { headers: isolation },
  preview: { headers: isolation },
});
