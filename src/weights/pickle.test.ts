import { expect, test } from "vitest";
import { type PickleOptions, unpickle } from "./pickle.js";
import { PickleGlobal, Placeholder } from "./pickle-values.js";

const options: PickleOptions = {
  resolve: (module, name) => new PickleGlobal(module, name, name === "double" ? ([x]) => [x, x] : undefined),
  loadPersistent: (id) => ({ id }),
};

/** A pickle from text (one byte a character) and byte values; STOP is added. */
function read(...parts: (string | number)[]): unknown {
  const bytes = parts.flatMap((part) => (typeof part === "string" ? [...Buffer.from(part, "latin1")] : [part]));
  return unpickle(Uint8Array.from([...bytes, 0x2e]), options).value;
}

test("numbers: every width, sign and size", () => {
  expect(read("(K\x07M\x01\x02J\xff\xff\xff\xffI12\nL-5L\nI01\nt")).toEqual([7, 513, -1, 12, -5, true]);
  expect(read("(\x8a\x00\x8a\x01\xff\x8a\x02\xff\x00\x8b\x01\x00\x00\x00\x05t")).toEqual([0, -1, 255, 5]);
  expect(read("\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19")).toBe(0x1950a86a20f9469cfc6cn);
  expect(read("G\x3f\xf8\x00\x00\x00\x00\x00\x00")).toBe(1.5);
  expect(read("F-0.25\n")).toBe(-0.25);
});

test("text and bytes", () => {
  expect(read("(X\x02\x00\x00\x00\xc3\xbc\x8c\x01aVb\nS'c'\nU\x01dt")).toEqual(["ü", "a", "b", "c", "d"]);
  expect(read("C\x02\x00\xff")).toEqual(Uint8Array.of(0, 255));
});

test("lists, tuples, dicts, sets and the memo", () => {
  expect(read("]q\x00(K\x01K\x02eh\x00\x86")).toEqual([
    [1, 2],
    [1, 2],
  ]);
  expect(read("}(K\x01NK\x02\x88uK\x03\x89s")).toEqual(
    new Map<number, unknown>([
      [1, null],
      [2, true],
      [3, false],
    ]),
  );
  expect(read("\x8f(K\x01K\x01\x90")).toEqual(new Set([1]));
  expect(read("\x80\x04\x95\x01\x00\x00\x00\x00\x00\x00\x00N\x94")).toBe(null);
});

test("an allowed global is called, any other becomes a placeholder whatever is done to it", () => {
  expect(read("cm\ndouble\nK\x03\x85R")).toEqual([3, 3]);
  expect(read("cm\nClass\n)R}b")).toEqual(new Placeholder("m.Class"));
  expect(read("cm\nClass\n)\x81}(K\x01K\x02ub")).toEqual(new Placeholder("m.Class"));
  expect(read("\x8c\x01m\x8c\x05Class\x93)}\x92(K\x01e")).toEqual(new Placeholder("m.Class"));
  expect(read("(cm\nClass\nK\x01o")).toEqual(new Placeholder("m.Class"));
  expect(read("(K\x01im\nClass\n)R")).toEqual(new Placeholder("m.Class"));
});

test("persistent ids go to the reader", () => {
  expect(read("K\x05Q")).toEqual({ id: 5 });
  expect(read("Pfive\n")).toEqual({ id: "five" });
});

test.each<[string, RegExp]>([
  ["", /the stack is empty/],
  ["K\x01)R", /called something that is no class/],
  ["K\x01K\x02a", /appended to something that is no list/],
  ["}(K\x01u", /odd number/],
  ["\x80\x06N", /protocol 6/],
  ["t", /no mark/],
  ["h\x07", /nothing is remembered under 7/],
  ["\x82\x01", /opcode 0x82/],
  ["\x97", /opcode 0x97/],
  ["Ix\n", /"x" is no integer/],
  ["X\xff\xff\xff\xff", /ends at byte/],
  ["\x8d\xff\xff\xff\xff\xff\xff\xff\xff", /ends at byte/],
  ["\x8b\xff\xff\xff\x7f", /an integer of 2147483647 bytes/],
  ["(".repeat(10_001), /more than 10000 nested marks/],
])("%j is refused", (pickle, message) => {
  expect(() => read(pickle)).toThrow(message);
});

test("the end is reported, so that pickles may follow one another", () => {
  const bytes = Uint8Array.from(Buffer.from("N.K\x01.", "latin1"));
  const first = unpickle(bytes, options);
  expect(unpickle(bytes, { ...options, start: first.end })).toEqual({ value: 1, end: 5 });
});
