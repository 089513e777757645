"""The guidance loop in PyTorch, for comparing encoders and settings: draws prompts from a start that knows nothing of them, lets the judge read the pictures, writes a sheet."""

import argparse
import json
import math
import sys
import time
from pathlib import Path

import torch
import torch.nn.functional as F
from PIL import Image, ImageDraw

import clip as training
import loop
import towers
from captions import load_tokenizer
from prior import load_prior
from vqgan import load_vqgan

ROOT = Path(__file__).parent.parent
DEFAULTS = {
    "steps": 100, "learningRate": 0.1, "fall": 0.9, "cutouts": 4, "scaleMin": 0.85, "scaleMax": 1.2, "shift": 0.12, "angle": 0.17, "noise": 0.03, "jitter": 0.1, "flip": True,
    "tv": 0.0, "start": "codes", "latent": "quantized", "clampToCodebook": True, "betas": [0.9, 0.999], "optimizer": "adam", "pull": 0.0, "sides": [], "prior": 0.0, "priorFrom": 0.9, "priorTo": 0.5,
}
PIXELS = {"steps": 220, "learningRate": 0.06, "tv": 0.3, "fall": 0.8}


class Within(torch.autograd.Function):
    """Clamp to a range; the gradient passes."""

    @staticmethod
    def forward(ctx, x, low, high):
        return x.clamp(low, high)

    @staticmethod
    def backward(ctx, gradient):
        return gradient, None, None


class Straight(torch.autograd.Function):
    """Clamp to [0, 1] that blocks only the gradient that would push further out."""

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x.clamp(0, 1)

    @staticmethod
    def backward(ctx, gradient):
        x, = ctx.saved_tensors
        return gradient * (gradient * (x - x.clamp(0, 1)) >= 0)


def load_clip(path, tokenizer):
    """An exported folder, or the averaged weights of a checkpoint of `clip.py`."""
    if Path(path).is_dir():
        return towers.Exported(path), load_tokenizer(path)
    saved = torch.load(path, weights_only=True)
    return training.restored(saved["ema"]["clip.text_tower.words.weight"].shape[0], saved["ema"]), load_tokenizer(tokenizer)


class Pyramid:
    """Pictures as a sum of coarse to fine grids before a sigmoid: what the encoder's gradient draws by itself."""

    SIDES, SHARES = (2, 4, 8, 16, 32, 64), (1, 1, 1, 0.8, 0.5, 0.25)

    def __init__(self, count, generator):
        self.variables = [(torch.randn(count, 3, side, side, generator=generator) * 0.05).requires_grad_(True) for side in self.SIDES]

    def picture(self):
        return torch.sigmoid(1.5 + sum(F.interpolate(grid, size=64, mode="bilinear", align_corners=False) * share for grid, share in zip(self.variables, self.SHARES)))

    def after(self, step, generator):
        pass


class Latent:
    """The latent of a VQGAN, with a prior or without."""

    def __init__(self, vqgan, count, settings, generator, prior=None):
        self.vqgan, self.settings, self.prior = vqgan, settings, prior
        with torch.no_grad():
            z = start_latent(vqgan, settings["start"], count, generator)
        self.first, self.z = z.clone(), z.contiguous().clone()
        sides = settings["sides"] or [z.shape[-1]]
        self.variables = [torch.zeros(*z.shape[:2], side, side).requires_grad_(True) for side in sides]
        book = vqgan.quantize.embedding.weight
        self.low, self.high = (limit[None, :, None, None] for limit in (book.min(0).values, book.max(0).values))

    def picture(self):
        self.z = self.first + sum(F.interpolate(grid, size=self.first.shape[2:], mode="bilinear", align_corners=False) for grid in self.variables)
        if self.settings["clampToCodebook"]:
            self.z = Within.apply(self.z, self.low, self.high)
        z = self.z if self.settings["latent"] == "continuous" else self.vqgan.snap(self.z)[0]
        return Straight.apply((self.vqgan.decode(z).float() + 1) / 2)

    def after(self, step, generator):
        """A latent of one grid goes its share of the way to what the prior makes of it, and is clamped to the codebook's range, after the step as the product has it."""
        if self.prior:
            with torch.no_grad():
                z, share = self.first + self.variables[0], step / self.settings["steps"]
                time = round(999 * (self.settings["priorFrom"] + (self.settings["priorTo"] - self.settings["priorFrom"]) * share))
                self.variables[0].copy_(torch.lerp(z, self.prior(z, time, generator), self.settings["prior"]) - self.first)
        if self.settings["clampToCodebook"] and len(self.variables) == 1:
            with torch.no_grad():
                self.variables[0].copy_((self.first + self.variables[0]).clamp(self.low, self.high) - self.first)


