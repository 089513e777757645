/** Rewards in a run, as a judge and in `score`; from the library and the command line. */
import { cp, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { type CreateRequest, VqganClip } from "../../src/index.js";
import { ownEngine } from "../../src/runtime/own-engine.js";
import { cli, inEmptyFolder } from "../support/cli.js";
import { fixture, fixturePath } from "../support/fixtures.js";

const [vqgan, clip] = ["vqgan", "clip-quick-gelu"].map(fixturePath) as [string, string];
const head = (name: string) => ({ model: fixturePath(`rewards/${name}`) });
const request = { prompts: "a castle", size: [32, 32], cutouts: 2, steps: 4, seed: 7 } satisfies CreateRequest;
const aesthetic = { kind: "model", name: "aesthetic", output: null } as const;
const calm = { kind: "axis", from: "calm", to: "tense" } as const;

const opened = () =>
  VqganClip.fromPretrained({
    vqgan,
    clip,
    threads: 1,
    rewards: { aesthetic: head("mse.pth"), vad: head("vad.safetensors"), pick: { model: clip } },
  });

test("a weighted reward rises, one that is only told changes nothing, and the losses add up", async () => {
  const vq = await opened();
  const course = async (rewards: CreateRequest["rewards"]) => {
    const run = vq.create({
      ...request,
      learningRate: 0.05,
      steps: 4,
      latent: "continuous",
      clampToCodebook: false,
      ...(rewards && { rewards }),
    });
    const events = [];
    for await (const event of run) events.push(event);
    const after = await run.rewards();
    const { bytes } = (await run.state()).z;
    await run.dispose();
    return { events, after, bytes };
  };
  const plain = await course(undefined);
  const told = await course([{ ...calm, weight: 0 }]);
  expect(told.bytes).toEqual(plain.bytes);
  expect(told.events[0]?.rewards?.[0]?.reward).toBe("calm <-> tense");
  const asked = await course([
    { ...calm, weight: 500 },
    { ...aesthetic, weight: 1 },
  ]);
  const [{ losses, rewards } = { losses: undefined, rewards: undefined }] = asked.events;
  expect(losses?.rewards[0]).toBeCloseTo(-500 * (rewards?.[0]?.value as number), 3);
  const parts = [losses?.prompts, losses?.picture, losses?.rewards].flat() as number[];
  expect(parts.reduce((sum, part) => sum + part, losses?.latent as number)).toBeCloseTo(losses?.total as number, 3);
  expect(asked.after[0]?.value).toBeGreaterThan(told.after[0]?.value as number);
  await vq.dispose();
});

test("a reward judges, in its own units; a judge that is climbed is told", async () => {
  const vq = await opened();
  const judged = vq.create({ ...request, judgeReward: aesthetic, judgeEvery: 1 });
  const scores: number[] = [];
  for await (const event of judged) for (const { score } of event.judged ?? []) scores.push(score);
  expect((await judged.state()).best?.score).toBe(Math.max(...scores));
  const [value] = await vq.reward(await judged.render(), [aesthetic]);
  expect(value?.value).toBeCloseTo(Math.max(...scores), 3);
  expect(judged.notices).toEqual([]);
  const session = await judged.models();
  expect(session.map(({ role, name }) => [role, name])).toContainEqual(["reward", "aesthetic"]);
  expect(session.map(({ name }) => name)).not.toContain("vad");

  const climbed = vq.create({ ...request, judgeReward: aesthetic, rewards: [{ ...aesthetic, weight: "0->1" }] });
  await climbed.state();
  expect(climbed.notices).toEqual([{ kind: "judge-in-loss", judge: "aesthetic" }]);
  const itself = vq.create({ ...request, judgeReward: { kind: "model", name: "pick", output: null } });
  await itself.state();
  expect(itself.notices).toMatchObject([{ kind: "judge-in-loss" }]);
  await vq.dispose();
});

test("ImageReward in the loss, as the judge and in score; other words compile no other step", async () => {
  const vq = await VqganClip.fromPretrained({
    vqgan,
    clip,
    threads: 1,
    rewards: { imagereward: { model: fixturePath("image-reward") }, pick: { model: clip } },
  });
  const name = { kind: "model", name: "imagereward", output: null } as const;
  const opened = vi.spyOn(ownEngine, "open");
  const steps = () => opened.mock.calls.filter(([{ outputs }]) => "gradient" in outputs).length;
  const asked = { ...request, prompts: "a red castle", latent: "continuous", clampToCodebook: false } as const;
  const run = vq.create({ ...asked, rewards: [{ ...name, weight: 5 }], judgeReward: name });
  const values: number[] = [];
  for await (const { losses, rewards } of run) {
    values.push(rewards?.[0]?.value as number);
    expect(losses.rewards[0]).toBeCloseTo(-5 * (values.at(-1) as number), 4);
  }
  expect(values.at(-1)).toBeGreaterThan(values[0] as number);
  expect(run.notices).toContainEqual({ kind: "judge-in-loss", judge: "imagereward" });
  expect((await run.models()).map(({ role, name }) => `${role} ${name}`)).toContain("reward imagereward");
  const [last] = await run.rewards();
  const picture = await run.render();
  const [same] = await vq.reward(picture, [name], { prompts: "a red castle" });
  expect(same?.value).toBeCloseTo(last?.value as number, 5);

  const compiled = steps();
  run.resume({ prompts: "an old tree", steps: 5 });
  await run.toFinish();
  expect(steps()).toBe(compiled);
  const [other] = await vq.reward(picture, [name], { prompts: "an old tree" });
  expect(other?.value).not.toBeCloseTo(same?.value as number, 3);

  const apart = vq.create({ ...asked, judgeReward: name, rewards: [{ ...name, name: "pick", weight: 0.1 }] });
  await apart.state();
  expect(apart.notices).toEqual([]);
  expect(() => vq.create({ ...asked, prompts: "", targets: [{ kind: "noise", seed: 1 }], judgeReward: name })).toThrow(
    "imagereward compares pictures with texts, and there are none",
  );
  opened.mockRestore();
  await vq.dispose();
  const scaled = { imagereward: { model: fixturePath("image-reward"), scale: 2 } };
  await expect(VqganClip.fromPretrained({ vqgan, clip, rewards: scaled })).rejects.toThrow("units of its own");
});

test("what is not there is refused before anything runs", async () => {
  const vq = await opened();
  const make =
    (rewards: CreateRequest["rewards"], prompts = "a castle") =>
    () =>
      vq.create({ ...request, prompts, ...(rewards && { rewards }), targets: [{ kind: "noise", seed: 1 }] });
  const named = (name: string, output: string | null = null) => [{ kind: "model", name, output, weight: 1 }] as const;
  expect(make([...named("aestetic")])).toThrow('no reward model is called "aestetic"');
  expect(make([...named("vad")])).toThrow("vad gives 3 numbers");
  expect(make([...named("vad", "anger")])).toThrow('vad gives no "anger"');
  expect(make([...named("pick")], "")).toThrow("pick compares pictures with texts, and there are none");
  await vq.dispose();
  const other = VqganClip.fromPretrained({ vqgan, clip: fixturePath("clip-gelu"), rewards: { a: head("mse.pth") } });
  await expect(other).rejects.toThrow("a reads embeddings of 24 numbers, and none of the run's CLIPs gives as many");
});

test("a head that does not say what stands between its maps is refused, and the cure named", () =>
  inEmptyFolder(async (cwd) => {
    await cp(fixturePath("rewards/vad.safetensors"), join(cwd, "vad.safetensors"));
    const open = () =>
      VqganClip.fromPretrained({ vqgan, clip, rewards: { vad: { model: join(cwd, "vad.safetensors") } } });
    await expect(open()).rejects.toThrow("2 maps, and nothing says what stands between them");
    await writeFile(join(cwd, "vad.json"), '{"activation": "gelu"}');
    await expect(open()).rejects.toThrow("it gives 3 numbers, 0 of them have names");
  }));

test("from the command line: before and after, as the judge, resumed, and in score", () =>
  inEmptyFolder(async (cwd) => {
    const models = ["--vqgan", vqgan, "--clip", clip, "--threads", "1"];
    const heads = ["--reward-model", `taste=${fixturePath("rewards/mse.pth")}`, "--reward-model", `pick=${clip}`];
    const run = (...args: string[]) => cli(args, { cwd });
    const asked = ["--reward", "taste:0.1 | calm <-> tense:0.5 | pick:0", "--judge-reward", "calm <-> tense"];
    const small = ["--size", "32", "--cutouts", "2", "--seed", "7", "--steps", "3"];
    const made = await run(
      "a castle",
      ...models,
      ...heads,
      ...asked,
      ...small,
      "-o",
      "a.png",
      "--save-state",
      "a.vqclip",
    );
    expect(made.stderr).toMatch(/reward taste: -?[\d.]+ -> -?[\d.]+\n.*reward calm <-> tense: .*\n.*reward pick: /);
    expect(made.stderr).toMatch(/the judge chose the picture of step \d, at -?[\d.]+ \(calm <-> tense\)/);
    expect(made.stderr).toContain("calm <-> tense is judge and one of the losses");

    const lost = await run("resume", "a.vqclip", ...models, "--steps", "4", "-o", "b.png");
    expect(lost.stderr).toContain("was made with reward taste");
    expect(lost.stderr).toContain("--reward-model taste=PATH");
    expect((await run("resume", "a.vqclip", ...models, ...heads, "--steps", "4", "-o", "b.png")).code).toBe(0);

    const scored = await run(
      "score",
      "a.png",
      "a castle",
      "a boat: red",
      ...models,
      ...heads,
      "--reward",
      "taste|pick",
      "--json",
    );
    const { rewards, scores } = JSON.parse(scored.stdout.toString());
    expect(rewards.map(({ reward, prompt }: { reward: string; prompt?: string }) => [reward, prompt])).toEqual([
      ["taste", undefined],
      ["pick", "a castle"],
      ["pick", "a boat: red"],
    ]);
    const cosine = scores.find(({ prompt }: { prompt: string }) => prompt === "a castle").cosine;
    const scale = (await fixture("rewards/expected.safetensors"))("logit_scale").item();
    expect(rewards[1].value / cosine).toBeCloseTo(scale, 2);
  }));
