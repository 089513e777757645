/** How `vqgan-clip serve`, `studio` and `worker` are started: what they are told, and what they refuse in one line. */
import { readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { inEmptyFolder, tinyModels } from "../support/cli.js";
import { cliProcess } from "../support/cli-process.js";
import { RunningCli } from "../support/running-cli.js";
import { endless, Service, small } from "../support/service.js";

const secret = "a-token-that-no-log-has-to-know";
const literally = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
/** A line and no more, which says all of that. */
const oneLine = (...says: readonly string[]) =>
  expect.stringMatching(new RegExp(`^vqgan-clip: ${says.map((text) => `.*${literally(text)}`).join("")}.*\n$`));

describe("the start", { timeout: 200_000 }, () => {
  test("what would open the machine to others, and a port that is taken", () =>
    inEmptyFolder(async (place) => {
      const refused = await cliProcess(["serve", "--folder", place, "--host", "0.0.0.0", ...tinyModels]);
      expect([refused.code, refused.stderr]).toEqual([2, oneLine("--host 0.0.0.0", "VQGAN_CLIP_SERVICE_TOKEN")]);
      const other = createServer().listen(0, "127.0.0.1");
      await new Promise((done) => other.once("listening", done));
      const { port } = other.address() as { port: number };
      const taken = await cliProcess(["serve", "--folder", place, "--port", String(port), ...tinyModels]);
      other.close();
      expect([taken.code, taken.stderr]).toEqual([1, oneLine("another program has it")]);
    }));

  test.each<[string, string[], Record<string, string>, number, string[]]>([
    ["an empty token", [], { VQGAN_CLIP_SERVICE_TOKEN: "" }, 2, ["VQGAN_CLIP_SERVICE_TOKEN: it holds no token"]],
    ["a short token", [], { VQGAN_CLIP_SERVICE_TOKEN: "short" }, 2, ["the token: expected 16 to 200", "openssl"]],
    ["two tokens", ["--token", secret, "--token-file", "f"], {}, 2, ["option '--token <text>' cannot be used with"]],
    ["no file of the token", ["--token-file", "missing"], {}, 2, ["cannot read missing: no such file"]],
    ["a name that is an address", ["--name", "http://a.example"], {}, 2, ["--name: expected a host's name"]],
    ["an audit in no folder", ["--audit", "no/a.jsonl"], {}, 1, ["cannot write no/a.jsonl: there is no folder no"]],
    ["a rate of nothing", ["--max-rate", "0"], {}, 2, ["--max-rate"]],
    ["a folder that is a file", ["--folder", "file"], {}, 1, ["file: it is a file"]],
    ["a Redis of another kind", ["--redis", "http://me:secret@a"], {}, 2, ["--redis: expected redis://HOST:PORT"]],
    [
      "no Redis at the variable's address",
      [],
      { VQGAN_CLIP_REDIS: "redis://:secret@127.0.0.1:1" },
      1,
      ["redis://127.0.0.1:1"],
    ],
    [
      "no Redis",
      ["--redis", "redis://me:secret@127.0.0.1:1"],
      {},
      1,
      ["--redis: nobody answers at redis://127.0.0.1:1"],
    ],
  ])("%s is refused in one line", (_, args, env, code, says) =>
    inEmptyFolder(async (place) => {
      await writeFile(join(place, "file"), "");
      const refused = await cliProcess(["serve", ...args, ...tinyModels], { cwd: place, env });
      expect([refused.code, refused.stderr]).toEqual([code, oneLine(...says)]);
      expect(refused.stderr).not.toContain("secret");
    }),
  );
});

describe("the token", { timeout: 200_000 }, () => {
  test.each(["environment", "file"])("by %s: it holds, and is not printed", (way) =>
    inEmptyFolder(async (place) => {
      await writeFile(join(place, "token"), `${secret}\n`);
      const [more, env] =
        way === "file" ? [["--token-file", join(place, "token")], {}] : [[], { VQGAN_CLIP_SERVICE_TOKEN: secret }];
      const args = ["serve", "--folder", place, ...tinyModels, ...more];
      const server = await RunningCli.start(args, /^(http:\S+)\n/, env);
      const address = server.said[1] as string;
      const asked = (token: string) =>
        fetch(new URL("/v1/sessions", address), { headers: { Authorization: `Bearer ${token}` } });
      expect((await asked(secret)).status).toBe(200);
      expect((await asked(`${secret}x`)).status).toBe(401);
      expect(await server.end()).toBe(0);
      expect(`${server.said.input}${server.remarks()}`).not.toContain(secret);
    }),
  );
});

test("names of the server's own are answered to, behind TLS too, and no others", { timeout: 200_000 }, () =>
  inEmptyFolder(async (place) => {
    const more = ["--name", "Pictures.example.org", "--name", "server:7700"];
    const service = await Service.start(place, { more });
    const bearer = { Authorization: `Bearer ${service.token}` };
    const asked = async (Host: string, Origin?: string) =>
      (await service.raw("GET", "/v1/sessions", { ...bearer, Host, ...(Origin && { Origin }) })).status;
    const { host } = new URL(service.origin);
    expect(await asked("pictures.example.org")).toBe(200);
    expect(await asked("pictures.example.org", "https://pictures.example.org")).toBe(200);
    expect(await asked("pictures.example.org", "https://evil.example")).toBe(403);
    expect(await asked("pictures.example.org", service.origin)).toBe(403);
    expect(await asked("pictures.example.org:1")).toBe(403);
    expect(await asked("server:7700")).toBe(200);
    expect(await asked("server")).toBe(403);
    expect(await asked(host, service.origin)).toBe(200);
    expect(await asked(host, `https://${host}`)).toBe(403);
    expect(await asked(host, "https://pictures.example.org")).toBe(403);

    const login = (origin: string, Host: string) =>
      service.raw(
        "POST",
        "/v1/token",
        { Host, Origin: origin, "Content-Type": "application/json" },
        JSON.stringify({ token: service.token }),
      );
    const cookie = (await login("https://pictures.example.org", "pictures.example.org")).headers["set-cookie"]?.[0];
    expect(cookie).toMatch(/; Secure/);
    expect((await login(service.origin, host)).headers["set-cookie"]?.[0]).not.toMatch(/Secure/);
    expect(await service.end()).toBe(0);
  }),
);

test("a key asks no oftener than it may; the audit says who asked for what, and no secrets", { timeout: 200_000 }, () =>
  inEmptyFolder(async (place) => {
    const [keys, audit] = [join(place, "keys.jsonl"), join(place, "audit.jsonl")];
    const key = (await cliProcess(["key", "alice", "--file", keys, "--scopes", "read"])).stdout.toString().trim();
    const more = ["--keys", keys, "--max-rate", "2", "--audit", audit];
    const service = await Service.start(join(place, "kept"), { more });
    const asked = async (token: string, method = "GET") =>
      (await service.fetch("/v1/sessions?x=1", { method, headers: { Authorization: `Bearer ${token}` } })).status;
    expect([await asked(key), await asked(key, "POST"), await asked(key), await asked(key)]).toEqual([
      200, 403, 200, 429,
    ]);
    expect(await asked(service.token)).toBe(200);
    expect(await asked("nobody's")).toBe(401);
    expect(await service.end()).toBe(0);
    const text = await readFile(audit, "utf8");
    const lines = text.trimEnd().split("\n");
    const told = lines.map((line) => JSON.parse(line) as { caller: string; method: string; status: number });
    expect(told.map(({ caller, method, status }) => `${caller} ${method} ${status}`)).toEqual([
      "key GET 200",
      "key POST 403",
      "key GET 200",
      "key GET 429",
      "launch GET 200",
      "stranger GET 401",
    ]);
    expect(told[0]).toMatchObject({ key: "alice", path: "/v1/sessions" });
    for (const hidden of [key, service.token, "x=1"]) expect(text).not.toContain(hidden);
  }),
);

test(
  "what no text of a request may match is refused wherever it stands, and the audit says so without the words",
  {
    timeout: 200_000,
  },
  () =>
    inEmptyFolder(async (place) => {
      const [rules, audit] = [join(place, "rules.txt"), join(place, "audit.jsonl")];
      await writeFile(rules, "\\bgrumpkin\\b\n");
      const service = await Service.start(join(place, "kept"), { more: ["--policy", rules, "--audit", audit] });
      const { id } = await service.create({ ...endless, prompts: "a boat" });
      const form = new FormData();
      form.set("request", JSON.stringify({ prompts: "a grumpkin" }));
      form.set("image", new Blob([new Uint8Array([1])]), "image.png");
      const asked: readonly [method: string, path: string, body: object | FormData][] = [
        ["POST", "/v1/sessions", { ...small, prompts: "a Grumpkin" }],
        ["POST", "/v1/sessions", form],
        ["POST", "/v1/plan", { ...small, prompts: "a grumpkin" }],
        ["PATCH", `/v1/sessions/${id}`, { prompts: "a grumpkin" }],
        ["POST", `/v1/sessions/${id}/fork`, { prompts: "a grumpkin" }],
        ["POST", `/v1/sessions/${id}/paint`, form],
        ["POST", `/v1/sessions/${id}/mask`, { phrase: "the grumpkin" }],
        ["POST", "/predictions", { input: { ...small, prompts: "a grumpkin" } }],
      ];
      for (const [method, path, body] of asked) {
        const answer = await service.send(method, path, body);
        expect([path, answer.status, await answer.json()]).toMatchObject([path, 422, { code: "REFUSED_TEXT" }]);
      }
      expect((await service.session("GET", `/${id}`)).settings.prompts).toBe("a boat");
      expect(await service.end()).toBe(0);
      const text = await readFile(audit, "utf8");
      const told = text
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line) as { code?: string });
      expect(told.filter(({ code }) => code === "REFUSED_TEXT")).toHaveLength(asked.length);
      expect(text).not.toMatch(/grumpkin/i);
      await writeFile(rules, "boat\n(\n");
      await expect(Service.start(join(place, "kept"), { more: ["--policy", rules] })).rejects.toThrow(
        "--policy: line 2: ",
      );
    }),
);

