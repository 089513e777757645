"""The prior: from the embedding of a text, a look (an icon set) and a style to the latent of a picture, in one pass; where a run may begin."""

import json
import random
from pathlib import Path

import torch
import torch.nn as nn
import torch.nn.functional as F
from safetensors.torch import save_file

import backgrounds
import loop
from captions import COLOUR_WORDS, FORMS, NUMBERS, PALETTE, PLACES, RELATIONS, SCENERY, SIZES, STYLE_ALONE, STYLES, caption, load_tokenizer, with_article
from clip import Clip, load_weights
from data import STYLE_NAMES, Pictures, Scenes, looking
from styles import APPLY
from vqgan import load_vqgan

LOOKS = ("fluent-emoji-flat", "twemoji", "noto")
IDEA, SIDE, SEED, TEXTURE, WIDTH, BLOCKS = 448, 16, 40, 16, 128, 3
GROUND_WORDS = {"sky": ["sky", "blue sky"], "grass": ["grass", "meadow"], "night": ["night", "night sky"], "sea": ["sea", "ocean"]}
MANNERS = (*STYLE_NAMES, *PALETTE)
NO_KEYWORDS = set("all and any are can day for from get got has her him his how its new not now off one our out put say see she the them they this that what when who why with yes you your".split())
THINGS_TOO = {"pencil"}  # a word of a style's, which is a thing where the style is not said
STYLE_WORDS = {"pencil sketch": ["pencil sketch", "pencil drawing"], "watercolour": ["watercolour", "watercolor"], "oil painting": ["oil painting", "painted in oil"]}


class Block(nn.Module):
    """Residual block whose first normalisation is scaled and shifted by style and tint."""

    def __init__(self, manners, width):
        super().__init__()
        self.film = nn.Linear(manners, 2 * width, bias=False)
        self.norm1, self.conv1 = nn.GroupNorm(32, width, eps=1e-6), nn.Conv2d(width, width, 3, padding=1)
        self.norm2, self.conv2 = nn.GroupNorm(32, width, eps=1e-6), nn.Conv2d(width, width, 3, padding=1)
        nn.init.zeros_(self.film.weight)

    def forward(self, x, manner):
        scale, shift = self.film(manner)[:, :, None, None].chunk(2, 1)
        h = self.conv1(F.silu(self.norm1(x) * (1 + scale) + shift))
        return x + self.conv2(F.silu(self.norm2(h)))


class Prior(nn.Module):
    """Unit embeddings [B, E], look numbers [B] and manners [B, M] (1 for the style and the tint that are wanted, else 0) to latents [B, D, 16, 16].

    The text chooses among learned ideas (attention), each with a vector for every look; a linear map makes a latent of it, and blocks that are told the manner,
    and get a texture of it (what is in a manner everywhere: paper, brush strokes, a lattice), correct that.
    Ideas and map are fitted to the pictures together (generative latent optimisation, Bojanowski et al. 2018).
    """

    def __init__(self, embedding, ideas, looks, manners, channels):
        super().__init__()
        self.embedding, self.channels = embedding, channels
        self.keys = nn.Linear(embedding, ideas)
        self.ideas = nn.Parameter(torch.zeros(looks, ideas, IDEA))
        self.seed = nn.Linear(IDEA, SEED * SIDE * SIDE)
        self.texture = nn.Linear(manners, TEXTURE * SIDE * SIDE, bias=False)
        self.enter = nn.Conv2d(SEED + TEXTURE, WIDTH, 1)
        self.blocks = nn.ModuleList(Block(manners, WIDTH) for _ in range(BLOCKS))
        self.norm_out, self.conv_out = nn.GroupNorm(32, WIDTH, eps=1e-6), nn.Conv2d(WIDTH, channels, 3, padding=1)
        nn.init.normal_(self.texture.weight, std=0.5)
        nn.init.zeros_(self.conv_out.weight)

    def choice(self, text):
        """Logits [B, ideas] of which idea a text means."""
        return self.keys(text * self.embedding ** 0.5)

    def draw(self, idea, manner):
        """Latents of idea vectors [B, IDEA]."""
        seed = self.seed(idea).view(-1, SEED, SIDE, SIDE)
        x = self.enter(torch.cat([seed, self.texture(manner).view(-1, TEXTURE, SIDE, SIDE)], 1))
        for block in self.blocks:
            x = block(x, manner)
        return seed[:, :self.channels] + self.conv_out(F.silu(self.norm_out(x)))

    def forward(self, text, look, manner):
        return self.draw(torch.einsum("bn,bnk->bk", self.choice(text).softmax(1), self.ideas[look]), manner)


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
        captions = list(captions)
        return torch.cat([self.model.text(torch.tensor([encoding.ids for encoding in self.tokenizer.encode_batch(captions[first:first + 512])])) for first in range(0, len(captions), 512)])


