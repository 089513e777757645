/** The compose file of many machines says what the command line takes, and installs what the package was tested with. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { cli } from "../support/cli.js";

interface Composed {
  readonly command: string;
  readonly volumes: readonly string[];
  readonly build?: { readonly dockerfile_inline: string };
}
const textOf = (path: string) => readFileSync(fileURLToPath(new URL(`../../${path}`, import.meta.url)), "utf8");
const composed = parse(textOf("examples/many-machines/compose.yaml"), { merge: true }) as {
  readonly services: Readonly<Record<"redis" | "server" | "worker", Composed>>;
  readonly volumes: object;
};
const { redis, server, worker } = composed.services;

test("each service's command has options that there are, and the same Redis and folder", {
  timeout: 60_000,
}, async () => {
  for (const { command } of [server, worker]) {
    const [name = "", ...words] = command.replace(/\$\{[^}]*\}/, "a-token-of-your-own").split(" ");
    const { stdout } = await cli([name, "--help"]);
    const options = words.filter((word) => word.startsWith("--"));
    expect(options).toEqual(expect.arrayContaining(["--redis", "--folder"]));
    for (const option of options) expect(stdout.toString()).toContain(`${option} <`);
  }
  const of = ({ command }: Composed, option: string) => new RegExp(`${option} (\\S+)`).exec(command)?.[1];
  expect(of(worker, "--redis")).toBe(of(server, "--redis"));
  expect(of(worker, "--folder")).toBe(of(server, "--folder"));
  const mounts = [...server.volumes, ...redis.volumes].map((volume) => volume.split(":"));
  expect(mounts.map(([name]) => name).sort()).toEqual(Object.keys(composed.volumes).sort());
  expect(mounts[0]?.[1]).toBe(of(server, "--folder"));
});

test("what is installed in the image is what tests run with", () => {
  const { devDependencies } = JSON.parse(textOf("package.json")) as { devDependencies: Record<string, string> };
  const installed = [...(server.build?.dockerfile_inline ?? "").matchAll(/(\w+)@([\d.]+)/g)];
  expect(installed.map(([, name]) => name)).toEqual(["bullmq", "ioredis"]);
  for (const [, name = "", version] of installed) expect(devDependencies[name]).toBe(version);
  for (const path of ["docs/scaling.md", "src/service/network/peers.ts"]) {
    for (const [, name = "", version] of textOf(path).matchAll(/\b(bullmq|ioredis|s3mini|pg)@([\d.]+\d)/g)) {
      expect([path, name, version]).toEqual([path, name, devDependencies[name]]);
    }
  }
});