describe.skipIf(process.platform !== "linux")("the browser (xdg-open)", { timeout: 200_000 }, () => {
  /** `studio` where the browser is a program of ours, and no desktop says otherwise. */
  const started = (place: string, browser: string) => {
    const env = { BROWSER: browser, DISPLAY: "", WAYLAND_DISPLAY: "", XDG_CURRENT_DESKTOP: "", DESKTOP_SESSION: "" };
    return RunningCli.start(["studio", "--folder", join(place, "kept"), ...tinyModels], /^(http:\S+)\n/, env);
  };

  test("is opened with the whole address", () =>
    inEmptyFolder(async (place) => {
      const browser = join(place, "browser");
      await writeFile(browser, `#!/bin/sh\nprintf '%s\\n' "$@" > '${place}/opened'\n`, { mode: 0o755 });
      const studio = await started(place, browser);
      const opened = () => readFile(join(place, "opened"), "utf8").catch(() => "");
      await expect.poll(opened).toBe(`${studio.said[1]}\n`);
      expect(studio.said[1]).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/#token=\S{32}$/);
      expect(await studio.end()).toBe(0);
      expect(studio.remarks()).not.toContain("no browser");
    }));

  test("that cannot be opened is one line; the studio serves all the same", () =>
    inEmptyFolder(async (place) => {
      const studio = await started(place, join(place, "no-such-browser"));
      const said = () =>
        studio
          .remarks()
          .split("\n")
          .filter((line) => line.includes("browser"));
      await expect.poll(said).toEqual(["note: no browser could be opened; open the address above"]);
      expect((await fetch(new URL("/health", studio.said[1]))).status).toBe(200);
      expect(await studio.end()).toBe(0);
      expect(said()).toHaveLength(1);
    }));
});

test("studio without a built page says so in words, and serves all the same", { timeout: 200_000 }, () =>
  inEmptyFolder(async (place) => {
    const studio = await Service.start(place, { command: "studio", more: ["--no-open"] });
    const page = await studio.fetch("/");
    expect([page.status, await page.text()]).toEqual([503, expect.stringContaining("its page was not built")]);
    expect(await (await studio.fetch("/v1/info")).json()).toMatchObject({
      version: expect.any(String),
      device: "cpu",
      threads: 1,
      presets: expect.arrayContaining(["paper"]),
      recommended: { steps: 400 },
      settings: { properties: { prompts: { type: "string" }, learningRate: { type: "number" } } },
    });
    expect(await studio.end()).toBe(0);
  }),
);
