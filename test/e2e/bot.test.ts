/** The bot between a real service with tiny models and a Discord that is played here: no parts of the bot are. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { decodePicture, readPngText } from "../../src/index.js";
import { cli } from "../support/cli.js";
import { cliProcess } from "../support/cli-process.js";
import { buttonOf, Discord, type Edit, startBot } from "../support/discord.js";
import type { RunningCli } from "../support/running-cli.js";
import { Service } from "../support/service.js";

const [ann, ben] = ["111", "222"];
const QUOTA = 5;
/** Steps that nobody waits for. */
const MANY = 100_000;
/** Milliseconds on a machine that has much else to do. */
const PATIENCE = 180_000;

const discord = new Discord();
let [api, folder] = ["", ""];
let service: Service;
let bot: RunningCli;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "vqgan-clip-bot-"));
  api = await discord.start();
  service = await Service.start(folder);
  bot = await startBot(
    [
      "--service",
      service.origin,
      "--discord-api",
      api,
      "--every",
      "1",
      "--per-day",
      `${QUOTA}`,
      "--max-steps",
      `${MANY}`,
    ],
    { DISCORD_PUBLIC_KEY: discord.publicKey, VQGAN_CLIP_SERVICE_TOKEN: service.token },
  );
});
afterAll(async () => {
  await bot?.end();
  await service?.end();
  discord.end();
  await rm(folder, { recursive: true, force: true });
});

const says = (part: string) => (edit: Edit) => edit.body.content.includes(part);
const shows = (part: string) => (edit: Edit) => says(part)(edit) && edit.picture !== undefined;

describe("who is answered", () => {
  test("a ping", async () => {
    const answer = await discord.send(bot.said[0], { type: 1 });
    expect([answer.status, await answer.json()]).toEqual([200, { type: 1 }]);
  });

  test("nobody with another body, another key, an old signature, or none", async () => {
    const ping = { type: 1 };
    const status = async (sent: Promise<Response>) => (await sent).status;
    expect(await status(discord.send(bot.said[0], ping, { change: (body) => `${body} ` }))).toBe(401);
    expect(await status(new Discord().send(bot.said[0], ping))).toBe(401);
    expect(await status(discord.send(bot.said[0], ping, { age: 3600 }))).toBe(401);
    expect(await status(discord.send(bot.said[0], ping, { age: -3600 }))).toBe(401);
    expect(await status(fetch(bot.said[0], { method: "POST", body: JSON.stringify(ping) }))).toBe(401);
    const headers = { "X-Signature-Ed25519": "zz", "X-Signature-Timestamp": "now" };
    expect(await status(fetch(bot.said[0], { method: "POST", headers, body: "{}" }))).toBe(401);
    expect(await status(discord.send(bot.said[0], { type: 99 }))).toBe(400);
    expect(await status(discord.send(bot.said[0], { filling: "x".repeat(100_000) }))).toBe(413);
  });
});

test(
  "from the command to the picture: at once a placeholder, then edits, at the end the PNG with its story",
  async () => {
    discord.refusals.push(404, 429); // there is no message yet, and too many requests: it waits and asks again
    const { answer, token } = await discord.imagine(bot.said[0], ann, { prompt: "a castle", steps: 12, seed: 7 });
    expect(answer).toEqual({ type: 5, data: { allowed_mentions: { parse: [] } } });
    const done = await discord.until(token, shows("finished: step 12 of 12"));
    expect(done.body.content).toContain("`a castle` (seed 7)");
    expect(done.body.attachments).toEqual([{ id: 0, filename: "picture.png", description: "a castle" }]);
    expect(JSON.stringify(readPngText(done.picture as Uint8Array))).toContain("a castle");
    expect((await decodePicture(done.picture as Uint8Array, "picture")).shape[0]).toBe(3);
    expect(bot.remarks()).not.toContain("warning");
    for (const { body } of discord.of(token)) expect(body.allowed_mentions).toEqual({ parse: [] });
    const isDisabled = Object.fromEntries(
      ["Pause", "Resume", "Vary", "Evolve", "Stop"].map((label) => [label, buttonOf(done, label).disabled]),
    );
    expect(isDisabled).toEqual({ Pause: true, Resume: true, Vary: false, Evolve: false, Stop: true });
  },
  PATIENCE,
);

