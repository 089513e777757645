"""Trains the compact CLIP: plain pictures first, then pictures that its own gradient has made worse, so that following the gradient back draws."""

import math
import random
import time
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.distributed as distributed
import torch.multiprocessing as multiprocessing
import torch.nn as nn
import torch.nn.functional as F

import loop
from captions import build_tokenizer, load_tokenizer, with_article
from data import COLOURS, Pictures, Scenes, fitting, further_names, join, jitter, rows
from towers import PROJECTION, SIDE, Clip, sized, unfold

KINDS = (("single", 38), ("tint", 22), ("background", 9), ("scenery", 7), ("style", 11), ("relation", 3), ("beside", 3), ("count", 4), ("small", 1), ("big", 1), ("place", 1))

FEWER = {0: 0.6, 1: 0.4, 8: 0.4, 9: 0.2, -1: 0.35}  # faces, people, symbols, flags and signs of one picture each are shown less often than the index says: things first

BARE = ("apple", "car", "fish", "flower", "hat", "house", "bird", "book", "star", "heart")  # nouns whose colours tell the others' where training begins at exported weights


class Heads(nn.Module):
    """What trains the image tower beside the captions and is not exported: a vector for every concept and for every colour of a thing."""

    def __init__(self, concepts, projection=PROJECTION):
        super().__init__()
        self.noun, self.colour = nn.Embedding(concepts, projection), nn.Embedding(len(COLOURS), projection)
        nn.init.normal_(self.noun.weight, std=0.06)
        nn.init.normal_(self.colour.weight, std=0.03)

    def loss(self, image, scale, shown, tinted):
        """Cross-entropy over all concepts, both things of a scene of two, and over the colours of the own thing; and how often the first is right."""
        first, second = shown["concept"], shown["concept2"]
        logits = scale * image @ F.normalize(self.noun.weight, dim=1).T
        log = logits.log_softmax(1)
        at = lambda concept: log.gather(1, concept[:, None])[:, 0]
        concept = -torch.where(second < 0, at(first), (at(first) + at(second.clamp(min=0))) / 2).mean()
        named = (shown["colour"] >= 0) & (second < 0)
        colours = F.normalize(self.noun(first[named])[:, None] + self.colour.weight[None], dim=2)
        each = F.cross_entropy(scale * (image[named][:, None] * colours).sum(2), shown["colour"][named], reduction="none")
        return concept + (each * torch.where(tinted[named], 1.0, 0.15)).sum() / len(image), (logits.argmax(1) == first).float().mean()

    def named(self, text, scale, meant):
        """Cross-entropy of names to the vectors of all concepts, which stay as they are."""
        return F.cross_entropy(scale * text @ F.normalize(self.noun.weight.detach(), dim=1).T, meant)


def contrastive(image, text, scale, ignored):
    """Both ways: caption i belongs to picture i; further captions are wrong answers; ignored pairs are neither."""
    logits = (scale * text @ image.T).masked_fill(ignored, -1e4)
    target = torch.arange(len(image), device=image.device)
    return (F.cross_entropy(logits[:len(image)], target) + F.cross_entropy(logits.T, target)) / 2


def attack(loss, pixels, radius, steps, generator):
    """Pictures within an L2 ball of `radius` (a number, or one for each picture) that make the loss large: from a random start, `steps` normalised gradient steps."""
    length = lambda x: x.flatten(1).norm(dim=1).clamp(min=1e-12)[:, None, None, None]
    radius, device = torch.as_tensor(radius, device=pixels.device).view(-1, 1, 1, 1), pixels.device
    change = torch.randn(pixels.shape, generator=generator, device=device)
    change = change / length(change) * radius * torch.rand(len(pixels), 1, 1, 1, generator=generator, device=device)
    for _ in range(steps):
        change.requires_grad_(True)
        gradient, = torch.autograd.grad(loss((pixels + change).clamp(0, 1)), change)
        change = (change + gradient / length(gradient) * radius * (1.0 if steps == 1 else 0.7)).detach()
        change = change * (radius / length(change)).clamp(max=1)
    return (pixels + change).clamp(0, 1)


