"""The CLIP's last stage: a wider space for both towers, and a text tower that says in it how a picture looks that shows what its text says and nothing else.

What was trained so far tells captions apart by 256 numbers, and asks of a drawing no more than these. The image tower's last cells hold more: what is where. Their principal components stand
beside the 256, so that a drawing has to have the parts of its thing in their places. A new text tower learns to give the direction of what the image tower sees of pictures with a caption, since
pictures do not lie where a loss that only tells captions apart puts their texts (arXiv 2203.02053; arXiv 2204.06125 learns the way from a text to its pictures as a prior). These pictures are
canonical and of typical icons: a mean of a thing turned both ways, of all sizes, in all places and in the odd maker's taste too is a blur, and what follows it draws one.
"""

import zlib
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

import loop
from captions import STYLE_ALONE, build_tokenizer, load_tokenizer, with_article
from clip import KINDS, contrastive, opened, restored, trimmed, unfolded
from data import NONE, STYLE_NAMES, Scenes, fitting, join, jitter, rows
from towers import SIDE, TextTower

COMPONENTS, FLOOR = 512, 0.02  # of the last cells; what is added to their variances, as a share of the greatest, before they are made alike
SPACE = 512  # numbers of the wider space: what was learned and the components together lie in no more
WIDTH, DEPTH, MLP = 352, 2, 768  # a text tower of 256 numbers has no more than 256 directions to give, which the modes of pictures are not within
CROP = (0.82, 1.15)  # as the guidance looks
JOINED = (("single", 10), ("tint", 36), ("background", 8), ("scenery", 10), ("style", 8), ("relation", 10), ("beside", 14), ("count", 4))  # in a third of the scenes: what is said of things, and two of them
APART = 0.2  # the share of a loss that tells captions apart: with .03, two things in one picture draw as their mean
HELD = 1024  # scenes that only measure


def seen(tower, scenes):
    """What the image tower makes of scenes [n, P]."""
    with torch.no_grad():
        return tower(jitter(scenes.render(SIDE, scenes.view(crop=CROP), supersample=1), scenes.generator))


def widened(learned, cells):
    """The projection [P + COMPONENTS, cells]: what was learned [P, cells], and the principal components of cells [n, cells] with nearly equal variances, both halves as long in the mean.

    The mean cells' direction is left out of the components in place of the mean being subtracted: so they need no bias.
    """
    mean = F.normalize(cells.mean(0), dim=0)
    rest = cells - (cells @ mean)[:, None] * mean
    rest = rest - rest.mean(0)
    variances, directions = map(torch.from_numpy, np.linalg.eigh((rest.T @ rest / len(rest)).numpy()))
    variances, directions = variances.flip(0)[:COMPONENTS], directions.flip(1)[:, :COMPONENTS]
    components = (directions / (variances + FLOOR * variances[0]).sqrt()).T
    components = components - (components @ mean)[:, None] * mean
    length = lambda projection: (cells @ projection.T).square().sum(1).mean().sqrt()
    return torch.cat([part / length(part) for part in (learned, components)])


def principal(projection, cells):
    """The projection [P, cells] turned so that it says in SPACE numbers what it says of cells [n, cells]: angles between pictures stay."""
    made = F.normalize(cells @ projection.T, dim=1)
    _, directions = np.linalg.eigh((made.T @ made / len(made)).double().numpy())
    return torch.from_numpy(directions).float().flip(1)[:, :SPACE].T @ projection


