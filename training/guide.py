"""A small PyTorch reference of the guidance loop over the exported weights: contact sheets and a search for good settings."""

import argparse
import json
import time
from pathlib import Path

import torch
import torch.nn.functional as F
from PIL import Image, ImageDraw
from transformers import CLIPModel

import loop
from captions import load_tokenizer
from vqgan import load_vqgan

DEFAULTS = {
    "steps": 150, "learningRate": 0.1, "cutouts": 16, "cropMin": 0.5, "cropMax": 1.0, "noise": 0.05, "jitter": 0.1, "angle": 0.15, "perspective": 0.05,
    "regulariser": 0.0, "init": "codes", "clampToCodebook": True, "flip": True, "betas": [0.9, 0.999], "bf16": False,
}


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


def load_models(folder):
    """The exported CLIP, its tokenizer and the exported VQGAN, frozen."""
    folder = Path(folder)
    clip = CLIPModel.from_pretrained(folder / "clip", torch_dtype=torch.float32).eval().requires_grad_(False)
    vqgan = load_vqgan(folder / "vqgan")
    processor = json.loads((folder / "clip/preprocessor_config.json").read_text())
    mean, std = (torch.tensor(processor[name]).view(1, 3, 1, 1) for name in ("image_mean", "image_std"))
    return clip, load_tokenizer(folder / "clip"), vqgan, mean, std


def start_latent(vqgan, kind, count, generator):
    """Random codes, or the encoding of a flat or softly varying picture."""
    if kind == "codes":
        return vqgan.quantize.embedding(torch.randint(vqgan.quantize.embedding.num_embeddings, (count, 16, 16), generator=generator)).permute(0, 3, 1, 2)
    if kind == "white":
        picture = torch.ones(count, 3, 128, 128)
    elif kind == "grey":
        picture = torch.full((count, 3, 128, 128), 0.5)
    else:
        picture = F.interpolate(torch.rand(count, 3, 4, 4, generator=generator), size=128, mode="bicubic").clamp(0, 1)
    picture = (picture + 0.02 * torch.randn(picture.shape, generator=generator)).clamp(0, 1)
    return vqgan.snap(vqgan.encode(picture * 2 - 1))[0]


def cutouts(pictures, settings, generator):
    """Random crops of every picture with one homography each, then colour jitter and noise: [B, 3, 128, 128] to [B * n, 3, 64, 64]."""
    n = settings["cutouts"]
    total = len(pictures) * n
    uniform = lambda low, high, *shape: low + (high - low) * torch.rand(total, *shape, generator=generator)
    size = uniform(settings["cropMin"], settings["cropMax"])
    offset = uniform(-1, 1, 2) * (1 - size)[:, None]
    turn = uniform(-1, 1) * settings["angle"]
    mirror = torch.where(uniform(0, 1) < (0.5 if settings["flip"] else 0), -1.0, 1.0)
    tilt = uniform(-1, 1, 2) * settings["perspective"]
    line = (torch.arange(128) + 0.5) / 64 - 1
    v, u = torch.meshgrid(line, line, indexing="ij")
    depth = 1 + tilt[:, 0, None, None] * u + tilt[:, 1, None, None] * v
    cos, sin = (size * turn.cos())[:, None, None], (size * turn.sin())[:, None, None]
    x = (cos * u * mirror[:, None, None] - sin * v) / depth + offset[:, 0, None, None]
    y = (sin * u * mirror[:, None, None] + cos * v) / depth + offset[:, 1, None, None]
    sampled = F.grid_sample(pictures.repeat_interleave(n, 0), torch.stack([x, y], -1), padding_mode="border", align_corners=False)
    sampled = F.avg_pool2d(sampled, 2)
    amount = settings["jitter"]
    gain, contrast, saturation = (1 + uniform(-amount, amount, 1, 1, 1) for _ in range(3))
    grey = sampled.mean(1, keepdim=True)
    sampled = grey + (sampled - grey) * saturation
    middle = sampled.mean((1, 2, 3), keepdim=True)
    sampled = ((sampled - middle) * contrast + middle) * gain
    strength = uniform(0, settings["noise"], 1, 1, 1)
    return sampled + strength * torch.randn(sampled.shape, generator=generator)


def generate(models, prompts, settings, seed=0):
    """One picture per prompt, all in one batch, and the last distances."""
    clip, tokenizer, vqgan, mean, std = models
    settings = {**DEFAULTS, **settings}
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        ids = torch.tensor([encoding.ids for encoding in tokenizer.encode_batch(prompts)])
        text = F.normalize(clip.text_projection(clip.text_model(ids).pooler_output), dim=1)
        z = start_latent(vqgan, settings["init"], len(prompts), generator).contiguous().clone()
    z.requires_grad_(True)
    optimizer = torch.optim.Adam([z], lr=settings["learningRate"], betas=settings["betas"])
    book = vqgan.quantize.embedding.weight
    low, high = (limit[None, :, None, None] for limit in (book.min(0).values, book.max(0).values))
    for step in range(settings["steps"]):
        with torch.autocast("cpu", torch.bfloat16, enabled=settings["bf16"]):
            picture = Straight.apply((vqgan.decode(vqgan.snap(z)[0]).float() + 1) / 2)
            views = cutouts(picture, settings, generator)
            image = clip.visual_projection(clip.vision_model((views - mean) / std).pooler_output)
        image = F.normalize(image.float(), dim=1)
        target = text.repeat_interleave(settings["cutouts"], 0)
        distance = 2 * ((image - target).norm(dim=1) / 2).asin().square()
        distance = distance.view(len(prompts), -1).mean(1)
        loss = distance.sum() + settings["regulariser"] * z.square().mean((1, 2, 3)).sum()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if settings["clampToCodebook"]:
            with torch.no_grad():
                z.copy_(z.clamp(low, high))
    with torch.no_grad():
        picture = ((vqgan.decode(vqgan.snap(z)[0]) + 1) / 2).clamp(0, 1)
    return picture, distance.detach()


def sheet(pictures, labels, path, columns=8):
    """A PNG of all pictures with their labels."""
    rows = -(-len(pictures) // columns)
    image = Image.new("RGB", (columns * 132, rows * 146), "white")
    draw = ImageDraw.Draw(image)
    for number, (picture, label) in enumerate(zip(pictures, labels)):
        x, y = number % columns * 132 + 2, number // columns * 146 + 2
        image.paste(Image.fromarray((picture.permute(1, 2, 0) * 255).round().byte().numpy()), (x, y))
        draw.text((x, y + 129), label[:22], fill="black")
    image.save(path)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", default=str(Path(__file__).parent.parent / "models/compact"))
    parser.add_argument("--prompts", choices=["tuning", "test"], default="tuning")
    parser.add_argument("--settings", default="{}", help="JSON that overrides the defaults")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--limit", type=int)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--sheet", default="sheet.png")
    options = parser.parse_args()
    loop.prepare(options.seed)
    torch.set_num_threads(options.threads)
    models = load_models(options.models)
    prompts = json.loads((Path(__file__).parent / "eval-prompts.json").read_text())[options.prompts][:options.limit]
    start, made, distances = time.time(), [], []
    for first in range(0, len(prompts), 8):
        pictures, distance = generate(models, prompts[first:first + 8], json.loads(options.settings), options.seed + first)
        made.append(pictures)
        distances.append(distance)
    made, distances = torch.cat(made), torch.cat(distances)
    result = {"pictures": len(prompts), "seconds": round(time.time() - start, 1), "distance": round(distances.mean().item(), 4)}
    sheet(made, prompts, options.sheet)
    print(json.dumps(result))


if __name__ == "__main__":
    main()
