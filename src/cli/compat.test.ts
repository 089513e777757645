/** Commands of other programs become commands that ours takes, and nothing of them is dropped in silence. */
import { Command } from "commander";
import { describe, expect, test } from "vitest";
import { expandAliases } from "./aliases.js";
import { addCommands } from "./commands.js";
import { wordsOf } from "./compat/foreign-command.js";
import { translated } from "./compat.js";

const compat = (text: string) => translated(wordsOf(text));

/** Whether our own parser takes the command. */
async function isTaken(args: readonly string[]): Promise<boolean> {
  const program = new Command().exitOverride().configureOutput({ writeErr: () => {} });
  await addCommands(program, args[0], () => {});
  const command = program.commands.find((each) => each.name() === args[0]) as Command;
  let ran = false;
  command.action(() => {
    ran = true;
  });
  await program.parseAsync(expandAliases(args), { from: "user" });
  return ran;
}

test("words are split as a shell does, and what only a shell can do is refused", () => {
  expect(wordsOf(`!python generate.py -p "a | b" \\\n  -o 'my file.png' a\\ b *.png $HOME`)).toEqual([
    ..."python generate.py -p".split(" "),
    "a | b",
    "-o",
    "my file.png",
    "a b",
    "*.png",
    "$HOME",
  ]);
  for (const text of ["python generate.py -p a | b", "cd x && python generate.py", "python generate.py # a castle"]) {
    expect(() => wordsOf(text)).toThrow("is for the shell");
  }
});

describe("nerdyrodent", () => {
  test("a picture with all that it can say", async () => {
    const { args, notes } = compat(
      `python generate.py -p "a castle:1 | fog:0.5" -i 300 -s 256 192 -ii start.png -ip "ref.png:0.4|other.png" -nps 3 5 -npw 0.1 -0.2 -lr 0.2 -opt AdamP --seed=42 -cuts 16 -o out.jpg -m ViT-B/16 -ckpt checkpoints/vqgan_imagenet_f16_1024.ckpt -aug Pe Sh -d`,
    );
    expect(args).toEqual([
      ...["generate", "a castle:1 | fog:0.5", "--preset", "nerdyrodent", "--generator", "vqgan-imagenet-f16-1024"],
      ...["--clip", "openai/clip-vit-base-patch16", "--image-prompt", "ref.png:0.4", "--image-prompt", "other.png"],
      ...["--noise-prompt", "3:0.1", "--noise-prompt", "5:-0.2", "--size", "256x192", "--steps", "300"],
      ...["--init-image", "start.png", "--learning-rate", "0.2", "--cutouts", "16", "--seed", "42"],
      ...["--optimizer", "adamp", "--augment", "perspective:0.7:0.7,noise:0.1", "--output", "out.png"],
    ]);
    expect(notes.join("\n")).toMatch(/--augments Sh.*out\.jpg: pictures are written as PNG/s);
    expect(await isTaken(args)).toBe(true);
  });

  test("a zooming film and a styled folder are other commands", async () => {
    const zoom = compat(
      `python generate.py -p "a ^ b" -i 200 -zvid -zse 10 -zsc 1.02 -zsx 2 -ofps 30 -cpe 100 -o z.png`,
    );
    expect(zoom.args[0]).toBe("video");
    expect(zoom.args.join(" ")).toContain(
      "--steps 10 --steps-per-frame 10 --frames 20 --zoom 1.02 --pan 2,0 --fps 30 --output z.mp4 --scene-fade 0",
    );
    expect(await isTaken(zoom.args)).toBe(true);
    const style = compat(`python generate.py -p "a drawing" -vsd frames/ -i 25`);
    expect(style.args.slice(0, 3)).toEqual(["style", "frames/", "a drawing"]);
    expect(await isTaken(style.args)).toBe(true);
  });

  test("what is unknown or has no counterpart is named, whichever it is", () => {
    const { notes } = compat(
      `python generate.py -p a --fancy 3 4 stray -vid -iw 0.5 -m ViT-H/14 -ckpt mine.xyz -opt Lion -cd cuda:1 -ii https://a.b/c.png -se 5`,
    );
    for (const word of [
      "--fancy 3 4 stray",
      "--video",
      "--init_weight",
      "ViT-H/14",
      "mine.xyz",
      "Lion",
      "cuda:1",
      "https://a.b/c.png",
      "--save_every",
    ]) {
      expect(
        notes.some((note) => note.includes(word)),
        word,
      ).toBe(true);
    }
  });
});