def start_latent(vqgan, kind, count, generator):
    """Random codes, or the encoding of a flat, a softly varying (light or gaudy) or a noise picture, or of a gradient."""
    if kind == "codes":
        return vqgan.quantize.embedding(torch.randint(vqgan.quantize.embedding.num_embeddings, (count, 16, 16), generator=generator)).permute(0, 3, 1, 2)
    if kind == "gradient":
        return vqgan.snap(vqgan.encode(gradients(count, 128, generator) * 2 - 1))[0]
    side = {"white": 1, "grey": 1, "light": 4, "soft": 4, "pixels": 128}[kind]
    values = torch.full((count, 3, 1, 1), 1.0 if kind == "white" else 0.5) if side == 1 else torch.rand(count, 3, side, side, generator=generator, device=generator.device)
    values = 0.6 + 0.4 * values if kind == "light" else values
    picture = F.interpolate(values, size=128, mode="bilinear")
    picture = (picture + 0.02 * torch.randn(picture.shape, generator=generator, device=picture.device)).clamp(0, 1)
    return vqgan.snap(vqgan.encode(picture * 2 - 1))[0]


def gradients(count, side, generator):
    """Pictures that go from one random colour to another, in a random direction."""
    turn, low, high = (torch.rand(count, 3, 1, 1, generator=generator, device=generator.device) for _ in range(3))
    angle, line = turn * 2 * math.pi, torch.linspace(-1, 1, side, device=generator.device)
    along = (angle.cos() * line + angle.sin() * line[:, None]) / (angle.cos().abs() + angle.sin().abs())
    return low + (high - low) * (0.5 + 0.5 * along)


def spherical(a, b):
    """The squared spherical distance of unit vectors along the last dimension, as the paper has it."""
    return 2 * ((a - b).norm(dim=-1) / 2).clamp(max=0.9999).asin().square()


def variation(pictures):
    """The total variation of every picture, a mean over its pixels."""
    return (pictures[..., 1:] - pictures[..., :-1]).abs().mean((1, 2, 3)) + (pictures[..., 1:, :] - pictures[..., :-1, :]).abs().mean((1, 2, 3))


