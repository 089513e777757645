"""Draws what the evaluation asks for, once and for all models: prompts with their alternatives, pictures to edit, unseen compositions with captions.

The lists go to prompts.json beside this file; the pictures to `--out`: edits/NN.png with edits/NN-object.png, compositions/NNN.png,
and composed/LIST/NNN.png: what a prompt asks for, put together from icons, to see what the judge can read at best.
"""

import argparse
import json
import random
import sys
from pathlib import Path

import numpy
import torch
from PIL import Image

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

import backgrounds  # noqa: E402
from captions import NUMBERS, PALETTE, PLACES, SCENERY, STYLE_ALONE, STYLES, plural, with_article, without_colour  # noqa: E402
from data import SCENERY_NAMES, STYLE_NAMES, Pictures, Scenes  # noqa: E402

SEED, SIDE, BATCH = 20, 128, 100
ATTRIBUTES = {"colour": 18, "background": 10, "number": 8, "scenery": 8, "place": 6}
THINGS = (3, 4, 5, 6, 7)  # animals and nature, food, travel, activities, objects


def tuning():
    """Prompts that settings are searched with; none of them is drawn here."""
    return set(json.loads((HERE.parent / "eval-prompts.json").read_text())["tuning"])


def common(concepts):
    """Concepts of ordinary things: in several icon sets, named by one or two words without a colour, in the singular."""
    seen = tuning()
    fits = lambda c: c["group"] in THINGS and c["weight"] >= 1 and c["pictures"] >= 5 and len(c["name"].split()) <= 2
    plain = lambda c: c["name"].replace(" ", "").isalpha() and without_colour(c["name"]) == c["name"] and with_article(c["name"]) not in seen
    singular = lambda c: not c["name"].endswith("s") or c["name"].endswith(("ss", "us"))
    return [concept for concept in concepts if fits(concept) and plain(concept) and singular(concept)]


def apart(candidates, count, taken=()):
    """The first `count` of which none is called as another one is, by name or tag."""
    taken, chosen = list(taken), []
    words = lambda concept: set(concept["names"]) | set(concept["tags"])
    for concept in candidates:
        if len(chosen) == count:
            break
        if all(concept["name"] not in words(other) and other["name"] not in words(concept) for other in taken):
            taken.append(concept)
            chosen.append(concept)
    assert len(chosen) == count, f"{len(chosen)} concepts are apart, {count} are needed"
    return chosen


def attribute_phrases(kind):
    """Value -> noun -> prompt, for one kind of attribute."""
    if kind == "colour":
        return {name: lambda noun, name=name: with_article(f"{name} {noun}") for name in PALETTE}
    if kind == "background":
        return {name: lambda noun, name=name: f"{with_article(noun)} on {with_article(name)} background" for name in PALETTE}
    if kind == "number":
        return {1: with_article} | {number: lambda noun, words=words: f"{words[0]} {plural(noun)}" for number, words in NUMBERS.items()}
    table = {name: phrases[0] for name, phrases in SCENERY.items()} if kind == "scenery" else PLACES
    return {name: lambda noun, phrase=phrase: f"{with_article(noun)} {phrase}" for name, phrase in table.items()}


def attributes(rng, concepts):
    drawn = []
    for kind, count in ATTRIBUTES.items():
        phrases = attribute_phrases(kind)
        for concept in concepts[len(drawn):len(drawn) + count]:
            value = rng.choice([value for value in phrases if value != 1])
            others = rng.sample([other for other in phrases if other != value], 3)
            nouns = [other["name"] for other in apart(rng.sample(concepts, len(concepts)), 3, [concept])]
            noun = concept["name"]
            drawn.append({"prompt": phrases[value](noun), "kind": kind, "otherAttributes": [phrases[other](noun) for other in others],
                          "otherNouns": [phrases[value](other) for other in nouns], "scene": {"things": [concept], kind: value}})
    return drawn


