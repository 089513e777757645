/** Pictures of every form that people have: shown rightly, or refused in words that name the cause. */
import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { fixturePath } from "../../test/support/fixtures.js";
import { VqganClipError } from "../core/errors.js";
import { decodePicture } from "./decode.js";

interface Case {
  readonly file: string;
  readonly shows?: readonly (readonly number[])[];
  readonly tolerance?: number;
  readonly refuse?: string;
}

const { size, centres, cases } = JSON.parse(readFileSync(fixturePath("pictures/pictures.json"), "utf8")) as {
  readonly size: readonly [width: number, height: number];
  readonly centres: readonly (readonly [x: number, y: number])[];
  readonly cases: readonly Case[];
};

test.each(cases.filter(({ shows }) => shows))("$file is shown rightly", async ({ file, shows, tolerance }) => {
  const picture = await decodePicture(await readFile(fixturePath(`pictures/${file}`)), file);
  const [width, height] = size;
  expect(picture.shape).toEqual([3, height, width]);
  centres.forEach(([x, y], i) => {
    const found = [0, 1, 2].map((channel) => Math.round(255 * picture.at(channel * height * width + y * width + x)));
    const wanted = shows?.[i] as readonly number[];
    const error = Math.max(...found.map((value, channel) => Math.abs(value - (wanted[channel] as number))));
    expect(error, `at ${x},${y}: ${found} for ${wanted}`).toBeLessThanOrEqual(tolerance as number);
  });
});

test.each(cases.filter(({ refuse }) => refuse))("$file is refused: $refuse", async ({ file, refuse }) => {
  const bytes = await readFile(fixturePath(`pictures/${file}`));
  await expect(decodePicture(bytes, file)).rejects.toMatchObject({
    code: "BAD_IMAGE",
    message: expect.stringContaining(refuse as string),
  });
});

test("a JPEG is never taken for whole when any of its picture is lacking", async () => {
  const whole = await readFile(fixturePath("pictures/no-end.jpg"));
  const accepted: number[] = [];
  for (let length = whole.length - 1; length > whole.length - 180; length -= 7) {
    await decodePicture(whole.subarray(0, length)).then(
      () => accepted.push(length),
      () => undefined,
    );
  }
  expect(accepted).toEqual([]);
});

test("a TIFF of damaged tags is refused in words, or read", async () => {
  const whole = await readFile(fixturePath("pictures/big-be.tif"));
  for (let at = 4; at < 16 + 8 + 20 * 10; at += 3) {
    const bytes = Uint8Array.from(whole);
    bytes[at] = (bytes[at] as number) ^ 0xff;
    const error = await decodePicture(bytes).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    if (error !== undefined) expect(error).toBeInstanceOf(VqganClipError);
  }
});
