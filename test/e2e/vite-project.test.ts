/** The page of docs/browser.md, word for word, in a Vite project of its own: it builds, from the package as it is published. */
import { execFile } from "node:child_process";
import { copyFile, mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { build, type Rolldown } from "vite";
import { expect, test } from "vitest";
import { inEmptyFolder } from "../support/cli.js";

const run = promisify(execFile);
const root = fileURLToPath(new URL("../..", import.meta.url));
const html = '<!doctype html><html><body><script type="module" src="/src/main.ts"></script></body></html>';

/** The blocks of a document that begin with the name of a file: `// src/worker.ts, what it is`. */
async function snippets(document: string): Promise<Map<string, string>> {
  const text = await readFile(join(root, document), "utf8");
  const blocks = [...text.matchAll(/^```\w+\n(\/\/ ([\w./-]+).*\n[\s\S]*?)^```$/gm)];
  return new Map(blocks.map(([, code = "", name = ""]) => [name, code]));
}

/** A project in an empty folder: the document's files, and the package with what it depends on, as npm lays them out. */
async function project(folder: string): Promise<void> {
  const packaged = join(folder, "node_modules", "vqgan-clip");
  await mkdir(packaged, { recursive: true });
  await copyFile(join(root, "package.json"), join(packaged, "package.json"));
  const dist = join(packaged, "dist");
  const compiler = [join(root, "node_modules", "typescript", "bin", "tsc"), "-p", "tsconfig.build.json"];
  await run(process.execPath, [join(root, "tools", "bundle.js"), dist], { cwd: root });
  await run(process.execPath, [...compiler, "--noCheck", "--outDir", dist], { cwd: root });
  const { dependencies, peerDependencies } = JSON.parse(await readFile(join(root, "package.json"), "utf8"));
  for (const name of ["vite", ...Object.keys({ ...dependencies, ...peerDependencies })]) {
    await mkdir(dirname(join(folder, "node_modules", name)), { recursive: true });
    await symlink(join(root, "node_modules", name), join(folder, "node_modules", name), "dir");
  }
  await writeFile(join(folder, "package.json"), JSON.stringify({ type: "module" }));
  await writeFile(join(folder, "index.html"), html);
  for (const [name, code] of await snippets("docs/browser.md")) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), code);
  }
}

async function built(folder: string): Promise<string[]> {
  const result = await build({ root: folder, logLevel: "silent", build: { write: false } });
  const [output] = [result].flat() as Rolldown.RolldownOutput[];
  return output!.output.map(({ fileName }) => fileName);
}

const inProject = (work: (folder: string) => Promise<void>) =>
  inEmptyFolder(async (folder) => {
    await project(folder);
    await work(folder);
  });

test("the documented project builds: its page, its worker and the engine's files", { timeout: 600_000 }, () =>
  inProject(async (folder) => {
    // Editors go from a declaration to its source, which is in the package.
    const dist = join(folder, "node_modules", "vqgan-clip", "dist");
    const { sources } = JSON.parse(await readFile(join(dist, "index.d.ts.map"), "utf8"));
    expect(sources).toHaveLength(1);
    expect(JSON.parse(await readFile(join(root, "package.json"), "utf8")).files).toContain("src");

    const files = (await built(folder)).join("\n");
    expect(files).toMatch(/^assets\/worker-.*\.js$/m);
    expect(files).toMatch(/^assets\/ort-wasm-simd-threaded\.asyncify-.*\.wasm$/m);
    expect(files).toMatch(/^assets\/ort-wasm-simd-threaded\.asyncify-.*\.mjs$/m);
    expect(files).toMatch(/^assets\/index-.*\.js$/m);

    // The line that it needs, and what happens without it.
    const config = await readFile(join(folder, "vite.config.ts"), "utf8");
    await writeFile(join(folder, "vite.config.ts"), config.replace(/^.*format: "es".*$/m, ""));
    await expect(built(folder)).rejects.toThrow(/format/i);
  }),
);
