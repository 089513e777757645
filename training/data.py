"""The picture store and the vectorised composer: icons on backgrounds, tinted, placed and captioned on the fly, seen through random views."""

import colorsys
import json
import math
import random
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

from captions import COLOUR_WORDS, PALETTE, caption, without_colour

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

    def _main_colours(self):
        """The colour word that covers most of a picture, or None."""
        lattice = [tuple((channel + 0.5) / 12 for channel in (r, g, b)) for r in range(12) for g in range(12) for b in range(12)]
        table = np.array([COLOURS.index(colour_name(rgb)) for rgb in lattice])
        names = []
        for start in range(0, len(self.items), 256):
            block = self.pixels[start:start + 256, :, ::4, ::4].permute(0, 2, 3, 1).reshape(-1, 1024, 4).numpy()
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
        self.carriers = torch.zeros(len(fits), len(self.concepts), dtype=torch.bool)
        for noun, members in fits.items():
            self.carriers[self.noun_ids[noun], list(members)] = True
        self.rare_tags = [[tag for tag in concept["tags"] if int(self.carriers[self.noun_ids[tag]].sum()) <= 12] for concept in self.concepts]


def palette_colour(name, rng):
    """A palette colour with a little variation."""
    return [min(1.0, max(0.0, channel + rng.uniform(-0.06, 0.06))) for channel in PALETTE[name]]


