import { expect, test } from "vitest";
import { Queue } from "./queue.js";
import type { Session } from "./session.js";

const of = (owner: string, id: string) => ({ id, record: { owner } }) as Session;
const order = (queue: Queue) => queue.all.map(({ id }) => id);

test("one owner's sessions have their turns in the order they came", () => {
  const queue = new Queue();
  const [a, b, c] = [of("x", "a"), of("x", "b"), of("x", "c")];
  for (const session of [a, b, c, a]) queue.add(session);
  expect([order(queue), queue.positionOf(c), queue.positionOf(of("x", "d"))]).toEqual([["a", "b", "c"], 3, null]);
  expect(queue.next()).toBe(a);
  expect([queue.active, queue.remove(b), order(queue)]).toEqual([a, [c], ["c"]]);
  expect([queue.next(), queue.next(), queue.active]).toEqual([c, undefined, undefined]);
});

test("owners take turns, whoever asks for more", () => {
  const queue = new Queue();
  for (const id of ["x1", "x2", "x3"]) queue.add(of("x", id));
  queue.add(of("y", "y1"));
  expect(order(queue)).toEqual(["x1", "y1", "x2", "x3"]);
  expect(queue.next()?.id).toBe("x1");
  queue.add(of("y", "y2"));
  queue.add(of("z", "z1"));
  expect(order(queue)).toEqual(["y1", "z1", "x2", "y2", "x3"]);
  const turns = [];
  for (let next = queue.next(); next; next = queue.next()) turns.push(next.id);
  expect(turns).toEqual(["y1", "z1", "x2", "y2", "x3"]);
});