test.each([
  [
    `python pixray.py --prompts "sunrise|fog:0.3" --quality draft --aspect square --losses saturation,edge --drawer vqgan --vqgan_model wikiart_16384 --seed 7 --spot "x"`,
    "generate 'sunrise|fog:0.3' --generator vqgan-wikiart-f16-16384 --clip openai/clip-vit-base-patch16 --size 144x144 --steps 200 --cutouts 24 --learning-rate 0.2 --seed 7 --regularize saturation:0.1,border:0.4:ffffff:5",
    ["--spot"],
  ],
  [
    `python pixray.py --prompts "a cat" --drawer clipdraw --strokes 64 --max_stroke_width 4 --clip_models ViT-B/32 --size 256 256 --losses palette,smoothness --palette "[red,#00ff00];blue->white\\\\3"`,
    "generate 'a cat' --generator strokes:count=64,width=1,widest=4,segments=2 --preset clipdraw --clip openai/clip-vit-base-patch32 --size 256x256 --steps 250 --cutouts 30 --regularize palette:1:e50000+00ff00+0343df+81a1ef+ffffff,smoothness:1",
    ["--drawer clipdraw", "of squares"],
  ],
  [
    `pixray --prompts house --drawer line_sketch --allow_paper_color yes --quality draft --aspect square --losses edge,style --edge_color "#336699" --edge_thickness 10 --edge_color_weight 0.2 --palette @a.png`,
    "generate house --generator strokes:count=24,width=0.5,widest=2,segments=8,ink=black,opacity=off,paper=f2eecb --preset clipdraw --clip openai/clip-vit-base-patch16 --size 144x144 --steps 200 --cutouts 24 --regularize border:0.8:336699:10",
    ["loss style", "--allow_paper_color", "--palette: it counts"],
  ],
  [
    `python clip_fft.py -t "a red apple" -t2 "oil paint" -t0 blue --size 640-360 --steps 50 -ml --dwt --sharp 0.2 -n 0.02 -tf none`,
    "generate 'a red apple | oil paint:0.5 | blue:-1' --generator fft --distance cosine --clip openai/clip-vit-base-patch32 --text-tower sentence-transformers/clip-ViT-B-32-multilingual-v1 --size 640x360 --steps 50 --cutouts 200 --learning-rate 0.05 --augment none",
    ["--dwt", "--sharp", "--noise", "--sim mix"],
  ],
  [
    `python clip_fft.py -t castle -i ref.jpg -wi 0.7 -m ViT-L/14 --aest 2 -opt adamw_custom --sim spherical -e 0.2 -x 0.1 -ops 5 --size 640`,
    "generate castle --generator fft --distance spherical --clip openai/clip-vit-large-patch14 --size 640x640 --steps 200 --cutouts 200 --learning-rate 0.05 --optimizer adamw --image-prompt ref.jpg:0.7 --reward aesthetic-v1:0.002",
    ["--transform fast", "--enforce", "--expand", "--opt_step"],
  ],
  [
    `python -m pytti.workhorse conf=demo image_model=VQGAN input_audio=song.wav scenes="a castle:2|fog || a forest" animation_mode=2D translate_x=3 rotate_2d="10*sin(t)" steps_per_scene=200 steps_per_frame=20 vqgan_model=imagenet ViTB16=true frames_per_second=24 hdr_weight=.1 nonsense=4`,
    "video 'a castle:2|fog ^ a forest' --generator vqgan-imagenet-f16-16384 --clip openai/clip-vit-base-patch32 --clip openai/clip-vit-base-patch16 --size 512x512 --steps 20 --steps-per-frame 20 --frames 20 --pan 3,0 --fps 24 --music song.wav --cutouts 40 --cut-power 2",
    ["conf", "rotate_2d", "hdr_weight", "nonsense", "input_audio"],
  ],
  [
    `python -m pytti.workhorse "scenes=a castle" vqgan_model=wikiart width=256`,
    "generate 'a castle' --generator pixels --clip openai/clip-vit-base-patch32 --size 256x512 --steps 100 --cutouts 40 --cut-power 2",
    ["vqgan_model"],
  ],
])("%s", async (text, ours, named) => {
  const { args, notes } = compat(text);
  const quoted = args.map((arg) => (/[ |:]/.test(arg) && / |\|/.test(arg) ? `'${arg}'` : arg)).join(" ");
  expect(quoted).toBe(ours);
  for (const word of named)
    expect(
      notes.some((note) => note.includes(word)),
      word,
    ).toBe(true);
  expect(await isTaken(args)).toBe(true);
});

test("other programs are refused with those that are understood", () => {
  expect(() => compat("python txt2img.py --prompt a")).toThrow('"python txt2img.py --prompt" begins no command');
});
