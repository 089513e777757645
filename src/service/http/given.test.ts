import { expect, test } from "vitest";
import { Giving } from "./given.js";

const [id, other] = ["0123456789abcdef01234567", "76543210fedcba9876543210"];
const refused = expect.objectContaining({ code: "NOT_FOUND" });
const tried = (work: () => void) => {
  try {
    work();
  } catch (error) {
    return error;
  }
  return undefined;
};

test("an address is of one session, one end and one launch, and ends in its second", () => {
  let now = 1_790_000_000_500;
  const giving = new Giving("a-token-of-16-or-more", () => now);
  const { url, until } = giving.give(id, { seconds: 60 });
  expect(until).toBe(new Date(1_790_000_060_000).toISOString());
  const { pathname, searchParams } = new URL(url, "http://a.test");
  expect(pathname).toBe(`/given/${id}/picture.png`);
  const [end, mark] = [searchParams.get("until") as string, searchParams.get("mark") as string];
  const asked = (of = id, at: string | undefined = end, by: string | undefined = mark, from = giving) =>
    tried(() => from.require(of, at, by));
  expect(asked()).toBeUndefined();
  expect(asked(other)).toEqual(refused);
  expect(asked(id, String(Number(end) + 1))).toEqual(refused);
  expect(asked(id, end, `${mark.slice(0, -1)}-`)).toEqual(refused);
  expect(asked(id, end, "")).toEqual(refused);
  expect(asked(id, "never")).toEqual(refused);
  expect(asked(id, end, mark, new Giving("another-token-of-16", () => now))).toEqual(refused);
  now = 1_790_000_059_999;
  expect(asked()).toBeUndefined();
  now = 1_790_000_060_000;
  expect(asked()).toEqual(refused);
});