@dataclass
class Batch:
    """Pictures that are seen, the ids of their captions, whether they are tinted, and what the captions say and the pictures show (see `data.fitting`)."""

    pixels: torch.Tensor
    ids: torch.Tensor
    tinted: torch.Tensor
    said: dict
    shown: dict

    def to(self, device):
        move = lambda table: {name: column.to(device) for name, column in table.items()}
        return Batch(self.pixels.to(device), self.ids.to(device), self.tinted.to(device), move(self.said), move(self.shown))

    def rows(self, chosen):
        return Batch(self.pixels[chosen], self.ids[chosen], self.tinted[chosen], rows(self.said, chosen), rows(self.shown, chosen))

    def join(self, other):
        return Batch(*(torch.cat([getattr(part, name) for part in (self, other)]) for name in ("pixels", "ids", "tinted")), join(self.said, other.said), join(self.shown, other.shown))

    def put(self, places, other):
        """The rows of `other` take these places."""
        for name in ("pixels", "ids", "tinted"):
            getattr(self, name)[places] = getattr(other, name)
        for mine, theirs in ((self.said, other.said), (self.shown, other.shown)):
            for name in mine:
                mine[name][places] = theirs[name]


class Training:
    """What both stages that train the two towers share: the data, the model, its optimiser and its moving average, and one step.

    `stage` names the checkpoint and the log; a stage begins at its own checkpoint, else at that of the stage `after` which it comes.
    """

    def __init__(self, data, out, stage, after, peak, batch, process, processes, checkpoint_every, device="cpu", warm=None):
        loop.prepare(1)
        if processes > 1:
            distributed.init_process_group("gloo", init_method=f"file://{Path(out).resolve() / 'meeting'}", rank=process, world_size=processes)
        self.pictures = opened(data)
        build_tokenizer(self.pictures.concepts, Path(out) / "clip")
        self.tokenizer = load_tokenizer(Path(out) / "clip")
        self.device, self.carriers = device, self.pictures.carriers.to(device)
        self.peak, self.batch, self.process, self.processes, self.checkpoint_every = peak, batch, process, processes, checkpoint_every
        self.file, self.log, self.start = Path(out) / f"{stage}.pt", loop.Log(Path(out) / f"{stage}.jsonl"), 0
        saved = loop.load(self.file)
        begun = saved or (after and not warm and loop.needed(out, after))
        vocabulary, concepts = self.tokenizer.get_vocab_size(), len(self.pictures.concepts)
        if begun:
            clip = sized(vocabulary, begun["model"], "clip.")
            self.model = nn.ModuleDict({"clip": clip, "heads": Heads(concepts, len(clip.image_tower.out.weight))})
            self.model.load_state_dict(begun["model"])
        elif warm:
            self.model = begin(warm, self.pictures, self.encode)
        else:
            self.model = nn.ModuleDict({"clip": Clip(vocabulary), "heads": Heads(concepts)})
        self.model.to(device)
        self.clip, self.heads = self.model["clip"], self.model["heads"]
        self.optimizer = torch.optim.AdamW(self.model.parameters(), lr=peak, betas=(0.9, 0.98), weight_decay=0.02)
        if begun:
            self.optimizer.load_state_dict(begun["optimizer"])
        self.ema = {name: value.to(device) for name, value in begun["ema"].items()} if begun else loop.copy_state(self.model)
        if saved:
            self.start, self.log.seconds = saved["step"], saved["seconds"]
        check = Scenes(self.pictures, 256, 999, validation=True)
        self.check = check.render(SIDE, check.view(crop=(0.9, 1.0), perspective=0, angle=0)), self.encode(check.captions)

    def encode(self, texts):
        return torch.tensor([encoding.ids for encoding in self.tokenizer.encode_batch(texts)])

    def scenes(self, count, seed):
        """So many scenes, and the generator that made them."""
        batch, generator = composed(self.pictures, self.tokenizer, count, seed)
        return batch.to(self.device), generator

    def objective(self, batch, number):
        """What pictures of this batch cost, as a function of their embeddings that also says how often the first concept is right; the captions' vectors and the temperature;
        and what the further names cost."""
        nouns, more_said, meant = further_names(self.pictures, 192, random.Random(number))
        more_said, meant = {name: column.to(self.device) for name, column in more_said.items()}, meant.to(self.device)
        ignored = fitting(self.carriers, join(batch.said, more_said), batch.shown).fill_diagonal_(False)
        text = torch.cat([self.clip.text(trimmed(batch.ids)), self.clip.text(trimmed(self.encode([with_article(noun) for noun in nouns])).to(self.device))])
        scale = self.clip.scale.clamp(math.log(20), math.log(30)).exp()

        def cost(image, constant=False):
            told, warmth = (text.detach(), scale.detach()) if constant else (text, scale)
            concepts, first = self.heads.loss(image, warmth, batch.shown, batch.tinted)
            return concepts + contrastive(image, told, warmth, ignored), first

        return cost, text[:len(batch.ids)], scale, self.heads.named(text[len(batch.ids):], scale, meant)

    def update(self, cost, rate):
        """One step of the optimiser at `rate` of the peak, of the mean gradient of all processes."""
        for group in self.optimizer.param_groups:
            group["lr"] = self.peak * rate
        self.optimizer.zero_grad()
        cost.backward()
        share(self.model, self.processes)
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimizer.step()

    def record(self, step, stop, decay, **values):
        """The average, the log and the checkpoints, by the first process. @returns whether a checkpoint was written."""
        if self.process > 0:
            return False
        loop.average(self.ema, self.model, decay)
        self.log.tick()
        if step % 10 == 9:
            self.log.write(step=step + 1, **{name: float(value) for name, value in values.items()})
        if step % self.checkpoint_every != self.checkpoint_every - 1 and step + 1 != stop:
            return False
        self.save(step + 1)
        return True

    def save(self, step):
        loop.save(self.file, model=self.model.state_dict(), optimizer=self.optimizer.state_dict(), ema=self.ema, stage=self.file.stem, step=step, seconds=self.log.seconds)
        self.log.write(step=step, validation_first=retrieval(self.clip.vocabulary, self.ema, *self.check))


