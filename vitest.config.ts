import { defineConfig } from "vitest/config";

// The engine's native package may be loaded once per process only: forks, never threads or module resets.
export default defineConfig({
  test: {
    include: ["src/**/*.test.ts", "test/**/*.test.ts"],
    pool: "forks",
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
