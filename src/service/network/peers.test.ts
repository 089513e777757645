import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { packagePath } from "../../core/own-files.js";
import { loadPeer } from "./peers.js";

interface Package {
  readonly dependencies: object;
  readonly peerDependencies: object;
  readonly peerDependenciesMeta: Readonly<Record<string, { readonly optional?: boolean }>>;
}
const own = JSON.parse(readFileSync(packagePath("package.json"), "utf8")) as Package;

test("a package that is not there is named with the line that installs it; what else is wrong with it is not hidden", async () => {
  const missing = () => import("a-package-that-nobody-has" as string);
  await expect(loadPeer("pg", "--folder postgres://", missing)).rejects.toMatchObject({
    code: "BAD_ARGUMENT",
    message: "--folder postgres://: the package pg is not installed",
    hint: expect.stringMatching(/^npm install pg@[\d.]+$/),
  });
  await expect(loadPeer("pg", "--folder", () => Promise.reject(new SyntaxError("broken")))).rejects.toThrow(/^broken$/);
});

test("what only many machines or browsers need is installed by nobody who did not ask for it", () => {
  const peers = Object.keys(own.peerDependencies);
  expect(peers).toEqual(expect.arrayContaining(["bullmq", "ioredis", "pg", "s3mini"]));
  for (const name of peers) expect([name, own.peerDependenciesMeta[name]?.optional]).toEqual([name, true]);
  for (const name of [...peers, "react", "react-dom", "konva", "uplot", "zustand"])
    expect(own.dependencies).not.toHaveProperty(name);
});
