"""The judge's reader of order: points at each of two things among the judge's 4x4 cells and compares the places; the judge itself stays as it is."""

import re
from pathlib import Path

import torch
import torch.nn as nn
import torch.nn.functional as F
from safetensors.torch import load_file, save_file

import judge
import loop
from captions import RELATIONS, with_article
from data import COLOURS, FLIPPED, RELATION_NAMES, SHIFT, Pictures, Scenes, join, rows

LINE = torch.tensor([-0.75, -0.25, 0.25, 0.75])
MIDDLES = torch.stack([LINE.repeat(4), LINE.repeat_interleave(4)], 1)  # (x, y) of every cell, row by row, y downwards
DIRECTIONS = torch.tensor([SHIFT[name] for name in RELATION_NAMES], dtype=torch.float32)
SPOKEN = {phrases[0]: name for name, phrases in RELATIONS.items()}
FILE = "order.safetensors"


def parted(text):
    """("a cat", "left", "a dog") of "a cat to the left of a dog". Raises ValueError where not exactly one relation is said, by its first phrase in `RELATIONS`."""
    parts = re.split(f" ({'|'.join(SPOKEN)}) ", text)
    if len(parts) != 3:
        raise ValueError(f'parted(): expected two things with one of "{", ".join(SPOKEN)}" between them, got "{text}"; "a cat above a dog" would do')
    return parts[0], SPOKEN[parts[1]], parts[2]


class Pointer(nn.Module):
    """Scores what stands where by the places that two nouns point at."""

    def __init__(self):
        super().__init__()
        self.look = nn.Sequential(nn.LayerNorm(judge.WIDTH), nn.Linear(judge.WIDTH, judge.EMBEDDING))
        self.sharpness, self.scale = nn.Parameter(torch.tensor(2.0)), nn.Parameter(torch.tensor(1.0))

    def place(self, cells, noun):
        """The judge's cells [B, 16, 192] and unit vectors of nouns [B, 192] to the expected (x, y) [B, 2] in [-0.75, 0.75], y downwards."""
        likeness = torch.einsum("bcd,bd->bc", F.normalize(self.look(cells), dim=2), noun)
        return (likeness * self.sharpness.exp()).softmax(1) @ MIDDLES

    def forward(self, cells, first, second):
        """How well each of RELATION_NAMES says where the first thing stands from the second [B, 4]; opposites score s and -s."""
        return (self.place(cells, first) - self.place(cells, second)) @ DIRECTIONS.T * self.scale.exp()


@torch.no_grad()
def read(reader, pictures, found, said, shown):
    """The scenes of two things as the judge `reader` reads them: cells [n, 16, 192], both nouns [n, 192], number of the relation [n]. Nouns that fit the other thing too are left out."""
    nouns, carriers = list(pictures.noun_ids), pictures.carriers
    either = carriers[said["noun"], shown["concept2"]] | carriers[said["other"], shown["concept"]]
    named = lambda noun, colour: [with_article(f"{COLOURS[c]} {nouns[n]}" if c >= 0 else nouns[n]) for n, c in zip(noun.tolist(), colour.tolist())]
    parts = []
    for part in torch.nonzero((shown["concept2"] >= 0) & ~either)[:, 0].split(512):
        words = rows(said, part)
        first, second = named(words["noun"], words["colour"]), named(words["other"], words["other_colour"])
        parts.append({"cells": reader.cells(found[part]), "first": reader.text(first), "second": reader.text(second), "relation": shown["relation"][part]})
    return join(*parts)


def lead(pointer, scenes):
    """How far the own relation's score is above the opposite's [n]."""
    scores = pointer(scenes["cells"], scenes["first"], scenes["second"])
    own, opposite = (scores.gather(1, relation[:, None])[:, 0] for relation in (scenes["relation"], FLIPPED[scenes["relation"]]))
    return own - opposite


def unseen(reader, pictures, eyes, seed, count=256):
    """Two things in relation as `read` gives them, the first of every scene an icon that no model has seen."""
    scenes = Scenes(pictures, count, seed, validation=True, kinds=["relation"] * count)
    return read(reader, pictures, eyes(scenes.render(judge.SIDE, scenes.view(crop=(0.8, 1.0), perspective=0, angle=0))), scenes.said, scenes.shown)


def train(data, out, stop=600, cooldown=300, batch=256, peak=1e-3, checkpoint_every=100):
    """Trains on what the judge of `out` has seen, own caption against the turned-round one; from scratch or from the last checkpoint with this judge."""
    loop.prepare(4)
    out, pictures = Path(out), Pictures(data)
    trained = loop.load(out / "judge.pt")
    reader, seen = judge.restored(trained["words"], trained["ema"]), judge.Seen(pictures, out)
    scenes = read(reader, pictures, seen.found, seen.said, seen.shown)
    check = join(*(unseen(reader, pictures, seen.eyes, seed) for seed in range(999, 1003)))
    pointer = Pointer()
    optimizer = torch.optim.AdamW(pointer.parameters(), lr=peak, weight_decay=0.05)
    start, log = 0, loop.Log(out / "order.jsonl")
    saved = loop.load(out / "order.pt")
    if saved and saved["judge"] == trained["step"]:
        pointer.load_state_dict(saved["model"])
        optimizer.load_state_dict(saved["optimizer"])
        start, log.seconds = saved["step"], saved["seconds"]
    for step in range(start, stop):
        chosen = torch.randint(len(scenes["relation"]), (batch,), generator=torch.Generator().manual_seed(step))
        for group in optimizer.param_groups:
            group["lr"] = loop.rate(step, peak, 50, stop, cooldown)
        loss = F.softplus(-lead(pointer, rows(scenes, chosen))).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        log.tick()
        if step % 20 == 19:
            log.write(step=step + 1, loss=loss.item())
        if step % checkpoint_every == checkpoint_every - 1 or step + 1 == stop:
            loop.save(out / "order.pt", model=pointer.state_dict(), optimizer=optimizer.state_dict(), judge=trained["step"], step=step + 1, seconds=log.seconds)
            with torch.no_grad():
                log.write(step=step + 1, validation_first=(lead(pointer, check) > 0).float().mean().item())


def export(saved, folder):
    """Writes order.safetensors (f16) beside the judge that it was trained with."""
    save_file({name: value.half().contiguous() for name, value in saved["model"].items()}, Path(folder) / FILE)


class Loaded:
    """An exported reader of order with the judge it was trained with."""

    def __init__(self, seeing, pointer):
        self.judge, self.pointer = seeing, pointer.eval()

    @torch.no_grad()
    def scores(self, pictures, first, second):
        """u8 [n, H, W, 3] and two noun phrases to the score of each of RELATION_NAMES [n, 4], where the first stands from the second."""
        cells = self.judge.model.cells(self.judge.see(pictures))
        return self.pointer(cells, *(self.judge.embed_texts([phrase]).expand(len(cells), -1) for phrase in (first, second)))


def load(folder, seeing):
    """The reader of order that `export` wrote into the folder, on the judge loaded from there."""
    pointer = Pointer()
    pointer.load_state_dict({name: value.float() for name, value in load_file(Path(folder) / FILE).items()})
    return Loaded(seeing, pointer)