test(
  "buttons: pause, resume, a place in the queue, stop; nobody else's",
  async () => {
    const { token } = await discord.imagine(bot.said[0], ann, { prompt: "a boat", steps: MANY });
    const running = await discord.until(token, shows("running: step "));
    const { answer: refusal } = await discord.press(bot.said[0], ben, buttonOf(running, "Pause"));
    expect(refusal).toMatchObject({
      type: 4,
      data: { flags: 64, content: expect.stringContaining("somebody else's") },
    });

    const second = await discord.imagine(bot.said[0], ben, { prompt: "a tree", steps: 3 });
    const waiting = await discord.until(second.token, says("waiting: number 1 in the queue"));
    await discord.press(bot.said[0], ben, buttonOf(waiting, "Stop"));

    const pressed = await discord.press(bot.said[0], ann, buttonOf(running, "Pause"));
    expect(pressed.answer).toEqual({ type: 6 });
    const paused = await discord.until(pressed.token, says("paused: step "));
    const resumed = await discord.press(bot.said[0], ann, buttonOf(paused, "Resume"));
    const again = await discord.until(resumed.token, says("running: step "));
    expect(stepOf(again)).toBeGreaterThanOrEqual(stepOf(paused));
    const stopped = await discord.press(bot.said[0], ann, buttonOf(again, "Stop"));
    const cancelled = await discord.until(stopped.token, says("cancelled: step "));
    expect(buttonOf(cancelled, "Resume").disabled).toBe(true);
  },
  PATIENCE,
);

const stepOf = ({ body }: Edit): number => Number(/step (\d+)/.exec(body.content)?.[1]);

test(
  "Evolve asks for words and goes on from the picture; Vary begins anew; then the quota of the day is used up",
  async () => {
    const { token } = await discord.imagine(bot.said[0], ann, { prompt: "a house", steps: 2, seed: 3 });
    const first = await discord.until(token, says("finished: step 2 of 2"));
    const form = (await discord.press(bot.said[0], ann, buttonOf(first, "Evolve"))).answer;
    expect(form.type).toBe(9);
    const [input] = form.data.components[0].components;
    expect(input.value).toBe("a house");
    const words = [{ components: [{ custom_id: input.custom_id, value: "a red house" }] }];
    const said = { type: 5, data: { custom_id: form.data.custom_id, components: words } };
    const evolved = await discord.act(bot.said[0], ann, said);
    expect(evolved.answer).toEqual({ type: 6 });
    const further = await discord.until(evolved.token, says("finished: step 4 of 4"));
    expect(further.body.content).toContain("`a red house`");

    const varied = await discord.press(bot.said[0], ann, buttonOf(further, "Vary"));
    expect(varied.answer.type).toBe(5);
    const other = await discord.until(varied.token, says("finished: step 4 of 4"));
    expect(other.body.content).not.toContain("(seed 3)");

    const { answer } = await discord.imagine(bot.said[0], ann, { prompt: "a sixth" });
    expect(answer).toMatchObject({
      type: 4,
      data: { flags: 64, content: expect.stringMatching(/^You have had .* min\.$/) },
    });
    expect((await discord.press(bot.said[0], ann, buttonOf(other, "Vary"))).answer.type).toBe(4);
  },
  PATIENCE,
);

