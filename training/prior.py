"""The prior: from the embedding of a text and a look (an icon set) to the latent of a picture, in one pass; where a run may begin."""

import json
import math
import random
from pathlib import Path

import torch
import torch.nn as nn
import torch.nn.functional as F
from safetensors.torch import save_file

import loop
from captions import STYLE_ALONE, caption, load_tokenizer
from clip import Clip
from data import STYLE_NAMES, Pictures, Scenes
from vqgan import load_vqgan

LOOKS = ("twemoji",)
CONDITION, SEED, LEVELS = 512, 128, ((256, 2), (192, 2), (128, 3))


class Block(nn.Module):
    """Residual block whose first normalisation is scaled and shifted by the condition."""

    def __init__(self, width):
        super().__init__()
        self.film = nn.Linear(CONDITION, 2 * width)
        self.norm1, self.conv1 = nn.GroupNorm(32, width, eps=1e-6), nn.Conv2d(width, width, 3, padding=1)
        self.norm2, self.conv2 = nn.GroupNorm(32, width, eps=1e-6), nn.Conv2d(width, width, 3, padding=1)

    def forward(self, x, condition):
        scale, shift = self.film(condition)[:, :, None, None].chunk(2, 1)
        h = self.conv1(F.silu(self.norm1(x) * (1 + scale) + shift))
        return x + self.conv2(F.silu(self.norm2(h)))


class Prior(nn.Module):
    """Unit embeddings [B, E] and look numbers [B] to latents [B, D, 16, 16]: a 4x4 map, doubled twice, with residual blocks at each size."""

    def __init__(self, embedding, looks, channels):
        super().__init__()
        self.embedding = embedding
        self.looks = nn.Embedding(looks, embedding)
        self.in1, self.in2 = nn.Linear(2 * embedding, CONDITION), nn.Linear(CONDITION, CONDITION)
        self.seed = nn.Linear(CONDITION, SEED * 16)
        self.levels, before = nn.ModuleList(), SEED
        for width, blocks in LEVELS:
            level = nn.Module()
            level.enter = nn.Conv2d(before, width, 1)
            level.blocks = nn.ModuleList(Block(width) for _ in range(blocks))
            self.levels.append(level)
            before = width
        self.norm_out, self.conv_out = nn.GroupNorm(32, before, eps=1e-6), nn.Conv2d(before, channels, 3, padding=1)

    def forward(self, text, look):
        c = torch.cat([text * math.sqrt(self.embedding), self.looks(look)], 1)
        c = F.silu(self.in2(F.silu(self.in1(c))))
        x = self.seed(c).view(-1, SEED, 4, 4)
        for number, level in enumerate(self.levels):
            if number:
                x = F.interpolate(x, scale_factor=2.0, mode="nearest")
            x = level.enter(x)
            for block in level.blocks:
                x = block(x, c)
        return self.conv_out(F.silu(self.norm_out(x)))


