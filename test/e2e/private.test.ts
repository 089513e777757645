/** Nothing leaves the machine: no socket is opened and no file appears but those that were asked for. */
import { execFile, spawnSync } from "node:child_process";
import { mkdir, readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { inEmptyFolder, listing, tinyModels } from "../support/cli.js";
import { build } from "../support/cli-process.js";
import { fixturePath } from "../support/fixtures.js";

/** The engine is silent by itself where one of these tells it that it runs for a CI service. */
const continuousIntegration = [
  "TF_BUILD GITHUB_ACTIONS GITLAB_CI CIRCLECI TRAVIS JENKINS_URL CODEBUILD_BUILD_ID BUILDKITE TEAMCITY_VERSION",
  "APPVEYOR BITBUCKET_BUILD_NUMBER CI",
].flatMap((names) => names.split(" "));

const strace = spawnSync("strace", ["-f", "--seccomp-bpf", "-e", "trace=socket", "true"]).status === 0;
const models = { vqgan: fixturePath("vqgan"), clip: fixturePath("clip-quick-gelu"), threads: 1 };
const picture = ["generate", "a red apple", ...tinyModels, "--size", "32x32", "--steps", "2", "-o", "a.png"];

/** Runs Node in a folder that holds nothing but empty `home`, `temporary` and `work`, as on a user's own machine. */
async function everythingWritten(
  args: readonly string[],
  home = "home",
): Promise<{ files: string[]; sockets: string[]; stdout: string }> {
  let seen = { files: [] as string[], sockets: [] as string[], stdout: "" };
  await inEmptyFolder(async (folder) => {
    for (const name of ["home", "temporary", "work"]) await mkdir(join(folder, name));
    const trace = join(folder, "trace");
    const traced = strace ? ["strace", "-f", "--seccomp-bpf", "-e", "trace=socket,connect", "-o", trace] : [];
    const [first, ...rest] = [...traced, process.execPath, ...args] as [string, ...string[]];
    const { stdout } = await promisify(execFile)(first, rest, {
      cwd: join(folder, "work"),
      env: {
        ...process.env,
        ...Object.fromEntries(continuousIntegration.map((name) => [name, undefined])),
        ORT_DISABLE_TELEMETRY: undefined,
        NODE_OPTIONS: undefined,
        XDG_CACHE_HOME: undefined,
        HOME: resolve(folder, home),
        TMPDIR: join(folder, "temporary"),
      },
    });
    const files = (await listing(folder)).filter((path) => !/^(home|temporary|work|trace)$/.test(path));
    const calls = strace ? (await readFile(trace, "utf8")).split("\n") : [];
    seen = { files, sockets: calls.filter((line) => / (socket|connect)\(/.test(line)), stdout };
  });
  return seen;
}

describe(`files${strace ? " and sockets" : " (sockets are not traced: strace is not installed)"}`, {
  timeout: 180_000,
}, () => {
  test.each(["home", "missing/home", "/dev/null"])("a picture, the home folder being %s", async (home) => {
    const { files, sockets } = await everythingWritten([join(build, "cli", "main.js"), ...picture], home);
    expect(files).toEqual(["work/a.png"]);
    expect(sockets).toEqual([]);
  });

  test("an engine in a process of its own", async () => {
    const run = `
      const { VqganClip } = await import(${JSON.stringify(pathToFileURL(join(build, "index.js")))});
      const vq = await VqganClip.fromPretrained(${JSON.stringify({ ...models, isolate: true })});
      await vq.create({ prompts: "a red apple", size: [32, 32], steps: 1 }).toFinish();
      console.log("finished");`;
    const { files, sockets, stdout } = await everythingWritten(["--input-type=module", "-e", run]);
    expect(stdout).toBe("finished\n"); // and the child has kept nobody alive
    expect(files).toEqual([]);
    expect(sockets).toEqual([]);
  });
});

describe("worker threads", { timeout: 180_000 }, () => {
  const index = () => JSON.stringify(pathToFileURL(join(build, "index.js")));
  const inWorker = () => `
    import { parentPort } from "node:worker_threads";
    (async () => {
      const { VqganClip } = await import(${index()});
      const vq = await VqganClip.fromPretrained(${JSON.stringify(models)});
      const run = vq.create({ prompts: "a red apple", size: [32, 32], steps: 1 });
      await run.toFinish();
      parentPort.postMessage("finished");
    })().catch((error) => parentPort.postMessage(error.code + " " + error.message));`;

  /** A module that does `first`, then starts the worker. */
  const moduleOf = (first: string) => {
    const worker = `new Worker(${JSON.stringify(inWorker())}, { eval: true })`;
    const lines = [
      'import { Worker } from "node:worker_threads";',
      first,
      `${worker}.on("message", (said) => console.log(said));`,
    ];
    return ["--input-type=module", "-e", lines.join("\n")];
  };

  test("are as private where the main thread has the package too", async () => {
    const { files, sockets, stdout } = await everythingWritten(moduleOf(`await import(${index()});`));
    expect(stdout).toBe("finished\n");
    expect(files).toEqual([]);
    expect(sockets).toEqual([]);
  });

  test("refuse in words where they cannot be", async () => {
    const { files, stdout } = await everythingWritten(moduleOf(""));
    expect(stdout).toMatch(
      /^DEVICE_UNAVAILABLE .*worker thread cannot switch .* telemetry off: import vqgan-clip in the/,
    );
    expect(files).toEqual([]);
  });
});
