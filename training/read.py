"""The CLIP's last stage: a wider space for both towers, and a text tower that says in it how pictures of a text look in the mean.

What was trained so far tells captions apart by 256 numbers, and asks of a drawing no more than these. The image tower's last cells hold more: what is where. Their principal components stand
beside the 256, so that a drawing has to have the parts of its thing in their places. A new text tower learns to give the mean direction of what the image tower sees of pictures with a
caption (of unit vectors, what is nearest to them all), since pictures do not lie where a loss that only tells captions apart puts their texts (arXiv 2203.02053; arXiv 2204.06125 learns the way
from a text to its pictures as a prior).
"""

import zlib
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

import loop
from captions import build_tokenizer, load_tokenizer, with_article
from clip import KINDS, contrastive, opened, restored, trimmed, unfolded
from data import Scenes, fitting, join, jitter, rows
from towers import PROJECTION, SIDE, TextTower

COMPONENTS, FLOOR = 512, 0.02  # of the last cells; what is added to their variances, as a share of the greatest, before they are made alike
WIDTH, DEPTH, MLP = 256, 2, 768
CROP = (0.82, 1.15)  # as the guidance looks
JOINED = (("single", 10), ("tint", 36), ("background", 8), ("scenery", 10), ("style", 8), ("relation", 10), ("beside", 14), ("count", 4))  # in a third of the scenes: what is said of things, and two of them
APART = 0.2  # the share of a loss that tells captions apart: with .03, two things in one picture draw as their mean
HELD = 1024  # scenes that only measure


def cells(clip, scenes):
    """What the image tower's last stage makes of scenes [n, cells], in half precision."""
    found = []
    handle = clip.image_tower.out.register_forward_pre_hook(lambda module, entering: found.append(entering[0]))
    with torch.no_grad():
        clip.image(jitter(scenes.render(SIDE, scenes.view(crop=CROP), supersample=1), scenes.generator))
    handle.remove()
    return found[0].half()


