/**
 * Memory of a server and its engine while people come and go, on the tiny models: sessions are planned, made, listened to,
 * looked at, changed, painted on, forked and deleted, as fast as one engine allows.
 *
 *     npm run bench:soak -- --minutes 30     Linux; a table by minutes, and the slopes after the first two
 */
import { mkdtemp, rm } from "node:fs/promises";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { compileCli } from "../test/support/cli-process.js";
import { formWith, Service } from "../test/support/service.js";
import { residentOf, slopeOf } from "./resident.js";

const { values } = parseArgs({ options: { minutes: { type: "string", default: "30" } } });
const minutes = Number(values.minutes);
/** Minutes in which all that is loaded once is loaded. */
const BEFORE = Math.min(2, minutes / 3);
/** People at once. */
const PEOPLE = 3;

/** Of many shapes, so that programs come and go too. */
const requestOf = (turn: number) => ({
  prompts: `a red apple | number ${turn}`,
  size: [32, turn % 4 === 0 ? 48 : 32],
  cutouts: turn % 3 === 0 ? 2 : 4,
  seed: turn,
  steps: 12,
  keepEvery: 4,
});

/** Events of a session until it rests, told once by its whole state and then by what happens. */
async function rested(service: Service, id: string): Promise<void> {
  await service.events(`/v1/sessions/${id}/events`, (events) =>
    events.some(({ type, data }) => type === "state" && ["finished", "paused"].includes(data.status)),
  );
}

/** One session from its plan to the bin. */
async function life(service: Service, turn: number): Promise<void> {
  const request = requestOf(turn);
  await service.send("POST", "/v1/plan", request);
  const { id } = await service.create(request);
  const heard = await service.events(`/v1/sessions/${id}/events`, (events) =>
    events.some(({ type, data }) => type === "step" && data.step >= 6),
  );
  for (const { type, data } of heard) if (type === "preview") await service.bytes(data.url);
  if (turn % 2 === 0) await service.send("PATCH", `/v1/sessions/${id}`, { prompts: "a green apple" });
  await rested(service, id);
  const picture = await service.bytes(`/v1/sessions/${id}/picture.png`);
  if (turn % 3 === 0) {
    await service.session("POST", `/${id}/fork`, { node: 1, at: 4, steps: 8, resume: true });
    await rested(service, id);
  }
  if (turn % 5 === 0) {
    const painted = formWith({ resume: false }, { image: picture });
    await service.send("POST", `/v1/sessions/${id}/paint`, painted);
  }
  await service.send("DELETE", `/v1/sessions/${id}`);
}

const clean = compileCli();
const folder = await mkdtemp(join(tmpdir(), "vqgan-clip-soak-"));
const service = await Service.start(folder, { more: ["--warm"] });
try {
  const began = performance.now();
  const since = () => (performance.now() - began) / 60_000;
  let turns = 0;
  const person = async () => {
    while (since() < minutes) await life(service, ++turns);
  };
  const samples: { readonly minute: number; readonly server: number; readonly engine: number }[] = [];
  const sample = () => {
    const server = residentOf(service.child.pid);
    try {
      samples.push({ minute: since(), server, engine: residentOf(service.enginePid) });
    } catch {
      // the engine is not there yet
    }
  };
  const timer = setInterval(sample, 5000);
  await Promise.all(Array.from({ length: PEOPLE }, person)).finally(() => clearInterval(timer));
  sample();

  console.log(`${cpus()[0]?.model.trim()}, ${cpus().length} cores, Node ${process.version}; ${turns} sessions\n`);
  console.log("| minute | server (MB) | engine (MB) |\n| --- | --- | --- |");
  for (let minute = 0; minute <= minutes; minute++) {
    const at = samples.find((each) => each.minute >= minute) ?? samples.at(-1);
    if (at) console.log(`| ${minute} | ${at.server.toFixed(0)} | ${at.engine.toFixed(0)} |`);
  }
  const later = samples.filter(({ minute }) => minute >= BEFORE);
  for (const who of ["server", "engine"] as const) {
    const slope = slopeOf(later.map((each) => [each.minute, each[who]]));
    console.log(`${who}: ${slope.toFixed(2)} MB a minute after the first ${BEFORE.toFixed(0)}`);
  }
} finally {
  await service.end("SIGKILL");
  await rm(folder, { recursive: true, force: true });
  await clean();
}
