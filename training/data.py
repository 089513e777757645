"""The picture store and the vectorised composer: icons on backgrounds, tinted, placed, counted, related, styled and captioned on the fly, seen through random views."""

import colorsys
import json
import math
import random
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

import backgrounds
import styles
from captions import COLOUR_WORDS, NUMBERS, PALETTE, PLACES, RELATIONS, SCENERY, SIZES, STYLES, caption, without_colour

COLOURS = list(PALETTE)
PALETTE_TENSOR = torch.tensor([PALETTE[name] for name in COLOURS])
HOLDOUT = 25  # every 25th picture of a concept with at least four pictures is kept for validation


def colour_name(rgb):
    """The palette word for one RGB value in [0, 1]."""
    hue, saturation, value = colorsys.rgb_to_hsv(*rgb)
    hue *= 360
    if value < 0.22:
        return "black"
    if saturation < 0.13:
        return "white" if value > 0.86 else "gray"
    if hue < 14 or hue >= 342:
        return "pink" if saturation < 0.5 and value > 0.75 else "red"
    if hue < 42:
        return "brown" if value < 0.68 else "orange"
    for limit, name in ((68, "yellow"), (162, "green"), (192, "turquoise"), (254, "blue"), (292, "purple"), (342, "pink")):
        if hue < limit:
            return name
    raise AssertionError(hue)


