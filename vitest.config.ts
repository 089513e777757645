import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import { LongestFirst } from "./test/support/longest-first.js";

// The engine's native package may be loaded once per process only: forks, never threads or module resets.
const computing = "test/{gradients,parity,studio}/**/!(webgpu).test.ts";

// An example that a test imports finds the package in its sources, built or not.
const own = { find: /^vqgan-clip$/, replacement: fileURLToPath(new URL("src/index.ts", import.meta.url)) };

export default defineConfig({
  resolve: { alias: [own] },
  test: {
    pool: "forks",
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    expect: { poll: { timeout: 120_000 } }, // a second, as it is else, is nothing on a busy machine
    sequence: { sequencer: LongestFirst },
    projects: [
      // What only computes shares its process and its modules: half the work of a process for each.
      { extends: true, test: { name: "units", include: ["src/**/*.test.ts", computing], isolate: false } },
      {
        extends: true,
        test: {
          name: "whole",
          include: ["test/**/*.test.ts"],
          exclude: [computing],
          globalSetup: "test/support/compile-once.ts",
        },
      },
    ],
  },
});
