/** Kills workers, Redis and the server in a random order while sessions are made, and looks at what has become of all. */
import { setTimeout as sleep } from "node:timers/promises";
import { Random } from "../../src/core/random.js";
import type { SessionView } from "../../src/service/views.js";
import { readSession } from "../../src/sessions/session-file.js";
import { currentState } from "../../src/sessions/session-tree.js";
import { Many } from "./many.js";

export interface ChaosOptions {
  readonly kills: number;
  readonly seed: number;
  readonly workers: number;
  /** Sessions that are unfinished at any time. */
  readonly sessions: number;
  /** Of each session. */
  readonly steps: number;
  /** The picture that the library makes of a request. */
  readonly expected: (request: object) => Promise<Uint8Array>;
  readonly onKill?: (kill: number, what: string) => void;
}

export interface ChaosReport {
  readonly kills: Readonly<Record<Blow, number>>;
  /** Sessions that were asked for, each by a key of its own, as often as it took to hear of one. */
  readonly asked: number;
  /** Of those: that are not there, or there twice. */
  readonly lost: number;
  readonly twice: number;
  /** That are not finished, that lack a step or have one twice, whose picture is another one than the library's. */
  readonly unfinished: number;
  readonly miscounted: number;
  readonly otherPictures: number;
  /** Steps of all finished sessions. */
  readonly steps: number;
  readonly seconds: number;
}

/** How often of a hundred: a worker is killed or sleeps until others have taken over, Redis is killed or loses all it knew, the server is killed. */
const blows = { worker: 50, asleep: 10, redis: 12, forgetful: 8, server: 20 } as const;
export type Blow = keyof typeof blows;

/** Seconds of a lease, and milliseconds that a worker sleeps. */
const LEASE = 3;
const SLEEP = 8000;

/** A request is tried for so long (ms). */
const PATIENCE = 600_000;
/** Requests differ by their seed, and so many seeds there are. */
const SEEDS = 3;

export async function chaos(options: ChaosOptions): Promise<ChaosReport> {
  const began = performance.now();
  const many = await Many.start({
    workers: options.workers,
    more: ["--lease", String(LEASE), "--checkpoint-every", "5"],
  });
  try {
    const client = new Client(many, options);
    const kills = Object.fromEntries(Object.keys(blows).map((blow) => [blow, 0])) as Record<Blow, number>;
    const random = new Random(options.seed).split("kills");
    for (let kill = 1; kill <= options.kills; kill++) {
      await client.fill();
      await client.progress(1 + Math.floor(random.uniform() * 20)); // kills fall between steps, and into them
      const what = drawn(random.uniform() * 100);
      kills[what]++;
      options.onKill?.(kill, what);
      await killed(many, what, random);
    }
    const finished = await client.all(({ status }) => status === "finished");
    return { kills, ...(await client.judged(finished)), seconds: Math.round((performance.now() - began) / 1000) };
  } finally {
    await many.end();
  }
}

/** @param number 0 to 100 */
function drawn(number: number): Blow {
  let left = number;
  for (const [blow, share] of Object.entries(blows)) {
    left -= share;
    if (left < 0) return blow as Blow;
  }
  return "worker";
}

async function killed(many: Many, what: Blow, random: Random): Promise<void> {
  const victim = many.workers[Math.floor(random.uniform() * many.workers.length)];
  if (what === "asleep") {
    victim?.child.kill("SIGSTOP");
    setTimeout(() => victim?.child.kill("SIGCONT"), SLEEP);
  } else if (what === "worker") {
    if (victim) await many.kill(victim);
    void patiently(() => many.startWorker()).catch(() => undefined); // without Redis it does not start
  } else if (what === "redis" || what === "forgetful") {
    await many.redis.kill();
    if (what === "forgetful") await many.redis.forget();
    await sleep(random.uniform() * 1000);
    await many.redis.restart();
  } else {
    await many.service.end("SIGKILL");
    await many.startServer();
  }
}