def cutouts(pictures, settings, generator):
    """Random views of every picture, one affine map each, then colour jitter and noise: [B, 3, S, S] to [B * n, 3, 64, 64]."""
    n = settings["cutouts"]
    total, side = len(pictures) * n, 64
    uniform = lambda low, high, *shape: low + (high - low) * torch.rand(total, *shape, generator=generator)
    size, turn = uniform(settings["scaleMin"], settings["scaleMax"]), uniform(-1, 1) * settings["angle"]
    mirror = torch.where(uniform(0, 1) < (0.5 if settings["flip"] else 0), -1.0, 1.0)
    x, y = (uniform(-1, 1) * settings["shift"] for _ in range(2))
    matrix = torch.stack([torch.stack([size * turn.cos() * mirror, -size * turn.sin(), x], 1), torch.stack([size * turn.sin() * mirror, size * turn.cos(), y], 1)], 1)
    if pictures.shape[-1] > side:
        pictures = F.avg_pool2d(pictures, pictures.shape[-1] // side)
    grid = F.affine_grid(matrix, (total, 3, side, side), align_corners=False)
    sampled = F.grid_sample(pictures.repeat_interleave(n, 0), grid, padding_mode="border", align_corners=False)
    amount = settings["jitter"]
    gain, saturation = (1 + uniform(-amount, amount, 1, 1, 1) for _ in range(2))
    grey = sampled.mean(1, keepdim=True)
    sampled = (grey + (sampled - grey) * saturation) * gain
    return (sampled + settings["noise"] * torch.randn(sampled.shape, generator=generator)).clamp(0, 1)


def draw(model, targets, make, settings, seed=0):
    """Pictures of the target embeddings [B, E] and their last distances; every step's loss is the paper's squared spherical distance, mean over cutouts."""
    generator = torch.Generator().manual_seed(seed)
    variable = make(generator)
    normalized = settings["optimizer"] == "normalized"
    optimizer = (torch.optim.SGD(variable.variables, lr=settings["learningRate"], momentum=0.9, dampening=0.9) if normalized
                 else torch.optim.Adam(variable.variables, lr=settings["learningRate"], betas=settings["betas"]))
    for step in range(settings["steps"]):
        for group in optimizer.param_groups:
            group["lr"] = settings["learningRate"] * (1 - settings["fall"] * step / settings["steps"])
        picture = variable.picture()
        image = model.image(cutouts(picture, settings, generator)).view(len(targets), settings["cutouts"], -1)
        distance = spherical(image, targets[:, None]).mean(1)
        loss = distance + settings["tv"] * variation(picture)
        if settings["pull"]:
            loss = loss + settings["pull"] * (variable.z - variable.first).square().mean((1, 2, 3))
        optimizer.zero_grad()
        loss.sum().backward()
        if normalized:  # every picture's gradient by itself
            for grid in variable.variables:
                grid.grad /= grid.grad.square().mean((1, 2, 3), keepdim=True).sqrt().clamp(min=1e-12)
        optimizer.step()
        variable.after(step, generator)
    with torch.no_grad():
        return variable.picture().clamp(0, 1), distance.detach()


def sheet(pictures, labels, path, columns=8):
    """A PNG of all pictures with their labels."""
    rows = -(-len(pictures) // columns)
    image = Image.new("RGB", (columns * 132, rows * 146), "white")
    drawing = ImageDraw.Draw(image)
    for number, (picture, label) in enumerate(zip(pictures, labels)):
        x, y = number % columns * 132 + 2, number // columns * 146 + 2
        image.paste(Image.fromarray((picture.permute(1, 2, 0) * 255).round().byte().numpy()).resize((128, 128), Image.LANCZOS), (x, y))
        drawing.text((x, y + 129), label[:22], fill="black")
    image.save(path)


def places(pictures, prompts, others, folder):
    """The judge's place of the own caption among the others, from 1."""
    import judge
    reader = judge.load(folder)
    vectors = reader.embed_pictures((pictures.permute(0, 2, 3, 1) * 255).round().byte())
    known = list(dict.fromkeys(prompts + others))
    scores = vectors @ reader.embed_texts(known).T
    own = scores[torch.arange(len(prompts)), [known.index(prompt) for prompt in prompts]]
    return (scores > own[:, None] + 1e-6).sum(1) + 1


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clip", default=str(ROOT / "models/compact/clip"), help="an exported folder, or a checkpoint of clip.py")
    parser.add_argument("--tokenizer", default=str(ROOT / ".training/out/clip"), help="with a checkpoint: folder of its tokenizer.json")
    parser.add_argument("--vqgan", help="folder of a VQGAN; without one the encoder's gradient draws by itself")
    parser.add_argument("--prompts", default="tuning", help="tuning, or a list of evaluation/prompts.json")
    parser.add_argument("--settings", default="{}", help="JSON that overrides the defaults")
    parser.add_argument("--limit", type=int, default=24)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--sheet", default="sheet.png")
    options = parser.parse_args()
    loop.prepare(options.seed)
    model, tokenizer = load_clip(options.clip, options.tokenizer)
    lists = json.loads((ROOT / "training/evaluation/prompts.json").read_text())
    if options.prompts == "tuning":
        prompts = json.loads((ROOT / "training/eval-prompts.json").read_text())["tuning"][:options.limit]
    else:
        prompts = [entry["prompt"] for entry in lists[options.prompts]][:options.limit]
    others = [entry["prompt"] for entry in lists["concepts"]]
    with torch.no_grad():
        targets = model.text(torch.tensor([encoding.ids for encoding in tokenizer.encode_batch(prompts)]))
    drawer = load_vqgan(options.vqgan) if options.vqgan else None
    settings = DEFAULTS | ({} if drawer else PIXELS) | json.loads(options.settings)
    prior = load_prior(options.vqgan) if settings["prior"] else None
    start, made, distances = time.time(), [], []
    for first in range(0, len(prompts), 8):
        wanted = targets[first:first + 8]
        make = lambda generator: Latent(drawer, len(wanted), settings, generator, prior) if drawer else Pyramid(len(wanted), generator)
        pictures, distance = draw(model, wanted, make, settings, options.seed + first)
        made.append(pictures)
        distances.append(distance)
    made = torch.cat(made)
    found = places(made, prompts, others, ROOT / "training/judge")
    sheet(made, [f"{place} {prompt}" for place, prompt in zip(found.tolist(), prompts)], options.sheet)
    print(json.dumps({"pictures": len(prompts), "seconds": round(time.time() - start, 1), "distance": round(torch.cat(distances).mean().item(), 4),
                      "first": round((found == 1).float().mean().item(), 3), "among": len(others) + 1, "median place": found.median().item(), "settings": json.loads(options.settings)}))


if __name__ == "__main__":
    main()
