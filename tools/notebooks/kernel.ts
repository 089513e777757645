/** Deno's Jupyter kernel as a child process, spoken to as notebooks do: messages signed by a key, over ZeroMQ. */
import { type ChildProcess, spawn } from "node:child_process";
import { createHmac, randomUUID } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Dealer, Subscriber } from "zeromq";

/** MIME type to text, base64 or JSON. */
export type MimeBundle = Readonly<Record<string, unknown>>;

/** What a cell gave, as notebooks keep it (nbformat 4). */
export type Output =
  | { output_type: "stream"; name: "stdout" | "stderr"; text: string }
  | { output_type: "display_data"; data: MimeBundle; metadata: object }
  | { output_type: "execute_result"; data: MimeBundle; metadata: object; execution_count: number }
  | { output_type: "error"; ename: string; evalue: string; traceback: readonly string[] };

interface Message {
  readonly type: string;
  readonly parent: string | undefined;
  // biome-ignore lint/suspicious/noExplicitAny: each type of message has content of its own
  readonly content: any;
}

/** Something was displayed, or what was displayed before has changed. */
export type OnDisplay = (data: MimeBundle, isUpdate: boolean) => void;

const DELIMITER = "<IDS|MSG>";
const CHANNELS = ["shell", "iopub", "stdin", "control", "hb"] as const;

/** The program that the npm package `deno` brings; undefined where it is not installed. */
export function denoProgram(): string | undefined {
  const require = createRequire(import.meta.url);
  try {
    return require("deno/install_api.cjs").runInstall() as string;
  } catch {
    return undefined;
  }
}

export class Kernel {
  private readonly session = randomUUID();
  private readonly fallen: Promise<never>;
  private readonly shell = new Dealer();
  private readonly iopub = new Subscriber();
  /** By the message that asked for them: under load, what a cell gives may come after it has said that it is idle. */
  private readonly outputs = new Map<string, Output[]>();
  /** Where a cell's output goes that a later one may change. */
  private readonly displays = new Map<string, Extract<Output, { output_type: "display_data" }>>();

  private constructor(
    private readonly child: ChildProcess,
    private readonly folder: string,
    private readonly key: string,
  ) {
    this.fallen = new Promise((_, failed) => {
      child.once("error", failed);
      child.once("exit", (code, signal) => failed(new Error(`the kernel ended: ${code ?? signal}`)));
    });
    this.fallen.catch(() => undefined); // whoever waits hears of it
  }

  /** @param cwd where the notebook lies: what it imports is found from there */
  static async start(program: string, cwd: string): Promise<Kernel> {
    const folder = await mkdtemp(join(tmpdir(), "vqgan-clip-kernel-"));
    const [key, ports] = [randomUUID(), await freePorts(CHANNELS.length)];
    const numbered = Object.fromEntries(CHANNELS.map((name, i) => [`${name}_port`, ports[i] as number]));
    const facts = { transport: "tcp", ip: "127.0.0.1", key, signature_scheme: "hmac-sha256", kernel_name: "deno" };
    const connection = join(folder, "connection.json");
    await writeFile(connection, JSON.stringify({ ...facts, ...numbered }));
    const args = ["jupyter", "--kernel", "--conn", connection];
    const child = spawn(program, args, { cwd, stdio: ["ignore", "ignore", "pipe"] });
    const kernel = new Kernel(child, folder, key);
    kernel.shell.connect(`tcp://127.0.0.1:${numbered.shell_port}`);
    kernel.iopub.connect(`tcp://127.0.0.1:${numbered.iopub_port}`);
    kernel.iopub.subscribe();
    await kernel.ready();
    return kernel;
  }

  /** Runs a cell to its end. @returns its outputs, which may still grow @param onDisplay told of each that comes or changes */
  async execute(code: string, onDisplay: OnDisplay = () => {}): Promise<Output[]> {
    const id = await this.send("execute_request", { code, silent: false, store_history: true, allow_stdin: false });
    this.outputs.set(id, []);
    for (;;) {
      const { type, parent, content } = await this.receive();
      if (type === "update_display_data") {
        const shown = this.displays.get(content.transient.display_id);
        if (shown) Object.assign(shown, { data: content.data, metadata: content.metadata });
        onDisplay(content.data, true);
      }
      const outputs = parent === undefined ? undefined : this.outputs.get(parent);
      if (!outputs) continue;
      if (parent === id && type === "status" && content.execution_state === "idle") return outputs;
      if (type === "clear_output") outputs.length = 0;
      const output = outputOf(type, content);
      if (!output) continue;
      const last = outputs.at(-1);
      if (output.output_type === "stream" && last?.output_type === "stream" && last.name === output.name) {
        last.text += output.text;
      } else outputs.push(output);
      if (output.output_type !== "display_data") continue;
      const { display_id: display } = content.transient ?? {};
      if (display !== undefined) this.displays.set(display, output);
      onDisplay(output.data, false);
    }
  }

  async end(): Promise<void> {
    this.child.kill("SIGKILL");
    this.shell.close();
    this.iopub.close();
    await rm(this.folder, { recursive: true, force: true });
  }

  /** Asks until an answer of it is heard: what it says before we listen is lost. */
  private async ready(): Promise<void> {
    const asking = setInterval(() => this.send("kernel_info_request", {}), 100);
    try {
      const { type } = await this.receive();
      if (type === undefined) throw new Error("the kernel said nothing");
    } finally {
      clearInterval(asking);
    }
  }

  /** @returns the message's id */
  private async send(type: string, content: object): Promise<string> {
    const id = randomUUID();
    const header = { msg_id: id, session: this.session, username: "", date: new Date().toISOString() };
    const parts = [{ ...header, msg_type: type, version: "5.3" }, {}, {}, content].map((part) => JSON.stringify(part));
    const sum = createHmac("sha256", this.key);
    for (const part of parts) sum.update(part);
    await this.shell.send([DELIMITER, sum.digest("hex"), ...parts]);
    return id;
  }

  private async receive(): Promise<Message> {
    const frames = (await Promise.race([this.iopub.receive(), this.fallen])).map(String);
    const [, header, parent, , content] = frames.slice(frames.indexOf(DELIMITER) + 1).map((text, i) => {
      return i === 0 ? text : JSON.parse(text);
    });
    return { type: header.msg_type, parent: parent.msg_id, content };
  }
}

// biome-ignore lint/suspicious/noExplicitAny: as above
function outputOf(type: string, content: any): Output | undefined {
  const { data, metadata } = content;
  if (type === "stream") return { output_type: "stream", name: content.name, text: content.text };
  if (type === "display_data") return { output_type: "display_data", data, metadata };
  if (type === "execute_result") {
    return { output_type: "execute_result", data, metadata, execution_count: content.execution_count };
  }
  if (type !== "error") return undefined;
  return { output_type: "error", ename: content.ename, evalue: content.evalue, traceback: content.traceback };
}

/** Ports that nobody has just now. */
async function freePorts(count: number): Promise<number[]> {
  const listening = (server: Server) => new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const servers = Array.from({ length: count }, () => createServer());
  await Promise.all(servers.map(listening));
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  await Promise.all(servers.map((server) => new Promise((done) => server.close(done))));
  return ports;
}
