/** What servers and workers say to each other over Redis, and what becomes of it when one of them, or Redis, is gone. */
import { setTimeout as sleep } from "node:timers/promises";
import { beforeAll, describe, expect, test } from "vitest";
import { VqganClipError } from "../../src/core/errors.js";
import { Refusal } from "../../src/service/errors.js";
import { agree } from "../../src/service/network/agreement.js";
import { ANYBODY, Calls } from "../../src/service/network/calls.js";
import { Crew } from "../../src/service/network/crew.js";
import { JobLine } from "../../src/service/network/job-line.js";
import { Leases } from "../../src/service/network/leases.js";
import { type News, NewsStream } from "../../src/service/network/news.js";
import { packed, unpacked } from "../../src/service/network/packed.js";
import { RedisServer } from "../../src/service/network/redis.js";
import { hasRedis, ownRedis, type TestRedis } from "../support/redis.js";

test("values travel with the bytes that are in them", () => {
  const bytes = new Uint8Array([0, 10, 255]);
  const value = { args: [{ resume: true }, { image: bytes, mask: Buffer.from("m"), prompts: [bytes, bytes] }, null] };
  expect(unpacked(packed(value))).toEqual({
    args: [{ resume: true }, { image: bytes, mask: new Uint8Array([109]), prompts: [bytes, bytes] }, null],
  });
  expect(unpacked(packed({ text: "line\nline", nothing: undefined }))).toEqual({ text: "line\nline" });
});

let redis: TestRedis;
let server: RedisServer;
let prefixes = 0;
const prefix = () => `network-${++prefixes}`;

beforeAll(async () => {
  if (!hasRedis) return;
  const own = await ownRedis();
  redis = own.redis;
  server = own.server;
  return own.end;
});

async function until(wanted: () => boolean | Promise<boolean>): Promise<void> {
  for (let tries = 0; !(await wanted()); tries++) {
    if (tries > 600) throw new Error("it never became so");
    await sleep(50);
  }
}

const nobody = async () => false;
const somebody = async () => true;
const ping = { verb: "ping", args: [] };

