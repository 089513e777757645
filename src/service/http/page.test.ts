import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Hono } from "hono";
import { afterAll, beforeAll, expect, test } from "vitest";
import { pageFrom } from "./page.js";

let place: string;
beforeAll(async () => {
  place = await mkdtemp(join(tmpdir(), "vqgan-clip-page-"));
  await mkdir(join(place, "page", "assets"), { recursive: true });
  await writeFile(join(place, "page", "index.html"), "<h1>page</h1>");
  await writeFile(join(place, "page", "assets", "main-1a2b.js"), "1");
  await writeFile(join(place, "secret.txt"), "secret");
});
afterAll(() => rm(place, { recursive: true, force: true }));

const asked = (folder: string | undefined, path: string) =>
  new Hono().get("*", pageFrom(folder)).request(`http://127.0.0.1${path}`);

test("the page's files, of which those named by what is in them stay for ever", async () => {
  const page = join(place, "page");
  const index = await asked(page, "/");
  expect([await index.text(), index.headers.get("cache-control")]).toEqual(["<h1>page</h1>", "no-cache"]);
  expect((await asked(page, "/assets/main-1a2b.js")).headers.get("cache-control")).toContain("immutable");
  expect((await asked(page, "/nothing.js")).status).toBe(404);
});

test.each([
  "/../secret.txt",
  "/%2e%2e/secret.txt",
  "/..%2fsecret.txt",
  "/assets/..%2f..%2fsecret.txt",
  "/..%5csecret.txt",
])("nothing beside them: %s", async (path) => expect((await asked(join(place, "page"), path)).status).toBe(404));

test("what is no file is answered by the application's own words", async () => {
  const app = new Hono().use((_, next) => next()).get("*", pageFrom(join(place, "page")));
  app.notFound((context) => context.json({ own: true }, 404));
  const answer = await app.request("http://127.0.0.1/v2/sessions");
  expect([answer.status, await answer.json()]).toEqual([404, { own: true }]);
});

test("no page, and one that was not built", async () => {
  expect((await asked(undefined, "/")).status).toBe(200);
  expect((await asked(undefined, "/index.html")).status).toBe(404);
  expect((await asked(join(place, "nowhere"), "/")).status).toBe(503);
});