describe("words of strangers", () => {
  test("what a prompt says notifies nobody and formats nothing", async () => {
    const prompt = "@everyone <@111> \u202e`**x**`\u0007 [a](http://b.example) ".repeat(5);
    const { token } = await discord.imagine(bot.said[0], ben, { prompt, steps: 1 });
    const done = await discord.until(token, says("finished"));
    const { content, allowed_mentions } = done.body;
    expect(allowed_mentions).toEqual({ parse: [] });
    const [line = ""] = content.split("\n");
    expect(line).toMatch(/^`@everyone [^`]*` \(seed \d+\)$/);
    expect(line).not.toMatch(/[\p{Cc}\u202e]/u);
    expect(content).toContain("\\u202e'**x**'\\u0007");
  });

  test.each<Readonly<Record<string, unknown>>>([
    { prompt: " ", steps: 1 },
    { prompt: "x".repeat(1001) },
    { steps: 1 },
    { prompt: "a", steps: MANY + 1 },
    { prompt: "a", steps: 1.5 },
    { prompt: "a", seed: -1 },
    { prompt: "a", seed: "7" },
  ])("what cannot be is refused at once, case %#", async (options) => {
    const { answer } = await discord.imagine(bot.said[0], ben, options);
    expect(answer).toMatchObject({ type: 4, data: { flags: 64 } });
  });

  test("what the service refuses is said in the message, and costs nothing", async () => {
    const { token } = await discord.imagine(bot.said[0], "333", { prompt: "a:x:y:z:" });
    const edit = await discord.until(token, says("That cannot be done: "));
    expect(edit.body.components).toEqual([]);
  });

  test("a button that is none of ours", async () => {
    for (const custom_id of ["x", "1:pause:../..:111", "1:format:abc:111", "2:pause:abc:111"]) {
      const { answer } = await discord.act(bot.said[0], ann, { type: 3, data: { custom_id } });
      expect(answer).toMatchObject({ type: 4, data: { flags: 64 } });
    }
    const { answer, token } = await discord.act(bot.said[0], ann, { type: 3, data: { custom_id: "1:pause:0a1b:111" } });
    expect(answer.type).toBe(6);
    const aside = () => discord.edits.find(({ path }) => path === `/webhooks/42/${token}`);
    await expect.poll(aside).toMatchObject({ method: "POST", body: { flags: 64 } });
  });
});

describe("secrets and set-up", () => {
  test("no token is ever said", () => {
    expect(bot.remarks()).not.toMatch(/secret-token/);
    expect(bot.remarks()).not.toContain(service.token);
  });

  test("register sends the command with the bot's token, out of a file or the environment", async () => {
    const file = join(folder, "token");
    await writeFile(file, "bot-secret\n");
    const args = ["bot", "register", "--application", "42", "--discord-api", api, "--max-steps", "50"];
    expect((await cli([...args, "--token-file", file])).code).toBe(0);
    const [sent] = discord.edits.filter(({ path }) => path === "/applications/42/commands");
    expect(sent).toMatchObject({ method: "PUT", authorization: "Bot bot-secret" });
    expect(sent?.body[0].name).toBe("imagine");
    expect(sent?.body[0].options.map(({ name }: { name: string }) => name)).toEqual(["prompt", "steps", "seed"]);
    expect(sent?.body[0].options[1].max_value).toBe(50);
    const without = await cli(args, { env: { DISCORD_TOKEN: undefined } });
    expect([without.code, without.stderr]).toEqual([2, expect.stringContaining("set DISCORD_TOKEN")]);
  });

  test.each([
    [[], { DISCORD_PUBLIC_KEY: "", VQGAN_CLIP_SERVICE_TOKEN: "" }, "DISCORD_PUBLIC_KEY and VQGAN_CLIP_SERVICE_TOKEN"],
    [[], { DISCORD_PUBLIC_KEY: "12" }, "public key: expected 64"],
    [["--service", "http://127.0.0.1:7700/#token=abcdef"], {}, "before /#token="],
    [["--service", "http://127.0.0.1:1"], {}, "at http://127.0.0.1:1 cannot be reached"],
    [[], { VQGAN_CLIP_SERVICE_TOKEN: "wrong" }, "token"],
    [[], { VQGAN_CLIP_SERVICE_TOKEN: "" }, "not set: VQGAN_CLIP_SERVICE_TOKEN"],
  ])("what cannot work is one clear line: %j %j", async (args, env, line) => {
    const given = { DISCORD_PUBLIC_KEY: discord.publicKey, VQGAN_CLIP_SERVICE_TOKEN: service.token, ...env };
    const { code, stderr } = await cliProcess(["bot", "discord", "--port", "0", "--service", service.origin, ...args], {
      env: given,
    });
    expect(code).not.toBe(0);
    expect(stderr).toContain(line);
    expect(stderr).not.toContain("abcdef");
    expect(stderr.trim().split("\n")).toHaveLength(1);
  });
});
