/** Whoever has the package alone can follow every link and see every picture of its documents. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** The files that the package ships, as npm says. */
function shippedFiles(): ReadonlySet<string> {
  const told = execFileSync("npm", ["pack", "--dry-run", "--json", "--ignore-scripts"], { cwd: root, stdio: "pipe" });
  const [pack] = Object.values(JSON.parse(told.toString()) as Record<string, { files: { path: string }[] }>);
  return new Set(pack?.files.map(({ path }) => path));
}

test("every relative link of a shipped document leads to a shipped file", { timeout: 120_000 }, () => {
  const shipped = shippedFiles();
  const documents = [...shipped].filter((path) => path.endsWith(".md"));
  expect(documents).toContain("README.md");
  expect(documents.length).toBeGreaterThan(10);
  const links = documents.flatMap((path) =>
    [...readFileSync(join(root, path), "utf8").matchAll(/\]\(([^)#\s]+)/g)]
      .map(([, link]) => link as string)
      .filter((link) => !/^\w+:/.test(link))
      .map((link) => [path, link] as const),
  );
  expect(links.length).toBeGreaterThan(30);
  const dead = links.filter(([path, link]) => !shipped.has(normalize(join(dirname(path), link)).replaceAll("\\", "/")));
  expect(dead).toEqual([]);
});