describe.skipIf(!hasRedis)("over Redis (redis-server)", { timeout: 120_000 }, () => {
  test("a lease is one holder's until it is given back, or runs out", async () => {
    const [connection, own] = [server.connection(), prefix()];
    const [first, second] = [new Leases(connection, own, "worker-1", 1), new Leases(connection, own, "worker-2", 1)];
    expect(await first.take("a", () => undefined)).toBe(true);
    expect([await second.take("a", () => undefined), await first.take("a", () => undefined)]).toEqual([false, false]);
    expect([await second.holderOf("a"), await second.holdersOf(["b", "a"])]).toEqual(["worker-1", [null, "worker-1"]]);
    await sleep(1500); // renewed meanwhile
    expect(await second.take("a", () => undefined)).toBe(false);
    await first.release("a");
    expect(await second.take("a", () => undefined)).toBe(true);
    second.close(); // as if it were killed
    await until(async () => first.take("a", () => undefined));
    first.close();
  });

  test("who comes without the password, or with another, is told so, and no password is", async () => {
    const connection = server.connection();
    await connection.config("SET", "requirepass", "a-secret");
    try {
      await expect(RedisServer.at(server.url)).rejects.toThrow(/^--redis: redis:\/\/[\d.:]+ wants a password$/);
      const wrong = server.url.replace("://", "://:another@");
      await expect(RedisServer.at(wrong)).rejects.toThrow(/^--redis: redis:\/\/[\d.:]+ refuses: WRONGPASS/);
      (await RedisServer.at(server.url.replace("://", "://:a-secret@"))).close();
    } finally {
      await connection.config("SET", "requirepass", "");
    }
  });

  test("a lease that Redis forgot stays its holder's; one that another got meanwhile is lost, and that is told", async () => {
    const [connection, own] = [server.connection(), prefix()];
    let lost = 0;
    const first = new Leases(connection, own, "worker-1", 1);
    await first.take("a", () => lost++);
    await connection.del(`${own}:held:a`);
    await until(async () => (await first.holderOf("a")) === "worker-1");
    await connection.set(`${own}:held:a`, "worker-2");
    await until(() => lost === 1);
    await first.release("a");
    expect([await first.holderOf("a"), lost]).toEqual(["worker-2", 1]);
    first.close();
  });

  test("those who share a folder have the same models, as long as one of them is there", async () => {
    const [connection, own] = [server.connection(), prefix()];
    const ends = [await agree(connection, own, "a", 1), await agree(connection, own, "a", 1)];
    await sleep(1500); // said again meanwhile
    await expect(agree(connection, own, "b", 1)).rejects.toMatchObject({ code: "BAD_MODEL" });
    for (const end of ends) end();
    let end = () => {};
    await until(async () => {
      end = await agree(connection, own, "b", 1).catch(() => end);
      return (await connection.get(`${own}:models`)) === "b";
    });
    end();
  });

  test("calls are answered, errors as they were thrown; by the one who was asked, or by anybody", async () => {
    const own = prefix();
    const [client, worker] = ["server-1", "worker-1"].map((name) => new Calls(server.connection(), own, name)) as [
      Calls,
      Calls,
    ];
    void client.hear(server.connection({ patient: true }));
    void worker.serve(server.connection({ patient: true }), async ({ verb, session, args }) => {
      if (verb === "refuse") throw new Refusal("CONFLICT", "not now", "later", 3);
      if (verb === "fail") throw new VqganClipError("BAD_IMAGE", "no picture", "send one");
      if (verb === "moved") return { moved: true };
      if (verb === "remove") return { value: undefined };
      return { value: [verb, session ?? null, args] };
    });
    const image = new Uint8Array([1, 2, 3]);
    expect(await client.ask("worker-1", { verb: "paint", session: "a", args: [{ image }] }, somebody)).toEqual({
      value: ["paint", "a", [{ image }]],
    });
    expect(await client.ask(ANYBODY, ping, somebody)).toEqual({ value: ["ping", null, []] });
    expect(await client.ask("worker-1", { verb: "moved", args: [] }, somebody)).toEqual({ moved: true });
    expect("value" in (await client.ask("worker-1", { verb: "remove", args: [] }, somebody))).toBe(true);
    await expect(client.ask("worker-1", { verb: "refuse", args: [] }, somebody)).rejects.toMatchObject({
      name: "Refusal",
      code: "CONFLICT",
      hint: "later",
      retryAfter: 3,
    });
    const failed = client.ask("worker-1", { verb: "fail", args: [] }, somebody);
    await expect(failed).rejects.toMatchObject({ code: "BAD_IMAGE", hint: "send one" });
    for (const calls of [client, worker]) calls.close();
  });

  test("a call that nobody has begun moves on; one whose worker died is said to be unsure", async () => {
    const own = prefix();
    const client = new Calls(server.connection(), own, "server-1");
    void client.hear(server.connection({ patient: true }));
    expect(await client.ask("worker-gone", ping, nobody)).toEqual({ moved: true });
    const dying = new Calls(server.connection(), own, "worker-2");
    void dying.serve(server.connection({ patient: true }), () => new Promise(() => undefined));
    await expect(client.ask("worker-2", ping, nobody)).rejects.toMatchObject({ code: "NO_WORKER" });
    for (const calls of [client, dying]) calls.close();
  });

  test("a place in the line outlives whoever had it; what is given back comes again", async () => {
    const line = await JobLine.open(server, prefix());
    const later: string[] = [];
    await line.post("a");
    const tries = { again: 0, later: 0 };
    const end = line.take(2, async (id) => {
      later.push(id);
      if (tries.again++ === 0) return "again";
      return tries.later++ === 0 ? "later" : "done";
    });
    await until(() => later.length === 3);
    await until(async () => (await line.all()).size === 0);
    await end();

    await line.post("b");
    let had = false;
    const [connection, names] = [await RedisServer.at(redis.url), [] as string[]];
    const dying = await JobLine.open(connection, `network-${prefixes}`);
    dying.take(1, () => {
      had = true;
      return new Promise(() => undefined); // as a worker that is killed: it says nothing more
    });
    await until(() => had);
    connection.close();
    const endNext = line.take(1, async (id) => {
      names.push(id);
      return "done";
    });
    await until(() => names.length === 1);
    expect(names).toEqual(["b"]);
    await endNext();
    await line.close();
  });

  test("news reach who listens, in their order; workers are there as long as they say so", async () => {
    const own = prefix();
    const [teller, listener] = [new NewsStream(server.connection(), own), new NewsStream(server.connection(), own)];
    const news = (number: number): News => ({
      from: "w",
      session: "a",
      epoch: 1,
      number,
      type: "step",
      data: { step: number },
    });
    teller.tell(news(0)); // before anybody listened
    await sleep(100);
    const heard: News[] = [];
    await listener.listen(server.connection({ patient: true }), (each) => heard.push(each));
    for (let i = 1; i <= 20; i++) teller.tell(news(i));
    await until(() => heard.length === 20);
    expect(heard).toEqual(Array.from({ length: 20 }, (_, i) => news(i + 1)));
    listener.close();

    const crew = new Crew(server.connection(), own, 1);
    const facts = { name: "worker-1", device: "cpu", availableBytes: 1 };
    const leave = crew.join(() => facts);
    await until(async () => (await crew.all()).length === 1);
    expect(await crew.all()).toEqual([facts]);
    await leave();
    expect(await crew.all()).toEqual([]);
  });

  test("what waits for Redis is done once it is back", async () => {
    const own = prefix();
    const client = new Calls(server.connection(), own, "server-1");
    const worker = new Calls(server.connection(), own, "worker-1");
    void client.hear(server.connection({ patient: true }));
    void worker.serve(server.connection({ patient: true }), async () => ({ value: "done" }));
    const line = await JobLine.open(server, own);
    await line.post("a");
    await sleep(1500); // appended to its file every second
    await redis.kill();
    await expect(client.ask("worker-1", ping, somebody)).rejects.toThrow();
    await redis.restart();
    await until(async () =>
      client.ask("worker-1", ping, somebody).then(
        () => true,
        () => false,
      ),
    );
    expect([...(await line.all())]).toEqual(["a"]);
    for (const calls of [client, worker]) calls.close();
    await line.close();
  });
});
