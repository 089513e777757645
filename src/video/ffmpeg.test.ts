import { chmod, readFile, realpath, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { inEmptyFolder } from "../../test/support/cli.js";
import { decodeArguments, encodeArguments, findFfmpeg, frameRate, runFfmpeg } from "./ffmpeg.js";

test("frames become a video: every argument a word of its own, whatever the path holds", () => {
  const output = "/videos/a b; rm -rf $HOME %d.mp4";
  const args = encodeArguments({ folder: "/videos/f", output, ending: ".mp4", rate: 12.5, count: 3 });
  expect(args.join(" ")).toBe(
    "-hide_banner -loglevel error -nostdin -y -framerate 12.5 -start_number 1 -i frame-%05d.png " +
      "-vf trim=end_frame=3,split[a][b];[a]scale=ceil(iw/2)*2:ceil(ih/2)*2[c];[c][b]overlay=format=gbrp," +
      "scale=out_color_matrix=bt709:out_range=tv,format=yuv420p " +
      "-colorspace bt709 -color_primaries bt709 -color_trc bt709 -color_range tv -f mp4 -c:v libx264 -crf 16 -preset slow -movflags +faststart -c:a aac " +
      `-map_metadata -1 -fflags +bitexact -flags:v +bitexact file:${output}`,
  );
  expect(args.at(-1)).toBe(`file:${output}`);
});

test("a source's sound goes along, if it has any", () => {
  const args = encodeArguments({ folder: "f", output: "/o", ending: ".webm", rate: 24, count: 9, sound: "/in.mp4" });
  expect(args.join(" ")).toContain("-i file:/in.mp4 -map 0:v -map 1:a? -vf trim=end_frame=9,");
  expect(args.join(" ")).toContain("-f webm -c:v libvpx-vp9 -crf 24 -b:v 0 -c:a libopus -map_metadata");
  const request = { folder: "f", output: "/o", ending: ".webm", rate: 24, count: 12, sound: "/in.wav" };
  expect(encodeArguments({ ...request, soundEnds: true }).join(" ")).toContain("-c:a libopus -t 0.5 -map_metadata");
});

test("a video becomes numbered frames, one for each that it holds", () => {
  expect(decodeArguments("-in.mp4").join(" ")).toBe(
    "-hide_banner -loglevel error -nostdin -y -i file:-in.mp4 -map 0:v:0 -fps_mode passthrough -start_number 1 frame-%05d.png",
  );
});

test("the program is found on PATH, run without a shell, and its first word told when it fails", () =>
  inEmptyFolder(async (folder) => {
    expect(await findFfmpeg(folder)).toBeUndefined();
    const program = join(folder, "ffmpeg");
    const says = "  Stream #0:0: Video: h264 (High), yuv420p, 64x48, 100 kb/s, 23.98 fps, 24 tbr";
    await writeFile(
      program,
      `#!/bin/sh\nprintf '%s\\n' "$PWD" "$@" > "$(dirname "$0")/said"\necho '${says}' >&2\nexit 3\n`,
    );
    expect(await findFfmpeg(folder)).toBeUndefined(); // not to be executed yet
    await chmod(program, 0o755);
    expect(await findFfmpeg(`/nowhere:${folder}`)).toBe(program);
    await expect(runFfmpeg(program, ["a b", "$HOME"], folder)).rejects.toThrow("ffmpeg: Stream #0:0");
    expect(await readFile(join(folder, "said"), "utf8")).toBe(`${await realpath(folder)}\na b\n$HOME\n`);
    expect(await frameRate(program, "x.mp4")).toBe(24000 / 1001);
  }));
