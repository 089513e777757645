/** Builds the page into static files; `models/` is copied beside it. */
import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

const inPackage = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));

/** Threads share memory, which browsers allow only to pages served with these. */
const isolation = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
};

export default defineConfig({
  root: fileURLToPath(new URL(".", import.meta.url)),
  base: "./",
  appType: "mpa", // a file that is not there is 404, not the page
  publicDir: inPackage("models"),
  // Outside of this repository the package is installed, and this line goes.
  resolve: { alias: { "vqgan-clip/browser": inPackage("src/browser/index.ts") } },
  build: { target: "es2023", outDir: "dist", emptyOutDir: true },
  worker: { format: "es" },
  optimizeDeps: { exclude: ["onnxruntime-web"] },
  server: { headers: isolation },
  preview: { headers: isolation },
});