def unfolded(folder, pictures):
    """The towers of an exported folder, as they are trained."""
    scenes = Scenes(pictures, 256, 6_999_999, odds=KINDS)
    return unfold(folder, scenes.render(SIDE, scenes.view(crop=(0.72, 1.15)), supersample=1))


def begin(folder, pictures, encode):
    """A model from an exported folder: the towers, and as the concepts' vectors what the text tower says of their names."""
    clip = unfolded(folder, pictures)
    heads = Heads(len(pictures.concepts), len(clip.image_tower.out.weight))
    with torch.no_grad():
        names = [clip.text(encode([with_article(concept["name"]) for concept in pictures.concepts]))]
        names += [clip.text(encode([with_article(f"{colour} {noun}") for noun in BARE])) for colour in COLOURS]
        plain = clip.text(encode([with_article(noun) for noun in BARE]))
        heads.noun.weight.copy_(names[0])
        heads.colour.weight.copy_(torch.stack([coloured.mean(0) - plain.mean(0) for coloured in names[1:]]))
    return nn.ModuleDict({"clip": clip, "heads": heads})


def composed(pictures, tokenizer, count, seed):
    """So many scenes as they are seen, and the generator that made them."""
    scenes = Scenes(pictures, count, seed, odds=KINDS)
    pixels = scenes.render(SIDE, scenes.view(crop=(0.72, 1.15)), supersample=1)
    tinted = torch.tensor([pastes[0]["strength"] > 0 for pastes in scenes.pastes])
    ids = torch.tensor([encoding.ids for encoding in tokenizer.encode_batch(scenes.captions)])
    return Batch(pixels, ids, tinted, scenes.said, scenes.shown), scenes.generator


def opened(data):
    """The pictures at the encoder's side, weighted for it."""
    pictures = Pictures(data)
    pictures.weights = [weight * FEWER.get(concept["group"], 1) for weight, concept in zip(pictures.weights, pictures.concepts)]
    pictures.shrink(SIDE)
    return pictures