class Scenes:
    """A batch of composed scenes: all numbers that describe them, their captions, and `render` to look at them."""

    def __init__(self, pictures, batch, seed, validation=False, plain=False):
        rng = random.Random(seed)
        self.pictures = pictures
        self.generator = torch.Generator().manual_seed(seed & 0x7FFFFFFF)
        if validation:
            chosen = rng.sample(pictures.validation, min(batch, len(pictures.validation)))
        else:
            concepts = rng.choices(range(len(pictures.concepts)), pictures.weights, k=batch)
            for place in range(1, batch):
                if rng.random() < 0.12:
                    concepts[place] = concepts[place - 1]
            chosen = [rng.choice(pictures.train[concept]) for concept in concepts]
        self.captions, self.nouns, self.concepts, self.tint_names, self.colour_ids = [], [], [], [], []
        self.said_colours, self.backgrounds, self.said_backgrounds = [], [], []
        fields = {name: [] for name in ("first", "second", "x", "y", "scale", "x2", "y2", "scale2", "angle", "flip", "tint", "strength", "low", "high", "direction")}
        previous = None
        for number in chosen:
            item = pictures.items[number]
            concept = pictures.concepts[item["concept"]]
            draw = rng.random()
            names = concept["names"]
            if draw < 0.55 or (len(names) == 1 and draw < 0.9):
                noun = names[0]
            elif draw < 0.9:
                noun = rng.choice(names)
            else:
                noun = rng.choice(pictures.rare_tags[concept["id"]] or names)
            repeat = previous == item["concept"]
            previous = item["concept"]
            tint = None
            if not plain and without_colour(noun) and rng.random() < (0.7 if repeat else 0.15):
                tint = rng.choice(COLOURS)
                noun = without_colour(noun)
            main = tint or pictures.colour[number]
            said = tint or (main if main and without_colour(noun) == noun and rng.random() < 0.25 else None)
            low, high, background, said_background = self._background(rng, plain, main)
            layout = rng.random()
            scale, scale2, x, y, x2, y2 = rng.uniform(0.68, 1.0), 0.0, 0.0, 0.0, 0.0, 0.0
            second, twice, place, size, other = number, False, None, None, None
            if plain or layout < 0.72:
                x, y = (rng.uniform(-1, 1) * (1.06 - scale) for _ in range(2))
            elif layout < 0.80:
                scale, size = rng.uniform(0.28, 0.45), rng.choice(["small", None])
                x, y = (rng.uniform(-1, 1) * (1 - scale) for _ in range(2))
            elif layout < 0.84:
                scale, size = rng.uniform(1.05, 1.25), rng.choice(["big", None])
            elif layout < 0.92:
                place = rng.choice(["left", "right", "top", "bottom"])
                scale = rng.uniform(0.35, 0.55)
                shift = (1 - scale) * rng.uniform(0.8, 1)
                x, y = {"left": (-shift, 0), "right": (shift, 0), "top": (0, -shift), "bottom": (0, shift)}[place]
                place = place if rng.random() < 0.8 else None
            else:
                scale, scale2 = rng.uniform(0.42, 0.52), rng.uniform(0.42, 0.52)
                across = rng.random() < 0.75
                x, y, x2, y2 = (-0.48, 0, 0.48, 0) if across else (0, -0.48, 0, 0.48)
                if rng.random() < 0.5:
                    twice = True
                else:
                    second = rng.choice(pictures.train[rng.choices(range(len(pictures.concepts)), pictures.weights)[0]] or [number])
                    other = pictures.concepts[pictures.items[second]["concept"]]["names"][0]
            self.captions.append(caption(noun, rng, said, said_background, place, size, other, twice))
            self.nouns.append(pictures.noun_ids[noun])
            self.concepts.append(item["concept"])
            self.colour_ids.append(COLOURS.index(main) if main else -1)
            self.said_colours.append(COLOURS.index(said) if said else -1)
            self.backgrounds.append(COLOURS.index(background) if background else -1)
            self.said_backgrounds.append(COLOURS.index(said_background) if said_background else -1)
            values = {
                "first": number, "second": second, "x": x, "y": y, "scale": scale, "x2": x2, "y2": y2, "scale2": scale2,
                "angle": rng.gauss(0, 0.09), "flip": 1.0 if concept["group"] in (1, 3, 4, 5, 6, 7) and rng.random() < 0.5 else 0.0,
                "tint": palette_colour(tint, rng) if tint else [0.0] * 3, "strength": rng.uniform(0.8, 1) if tint else 0.0,
                "low": low, "high": high, "direction": rng.uniform(0, 2 * math.pi),
            }
            for name, value in values.items():
                fields[name].append(value)
        self.first, self.second = torch.tensor(fields.pop("first")), torch.tensor(fields.pop("second"))
        self.fields = {name: torch.tensor(values, dtype=torch.float32) for name, values in fields.items()}

    @staticmethod
    def _background(rng, plain, main):
        """Two colours of a linear gradient (equal for a flat background), the palette word that fits, and the word that is said."""
        draw = rng.random()
        if plain or draw < 0.45:
            return [1.0] * 3, [1.0] * 3, "white", ("white" if rng.random() < 0.06 else None)
        if draw < 0.60:
            pale = [rng.uniform(0.72, 1.0) for _ in range(3)]
            return pale, pale, None, None
        name = rng.choice([colour for colour in COLOURS if colour != main])
        colour = palette_colour(name, rng)
        if draw < 0.88:
            return colour, colour, name, (name if rng.random() < 0.6 else None)
        return colour, palette_colour(rng.choice(COLOURS), rng), None, None

    def wrong(self):
        """Boolean [caption, picture]: True where the picture must not count as a wrong answer to the caption."""
        concepts = torch.tensor(self.concepts)
        fits = self.pictures.carriers[torch.tensor(self.nouns)][:, concepts]
        for said, shown in ((self.said_colours, self.colour_ids), (self.said_backgrounds, self.backgrounds)):
            said, shown = torch.tensor(said)[:, None], torch.tensor(shown)[None, :]
            fits = fits & ((said < 0) | (shown < 0) | (said == shown))
        return fits & ~torch.eye(len(concepts), dtype=torch.bool)

    def uniform(self, low, high, *shape):
        return low + (high - low) * torch.rand(len(self.first), *shape, generator=self.generator)

    def view(self, crop=(0.5, 1.0), perspective=0.06, angle=0.1, flip=False):
        """Random view homographies as [B, 3, 3], from view coordinates to scene coordinates in [-1, 1]."""
        size = self.uniform(*crop)
        offset = self.uniform(-1, 1, 2) * (1 - size)[:, None].clamp(min=0)
        turn = torch.randn(len(size), generator=self.generator) * angle
        tilt = torch.randn(len(size), 2, generator=self.generator) * perspective
        mirror = torch.where(self.uniform(0, 1) < 0.5, -1.0, 1.0) if flip else torch.ones_like(size)
        matrix = torch.zeros(len(size), 3, 3)
        matrix[:, 0, 0], matrix[:, 0, 1] = size * turn.cos() * mirror, -size * turn.sin()
        matrix[:, 1, 0], matrix[:, 1, 1] = size * turn.sin() * mirror, size * turn.cos()
        matrix[:, :2, 2] = offset
        matrix[:, 2, :2], matrix[:, 2, 2] = tilt, 1.0
        return matrix

    def render(self, resolution, view=None, supersample=2):
        """Pictures [B, 3, R, R] in [0, 1] of the scenes seen through `view` (the whole scene when None)."""
        side = resolution * supersample
        line = (torch.arange(side, dtype=torch.float32) + 0.5) * 2 / side - 1
        v, u = torch.meshgrid(line, line, indexing="ij")
        fields = {name: value[:, None, None] for name, value in self.fields.items() if value.dim() == 1}
        if view is None:
            sx, sy = u.expand(len(self.first), -1, -1), v.expand(len(self.first), -1, -1)
        else:
            m = view[:, :, :, None, None]
            depth = (m[:, 2, 0] * u + m[:, 2, 1] * v + m[:, 2, 2]).clamp(min=0.3)
            sx = (m[:, 0, 0] * u + m[:, 0, 1] * v + m[:, 0, 2]) / depth
            sy = (m[:, 1, 0] * u + m[:, 1, 1] * v + m[:, 1, 2]) / depth
        along = (0.5 + 0.45 * (sx * fields["direction"].cos() + sy * fields["direction"].sin())).clamp(0, 1)[:, None]
        low, high = self.fields["low"][:, :, None, None], self.fields["high"][:, :, None, None]
        image = low + (high - low) * along
        image = self._paste(image, slice(None), self.first, sx, sy, fields["x"], fields["y"], fields["scale"], tinted=True)
        pairs = torch.nonzero(self.fields["scale2"] > 0)[:, 0]
        if len(pairs):
            same = (self.second == self.first)[pairs]
            image[pairs] = self._paste(image[pairs], pairs, self.second[pairs], sx[pairs], sy[pairs], fields["x2"][pairs], fields["y2"][pairs], fields["scale2"][pairs], tinted=same)
        return F.avg_pool2d(image, supersample) if supersample > 1 else image

    def _paste(self, image, rows, numbers, sx, sy, x, y, scale, tinted):
        angle, flip = self.fields["angle"][rows][:, None, None], self.fields["flip"][rows][:, None, None]
        dx, dy = (sx - x) / scale, (sy - y) / scale
        grid = torch.stack([(dx * angle.cos() + dy * angle.sin()) * (1 - 2 * flip), dy * angle.cos() - dx * angle.sin()], -1)
        icons = self.pictures.pixels[numbers].float().div_(255)
        colour, alpha = icons[:, :3], icons[:, 3:]
        strength = self.fields["strength"][rows] * (tinted if isinstance(tinted, torch.Tensor) else 1)
        hit = torch.nonzero(strength > 0)[:, 0]
        if len(hit):
            tint = self.fields["tint"][rows][hit][:, :, None, None]
            light = (colour[hit] * torch.tensor([0.3, 0.59, 0.11]).view(1, 3, 1, 1)).sum(1, keepdim=True) / 0.62
            toned = tint * light.clamp(max=1) + (1 - tint) * (light - 1).clamp(0, 0.6)
            colour[hit] = torch.lerp(colour[hit], toned, strength[hit][:, None, None, None])
        layer = F.grid_sample(torch.cat([colour * alpha, alpha], 1), grid, mode="bilinear", padding_mode="zeros", align_corners=False)
        return image * (1 - layer[:, 3:]) + layer[:, :3]

    def jitter(self, image, colour=0.1, noise=0.08):
        """Colour jitter (brightness, contrast, saturation) and noise of a random strength per picture."""
        grey = image.mean(1, keepdim=True)
        gain, contrast, saturation = (1 + self.uniform(-colour, colour, 1, 1, 1) for _ in range(3))
        image = grey + (image - grey) * saturation
        middle = image.mean((1, 2, 3), keepdim=True)
        image = ((image - middle) * contrast + middle) * gain
        strength = self.uniform(0, noise, 1, 1, 1) * (self.uniform(0, 1, 1, 1, 1) < 0.5)
        return (image + strength * torch.randn(image.shape, generator=self.generator)).clamp(0, 1)
