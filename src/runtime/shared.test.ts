import { expect, test } from "vitest";
import { Shared } from "./shared.js";

/** Counts what is made and notes what is freed. */
function counted() {
  const [made, freed]: [string[], string[]] = [[], []];
  const shared = new Shared<string>(async (value) => void freed.push(value));
  const take = (key: string, kind = "kind") =>
    shared.take(key, kind, async () => {
      made.push(key);
      return key;
    });
  return { shared, take, made, freed };
}

test("a value is made once for all that use it at the same time and freed with the last, however often one lets go", async () => {
  const { take, made, freed } = counted();
  const [one, other] = await Promise.all([take("a"), take("a")]);
  expect(made).toEqual(["a"]);
  await one.release();
  await one.release();
  expect(freed).toEqual([]);
  await other.release();
  expect(freed).toEqual(["a"]);
  await (await take("a")).release();
  expect(made).toEqual(["a", "a"]);
});

test("kept, one unused value of each kind stays and gives way before another of its kind is made", async () => {
  const { shared, take, made, freed } = counted();
  const [letGo, alsoLetGo] = [shared.keep(), shared.keep()];
  const used = await take("used", "step");
  for (const key of ["a", "a", "b"]) await (await take(key, "step")).release();
  await (await take("text", "text")).release();
  expect([made, freed]).toEqual([["used", "a", "b", "text"], ["a"]]);
  await used.release();
  expect(freed).toEqual(["a", "b"]);
  await letGo();
  await letGo();
  expect(freed).toEqual(["a", "b"]);
  await alsoLetGo();
  expect(freed.sort()).toEqual(["a", "b", "text", "used"]);
});

test("what could not be made is told to all who waited, and tried again", async () => {
  const { shared, take, made } = counted();
  const fails = () => shared.take("a", "kind", () => Promise.reject(new Error("no")));
  expect((await Promise.allSettled([fails(), fails()])).map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  await take("a");
  expect(made).toEqual(["a"]);
});