def style_additions(rng, plain, count=30):
    """Prompt addition; the judge reads the style among all styles of this content, the content among all plain ones in this style."""
    drawn = []
    for number, concept in enumerate(rng.sample(plain, count)):
        style = list(STYLES)[number % len(STYLES)]
        content = with_article(concept["name"])
        drawn.append({"prompt": f"{content} | {STYLE_ALONE[style][0]}", "content": content, "form": STYLES[style][0],
                      "otherForms": [forms[0] for name, forms in STYLES.items() if name != style], "scene": {"things": [concept], "style": style}})
    return drawn


def repaints(entries):
    """The pictures of `edits`, each in one of the styles; the judge reads the style among all, the content among the other pictures', in that style."""
    drawn = []
    for number, entry in enumerate(entries):
        style = list(STYLES)[number % len(STYLES)]
        drawn.append({"source": entry["source"], "prompt": STYLE_ALONE[style][0], "form": STYLES[style][0], "otherForms": [forms[0] for name, forms in STYLES.items() if name != style]})
    return drawn


def icon(pictures, number, side):
    """One icon as an RGBA picture of this side."""
    return Image.fromarray(pictures.pixels[number].permute(1, 2, 0).numpy(), "RGBA").resize((side, side), Image.LANCZOS)


def held_out(pictures):
    """One picture that no model has seen for every concept that has one."""
    return {pictures.items[number]["concept"]: number for number in reversed(pictures.validation)}


SPOTS = {2: [(-0.5, 0), (0.5, 0)], 3: [(-0.5, 0.45), (0.5, 0.45), (0, -0.45)], 4: [(-0.5, -0.5), (0.5, -0.5), (-0.5, 0.5), (0.5, 0.5)]}
PLACE_SHIFT = {"left": (-1, 0), "right": (1, 0), "top": (0, -1), "bottom": (0, 1)}


def compose(pictures, asked, folder):
    """What prompts ask for, as the data module draws it; of held-out icons where the concept has one."""
    held = held_out(pictures)
    icons = [[held[thing["id"]] if thing["id"] in held else pictures.train[thing["id"]][0] for thing in scene["things"]] for scene in asked]
    scenes = Scenes(pictures, len(asked), SEED, canonical=True, concepts=[scene["things"][0]["id"] for scene in asked], kinds=["single"] * len(asked))
    for row, (scene, numbers) in enumerate(zip(asked, icons)):
        spots, scale = [(0, 0)], 0.92
        if "number" in scene:
            spots, scale = SPOTS[scene["number"]], 0.47
            numbers = numbers * len(spots)
        elif "place" in scene:
            dx, dy = PLACE_SHIFT[scene["place"]]
            spots, scale = [(0.47 * dx, 0.47 * dy)], 0.48
        elif "scenery" in scene:
            spots, scale = [(0, 0.12)], 0.72
            scenes.shown["scenery"][row] = SCENERY_NAMES.index(scene["scenery"])
        elif "background" in scene:
            scenes.low[row] = scenes.high[row] = torch.tensor(PALETTE[scene["background"]])
        elif "style" in scene:
            scenes.shown["style"][row] = STYLE_NAMES.index(scene["style"])
        tint = {"tint": list(PALETTE[scene["colour"]]), "strength": 0.9} if "colour" in scene else {}
        plain = scenes.pastes[row][0] | tint
        scenes.pastes[row] = [plain | {"number": number, "x": x, "y": y, "scale": scale} for number, (x, y) in zip(numbers, spots)]
    write(scenes, folder)