def widen(tower, pictures, scenes=17000):
    """Gives an image tower the wider space, by the cells that it makes of so many scenes; a tower that has it stays as it is."""
    former = tower.out
    if former.out_features == SPACE:
        return
    tower.out = torch.nn.Identity()
    cells = torch.cat([seen(tower, Scenes(pictures, 128, 8_000_000 + number, odds=KINDS)) for number in range(scenes // 128)])
    tower.out = torch.nn.Linear(former.in_features, SPACE, bias=False).requires_grad_(False)
    tower.out.weight.copy_(principal(widened(former.weight, cells), cells))


def mode(vectors):
    """The unit vector that half of the unit vectors [n, P] lie nearest around: their mean, taken of the nearer half three times over (a mean shift)."""
    middle = vectors.mean(0)
    for _ in range(3):
        middle = vectors[(vectors @ middle).topk((len(vectors) + 1) // 2).indices].mean(0)
    return F.normalize(middle, dim=0)


def typical(tower, pictures, each):
    """The mode [P] of `each` pictures of every concept's plain thing; and keeps of the pictures that scenes are made of the half that is nearest to it."""
    modes = {}
    for concept, members in enumerate(pictures.train):
        if not members:
            continue
        scenes = Scenes(pictures, each, 9_000_000 + concept, concepts=[concept] * each, kinds=["single"] * each, canonical=True)
        vectors = F.normalize(seen(tower, scenes), dim=1)
        modes[concept] = mode(vectors)
        near, drawn = vectors @ modes[concept], torch.tensor([pastes[0]["number"] for pastes in scenes.pastes])
        best = sorted(drawn.unique().tolist(), key=lambda number: -near[drawn == number].mean().item())
        pictures.train[concept] = best[:(len(best) + 1) // 2]
    return modes


def told_apart(pictures):
    """A name that several concepts have stays with one: whose first name it is, else whose weight is greatest. Else "a cat" means what is between a cat and a cat's face."""
    of = {}
    for concept in pictures.concepts:
        for name in concept["names"]:
            of[name] = max(of.get(name, concept), concept, key=lambda one: (one["names"][0] == name, pictures.weights[one["id"]]))
    for concept in pictures.concepts:
        concept["names"] = [name for name in concept["names"] if of[name] is concept] or concept["names"][:1]


def look(tower, pictures, scenes, each):
    """The modes of concepts, what styles change, and of so many canonical scenes of typical pictures what the tower sees (unit vectors in half precision), the captions, what these say and the scenes show."""
    modes = typical(tower, pictures, each)
    vectors, captions, said, shown = [], [], [], []
    for number in range(scenes // 128):
        some = Scenes(pictures, 128, 8_700_000 + number, odds=JOINED if number % 3 == 2 else KINDS, canonical=True)
        vectors.append(F.normalize(seen(tower, some), dim=1).half())
        captions += some.captions
        said.append(some.said)
        shown.append(some.shown)
    return {"modes": modes, "styles": styles(tower, pictures), "vectors": torch.cat(vectors), "captions": captions, "said": join(*said), "shown": join(*shown)}


def styles(tower, pictures, scenes=4608):
    """What each style changes of the same scenes and the others do not, unit vectors [styles, P].

    A style's mean itself is for the most part what all pictures have in common, and what half of the styles change is that edges get softer.
    """
    which, changes = [], []
    for number in range(scenes // 128):
        some = Scenes(pictures, 128, 8_600_000 + number, kinds=["style"] * 128, canonical=True)
        which.append(some.shown["style"].clone())
        styled = F.normalize(seen(tower, some), dim=1)
        some.shown["style"][:] = NONE
        changes.append(styled - F.normalize(seen(tower, some), dim=1))
    which, changes = torch.cat(which), torch.cat(changes)
    means = F.normalize(torch.stack([changes[which == number].mean(0) for number in range(len(STYLE_NAMES))]), dim=1)
    return F.normalize(means - means.mean(0), dim=1)


def read_texts(tower, ids):
    """Unit vectors of token ids [n, 16]; short ones do not wait for long ones."""
    order = ids.argmax(1).argsort()
    made = torch.cat([tower(trimmed(some)) for some in ids[order].split((len(ids) + 2) // 3)])
    return F.normalize(made[order.argsort()], dim=1)


def train(data, out, warm=None, stop=7000, peak=1.5e-3, batch=320, names=448, scenes=153600, each=40):
    """Widens the space, unless that was done before, and trains a text tower, of scenes that are looked at once: some twenty minutes, and forty of two cores for 7,000 steps.

    It reads the last checkpoint, or the exported folder `warm`; a text tower of the same sizes goes on, another begins anew.
    """
    loop.prepare(0)
    torch.set_num_threads(max(2, torch.get_num_threads()))
    pictures = opened(data)
    build_tokenizer(pictures.concepts, Path(out) / "clip")
    told_apart(pictures)
    tokenizer = load_tokenizer(Path(out) / "clip")
    encode = lambda texts: torch.tensor([encoding.ids for encoding in tokenizer.encode_batch(texts)])
    if warm:
        clip, of = unfolded(warm, pictures).eval().requires_grad_(False), ("exported", zlib.crc32((Path(warm) / "model.safetensors").read_bytes()))
    else:
        saved = loop.needed(out, "introspect", "clip")
        clip, of = restored(tokenizer.get_vocab_size(), saved["ema"]), (saved["stage"], saved["step"])
    known = loop.load(Path(out) / "seen.pt")
    if not known or known["of"] != of:
        widen(clip.image_tower, pictures)
        known = look(clip.image_tower, pictures, scenes, each) | {"projection": clip.image_tower.out.weight, "of": of}
        loop.save(Path(out) / "seen.pt", **known)
    projection, images, ids, said, shown = known["projection"], known["vectors"], encode(known["captions"]), known["said"], known["shown"]
    places = {concept: place for place, concept in enumerate(known["modes"])}
    named = [(with_article(name), place) for concept, place in places.items() for name in pictures.concepts[concept]["names"]]
    named += [(text, len(places) + number) for number, style in enumerate(STYLE_NAMES) for text in STYLE_ALONE[style]]
    modes = torch.cat([torch.stack(list(known["modes"].values())), known["styles"]])
    name_ids, name_rows = encode([name for name, _ in named]), torch.tensor([row for _, row in named])

    torch.manual_seed(0)
    tower = TextTower(tokenizer.get_vocab_size(), WIDTH, DEPTH, mlp=MLP, projection=len(projection))
    former = clip.text_tower.state_dict()
    if all(value.shape == former[name].shape for name, value in tower.state_dict().items()):
        tower.load_state_dict(former)
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
        shows = images[chosen].float()
        texts, words = read_texts(tower, torch.cat([ids[chosen], name_ids[some]])).split([batch, names])
        away, away_words = (1 - (texts * shows).sum(1)).mean(), (1 - (words * modes[name_rows[some]]).sum(1)).mean()
        apart = contrastive(shows, texts, 24.0, fitting(pictures.carriers, rows(said, chosen), rows(shown, chosen)).fill_diagonal_(False))
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
        near = torch.cat([read_texts(tower, part) for part in name_ids.split(512)]) @ modes.T
        scores = read_texts(tower, ids[held]) @ images[held].float().T
    fits = fitting(pictures.carriers, rows(said, held), rows(shown, held)).fill_diagonal_(False)
    right = lambda along: (scores.masked_fill(fits, -1).argmax(along) == torch.arange(HELD)).float().mean().item()
    log.write(step=stop, names_right=(near.argmax(1) == name_rows).float().mean().item(), names_cosine=near.gather(1, name_rows[:, None]).mean().item(),
              pictures_found=right(1), captions_found=right(0), cosine=scores.diag().mean().item())
    state = {f"text_tower.{name}": value for name, value in ema.items()} | {"image_tower.out.weight": projection}
    kept = {name: value for name, value in clip.state_dict().items() if not name.startswith("text_tower.")}
    loop.save(Path(out) / "read.pt", ema={f"clip.{name}": value for name, value in (kept | state).items()}, of=of, stage="read", step=stop)