class Pictures:
    """All rendered pictures in memory, with the nouns and the main colour of each."""

    def __init__(self, folder):
        folder = Path(folder)
        index = json.loads((folder / "pictures.json").read_text())
        self.size = index["size"]
        shape = (index["count"], self.size, self.size, 4)
        self.pixels = torch.from_numpy(np.fromfile(folder / "pictures.u8", dtype=np.uint8).reshape(shape)).permute(0, 3, 1, 2)
        self.items, self.concepts, self.sources = index["items"], index["concepts"], index["sources"]
        members = [[] for _ in self.concepts]
        for number, item in enumerate(self.items):
            members[item["concept"]].append(number)
        self.train, self.validation, kept = [], [], 0
        for group in members:
            held = []
            if len(group) >= 4:
                held = [number for offset, number in enumerate(group) if (kept + offset) % HOLDOUT == 0]
                kept += len(group)
            self.train.append([number for number in group if number not in held])
            self.validation += held
        self.weights = [concept["weight"] if group else 0.0 for concept, group in zip(self.concepts, self.train)]
        self.colour = self._main_colours()
        self._carriers()

    def shrink(self, side):
        """Keeps the pictures at this side only: a quarter of the work where scenes are looked at that small."""
        kept = []
        for block in self.pixels.split(512):
            block = block.float() / 255
            light = F.adaptive_avg_pool2d(torch.cat([block[:, :3] * block[:, 3:], block[:, 3:]], 1), side)
            kept.append((torch.cat([light[:, :3] / light[:, 3:].clamp(min=1e-3), light[:, 3:]], 1).clamp(0, 1) * 255).round().byte())
        self.pixels, self.size = torch.cat(kept), side

    def _main_colours(self):
        """The colour word that covers most of a picture, or None."""
        lattice = [tuple((channel + 0.5) / 12 for channel in (r, g, b)) for r in range(12) for g in range(12) for b in range(12)]
        table = np.array([COLOURS.index(colour_name(rgb)) for rgb in lattice])
        stride = self.size // 32
        names = []
        for start in range(0, len(self.items), 256):
            block = self.pixels[start:start + 256, :, ::stride, ::stride].permute(0, 2, 3, 1).reshape(-1, 1024, 4).numpy()
            bins = np.minimum(block[..., :3].astype(int) * 12 // 256, 11)
            found = table[bins[..., 0] * 144 + bins[..., 1] * 12 + bins[..., 2]]
            for colours, alpha in zip(found, block[..., 3] > 128):
                counts = np.bincount(colours[alpha], minlength=len(COLOURS))
                best = int(counts.argmax())
                names.append(COLOURS[best] if counts[best] > 0.55 * max(1, counts.sum()) else None)
        return names

    def _carriers(self):
        """Which concepts every noun fits, so that a batch never treats a fitting picture as a wrong one."""
        fits = {}
        for concept in self.concepts:
            for noun in concept["names"] + concept["tags"]:
                fits.setdefault(noun, set()).add(concept["id"])
                bare = without_colour(noun)
                if bare:
                    fits.setdefault(bare, set()).add(concept["id"])
        self.noun_ids = {noun: number for number, noun in enumerate(fits)}
        self.carriers = torch.zeros(len(fits) + 1, len(self.concepts), dtype=torch.bool)
        self.carriers[-1] = True  # noun number -1: anything
        for noun, members in fits.items():
            self.carriers[self.noun_ids[noun], list(members)] = True
        self.rare_tags = [[tag for tag in concept["tags"] if int(self.carriers[self.noun_ids[tag]].sum()) <= 12] for concept in self.concepts]


def palette_colour(name, rng):
    """A palette colour with a little variation."""
    return [min(1.0, max(0.0, channel + rng.uniform(-0.06, 0.06))) for channel in PALETTE[name]]


# What captions say and what pictures show, as numbers: -1 is not said (fits everything) or not known (fits every word), NONE is known to be absent.
SAID = ("noun", "colour", "background", "scenery", "place", "size", "count", "relation", "other", "other_colour", "style")
SHOWN = ("concept", "colour", "concept2", "colour2", "relation", "background", "scenery", "place", "size", "count", "style")
NONE = 99
PLACE_NAMES, RELATION_NAMES, SCENERY_NAMES, STYLE_NAMES, SIZE_NAMES = list(PLACES), list(RELATIONS), list(SCENERY), list(STYLES), list(SIZES)
FLIPPED = torch.arange(NONE + 1)
FLIPPED[:4] = torch.tensor([1, 0, 3, 2])  # left-right, above-below
SHIFT = {"left": (-1, 0), "right": (1, 0), "above": (0, -1), "below": (0, 1)}


def fitting(carriers, said, shown):
    """Boolean [caption, picture]: True where the picture shows what the caption says."""
    ok = lambda word, seen: (word[:, None] < 0) | (seen[None] < 0) | (word[:, None] == seen[None])
    fits = torch.ones(len(said["noun"]), len(shown["concept"]), dtype=torch.bool, device=carriers.device)
    for name in ("background", "scenery", "place", "size", "count", "style"):
        fits &= ok(said[name], shown[name])
    either = torch.zeros_like(fits)
    relation = shown["relation"]
    for first, colour, second, colour2, seen in (
        (shown["concept"], shown["colour"], shown["concept2"], shown["colour2"], relation),
        (shown["concept2"], shown["colour2"], shown["concept"], shown["colour"], torch.where(relation < 0, relation, FLIPPED.to(relation.device)[relation.clamp(min=0)])),
    ):
        match = carriers[said["noun"]][:, first.clamp(min=0)] & (first >= 0) & ok(said["colour"], colour)
        other = carriers[said["other"]][:, second.clamp(min=0)] & (second >= 0) & ok(said["other_colour"], colour2) & ok(said["relation"], seen)
        either |= match & (other | (said["other"] < 0)[:, None])
    return fits & (either | (said["noun"] < 0)[:, None])


def further_names(pictures, count, rng):
    """Names of `count` random concepts as further wrong answers, what they say, and the concepts."""
    chosen = rng.sample(range(len(pictures.concepts)), count)
    nouns = [rng.choice(pictures.concepts[number]["names"]) for number in chosen]
    said = {name: torch.full((count,), -1) for name in SAID} | {"noun": torch.tensor([pictures.noun_ids[noun] for noun in nouns])}
    return nouns, said, torch.tensor(chosen)


def join(*tables):
    """Tables of equal columns, one below the other."""
    return {name: torch.cat([table[name] for table in tables]) for name in tables[0]}


def rows(table, chosen):
    return {name: column[chosen] for name, column in table.items()}


class Scenes:
    """A batch of composed scenes: their captions, what these say and the pictures show as numbers, and `render` to look at them.

    `plain`: one centred thing on white. `canonical`: nothing that the caption does not say (no tint, no turn, white ground, centred).
    `stock`: the one picture that may be used of each concept; `concepts` and `kinds` fix what is shown: a concept and a kind of `KINDS` for every scene; `odds` are how often each kind is drawn.
    """

    KINDS = (("single", 30), ("tint", 13), ("background", 12), ("small", 4), ("big", 3), ("place", 7), ("count", 7), ("relation", 12), ("beside", 4), ("scenery", 9), ("style", 12))

    def __init__(self, pictures, batch, seed, validation=False, plain=False, canonical=False, stock=None, concepts=None, kinds=None, odds=KINDS):
        rng = random.Random(seed)
        self.pictures, self.canonical = pictures, canonical
        self.generator = torch.Generator().manual_seed(seed & 0x7FFFFFFF)
        self.captions, said, shown, self.pastes, ground = [], [], [], [], []
        names, weights = zip(*odds)
        candidates = list(stock) if stock is not None else range(len(pictures.concepts))
        shares = [pictures.weights[number] for number in candidates]
        chosen = rng.sample(pictures.validation, min(batch, len(pictures.validation))) if validation else None
        take = lambda concept: stock[concept] if stock is not None else rng.choice(pictures.train[concept])
        last = None
        for row in range(len(chosen) if validation else batch):
            again = None
            if validation:
                number = chosen[row]
            elif concepts is not None:
                number = take(concepts[row])
            elif last and not plain and rng.random() < 0.3:  # a near miss of the scene before
                again = last
                number = take(pictures.items[last["numbers"][0]]["concept"]) if last["kind"] != "relation" else last["numbers"][0]
            else:
                number = take(rng.choices(candidates, shares)[0])
            kind = kinds[row] if kinds else "single" if plain else rng.choices(names, weights)[0]
            if again:
                kind = again["kind"] if again["kind"] != "single" else rng.choice(["tint", "count", "scenery", "style", "background"])
            scene = self._scene(rng, number, kind, plain, again, lambda: take(rng.choices(candidates, shares)[0]))
            last = scene
            self.captions.append(scene["caption"])
            said.append(scene["said"])
            shown.append(scene["shown"])
            self.pastes.append(scene["pastes"])
            ground.append(scene["ground"])
        self.said = {name: torch.tensor([item.get(name, -1) for item in said]) for name in SAID}
        self.shown = {name: torch.tensor([item.get(name, -1) for item in shown]) for name in SHOWN}
        self.low, self.high = (torch.tensor([item[name] for item in ground]) for name in ("low", "high"))
        self.direction = torch.tensor([item["direction"] for item in ground])

    def _noun(self, rng, concept):
        draw, names = rng.random(), concept["names"]
        if draw < 0.55 or (len(names) == 1 and draw < 0.9):
            return names[0]
        return rng.choice(names) if draw < 0.9 else rng.choice(self.pictures.rare_tags[concept["id"]] or names)

    def _thing(self, rng, number, tinted):
        """A noun for the picture, its tint or None, its main colour or None and the colour that is said or None."""
        concept = self.pictures.concepts[self.pictures.items[number]["concept"]]
        noun, tint = self._noun(rng, concept), None
        if tinted and without_colour(noun):
            noun, tint = without_colour(noun), rng.choice(COLOURS)
        main = tint or self.pictures.colour[number]
        said = tint or (main if main and without_colour(noun) == noun and rng.random() < 0.2 else None)
        return noun, tint, main, said

    def _scene(self, rng, number, kind, plain, again, another):
        pictures, canonical = self.pictures, self.canonical
        noun, tint, main, colour = self._thing(rng, number, kind == "tint" or (not plain and kind in ("count", "relation", "scenery") and rng.random() < 0.15))
        said_background, background, low, high = self._background(rng, plain or canonical, main)
        scenery = style = place = size = relation = other = None
        alone, count, second = False, 1, None
        scale = 0.92 if canonical else rng.uniform(0.68, 1.0)
        x, y = (0.0, 0.0) if canonical else ((1.06 - scale) * rng.uniform(-1, 1) for _ in range(2))
        shown_size, shown_place = NONE, NONE
        if kind == "background":
            said_background, background, low, high = self._background(rng, False, main, named=True)
        elif kind == "small":
            scale, shown_size = 0.36 if canonical else rng.uniform(0.28, 0.45), SIZE_NAMES.index("small")
            x, y = (0.0, 0.0) if canonical else ((1 - scale) * rng.uniform(-1, 1) for _ in range(2))
            size, shown_place = "small" if canonical or rng.random() < 0.7 else None, -1
        elif kind == "big":
            scale, shown_size = 1.15 if canonical else rng.uniform(1.05, 1.25), SIZE_NAMES.index("big")
            size = "big" if canonical or rng.random() < 0.7 else None
        elif kind == "place":
            place = rng.choice(PLACE_NAMES)
            scale = 0.48 if canonical else rng.uniform(0.35, 0.55)
            shift = (1 - scale) * (0.9 if canonical else rng.uniform(0.8, 1))
            dx, dy = {"left": (-1, 0), "right": (1, 0), "top": (0, -1), "bottom": (0, 1)}[place]
            x, y, shown_place, shown_size = shift * dx, shift * dy, PLACE_NAMES.index(place), -1
        elif kind == "count":
            count = rng.choice([2, 3, 4])
            if again and again["shown"]["count"] == count:
                count = count % 3 + 2
        elif kind in ("relation", "beside"):
            relation = rng.choice(RELATION_NAMES)
            if again and kind == "relation":
                second, relation = again["numbers"][1], rng.choice([again["relation"], RELATION_NAMES[int(FLIPPED[RELATION_NAMES.index(again["relation"])])]])
                if relation == again["relation"]:
                    number, second = second, number
                noun, tint, main, colour = self._thing(rng, number, False)
            elif kind == "beside" and canonical:
                relation = "left"
            second = second if second is not None else another()
        elif kind == "scenery":
            scenery = rng.choice(SCENERY_NAMES)
            scale = 0.72 if canonical else rng.uniform(0.5, 0.85)
            x, y = (0.0, 0.12) if canonical else ((1.0 - scale) * rng.uniform(-1, 1) for _ in range(2))
        elif kind == "style":
            style, alone = rng.choice(STYLE_NAMES), not canonical and rng.random() < 0.2
        extra = {}
        concept = pictures.concepts[pictures.items[number]["concept"]]
        flat = concept["group"] in (1, 3, 4, 5, 6, 7)
        paste = lambda number, x, y, scale, tint: {
            "number": number, "x": x, "y": y, "scale": scale, "angle": 0.0 if canonical else rng.gauss(0, 0.09),
            "flip": 1.0 if flat and not canonical and rng.random() < 0.5 else 0.0, "tint": palette_colour(tint, rng) if tint else [0.0] * 3,
            "strength": (0.9 if canonical else rng.uniform(0.8, 1)) if tint else 0.0,
        }
        if second is not None:
            noun2, tint2, main2, colour2 = self._thing(rng, second, not again and rng.random() < 0.1)
            other = (noun2, colour2)
            dx, dy = SHIFT[relation]
            jiggle = lambda: 0.0 if canonical else rng.uniform(-0.06, 0.06)
            side = lambda: 0.49 if canonical else rng.uniform(0.42, 0.54)
            pastes = [paste(number, 0.49 * dx + jiggle(), 0.49 * dy + jiggle(), side(), tint), paste(second, -0.49 * dx + jiggle(), -0.49 * dy + jiggle(), side(), tint2)]
            extra = {"concept2": pictures.items[second]["concept"], "colour2": COLOURS.index(main2) if main2 else -1}
        elif count > 1:
            spots = {2: [(-0.5, 0), (0.5, 0)], 3: [(-0.5, 0.45), (0.5, 0.45), (0, -0.45)], 4: [(-0.5, -0.5), (0.5, -0.5), (-0.5, 0.5), (0.5, 0.5)]}[count]
            if count == 3 and not canonical and rng.random() < 0.4:
                spots = [(-0.66, 0), (0, 0), (0.66, 0)]
            side = 0.31 if spots[0][0] < -0.6 else 0.47
            flat = flat and rng.random() < 0.5
            pastes = [paste(number, a, b, side if canonical else side * rng.uniform(0.88, 1.02), tint) for a, b in spots]
        else:
            pastes = [paste(number, x, y, scale, tint)]
        index = lambda names, name: names.index(name) if name is not None else -1
        spoken = relation if kind == "relation" else None
        said = {"noun": -1 if alone else pictures.noun_ids[noun], "style": index(STYLE_NAMES, style)}
        if not alone:
            said |= {"colour": index(COLOURS, colour), "background": index(COLOURS, said_background) if not scenery else -1, "scenery": index(SCENERY_NAMES, scenery),
                     "place": index(PLACE_NAMES, place), "size": index(SIZE_NAMES, size), "count": count if count > 1 else -1, "relation": index(RELATION_NAMES, spoken)}
            if other:
                said |= {"other": pictures.noun_ids[other[0]], "other_colour": index(COLOURS, other[1])}
        shown = {
            "concept": concept["id"], "colour": index(COLOURS, main), "relation": index(RELATION_NAMES, relation) if second is not None else NONE, "count": 1 if second is not None else count,
            "background": NONE if scenery else index(COLOURS, background), "scenery": SCENERY_NAMES.index(scenery) if scenery else NONE,
            "place": shown_place if second is None and count == 1 else -1, "size": shown_size if second is None and count == 1 else -1,
            "style": STYLE_NAMES.index(style) if style else NONE, **extra,
        }
        if style in ("black and white", "neon", "pencil sketch"):
            shown |= {"colour": -1, "background": -1}
        text = caption(noun, rng, colour, said_background, scenery, place, size, count, spoken, other, style, alone)
        ground = {"low": low, "high": high, "direction": rng.uniform(0, 2 * math.pi)}
        return {"caption": text, "said": said, "shown": shown, "pastes": pastes, "ground": ground, "kind": kind, "relation": relation,
                "numbers": (number, second)}

    @staticmethod
    def _background(rng, plain, main, named=False):
        """The word that is said, the palette word that fits, and two colours of a linear gradient (equal for a flat background)."""
        draw = 0.7 if named else rng.random()
        if plain or draw < 0.5:
            return ("white" if not plain and rng.random() < 0.04 else None), "white", [1.0] * 3, [1.0] * 3
        if draw < 0.65:
            pale = [rng.uniform(0.72, 1.0) for _ in range(3)]
            return None, None, pale, pale
        name = rng.choice([colour for colour in COLOURS if colour != main])
        colour = palette_colour(name, rng)
        if draw < 0.85:
            return (name if named or rng.random() < 0.4 else None), name, colour, colour
        return None, None, colour, palette_colour(rng.choice(COLOURS), rng)

    def wrong(self):
        """Boolean [caption, picture]: True where the picture must not count as a wrong answer to the caption."""
        return fitting(self.pictures.carriers, self.said, self.shown) & ~torch.eye(len(self.captions), dtype=torch.bool)

    def view(self, **limits):
        """Random views of all scenes, see `views`."""
        return views(len(self.captions), self.generator, **limits)

    def render(self, resolution, view=None, supersample=2):
        """Pictures [B, 3, R, R] in [0, 1] of the scenes seen through `view` (the whole scene when None); a style belongs to the scene, not to the view."""
        image = self._render(resolution, view, supersample, torch.arange(len(self.captions)))
        style = self.shown["style"]
        for number, name in enumerate(STYLE_NAMES):
            chosen = torch.nonzero(style == number)[:, 0]
            if not len(chosen):
                continue
            whole = styles.APPLY[name](self._render(128, None, 1, chosen), self.generator)
            image[chosen] = F.interpolate(whole, size=resolution, mode="area") if view is None else through(whole, view[chosen], resolution)
        return image

    def _render(self, resolution, view, supersample, chosen):
        side = resolution * supersample
        sx, sy = looking(side, None if view is None else view[chosen], len(chosen))
        direction = self.direction[chosen][:, None, None]
        along = (0.5 + 0.45 * (sx * direction.cos() + sy * direction.sin())).clamp(0, 1)[:, None]
        low, high = self.low[chosen][:, :, None, None], self.high[chosen][:, :, None, None]
        image = low + (high - low) * along
        scenery = self.shown["scenery"][chosen]
        for number, name in enumerate(SCENERY_NAMES):
            hit = torch.nonzero(scenery == number)[:, 0]
            if len(hit):
                image[hit] = backgrounds.DRAW[name](sx[hit], sy[hit], self.low[chosen[hit]], self.high[chosen[hit]], self.generator)
        layers = [self.pastes[row] for row in chosen.tolist()]
        for layer in range(max(len(pastes) for pastes in layers)):
            hit = [row for row, pastes in enumerate(layers) if len(pastes) > layer]
            image = self._paste(image, hit, [layers[row][layer] for row in hit], sx, sy)
        return F.avg_pool2d(image, supersample) if supersample > 1 else image

    def _paste(self, image, hit, pastes, sx, sy):
        everything = len(hit) == len(image)
        hit = torch.tensor(hit)
        field = lambda name: torch.tensor([paste[name] for paste in pastes])
        angle, flip, x, y, scale = (field(name)[:, None, None] for name in ("angle", "flip", "x", "y", "scale"))
        dx, dy = ((sx if everything else sx[hit]) - x) / scale, ((sy if everything else sy[hit]) - y) / scale
        grid = torch.stack([(dx * angle.cos() + dy * angle.sin()) * (1 - 2 * flip), dy * angle.cos() - dx * angle.sin()], -1)
        icons = self.pictures.pixels[field("number")].float().div_(255)
        colour, alpha = icons[:, :3], icons[:, 3:]
        strength = field("strength")
        tinted = torch.nonzero(strength > 0)[:, 0]
        if len(tinted):
            tint = field("tint")[tinted][:, :, None, None]
            light = (colour[tinted] * torch.tensor([0.3, 0.59, 0.11]).view(1, 3, 1, 1)).sum(1, keepdim=True) / 0.62
            toned = tint * light.clamp(max=1) + (1 - tint) * (light - 1).clamp(0, 0.6)
            colour[tinted] = torch.lerp(colour[tinted], toned, strength[tinted][:, None, None, None])
        layer = F.grid_sample(torch.cat([colour * alpha, alpha], 1), grid, mode="bilinear", padding_mode="zeros", align_corners=False)
        if everything:
            return image * (1 - layer[:, 3:]) + layer[:, :3]
        image[hit] = image[hit] * (1 - layer[:, 3:]) + layer[:, :3]
        return image

    def jitter(self, image, colour=0.1, noise=0.08):
        """Colour jitter (brightness, contrast, saturation) and noise of a random strength per picture."""
        return jitter(image, self.generator, colour, noise)


def views(count, generator, crop=(0.5, 1.0), perspective=0.06, angle=0.1):
    """Random homographies as [B, 3, 3], from view coordinates to scene coordinates in [-1, 1]."""
    device = generator.device
    size = crop[0] + (crop[1] - crop[0]) * torch.rand(count, generator=generator, device=device)
    offset = (2 * torch.rand(count, 2, generator=generator, device=device) - 1) * (1 - size)[:, None].clamp(min=0)
    turn = torch.randn(count, generator=generator, device=device) * angle
    matrix = torch.zeros(count, 3, 3, device=device)
    matrix[:, 0, 0], matrix[:, 0, 1] = size * turn.cos(), -size * turn.sin()
    matrix[:, 1, 0], matrix[:, 1, 1] = size * turn.sin(), size * turn.cos()
    matrix[:, :2, 2] = offset
    matrix[:, 2, :2], matrix[:, 2, 2] = torch.randn(count, 2, generator=generator, device=device) * perspective, 1.0
    return matrix


def jitter(image, generator, colour=0.1, noise=0.08):
    """Colour jitter (brightness, contrast, saturation) and noise of a random strength per picture."""
    uniform = lambda low, high: low + (high - low) * torch.rand(len(image), 1, 1, 1, generator=generator, device=image.device)
    grey = image.mean(1, keepdim=True)
    gain, contrast, saturation = (uniform(1 - colour, 1 + colour) for _ in range(3))
    image = grey + (image - grey) * saturation
    middle = image.mean((1, 2, 3), keepdim=True)
    image = ((image - middle) * contrast + middle) * gain
    strength = uniform(0, noise) * (uniform(0, 1) < 0.5)
    return (image + strength * torch.randn(image.shape, generator=generator, device=image.device)).clamp(0, 1)


def looking(side, view, count):
    """Scene coordinates x, y [B, side, side] of a view's pixels."""
    line = (torch.arange(side, dtype=torch.float32, device=view.device if view is not None else None) + 0.5) * 2 / side - 1
    v, u = torch.meshgrid(line, line, indexing="ij")
    if view is None:
        return u.expand(count, -1, -1), v.expand(count, -1, -1)
    m = view[:, :, :, None, None]
    depth = (m[:, 2, 0] * u + m[:, 2, 1] * v + m[:, 2, 2]).clamp(min=0.3)
    return (m[:, 0, 0] * u + m[:, 0, 1] * v + m[:, 0, 2]) / depth, (m[:, 1, 0] * u + m[:, 1, 1] * v + m[:, 1, 2]) / depth


def through(pictures, view, resolution):
    """Whole pictures [B, 3, S, S] seen through views, at R x R."""
    x, y = looking(2 * resolution, view, len(pictures))
    return F.avg_pool2d(F.grid_sample(pictures, torch.stack([x, y], -1), padding_mode="border", align_corners=False), 2)
