import { Ajv2020 } from "ajv/dist/2020.js";
import { expect, test } from "vitest";
import type { Studio } from "../studio.js";
import { createApp } from "./app.js";
import { openApiOf } from "./openapi.js";

const options = { token: "t", cookie: "c", originsOf: () => ["http://any"], page: undefined };
const app = createApp({} as Studio, options);

/** `get /v1/sessions/{id}` for each, of what the app answers. */
function answered(): string[] {
  const routes = app.routes.filter(({ method, path }) => method !== "ALL" && !path.includes("*"));
  return routes.map(({ method, path }) => {
    const plain = path.replace(/:(\w+)(\{(?:[^{}]|\{[^{}]*\})*\})?/g, "{$1}");
    return `${method.toLowerCase()} ${plain}`;
  });
}

test("every route is in the document, and nothing else is", () => {
  const { paths } = openApiOf("1");
  const told = Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method} ${path}`),
  );
  expect(told.length).toBeGreaterThan(20);
  expect([...told].sort()).toEqual([...new Set(answered())].sort());
  const ids = Object.values(paths).flatMap((methods) => Object.values(methods).map(({ operationId }) => operationId));
  expect(new Set(ids).size).toBe(ids.length);
});

test("its schemas are JSON schemas, and say what the checks do", () => {
  const { components } = openApiOf("1");
  const ajv = new Ajv2020({ strict: false });
  ajv.addSchema({ $id: "api", components });
  const picture = ajv.getSchema("api#/components/schemas/Picture");
  expect(picture?.({ prompts: "a", steps: 3, imagePrompts: [{ weight: 2 }] })).toBe(true);
  expect(picture?.({ prompts: "a", stepz: 3 })).toBe(false);
  expect(picture?.({ steps: 3 })).toBe(false);
  for (const name of Object.keys(components.schemas)) {
    expect(ajv.getSchema(`api#/components/schemas/${name}`)).toBeTypeOf("function");
  }
});

test("the page shows all of it, loads nothing and runs nothing", async () => {
  const page = await (await app.request("http://x/docs", { headers: { host: "x" } })).text();
  for (const path of Object.keys(openApiOf("1").paths)) expect(page).toContain(path);
  expect(page).not.toMatch(/<script|<link|<img|src=|https?:/);
});

test("a path that is asked by a method it does not take says which it takes; what is not there is not there", async () => {
  const studio = { requireOwn: async () => undefined } as unknown as Studio;
  const served = createApp(studio, options);
  const asked = (method: string, path: string) =>
    served.request(path, { method, headers: { Host: "localhost", Authorization: "Bearer t" } });
  const { paths } = openApiOf("1");
  for (const [path, methods] of Object.entries(paths)) {
    const other = ["DELETE", "PUT", "PATCH"].find((method) => !(method.toLowerCase() in methods)) as string;
    const answer = await asked(other, path.replace(/\{\w+\}/g, "1"));
    expect(`${answer.status} ${path}`).toBe(`405 ${path}`);
    const allowed = Object.keys(methods).map((method) => method.toUpperCase());
    expect(answer.headers.get("allow")?.split(", ")).toEqual(expect.arrayContaining(allowed));
    expect(await answer.json()).toMatchObject({ detail: expect.stringContaining(`not ${other}`) });
  }
  for (const path of ["/v1/nothing", "/v1/sessions/1/nothing", "/predictions/1/2"]) {
    expect((await asked("POST", path)).status).toBe(404);
  }
});
