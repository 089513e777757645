"""The prior: from the embedding of a text and a look (an icon set) to the latent of a picture, in one pass; where a run may begin."""

import json
import math
import random
from pathlib import Path

import torch
import torch.nn as nn
import torch.nn.functional as F
from safetensors.torch import load_file, save_file

import loop
from captions import COLOUR_WORDS, FORMS, PLACES, SCENERY, STYLE_ALONE, STYLES, caption, load_tokenizer
from clip import Clip, load_weights
from data import STYLE_NAMES, Pictures, Scenes
from vqgan import load_vqgan

LOOKS = ("twemoji",)
KINDS = (("tint", 20), ("background", 15), ("small", 4), ("big", 4), ("place", 8), ("count", 10), ("relation", 18), ("beside", 5), ("scenery", 14), ("style", 24))
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
                x = torch.lerp(value.grad, mean, group["momentum"]).flatten(1)
                wide = x.shape[0] <= x.shape[1]
                x = x if wide else x.T
                x = x / (x.norm() + 1e-7)
                for _ in range(5):
                    a = x @ x.T
                    x = 3.4445 * x + (-4.7750 * a + 2.0315 * a @ a) @ x
                x = (x if wide else x.T) * (0.2 * max(x.shape) ** 0.5)
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
    """Unit embeddings of captions by an exported CLIP."""

    def __init__(self, folder):
        self.tokenizer = load_tokenizer(folder)
        self.model = Clip(self.tokenizer.get_vocab_size()).eval()
        load_weights(self.model, folder, self.tokenizer.get_vocab())

    @torch.no_grad()
    def __call__(self, captions):
        return self.model.text(torch.tensor([encoding.ids for encoding in self.tokenizer.encode_batch(captions)]))


def with_noise(text, generator):
    """Unit vectors [B, E] a little off, so that near texts give near pictures."""
    return F.normalize(text + 0.15 * torch.randn(text.shape, generator=generator) * text.shape[1] ** -0.5, dim=1)


def embedded(texts, scenes, rng):
    """What a run would be given for the scenes: their captions, or the sum of subject and style as two prompts."""
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
    return text


class Replay:
    """Embeddings and codes of the last scenes that were composed: showing them again costs no rendering and no encoding."""

    def __init__(self, size, saved=None):
        self.size, self.text, self.codes = size, *(saved or (torch.zeros(0), torch.zeros(0)))

    def add(self, text, codes):
        text, codes = text.half(), codes.short()
        self.text = torch.cat([self.text, text])[-self.size:] if len(self.text) else text
        self.codes = torch.cat([self.codes, codes])[-self.size:] if len(self.codes) else codes

    def draw(self, count, generator):
        chosen = torch.randint(len(self.text), (count,), generator=generator)
        return self.text[chosen].float(), self.codes[chosen].long()


def targets(vqgan, scenes):
    """Latents and code numbers [B, 16, 16] of whole scenes."""
    with torch.no_grad(), loop.autocast():
        z = torch.cat([vqgan.encode(block * 2 - 1) for block in scenes.render(128, supersample=1).split(64)]).float()
    return vqgan.nearest(z.permute(0, 2, 3, 1).flatten(0, 2)).view(len(z), *z.shape[2:])


