/** An S3-speaking server of a test's own (moto), on a free port, with one bucket. It answers one request at a time, as what checks and then writes must. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { ended } from "./ended.js";

const SERVER = `
from moto.server import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import make_server
server = make_server("127.0.0.1", 0, DomainDispatcherApplication(create_backend_app), threaded=False)
print(server.port, flush=True)
server.serve_forever()
`;

/** Whether Python has moto and its server. */
export const hasMoto: boolean = (() => {
  try {
    execFileSync("python3", ["-c", "import importlib.util as u; assert u.find_spec('moto') and u.find_spec('flask')"], {
      stdio: "ignore",
    });
    return true;
  } catch {
    return false;
  }
})();

export class TestBucket {
  private constructor(
    private readonly child: ChildProcess,
    private readonly endpoint: string,
  ) {}

  static async start(): Promise<TestBucket> {
    const child = spawn("python3", ["-c", SERVER], { stdio: ["ignore", "pipe", "ignore"] });
    const port = await new Promise<string>((done, failed) => {
      createInterface({ input: child.stdout }).once("line", done);
      child.once("exit", (code) => failed(new Error(`moto ended with ${code}`)));
    });
    const endpoint = `http://127.0.0.1:${port}`;
    await fetch(`${endpoint}/sessions`, { method: "PUT" });
    return new TestBucket(child, endpoint);
  }

  /** Variables by which a client finds it. */
  get environment(): Record<string, string> {
    const keys = { AWS_ACCESS_KEY_ID: "test", AWS_SECRET_ACCESS_KEY: "test", AWS_REGION: "us-east-1" };
    return { ...keys, AWS_ENDPOINT_URL: this.endpoint };
  }

  async end(): Promise<void> {
    await ended(this.child, "SIGKILL");
  }
}
