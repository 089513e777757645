/** The browser's face of the package, bundled as an application does it: nothing of Node gets in. */
import { isBuiltin } from "node:module";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build, type Rolldown } from "vite";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** The minified bundle of a source file, the engine left out of it. @throws when anything in it imports from Node */
async function bundle(entry: string): Promise<Rolldown.OutputChunk[]> {
  const noNode = {
    name: "no-node",
    enforce: "pre" as const,
    resolveId(id: string, importer: string | undefined) {
      if (isBuiltin(id)) throw new Error(`${importer?.slice(root.length)} imports ${id}`);
      return undefined;
    },
  };
  const result = await build({
    configFile: false,
    root,
    logLevel: "silent",
    plugins: [noNode],
    build: {
      write: false,
      minify: true,
      lib: { entry: `${root}${entry}`, formats: ["es"] },
      rolldownOptions: { external: (id) => id.includes("onnxruntime-web") },
    },
  });
  const [output] = [result].flat() as Rolldown.RolldownOutput[];
  return output!.output.filter((part) => part.type === "chunk");
}

test("the browser's face imports the engine for the web and nothing else", async () => {
  const chunks = await bundle("src/browser/index.ts");
  const inside = new Set(chunks.map(({ fileName }) => fileName));
  const outside = chunks.flatMap(({ imports, dynamicImports }) => [...imports, ...dynamicImports]);
  for (const name of outside.filter((id) => !inside.has(id))) expect(name).toMatch(/onnxruntime-web.*webgpu/);
  const code = chunks.map((chunk) => chunk.code).join("");
  expect(code).not.toMatch(/["'`]node:/);
  const later = new Set(chunks.flatMap(({ dynamicImports }) => dynamicImports));
  const sizes = chunks.map((chunk) => ({
    ...chunk,
    later: later.has(chunk.fileName) && !chunk.isEntry,
    sent: gzipSync(chunk.code).length,
  }));
  for (const { fileName, sent, later } of sizes) {
    console.log(`${fileName}${later ? " (on demand)" : ""}: ${(sent / 1e3).toFixed(0)} kB gzipped, without the engine`);
  }
  const sentOf = (wanted: boolean) => sizes.reduce((sum, { sent, later }) => sum + (later === wanted ? sent : 0), 0);
  expect(sentOf(false)).toBeLessThan(250e3);
  // Of yaml, CLIP's vocabulary for models without their own, and the writer of ONNX, with the first program.
  expect(sizes.filter((chunk) => chunk.later).map(({ name }) => name)).toEqual(["browser", "merges", "serialize"]);
  expect(sentOf(true)).toBeLessThan(260e3);
});

test("the studio's worker, the service in it, imports nothing of Node", async () => {
  const code = (await bundle("studio/src/local/worker.ts")).map((chunk) => chunk.code).join("");
  expect(code).not.toMatch(/["'`]node:/);
});

test("the check sees an import from Node", async () => {
  await expect(bundle("src/index.ts")).rejects.toThrow(/imports node:/);
});