class Muon(torch.optim.Optimizer):
    """Momentum whose matrices are brought near to orthogonal by five Newton-Schulz steps (github.com/KellerJordan/Muon), with the size of Adam's steps."""

    def __init__(self, params, lr, momentum=0.95, weight_decay=0.01):
        super().__init__(params, {"lr": lr, "momentum": momentum, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            for value in group["params"]:
                state = self.state[value]
                mean = state.setdefault("mean", torch.zeros_like(value))
                mean.lerp_(value.grad, 1 - group["momentum"])
                x = torch.lerp(value.grad, mean, group["momentum"]).flatten(1).bfloat16()
                wide = x.shape[0] <= x.shape[1]
                x = x if wide else x.T
                x = x / (x.norm() + 1e-7)
                for _ in range(5):
                    a = x @ x.T
                    x = 3.4445 * x + (-4.7750 * a + 2.0315 * a @ a) @ x
                x = (x if wide else x.T).float() * (0.2 * max(x.shape) ** 0.5)
                value.mul_(1 - group["lr"] * group["weight_decay"]).add_(x.view_as(value), alpha=-group["lr"])


def stocks(pictures):
    """For every look the picture of every concept: the look's own, else one of another set."""
    order = [*LOOKS, *(source["set"] for source in pictures.sources if source["set"] not in LOOKS)]
    found = {name: {} for name in order}
    for group in pictures.train:
        for number in group:
            found[pictures.items[number]["set"]].setdefault(pictures.items[number]["concept"], number)
    return [{concept: number for name in reversed([look, *order]) for concept, number in found[name].items()} for look in LOOKS]


class Texts:
    """Unit embeddings of captions by the newest averaged weights of the CLIP in training, or the finished one."""

    def __init__(self, out):
        self.file, self.tokenizer, self.read = Path(out) / "clip.pt", load_tokenizer(Path(out) / "clip"), None
        self.model = Clip(self.tokenizer.get_vocab_size()).eval()

    @torch.no_grad()
    def __call__(self, captions):
        changed = self.file.stat().st_mtime
        if changed != self.read:
            self.model.load_state_dict(loop.load(self.file)["ema"])
            self.read = changed
        return self.model.text(torch.tensor([encoding.ids for encoding in self.tokenizer.encode_batch(captions)]))


def with_noise(text, generator):
    """Unit vectors [B, E] a little off, so that near texts give near pictures."""
    return F.normalize(text + 0.15 * torch.randn(text.shape, generator=generator) * text.shape[1] ** -0.5, dim=1)


def embedded(texts, scenes, rng, generator):
    """What a run would be given for the scenes: their captions, or the sum of subject and style as two prompts; with a little noise."""
    captions = list(scenes.captions)
    second = {}
    for row, style in enumerate(scenes.shown["style"].tolist()):
        if style < len(STYLE_NAMES) and rng.random() < 0.5:
            captions[row] = caption(scenes.subjects[row], rng)
            second[row] = rng.choice(STYLE_ALONE[STYLE_NAMES[style]])
    both = texts(captions + list(second.values()))
    text, styles = both[:len(captions)].clone(), both[len(captions):]
    if second:
        text[list(second)] = F.normalize(text[list(second)] + styles, dim=1)
    return with_noise(text, generator)


def targets(vqgan, scenes):
    """Latents and code numbers [B, 16, 16] of whole scenes."""
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
        z = torch.cat([vqgan.encode(block * 2 - 1) for block in scenes.render(128, supersample=1).split(64)]).float()
    return vqgan.nearest(z.permute(0, 2, 3, 1).flatten(0, 2)).view(len(z), *z.shape[2:])


def train(data, out, vqgan, stop=2300, cooldown=800, peak=2e-3, singles=72, others=16, checkpoint_every=100):
    """Trains from scratch or from the last checkpoint: every concept alone on white from a store made once, and composed scenes."""
    loop.prepare(4)
    pictures, drawer, texts = Pictures(data), load_vqgan(vqgan), Texts(out)
    book = drawer.quantize.embedding.weight
    model = Prior(texts.model.text_out.weight.shape[0], len(LOOKS), book.shape[1]).to(memory_format=torch.channels_last)
    matrix = lambda name, value: value.dim() > 1 and not name.startswith(("looks", "conv_out"))
    optimizers = [
        Muon([value for name, value in model.named_parameters() if matrix(name, value)], lr=peak),
        torch.optim.AdamW([value for name, value in model.named_parameters() if not matrix(name, value)], lr=peak, betas=(0.9, 0.98), weight_decay=0.01),
    ]
    ema, start, log = loop.copy_state(model), 0, loop.Log(Path(out) / "prior.jsonl")
    saved = loop.load(Path(out) / "prior.pt")
    if saved:
        model.load_state_dict(saved["model"])
        for optimizer, state in zip(optimizers, saved["optimizers"]):
            optimizer.load_state_dict(state)
        ema, start, log.seconds = saved["ema"], saved["step"], saved["seconds"]
    stock = stocks(pictures)
    store = loop.load(Path(out) / "prior-store.pt")
    concepts = range(len(pictures.concepts))
    if not store:
        alone = lambda look, group: Scenes(pictures, len(group), 1, canonical=True, stock=stock[look], concepts=group, kinds=["single"] * len(group))
        blocks = [list(concepts)[first:first + 256] for first in range(0, len(concepts), 256)]
        store = {"codes": torch.stack([torch.cat([targets(drawer, alone(look, block)) for block in blocks]) for look in range(len(LOOKS))]).short()}
        loop.save(Path(out) / "prior-store.pt", **store)
    variance = book[store["codes"].flatten().long()].var()
    odds = [max(concept["weight"], 0.4) for concept in pictures.concepts]
    for step in range(start, stop):
        rng, generator = random.Random(step), torch.Generator().manual_seed(step)
        chosen = rng.choices(concepts, odds, k=singles)
        looks = [rng.randrange(len(LOOKS)) for _ in chosen]
        noun = lambda concept: rng.choice([concept["names"][0], rng.choice(concept["names"]), rng.choice(pictures.rare_tags[concept["id"]] or concept["names"])])
        text = texts([caption(noun(pictures.concepts[number]), rng) for number in chosen])
        text = [with_noise(text, generator)]
        codes = [store["codes"][look, number].long()[None] for look, number in zip(looks, chosen)]
        composed = step % len(LOOKS)
        scenes = Scenes(pictures, others, 5_000_000 + step, canonical=True, stock=stock[composed])
        text.append(embedded(texts, scenes, rng, generator))
        codes.append(targets(drawer, scenes))
        text, codes, looks = torch.cat(text), torch.cat(codes), torch.tensor(looks + [composed] * others)
        for optimizer in optimizers:
            for group in optimizer.param_groups:
                group["lr"] = loop.rate(step, peak, 100, stop, cooldown)
        with torch.autocast("cpu", torch.bfloat16):
            z = model(text, looks)
        z = z.float().permute(0, 2, 3, 1).reshape(-1, book.shape[1])
        loss = (z - book[codes.flatten()]).square().mean() / variance
        model.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for optimizer in optimizers:
            optimizer.step()
        loop.average(ema, model, min(0.99, (step + 1) / (step + 10)))
        log.tick()
        if step % 20 == 19:
            log.write(step=step + 1, loss=loss.item(), singles=(z - book[codes.flatten()]).view(len(text), -1)[:singles].square().mean().item() / variance.item())
        if step % checkpoint_every == checkpoint_every - 1 or step + 1 == stop:
            loop.save(Path(out) / "prior.pt", model=model.state_dict(), optimizers=[optimizer.state_dict() for optimizer in optimizers], ema=ema,
                      step=step + 1, seconds=log.seconds)


def export(state, looks, folder):
    """Writes config.json and model.safetensors (f16)."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    save_file({name: value.half().contiguous() for name, value in state.items()}, folder / "model.safetensors", {"format": "pt"})
    config = {
        "model_type": "latent_prior", "embedding_size": state["looks.weight"].shape[1], "condition_size": CONDITION, "seed_channels": SEED, "seed_side": 4,
        "levels": [{"channels": width, "blocks": blocks} for width, blocks in LEVELS], "latent_channels": state["conv_out.weight"].shape[0], "looks": list(looks),
    }
    (folder / "config.json").write_text(json.dumps(config, indent=2) + "\n")
