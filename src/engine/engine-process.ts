/** The engine in a child process: its runs block nobody here, and it can be killed, or fall, without harm to a run's state. */
import { type ChildProcess, fork } from "node:child_process";
import { VqganClipError } from "../core/errors.js";
import type { NDArray } from "../core/ndarray.js";
import { programPath } from "../core/own-files.js";
import { candidates, nodePlatform } from "../runtime/devices.js";
import type { Engine, Feeds, OpenSession, Session, SessionRequest } from "../runtime/engine.js";
import { type Answer, type Call, type Results, revived, type SentRequest } from "./messages.js";

interface Waiting {
  readonly done: (result: unknown) => void;
  readonly failed: (error: Error) => void;
}

/** One child at a time, started when it is first needed, and again after it has ended. */
export class EngineProcess implements Engine {
  readonly last = "cpu";
  private child: ChildProcess | undefined;
  private readonly waiting = new Map<number, Waiting>();
  private numbers = 0;

  async open(request: SessionRequest): Promise<OpenSession> {
    const { modelFor, device = nodePlatform.standard, ...others } = request;
    const models = new Map(candidates(device, nodePlatform).map((each) => [each, modelFor(each)]));
    const session = new RemoteSession(this, { ...others, device, models });
    return { session, ...(await session.reopened()) };
  }

  /** Ends the child at once. What is being waited for fails with ABORTED; later calls start another one. */
  kill(): void {
    const { child } = this;
    if (!child) return;
    child.kill("SIGKILL");
    this.ended(
      child,
      new VqganClipError("ABORTED", "engine: its process was killed", "what is used again starts it again"),
    );
  }

  /** A new number, for a call or a session. */
  number(): number {
    return ++this.numbers;
  }

  /** The process that answers now; undefined while there is none. */
  get current(): ChildProcess | undefined {
    return this.child;
  }

  /** @throws what the engine throws; DEVICE_UNAVAILABLE when its process ends meanwhile, ABORTED when it is killed */
  ask<Kind extends Call["kind"]>(call: Call & { readonly kind: Kind }): Promise<Results[Kind]> {
    this.child ??= this.started();
    const { child } = this;
    return new Promise((done, failed) => {
      const id = this.number();
      this.waiting.set(id, { done: done as Waiting["done"], failed });
      this.hold(child);
      child.send({ id, ...call }, (error) => error && child.kill("SIGKILL")); // it hears no more: its end is told to all that wait
    });
  }

  private started(): ChildProcess {
    const { path, execArgv } = programPath("engine/main");
    const child = fork(path, [], {
      execArgv: [...execArgv],
      serialization: "advanced",
      stdio: ["ignore", "ignore", "inherit", "ipc"],
    });
    child.on("message", (answer: Answer) => {
      const call = this.settled(answer.id);
      if ("result" in answer) return call?.done(answer.result);
      const { code, message, hint } = answer.error;
      call?.failed(code ? new VqganClipError(code, message, hint) : new Error(message));
    });
    child.on("error", (cause) => this.ended(child, fallen(cause.message, cause)));
    child.on("exit", (code, signal) => this.ended(child, fallen(signal ?? `exit code ${code}`)));
    return child;
  }

  /** Forgets a child, and fails all that it was asked. */
  private ended(child: ChildProcess, error: Error): void {
    if (this.child !== child) return;
    this.child = undefined;
    for (const id of [...this.waiting.keys()]) this.settled(id)?.failed(error);
    this.hold(child);
  }

  private settled(id: number): Waiting | undefined {
    const call = this.waiting.get(id);
    this.waiting.delete(id);
    if (this.child) this.hold(this.child);
    return call;
  }

  /** A child keeps this process alive only while it is asked something. */
  private hold(child: ChildProcess): void {
    const verb = this.waiting.size > 0 ? "ref" : "unref";
    child[verb]();
    child.channel?.[verb]();
  }
}

/** A session over there. It is opened again where the process that had it has ended. */
class RemoteSession implements Session {
  private number = 0;
  private home: ChildProcess | undefined;

  constructor(
    private readonly engine: EngineProcess,
    private readonly request: SentRequest,
  ) {}

  async reopened(): Promise<Results["open"]> {
    this.number = this.engine.number();
    const opening = this.engine.ask({ kind: "open", session: this.number, request: this.request });
    const home = this.engine.current; // whom it was asked
    const opened = await opening;
    this.home = home;
    return opened;
  }

  async run(feeds: Feeds): Promise<Record<string, NDArray>> {
    if (this.home !== this.engine.current || !this.home) await this.reopened();
    return revived(await this.engine.ask({ kind: "run", session: this.number, feeds }));
  }

  async release(): Promise<void> {
    if (!this.home || this.home !== this.engine.current) return; // gone with its process
    await this.engine.ask({ kind: "release", session: this.number });
  }
}

function fallen(how: string, cause?: Error): VqganClipError {
  return new VqganClipError(
    "DEVICE_UNAVAILABLE",
    `engine: its process ended by itself (${how})`,
    "SIGKILL often means that memory ran out: allow less by maxMemory; the session holds the last finished step",
    cause && { cause },
  );
}