def grounds():
    """Phrases of every ground: scenery, then a plain one of every colour."""
    colours = {name: [word for word, meant in COLOUR_WORDS.items() if meant == name] for name in PALETTE}
    scenery = {name: phrases + GROUND_WORDS.get(name, []) for name, phrases in SCENERY.items()}
    return {**scenery, **{name: [form.format(with_article(f"{word} background")) for word in words for form in ("on {}", "with {}", "in front of {}")] + [f"on {word}" for word in words] for name, words in colours.items()}}


def draw_ground(name, number):
    """A ground alone [1, 3, 128, 128]; `number` draws it another time."""
    if name in PALETTE:
        return torch.tensor(PALETTE[name]).view(1, 3, 1, 1).expand(1, 3, 128, 128)
    generator = torch.Generator().manual_seed(number)
    low, high = torch.rand(2, 1, 3, generator=generator)
    return backgrounds.DRAW[name](*looking(128, None, 1), low, high, generator)


def vocabulary(pictures):
    """Which idea a name means, and a phrase of a ground; which name a tag stands for. Of several concepts the most usual is meant.

    Returns names, grounds, tags, and words that are no subject because captions use them for something else.
    """
    no_subject = {word for texts in (PLACES.values(), *SCENERY.values(), *STYLES.values(), *STYLE_ALONE.values(), *RELATIONS.values(), *SIZES.values(), *NUMBERS.values(), (form for form, _ in FORMS))
                  for text in texts for word in text.split()} - THINGS_TOO | set(COLOUR_WORDS)
    usual = sorted(pictures.concepts, key=lambda concept: -concept["weight"])
    names, tags = {}, {}
    for rank in (lambda concept: concept["names"][:1], lambda concept: concept["names"]):
        for concept in usual:
            for name in rank(concept):
                names.setdefault(name, concept["id"])
    for rank in range(max(len(concept["tags"]) for concept in usual)):
        for concept in usual:
            own = [name for name in concept["names"] if names[name] == concept["id"]]
            for tag in concept["tags"][rank:rank + 1]:
                if own and len(tag) > 2 and tag not in names and tag not in no_subject | NO_KEYWORDS:
                    tags.setdefault(tag, own[0])
    for name in names.keys() & COLOUR_WORDS.keys():  # "an orange"
        tags |= {name: other for other, concept in names.items() if concept == names[name] and other not in no_subject}
    said = {phrase: len(pictures.concepts) + number for number, phrases in enumerate(grounds().values()) for phrase in phrases}
    return names, said, tags, no_subject


def targets(vqgan, pixels):
    """Code numbers [B, 16, 16] of pictures [B, 3, 128, 128] in [0, 1]."""
    with torch.no_grad(), loop.autocast():
        z = torch.cat([vqgan.encode(block * 2 - 1) for block in pixels.split(64)]).float()
    return vqgan.nearest(z.permute(0, 2, 3, 1).flatten(0, 2)).view(len(z), *z.shape[2:])


def in_style(name, pixels):
    """Pictures in a style whose random texture is the same in all, so that it can be learnt."""
    return torch.cat([APPLY[name](picture[None], torch.Generator().manual_seed(0)) for picture in pixels])