/** What somebody does who wants pictures and hears of no kills: it asks until it is answered. */
class Client {
  /** Ids by the keys that they were asked with. */
  private readonly made = new Map<string, string>();
  private views: readonly SessionView[] = [];

  constructor(
    private readonly many: Many,
    private readonly options: ChaosOptions,
  ) {}

  /** Asks for sessions until enough are unfinished. */
  async fill(): Promise<void> {
    const list = await this.list();
    const missing = this.options.sessions - list.filter(({ status }) => status !== "finished").length;
    for (let i = 0; i < missing; i++) await this.ask();
  }

  /** Until so many steps more are done by all together. */
  async progress(steps: number): Promise<void> {
    const before = sum(await this.list());
    await this.all(
      () => false,
      (list) => sum(list) >= before + steps,
    );
  }

  /** The sessions once all are so, or the list is. */
  async all(
    wanted: (session: SessionView) => boolean,
    enough: (list: readonly SessionView[]) => boolean = () => false,
  ): Promise<readonly SessionView[]> {
    return patiently(async () => {
      const list = await this.list();
      if (list.every(wanted) || enough(list) || list.every(({ status }) => status === "finished")) return list;
      throw new Error(`not yet: ${list.map(({ status, step }) => `${status} ${step}`).join(", ")}`);
    });
  }

  async judged(list: readonly SessionView[]) {
    const { steps } = this.options;
    const ids = [...this.made.values()];
    const there = new Set(list.map(({ id }) => id));
    const pictures = new Map<number, Uint8Array>();
    let [unfinished, miscounted, otherPictures] = [0, 0, 0];
    for (const id of ids.filter((each) => there.has(each))) {
      const view = await this.many.service.session("GET", `/${id}`);
      if (view.status !== "finished") unfinished++;
      const { tree } = await readSession(await this.many.service.bytes(`/v1/sessions/${id}/session.vqclip`));
      const counted = view.losses.map(({ step }) => step).join();
      const isWhole =
        currentState(tree).step === steps && counted === Array.from({ length: steps }, (_, i) => i + 1).join();
      if (!isWhole) miscounted++;
      const seed = view.settings.seed as number;
      const picture = pictures.get(seed) ?? (await this.options.expected(this.request(seed)));
      pictures.set(seed, picture);
      const png = await this.many.service.bytes(`/v1/sessions/${id}/picture.png`);
      if (!Buffer.from(png).equals(picture)) otherPictures++;
    }
    const lost = ids.filter((id) => !there.has(id)).length;
    const twice = list.length - (ids.length - lost);
    return { asked: ids.length, lost, twice, unfinished, miscounted, otherPictures, steps: steps * list.length };
  }

  private request(seed: number) {
    return { prompts: "a red apple", size: [32, 32] as [number, number], cutouts: 4, seed, steps: this.options.steps };
  }

  private async ask(): Promise<void> {
    const key = `chaos-${this.made.size + 1}`;
    const body = JSON.stringify(this.request(1 + (this.made.size % SEEDS)));
    const headers = { "Content-Type": "application/json", "Idempotency-Key": key };
    const { id } = await patiently(async () => {
      const answer = await this.many.service.fetch("/v1/sessions", { method: "POST", headers, body });
      if (answer.status !== 201) throw new Error(`${answer.status} ${await answer.text()}`);
      return (await answer.json()) as SessionView;
    });
    this.made.set(key, id);
  }

  private async list(): Promise<readonly SessionView[]> {
    this.views = await patiently(async () => {
      const answer = await this.many.service.fetch("/v1/sessions");
      return ((await answer.json()) as { sessions: SessionView[] }).sessions;
    });
    return this.views;
  }
}

const sum = (list: readonly SessionView[]): number => list.reduce((steps, { step }) => steps + step, 0);

async function patiently<Result>(work: () => Promise<Result>): Promise<Result> {
  const end = performance.now() + PATIENCE;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (performance.now() > end) throw error;
      await sleep(100);
    }
  }
}
