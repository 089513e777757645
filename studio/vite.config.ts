/** Builds the studio's page into static files that ask nothing of any other host. */
import { defineConfig } from "vite";

export default defineConfig({
  base: "./",
  build: {
    outDir: "dist",
    emptyOutDir: true,
    target: "es2022",
    assetsInlineLimit: 0, // `data:` addresses are none of 'self'
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 900,
  },
});
