/** What a run writes to goes away: its disk, its terminal, its reader. The rest is finished all the same. */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, openSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { inEmptyFolder, listing, tinyModels } from "../support/cli.js";
import { cliPath, cliProcess } from "../support/cli-process.js";

const castle = ["generate", "a castle", "--seed", "1", "--size", "40x32", "--cutouts", "2", ...tinyModels];

/** Of a process whose streams the test holds itself. */
const ended = (child: ChildProcess) =>
  new Promise<{ code: number | null; stderr: string }>((done) => {
    let stderr = "";
    child.stderr?.on("data", (part: Buffer) => {
      stderr += part.toString();
    });
    child.on("close", (code) => done({ code, stderr }));
  });

const complaints = (stderr: string) => stderr.split("\n").filter((line) => line.startsWith("vqgan-clip:"));

test("a session that its disk cannot take: told once, the picture is written, the command fails at its end", () =>
  inEmptyFolder(async (folder) => {
    const [png, session] = [join(folder, "a.png"), join(folder, "a.vqclip")];
    const files = ["-o", png, "--save-state", session, "--checkpoint-every", "1", "--trace", join(folder, "a.ndjson")];
    const args = [...castle, "--steps", "3", "--latent", "continuous", "--json", ...files];
    // Of 512 bytes each: room for the picture, none for the session.
    const limited = ["-c", 'ulimit -f 24; exec "$0" "$@"', process.execPath, cliPath, ...args];
    const child = spawn("sh", limited, { stdio: ["ignore", "pipe", "pipe"] });
    let stdout = "";
    child.stdout?.on("data", (part: Buffer) => {
      stdout += part.toString();
    });
    const { code, stderr } = await ended(child);
    expect(complaints(stderr)).toEqual([
      `vqgan-clip: cannot write ${session}: the file may not grow so large (choose another disk, or raise the limit (ulimit -f))`,
    ]);
    expect(stderr.match(/note: no checkpoint at step/g)).toHaveLength(1);
    expect(code).toBe(1);
    expect(await listing(folder)).toEqual(["a.ndjson", "a.png"]);
    const events = stdout.trimEnd().split("\n").map((line) => JSON.parse(line) as { type: string }); // biome-ignore format: short
    expect(events.map(({ type }) => type)).toEqual(
      ["start", "step", "checkpoint-failed", "step", "checkpoint-failed", "step", "checkpoint-failed", "done"], // biome-ignore format: one list
    );
    expect(events.at(-1)).toMatchObject({ files: [png] });
  }));

test("SIGHUP pauses and saves, and a second one changes nothing", () =>
  inEmptyFolder(async (folder) => {
    let asked = false;
    const paused = await cliProcess([...castle, "--steps", "100000", "--json", "-o", join(folder, "a.png")], {
      onLine: (line, kill) => {
        if (asked || JSON.parse(line).type !== "step") return;
        asked = true;
        kill("SIGHUP");
        setTimeout(() => kill("SIGHUP"), 2);
      },
    });
    expect(paused.code).toBe(130);
    expect(await listing(folder)).toEqual(["a.png", "a.vqclip"]);
  }));

test("a reader that goes away, a full stdout, a stderr that nobody reads: the files are finished", () =>
  inEmptyFolder(async (folder) => {
    const args = (name: string) => [cliPath, ...castle, "--steps", "30", "--json", "-o", join(folder, name)];
    const gone = spawn(process.execPath, args("gone.png"), { stdio: ["ignore", "pipe", "pipe"] });
    gone.stdout?.once("data", () => gone.stdout?.destroy());
    const afterHead = await ended(gone);
    expect(complaints(afterHead.stderr)).toEqual([
      "vqgan-clip: stdout could not be written to the end: its reader has gone",
    ]);
    expect(afterHead.code).toBe(0);

    const unread = spawn(process.execPath, args("unread.png"), { stdio: ["ignore", "ignore", "pipe"] });
    unread.stderr?.destroy();
    expect((await ended(unread)).code).toBe(0);

    if (existsSync("/dev/full")) {
      const stdio = ["ignore", openSync("/dev/full", "w"), "pipe"] as const;
      const full = await ended(spawn(process.execPath, args("full.png"), { stdio: [...stdio] }));
      expect(complaints(full.stderr)).toEqual(["vqgan-clip: stdout could not be written to the end: the disk is full"]);
      expect(full.code).toBe(1);
      expect(await readFile(join(folder, "full.png"))).toEqual(await readFile(join(folder, "gone.png")));
    }
    expect(await readFile(join(folder, "unread.png"))).toEqual(await readFile(join(folder, "gone.png")));
  }));