def train(data, out, models, warm=None, stop=6000, cooldown=1000, peak=2e-3, alone=40, composed=12, replayed=36, checkpoint_every=100):
    """Trains from scratch, from an exported prior (`warm`) or from the last checkpoint.

    A batch: `alone` concepts on white from a store made once, `composed` new scenes and `replayed` ones of before; all of one look (icon set).
    """
    loop.prepare(4)
    pictures, drawer, texts = Pictures(data), load_vqgan(Path(models) / "vqgan"), Texts(Path(models) / "clip")
    book = drawer.quantize.embedding.weight
    model = Prior(texts.model.text_out.weight.shape[0], len(LOOKS), book.shape[1]).to(memory_format=torch.channels_last)
    matrix = lambda name, value: value.dim() > 1 and not name.startswith(("looks", "conv_out"))
    optimizers = [
        Muon([value for name, value in model.named_parameters() if matrix(name, value)], lr=peak),
        torch.optim.AdamW([value for name, value in model.named_parameters() if not matrix(name, value)], lr=peak, betas=(0.9, 0.98), weight_decay=0.01),
    ]
    saved = loop.load(Path(out) / "prior.pt")
    if warm and not saved:
        model.load_state_dict({name: value.float() for name, value in load_file(Path(warm) / "model.safetensors").items()})
    ema, start, log, replay = loop.copy_state(model), 0, loop.Log(Path(out) / "prior.jsonl"), Replay(30_000)
    if saved:
        model.load_state_dict(saved["model"])
        for optimizer, state in zip(optimizers, saved["optimizers"]):
            optimizer.load_state_dict(state)
        ema, start, log.seconds, replay = saved["ema"], saved["step"], saved["seconds"], Replay(30_000, saved["replay"])
    stock = stocks(pictures)
    store = loop.load(Path(out) / "prior-store.pt")
    concepts = range(len(pictures.concepts))
    if not store:
        plain = lambda look, group: Scenes(pictures, len(group), 1, canonical=True, stock=stock[look], concepts=group, kinds=["single"] * len(group))
        blocks = [list(concepts)[first:first + 256] for first in range(0, len(concepts), 256)]
        store = {"codes": torch.stack([torch.cat([targets(drawer, plain(look, block)) for block in blocks]) for look in range(len(LOOKS))]).short()}
        loop.save(Path(out) / "prior-store.pt", **store)
    variance = book[store["codes"].flatten().long()].var()
    odds = [max(concept["weight"], 0.4) for concept in pictures.concepts]
    kinds, shares = zip(*KINDS)
    for step in range(start, stop):
        rng, generator = random.Random(step), torch.Generator().manual_seed(step)
        look = step % len(LOOKS)
        chosen = rng.choices(concepts, odds, k=alone)
        noun = lambda concept: rng.choice([concept["names"][0], rng.choice(concept["names"]), rng.choice(pictures.rare_tags[concept["id"]] or concept["names"])])
        text, codes = [texts([caption(noun(pictures.concepts[number]), rng) for number in chosen])], [store["codes"][look, chosen].long()]
        scenes = Scenes(pictures, composed, 5_000_000 + step, canonical=True, stock=stock[look], kinds=rng.choices(kinds, shares, k=composed))
        text.append(embedded(texts, scenes, rng))
        codes.append(targets(drawer, scenes))
        replay.add(text[1], codes[1])
        before = replay.draw(replayed, generator)
        text, codes = with_noise(torch.cat([*text, before[0]]), generator), torch.cat([*codes, before[1]])
        for optimizer in optimizers:
            for group in optimizer.param_groups:
                group["lr"] = loop.rate(step, peak, 100, stop, cooldown)
        with loop.autocast():
            z = model(text, torch.full((len(text),), look))
        z = z.float().permute(0, 2, 3, 1)
        errors = (z - book[codes]).square().mean((1, 2, 3)) / variance
        loss = errors.mean()
        model.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for optimizer in optimizers:
            optimizer.step()
        loop.average(ema, model, min(0.99, (step + 1) / (step + 10)))
        log.tick()
        if step % 20 == 19:
            log.write(step=step + 1, loss=loss.item(), singles=errors[:alone].mean().item(), composed=errors[alone:alone + composed].mean().item())
        if step % checkpoint_every == checkpoint_every - 1 or step + 1 == stop:
            loop.save(Path(out) / "prior.pt", model=model.state_dict(), optimizers=[optimizer.state_dict() for optimizer in optimizers], ema=ema,
                      replay=(replay.text, replay.codes), phrases=phrases(pictures), step=step + 1, seconds=log.seconds)


def phrases(pictures):
    """The names that the prior was shown alone, without words that captions use for something else than a subject."""
    said = [PLACES.values(), *SCENERY.values(), *STYLES.values(), *STYLE_ALONE.values(), (form for form, _ in FORMS)]
    other = {word for texts in said for text in texts for word in text.split()}
    return sorted({name for concept in pictures.concepts for name in concept["names"]} - other - set(COLOUR_WORDS))


def export(state, looks, known, folder):
    """Writes config.json, with the phrases that it knows, and model.safetensors (f16)."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    save_file({name: value.half().contiguous() for name, value in state.items()}, folder / "model.safetensors", {"format": "pt"})
    config = {
        "model_type": "latent_prior", "embedding_size": state["looks.weight"].shape[1], "condition_size": CONDITION, "seed_channels": SEED, "seed_side": 4,
        "levels": [{"channels": width, "blocks": blocks} for width, blocks in LEVELS], "latent_channels": state["conv_out.weight"].shape[0], "looks": list(looks), "phrases": known,
    }
    (folder / "config.json").write_text(json.dumps(config) + "\n")