def look(clip, pictures, scenes, each):
    """The cells of so many scenes, their captions and what these say and the pictures show; and the concepts and their mean cells, of `each` pictures of the plain thing."""
    found, captions, said, shown = [], [], [], []
    for number in range(scenes // 128):
        some = Scenes(pictures, 128, 8_000_000 + number, odds=JOINED if number % 3 == 2 else KINDS)
        found.append(cells(clip, some))
        captions += some.captions
        said.append(some.said)
        shown.append(some.shown)
    concepts = [concept for concept, members in enumerate(pictures.train) if members]
    means = []
    for concept in concepts:
        some = Scenes(pictures, each, 9_000_000 + concept, concepts=[concept] * each, kinds=["single"] * each)
        as_they_are = torch.tensor([pastes[0]["strength"] == 0 for pastes in some.pastes])
        means.append(cells(clip, some)[as_they_are].float().mean(0))
    return {"cells": torch.cat(found), "captions": captions, "said": join(*said), "shown": join(*shown), "concepts": concepts, "means": torch.stack(means)}


def widened(learned, seen):
    """The projection [P + COMPONENTS, cells]: what was learned [P, cells], and the principal components of cells [n, cells] with nearly equal variances, both halves as long in the mean.

    The mean cells' direction is left out of the components in place of the mean being subtracted: so they need no bias.
    """
    mean = F.normalize(seen.mean(0), dim=0)
    rest = seen - (seen @ mean)[:, None] * mean
    rest = rest - rest.mean(0)
    variances, directions = map(torch.from_numpy, np.linalg.eigh((rest.T @ rest / len(rest)).numpy()))
    variances, directions = variances.flip(0)[:COMPONENTS], directions.flip(1)[:, :COMPONENTS]
    components = (directions / (variances + FLOOR * variances[0]).sqrt()).T
    components = components - (components @ mean)[:, None] * mean
    length = lambda projection: (seen @ projection.T).square().sum(1).mean().sqrt()
    return torch.cat([part / length(part) for part in (learned, components)])


def train(data, out, warm=None, stop=3600, peak=1.5e-3, batch=320, names=224, scenes=76800, each=60):
    """Widens the space, unless that was done before, and trains a text tower from scratch, of scenes that are looked at once: a quarter of an hour of one core, and 25 minutes of two for 3,600 steps.

    It reads the last checkpoint, or the exported folder `warm`.
    """
    loop.prepare(0)
    torch.set_num_threads(max(2, torch.get_num_threads()))
    pictures = opened(data)
    build_tokenizer(pictures.concepts, Path(out) / "clip")
    tokenizer = load_tokenizer(Path(out) / "clip")
    encode = lambda texts: torch.tensor([encoding.ids for encoding in tokenizer.encode_batch(texts)])
    if warm:
        clip, of = unfolded(warm, pictures).eval().requires_grad_(False), ("exported", zlib.crc32((Path(warm) / "model.safetensors").read_bytes()))
    else:
        saved = loop.needed(out, "introspect", "clip")
        clip, of = restored(tokenizer.get_vocab_size(), saved["ema"]), (saved["stage"], saved["step"])
    known = loop.load(Path(out) / "seen.pt")
    if not known or known["of"] != of:
        known = look(clip, pictures, scenes, each) | {"of": of}
        loop.save(Path(out) / "seen.pt", **known)
    projection = clip.image_tower.out.weight
    if len(projection) == PROJECTION:
        projection = widened(projection, known["cells"][::3].float())
    toward = lambda some: F.normalize(some.float() @ projection.T, dim=1)
    images, means = torch.cat([toward(some) for some in known["cells"].split(4096)]), toward(known["means"])
    ids, said, shown = encode(known["captions"]), known["said"], known["shown"]
    named = [(name, row) for row, concept in enumerate(known["concepts"]) for name in pictures.concepts[concept]["names"]]
    name_ids, name_rows = encode([with_article(name) for name, _ in named]), torch.tensor([row for _, row in named])

    torch.manual_seed(0)
    tower = TextTower(tokenizer.get_vocab_size(), WIDTH, DEPTH, mlp=MLP, projection=len(projection))
    unit = lambda some: F.normalize(tower(trimmed(some)), dim=1)
    optimizer = torch.optim.AdamW(tower.parameters(), lr=peak, betas=(0.9, 0.98), weight_decay=0.02)
    checkpoint = Path(out) / "reading.pt"
    if checkpoint.exists() and loop.load(checkpoint)["of"] != of:
        checkpoint.unlink()  # of a former CLIP
    _, ema, start, log = loop.begun(out, "reading", tower, optimizer)
    held = slice(len(ids) - HELD, len(ids))
    for step in range(start, stop):
        generator = torch.Generator().manual_seed(step)
        first = torch.randperm(held.start // 8, generator=generator)[:batch // 8]
        chosen = (first[:, None] * 8 + torch.arange(8)).flatten()  # neighbours are often near misses of each other
        some = torch.randint(len(named), (names,), generator=generator)
        for group in optimizer.param_groups:
            group["lr"] = peak * min(1, (step + 1) / 100) * loop.cosine(step / stop)
        texts, words = unit(torch.cat([ids[chosen], name_ids[some]])).split([batch, names])
        away, away_words = (1 - (texts * images[chosen]).sum(1)).mean(), (1 - (words * means[name_rows[some]]).sum(1)).mean()
        apart = contrastive(images[chosen], texts, 24.0, fitting(pictures.carriers, rows(said, chosen), rows(shown, chosen)).fill_diagonal_(False))
        optimizer.zero_grad()
        (away + away_words + APART * apart).backward()
        torch.nn.utils.clip_grad_norm_(tower.parameters(), 1.0)
        optimizer.step()
        loop.average(ema, tower, min(0.995, (step + 1) / (step + 10)))
        log.tick()
        if step % 20 == 19:
            log.write(step=step + 1, away=away.item(), words=away_words.item(), apart=apart.item())
        if step % 100 == 99:
            loop.save(checkpoint, model=tower.state_dict(), optimizer=optimizer.state_dict(), ema=ema, step=step + 1, seconds=log.seconds, of=of)
    tower.load_state_dict(ema)
    with torch.no_grad():
        near = torch.cat([unit(part) for part in name_ids.split(512)]) @ means.T
        scores = torch.cat([unit(part) for part in ids[held].split(512)]) @ images[held].T
    fits = fitting(pictures.carriers, rows(said, held), rows(shown, held)).fill_diagonal_(False)
    right = lambda along: (scores.masked_fill(fits, -1).argmax(along) == torch.arange(HELD)).float().mean().item()
    log.write(step=stop, names_right=(near.argmax(1) == name_rows).float().mean().item(), pictures_found=right(1), captions_found=right(0), cosine=scores.diag().mean().item())
    state = {f"text_tower.{name}": value for name, value in ema.items()} | {"image_tower.out.weight": projection}
    kept = {name: value for name, value in clip.state_dict().items() if not name.startswith("text_tower.")}
    loop.save(Path(out) / "read.pt", ema={f"clip.{name}": value for name, value in (kept | state).items()}, of=of, stage="read", step=stop)
