/** What any line of sessions does: one process' own, and the one in Redis that many share. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { JobLine } from "../../src/service/network/job-line.js";
import type { RedisServer } from "../../src/service/network/redis.js";
import type { Priority } from "../../src/service/priority.js";
import { Queue } from "../../src/service/queue.js";
import type { Session } from "../../src/service/session.js";
import { hasRedis, ownRedis } from "../support/redis.js";

/** A line as both are used. */
interface Line {
  post(id: string, owner?: string, priority?: Priority): Promise<void>;
  /** So many minutes pass. */
  wait(minutes: number): Promise<void>;
  remove(id: string): Promise<void>;
  order(): Promise<readonly string[]>;
  /** Takes so many, one after the other, and is done with each at once. */
  take(count: number): Promise<string[]>;
}

class InProcess implements Line {
  private minutes = 0;
  private readonly queue = new Queue(() => this.minutes * 60_000);
  private readonly sessions = new Map<string, Session>();

  async wait(minutes: number): Promise<void> {
    this.minutes += minutes;
  }

  async post(id: string, owner?: string, priority?: Priority): Promise<void> {
    const session = this.sessions.get(id) ?? ({ id, record: { owner, priority } } as Session);
    this.sessions.set(id, session);
    this.queue.add(session);
  }

  async remove(id: string): Promise<void> {
    this.queue.remove(this.sessions.get(id) as Session);
  }

  async order(): Promise<string[]> {
    return this.queue.all.map(({ id }) => id);
  }

  async take(count: number): Promise<string[]> {
    return Array.from({ length: count }, () => this.queue.next()?.id as string);
  }
}

class InRedis implements Line {
  constructor(private readonly line: JobLine) {}

  wait(minutes: number): Promise<void> {
    return this.line.moveUp(Date.now() + minutes * 60_000);
  }

  post(id: string, owner?: string, priority?: Priority): Promise<void> {
    return this.line.post(id, owner, priority);
  }

  remove(id: string): Promise<void> {
    return this.line.remove(id);
  }

  order(): Promise<string[]> {
    return this.line.order();
  }

  async take(count: number): Promise<string[]> {
    const taken: string[] = [];
    let end = async () => {};
    await new Promise<void>((enough) => {
      end = this.line.take(5, async (id) => {
        if (taken.length === count) return "again";
        taken.push(id);
        if (taken.length === count) enough();
        return "done";
      });
    });
    await end();
    return taken;
  }
}

let server: RedisServer;
let lines = 0;

beforeAll(async () => {
  if (!hasRedis) return;
  const own = await ownRedis();
  server = own.server;
  return own.end;
});

const opened: JobLine[] = [];
afterAll(async () => {
  for (const line of opened) await line.close();
});

const inRedis = async () => {
  const line = await JobLine.open(server, `line-${++lines}`);
  opened.push(line);
  return new InRedis(line);
};

describe.each([
  { name: "Queue", isThere: true, open: async (): Promise<Line> => new InProcess() },
  { name: "JobLine (Redis)", isThere: hasRedis, open: inRedis as () => Promise<Line> },
])("$name", { timeout: 120_000 }, ({ isThere, open }) => {
  test.skipIf(!isThere)("one owner's have their turns in the order they came, each once", async () => {
    const line = await open();
    for (const id of ["a", "b", "c", "a"]) await line.post(id, "x");
    expect(await line.order()).toEqual(["a", "b", "c"]);
    expect(await line.take(1)).toEqual(["a"]);
    await line.post("a", "x");
    expect(await line.take(3)).toEqual(["b", "c", "a"]);
    expect(await line.order()).toEqual([]);
  });

  test.skipIf(!isThere)("owners take turns, whoever asks for more; nobody is an owner too", async () => {
    const line = await open();
    for (const id of ["x1", "x2", "x3"]) await line.post(id, "x");
    await line.post("y1", "y");
    expect(await line.order()).toEqual(["x1", "y1", "x2", "x3"]);
    expect(await line.take(1)).toEqual(["x1"]);
    await line.post("y2", "y");
    await line.post("z1");
    const order = ["y1", "z1", "x2", "y2", "x3"];
    expect(await line.order()).toEqual(order);
    expect(await line.take(5)).toEqual(order);
  });

  test.skipIf(!isThere)("the urgent go first, and owners take turns among them", async () => {
    const line = await open();
    await line.post("low", "x", "low");
    for (const id of ["x1", "x2"]) await line.post(id, "x");
    await line.post("y1", "y");
    for (const id of ["high1", "high2"]) await line.post(id, "y", "high");
    const order = ["high1", "high2", "x1", "y1", "x2", "low"];
    expect(await line.order()).toEqual(order);
    expect(await line.take(6)).toEqual(order);
  });

  test.skipIf(!isThere)("who waits moves up each ten minutes, and is not passed by what comes after that", async () => {
    const line = await open();
    await line.post("low", "x", "low");
    await line.post("high", "x", "high");
    await line.wait(9);
    await line.post("normal", "x");
    expect(await line.order()).toEqual(["high", "normal", "low"]);
    await line.wait(21);
    await line.post("later", "x", "high");
    expect((await line.order()).slice(-1)).toEqual(["later"]);
    expect(await line.take(1)).toEqual(["high"]);
  });

  test.skipIf(!isThere)("what is removed is not taken", async () => {
    const line = await open();
    for (const id of ["a", "b", "c"]) await line.post(id, "x");
    await line.remove("b");
    await line.remove("b");
    expect(await line.order()).toEqual(["a", "c"]);
    expect(await line.take(2)).toEqual(["a", "c"]);
  });
});