def store(pictures, vqgan):
    """Codes of every idea: plain in every look [looks, ideas, 16, 16], and in every style, every second one in every tint, in one of the looks
    in turn [manners, ideas, 16, 16]; -1 where it is not."""
    concepts, stock, plain = len(pictures.concepts), stocks(pictures), []
    ideas = concepts + len(grounds())
    changed = torch.full((len(MANNERS), ideas, SIDE, SIDE), -1, dtype=torch.short)
    alone = lambda look, group: Scenes(pictures, len(group), 1, canonical=True, stock=stock[look], concepts=group, kinds=["single"] * len(group))

    def add(draw, look, group):
        pixels = draw(group, None)
        plain[look].append(targets(vqgan, pixels).short())
        for manner, name in enumerate(MANNERS):
            mine = [idea for idea in group if look_of(idea, manner) == look]
            if name not in APPLY:
                mine = [idea for idea in mine if idea < concepts and idea // len(LOOKS) % 2 == 0]
            if mine:
                drawn = in_style(name, pixels[[idea - group[0] for idea in mine]]) if name in APPLY else draw(mine, name)
                changed[manner, mine] = targets(vqgan, drawn).short()

    def things(group, tint):
        scenes = alone(look, group)
        if tint:
            for (paste,) in scenes.pastes:
                paste |= {"tint": list(PALETTE[tint]), "strength": 0.9}
        return scenes.render(128, supersample=1)

    for look in range(len(LOOKS)):
        plain.append([])
        for first in range(0, concepts, 256):
            add(things, look, list(range(first, min(first + 256, concepts))))
        add(lambda group, _: torch.cat([draw_ground(name, look) for name in grounds()]), look, list(range(concepts, ideas)))
    return {"plain": torch.stack([torch.cat(codes) for codes in plain]), "changed": changed}


def look_of(idea, manner):
    """In which look an idea is shown in a manner."""
    return (idea + manner) % len(LOOKS)


def fit_keys(model, texts, words, steps=1500, batch=512, noise=0.08, peak=0.05):
    """Teaches the keys which idea every word means, said alone or in a sentence (one in four)."""
    rng, generator = random.Random(4), torch.Generator().manual_seed(4)
    said = [texts(words), *(texts(caption(word, rng) for word in words) for _ in range(2))]
    meant, share = torch.tensor(list(words.values())), torch.tensor([0.75, 0.125, 0.125])
    optimizer = torch.optim.Adam(model.keys.parameters(), lr=peak)
    for step in range(steps):
        for group in optimizer.param_groups:
            group["lr"] = loop.rate(step, peak, 20, steps, steps // 2)
        rows, form = torch.randint(len(meant), (batch,), generator=generator), torch.multinomial(share, batch, True, generator=generator)
        text = torch.stack(said)[form, rows]
        text = F.normalize(text + noise * torch.randn(text.shape, generator=generator) * text.shape[1] ** -0.5, dim=1)
        loss = F.cross_entropy(model.choice(text), meant[rows])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    with torch.no_grad():
        chosen = model.choice(said[0]).softmax(1)
    return {"words_known": (chosen.argmax(1) == meant).float().mean().item(), "certainty": chosen[torch.arange(len(meant)), meant].mean().item()}


def fit_map(model, latents):
    """Starts ideas and linear map at the principal components of the plain latents [looks, ideas, D, 16, 16]."""
    flat = latents.flatten(2)
    mean = flat.mean((0, 1))
    basis = torch.svd_lowrank((flat - mean).flatten(0, 1), q=IDEA, niter=3)[2]
    ideas = (flat - mean) @ basis
    scale = ideas.std()
    with torch.no_grad():
        model.ideas.copy_(ideas / scale)
        nn.init.normal_(model.seed.weight, std=0.02)
        model.seed.weight[:len(basis)] = basis * scale
        model.seed.bias[:len(basis)] = mean


def train(data, out, models, stop=1500, cooldown=1000, peak=2e-3, batch=64, checkpoint_every=100):
    """Trains from scratch or from the last checkpoint; of a batch half is in a style, a quarter in a tint."""
    loop.prepare(4)
    pictures, drawer = Pictures(data), load_vqgan(Path(models) / "vqgan")
    book = drawer.quantize.embedding.weight.detach()
    codes = loop.load(Path(out) / "prior-store.pt")
    if not codes:
        codes = store(pictures, drawer)
        loop.save(Path(out) / "prior-store.pt", **codes)
    looks, ideas = codes["plain"].shape[:2]
    names, said, tags, no_subject = vocabulary(pictures)
    texts = Texts(Path(models) / "clip")
    model = Prior(texts.model.text_out.weight.shape[0], ideas, looks, len(MANNERS), book.shape[1])
    latents = lambda numbers: book[numbers.long()].movedim(-1, -3)
    log, saved = loop.Log(Path(out) / "prior.jsonl"), loop.load(Path(out) / "prior.pt")
    if not saved:
        fit_map(model, latents(codes["plain"]))
        log.write(step=0, **fit_keys(model, texts, names | said))
    model.keys.requires_grad_(False)
    model.to(memory_format=torch.channels_last)
    trained = [value for value in model.parameters() if value.requires_grad]
    memory = [model.ideas, *model.seed.parameters()]  # begins at a good place: a tenth of the rate
    blocks = [value for value in trained if all(value is not other for other in memory)]
    optimizer = torch.optim.AdamW([{"params": blocks, "share": 1.0}, {"params": memory, "share": 0.1}], betas=(0.9, 0.98), weight_decay=0)
    ema, start = loop.copy_state(model), 0
    if saved:
        model.load_state_dict(saved["model"])
        optimizer.load_state_dict(saved["optimizer"])
        ema, start, log.seconds = saved["ema"], saved["step"], saved["seconds"]
    variance = book[codes["plain"].flatten().long()].var()
    odds = torch.tensor([max(concept["weight"], 0.4) for concept in pictures.concepts] + [1.0] * (ideas - len(pictures.concepts)))
    for step in range(start, stop):
        generator = torch.Generator().manual_seed(step)
        idea = torch.multinomial(odds, batch, True, generator=generator)
        style, tint = (torch.randint(*kind, (batch,), generator=generator) for kind in ((0, len(STYLE_NAMES)), (len(STYLE_NAMES), len(MANNERS))))
        manner = torch.where(torch.arange(batch) < batch // 2, style, tint)
        manner[batch * 3 // 4:] = -1
        manner[codes["changed"][manner, idea, 0, 0] < 0] = -1
        look = torch.where(manner < 0, torch.randint(looks, (batch,), generator=generator), look_of(idea, manner))
        wanted = torch.where(manner[:, None, None] < 0, codes["plain"][look, idea], codes["changed"][manner, idea])
        for group in optimizer.param_groups:
            group["lr"] = group["share"] * loop.rate(step, peak, 50, stop, cooldown)
        with loop.autocast():
            z = model.draw(model.ideas[look, idea], F.one_hot(manner + 1, len(MANNERS) + 1)[:, 1:].float())
        errors = (z.float() - latents(wanted)).square().mean((1, 2, 3)) / variance
        loss = errors.mean()
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(trained, 1.0)
        optimizer.step()
        loop.average(ema, model, min(0.99, (step + 1) / (step + 10)))
        log.tick()
        if step % 20 == 19:
            log.write(step=step + 1, loss=loss.item(), plain=errors[manner < 0].mean().item(), changed=errors[manner >= 0].mean().item())
        if step % checkpoint_every == checkpoint_every - 1 or step + 1 == stop:
            loop.save(Path(out) / "prior.pt", model=model.state_dict(), optimizer=optimizer.state_dict(), ema=ema, words=spoken(names, said, tags, no_subject), step=step + 1, seconds=log.seconds)


def spoken(names, said, tags, no_subject):
    """What the config says of a vocabulary: subjects by name, names that keywords stand for, and grounds."""
    phrases = set(names) - no_subject
    return {"phrases": sorted(phrases), "keywords": {tag: tags[tag] for tag in sorted(tags) if tags[tag] in phrases}, "grounds": sorted(said)}


def export(state, words, folder):
    """Writes config.json, with the words that it knows, and model.safetensors (f16)."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    tensors = {{"ideas": "ideas.weight"}.get(name, name): value.half().contiguous() for name, value in state.items()}
    save_file(tensors, folder / "model.safetensors", {"format": "pt"})
    styles = [{"name": name, "words": STYLE_WORDS.get(name, [name])} for name in STYLE_NAMES]
    tints = [{"name": name, "words": [word for word, meant in COLOUR_WORDS.items() if meant == name]} for name in PALETTE]
    config = {
        "model_type": "latent_prior", "embedding_size": state["keys.weight"].shape[1], "ideas": len(state["keys.weight"]), "idea_size": IDEA, "side": SIDE, "seed_channels": SEED, "texture_channels": TEXTURE,
        "channels": WIDTH, "blocks": BLOCKS, "latent_channels": len(state["conv_out.weight"]), "looks": list(LOOKS), "styles": styles, "tints": tints, **words,
    }
    (folder / "config.json").write_text(json.dumps(config) + "\n")