def trimmed(ids):
    """Token ids without the columns that are padding in every row."""
    return ids[:, :int((ids > 0).sum(1).max())]


def share(model, processes):
    """Every process goes on with the mean of all gradients."""
    if processes == 1:
        return
    gradients = [value.grad for value in model.parameters() if value.grad is not None]
    flat = torch.cat([gradient.flatten() for gradient in gradients])
    distributed.all_reduce(flat)
    for gradient, mean in zip(gradients, (flat / processes).split([gradient.numel() for gradient in gradients])):
        gradient.copy_(mean.view_as(gradient))


def agreed(value, processes):
    """The first process's number, in all of them."""
    if processes == 1:
        return value
    shared = torch.tensor(value, dtype=torch.float64)
    distributed.broadcast(shared, 0)
    return shared.item()


def progress(step, stop, begun, minutes, processes):
    """The share of a stage that is done, in all processes alike: of its time since `begun` where `minutes` are given, else of its steps."""
    return agreed((time.time() - begun) / (60 * minutes) if minutes else step / stop, processes)


def train(data, out, stop=1600, plain=300, ramp=0.5, twice=0.8, radius=2.0, peak=2e-3, batch=64, warm=None, checkpoint_every=50, process=0, processes=1):
    """Trains from scratch, from the exported folder `warm` or from the last checkpoint.

    `plain` steps on clean pictures, then adversarial ones (L2 at 64 px): the radius grows from .25 to `radius` over the share `ramp` of the remaining steps, one attack step
    each, two from the share `twice` on. `processes` of one thread each share their gradients, each with a batch of its own: on few cores faster than threads in one.
    """
    training = Training(data, out, "clip", None, peak, batch, process, processes, checkpoint_every, warm=warm)
    for step in range(training.start, stop):
        scenes, generator = training.scenes(batch, 7_000_000 + step * processes + process)
        pixels = jitter(scenes.pixels, generator)
        training.model.train()
        cost, _, scale, names = training.objective(scenes, step * processes + process)
        through = max(0, step - plain) / (stop - plain)
        size = 0 if step < plain else 0.25 + (radius - 0.25) * min(1, through / ramp)
        if size:
            pixels = attack(lambda x: cost(training.clip.image(x), constant=True)[0], pixels, size, 2 if through >= twice else 1, generator)
        value, first = cost(training.clip.image(pixels))
        training.update(value + names, min(1, (step + 1) / 100) * loop.cosine(step / stop))
        training.record(step, stop, min(0.995, (step + 1) / (step + 10)), loss=value, first=first, radius=size, scale=scale)


def newest(out):
    """The checkpoint of the last stage that there is; none of a last stage that was made for another than the newest CLIP."""
    saved, read = loop.load(Path(out) / "introspect.pt") or loop.load(Path(out) / "clip.pt"), loop.load(Path(out) / "read.pt")
    return read if read and (not saved or read["of"] == (saved["stage"], saved["step"])) else saved


def restored(vocabulary, ema):
    """The averaged CLIP of a checkpoint, to look with."""
    clip = sized(vocabulary, ema, "clip.").eval()
    clip.load_state_dict({name.removeprefix("clip."): value for name, value in ema.items() if name.startswith("clip.")})
    return clip.requires_grad_(False)


def retrieval(vocabulary, ema, pixels, ids):
    """How often the caption of a held-out picture comes first among all captions of the check, with the averaged weights."""
    clip = restored(vocabulary, ema)
    scores = clip.image(pixels) @ clip.text(ids).T
    return (scores.argmax(1) == torch.arange(len(scores))).float().mean().item()


def start(stage, data, out, processes, **options):
    """A stage's `train` in so many processes."""
    meeting = Path(out) / "meeting"
    meeting.unlink(missing_ok=True)
    if processes == 1:
        return stage(data, out, **options)
    multiprocessing.start_processes(_one, (stage, data, out, processes, options), nprocs=processes, start_method="spawn")


def _one(process, stage, data, out, processes, options):
    stage(data, out, process=process, processes=processes, **options)