def write(scenes, folder, first=0):
    """The pictures of scenes as NNN.png, counted from `first`."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, picture in enumerate((scenes.render(SIDE) * 255).round().clamp(0, 255).byte().permute(0, 2, 3, 1).numpy()):
        Image.fromarray(picture).save(folder / f"{first + number:03}.png")


def edits(rng, pictures, concepts, folder, count=20):
    """Half of them recolour a thing on white, half turn a thing on grass into night; the pictures are made of held-out icons."""
    held = held_out(pictures)
    generator = torch.Generator().manual_seed(SEED)
    chosen = [concept for concept in concepts if concept["id"] in held]
    coloured = [concept for concept in chosen if pictures.colour[held[concept["id"]]] not in (None, "white")]
    recoloured = coloured[:count // 2]
    scenes = [concept for concept in chosen if concept not in recoloured][:count - count // 2]
    folder.mkdir(parents=True, exist_ok=True)
    drawn = []
    for number, concept in enumerate(recoloured + scenes):
        noun, picture = concept["name"], held[concept["id"]]
        if number < len(recoloured):
            colour, side, middle = pictures.colour[picture], 104, (64, 64)
            target = rng.choice([name for name in ("red", "orange", "yellow", "green", "blue", "purple", "pink") if name != colour])
            entry = {"source": with_article(f"{colour} {noun}"), "prompt": with_article(f"{target} {noun}"), "kind": "colour"}
            ground = numpy.full((SIDE, SIDE, 3), 255, numpy.uint8)
        else:
            side, middle = 92, (64, 72)
            entry = {"source": f"{with_article(noun)} {SCENERY['grass'][0]}", "prompt": f"{with_article(noun)} {SCENERY['night'][0]}", "kind": "night"}
            line = (torch.arange(SIDE) + 0.5) * 2 / SIDE - 1
            y, x = torch.meshgrid(line, line, indexing="ij")
            drawn_ground = backgrounds.DRAW["grass"](x[None], y[None], torch.ones(1, 3), torch.ones(1, 3), generator)[0]
            ground = (drawn_ground * 255).round().clamp(0, 255).byte().permute(1, 2, 0).numpy()
        layer = Image.new("RGBA", (SIDE, SIDE))
        layer.paste(icon(pictures, picture, side), (middle[0] - side // 2, middle[1] - side // 2))
        scene = Image.alpha_composite(Image.fromarray(ground).convert("RGBA"), layer)
        scene.convert("RGB").save(folder / f"{number:02}.png")
        layer.getchannel("A").save(folder / f"{number:02}-object.png")
        drawn.append(entry)
    return drawn


def compositions(pictures, folder, count=500):
    """Scenes of held-out icons as the data module composes them."""
    captions = []
    for seed in range(count // BATCH):
        scenes = Scenes(pictures, BATCH, 7_000_000 + seed, validation=True)
        write(scenes, folder, len(captions))
        captions += scenes.captions
    return captions


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", default=".training/data", help="where the rendered icons are")
    parser.add_argument("--out", default=".training/evaluation/sources")
    options = parser.parse_args()
    torch.set_num_threads(1)
    pictures, rng, out = Pictures(options.data), random.Random(SEED), Path(options.out)
    candidates = common(pictures.concepts)
    rng.shuffle(candidates)
    plain = apart(candidates, 100)
    others = [concept for concept in pictures.concepts if concept["weight"] > 0 and concept["pictures"] > 0]
    distractors = []
    words = {concept["name"]: set(concept["names"]) | set(concept["tags"]) for concept in pictures.concepts}
    for concept in rng.sample(others, len(others)):
        if len(distractors) < 900 and all(concept["name"] not in words[own["name"]] and own["name"] not in words[concept["name"]] for own in plain):
            distractors.append(with_article(concept["name"]))
    drawn = attributes(rng, apart(rng.sample(candidates, len(candidates)), 100))
    rng.sample(candidates, len(candidates))  # a list stood here that is no more; those behind it stay as they were drawn
    lists = {
        "concepts": [{"prompt": with_article(concept["name"]), "scene": {"things": [concept]}} for concept in plain],
        "distractors": distractors,
        "attributes": drawn,
        "styles": style_additions(rng, plain),
        "edits": edits(rng, pictures, apart(rng.sample(candidates, len(candidates)), 120), out / "edits"),
        "compositions": [{"prompt": caption} for caption in compositions(pictures, out / "compositions")],
    }
    lists["repaints"] = repaints(lists["edits"])
    for name in ("concepts", "attributes", "styles"):
        compose(pictures, [entry.pop("scene") for entry in lists[name]], out / "composed" / name)
    (HERE / "prompts.json").write_text(json.dumps(lists, indent=1, ensure_ascii=False) + "\n")
    print(", ".join(f"{len(entries)} {name}" for name, entries in lists.items()))


if __name__ == "__main__":
    main()
