"""The judge: a second text-image encoder (residual convolutions, a recurrent text reader) trained apart from the compact CLIP, only to measure pictures."""

import json
import random
from pathlib import Path

import torch
import torch.nn as nn
import torch.nn.functional as F
from safetensors.torch import load_file, save_file

import loop
from captions import vocabulary
from data import Pictures, Scenes, fitting, further_names, join

SIDE, WIDTHS, EMBEDDING, WORD_WIDTH, READER = 64, (32, 64, 128, 192), 160, 128, 192


class Residual(nn.Module):
    def __init__(self, width_in, width_out):
        super().__init__()
        self.conv1, self.norm1 = nn.Conv2d(width_in, width_out, 3, stride=2, padding=1, bias=False), nn.BatchNorm2d(width_out)
        self.conv2, self.norm2 = nn.Conv2d(width_out, width_out, 3, padding=1, bias=False), nn.BatchNorm2d(width_out)
        self.short = nn.Conv2d(width_in, width_out, 1, bias=False)

    def forward(self, x):
        h = self.norm2(self.conv2(F.relu(self.norm1(self.conv1(x)))))
        return F.relu(h + self.short(F.avg_pool2d(x, 2)))


class Judge(nn.Module):
    """Unit vectors of pictures [B, 3, 64, 64] in [0, 1] and of sentences, read by a gated recurrent unit both ways; unknown words are skipped."""

    def __init__(self, words):
        super().__init__()
        self.rows = {word: number for number, word in enumerate(words, 1)}
        self.stem, self.stem_norm = nn.Conv2d(3, WIDTHS[0], 3, padding=1, bias=False), nn.BatchNorm2d(WIDTHS[0])
        self.stages = nn.Sequential(*(Residual(a, b) for a, b in zip(WIDTHS, WIDTHS[1:])))
        self.image_out = nn.Sequential(nn.Linear(WIDTHS[-1] * 9, 384), nn.ReLU(), nn.Linear(384, EMBEDDING))
        self.words = nn.Embedding(len(words) + 1, WORD_WIDTH, padding_idx=0)
        self.reader = nn.GRU(WORD_WIDTH, READER, batch_first=True, bidirectional=True)
        self.text_out = nn.Linear(2 * READER + WORD_WIDTH, EMBEDDING)
        self.scale = nn.Parameter(torch.tensor(2.6592))
        nn.init.normal_(self.words.weight, std=0.3)

    def image(self, pixels):
        x = F.relu(self.stem_norm(self.stem((pixels - 0.5) * 4)))
        x = self.stages(x)
        return F.normalize(self.image_out(F.adaptive_avg_pool2d(x, 3).flatten(1)).float(), dim=1)

    def text(self, sentences):
        found = []
        for sentence in sentences:
            words = [next((form for form in (word, word[:-1], word[:-2]) if form in self.rows), None) for word in sentence.lower().split()]
            found.append([self.rows[word] for word in words if word][:24] or [0])
        length = max(map(len, found))
        ids = torch.tensor([row + [0] * (length - len(row)) for row in found])
        here = (ids > 0).float()[:, :, None]
        words = self.words(ids)
        packed = nn.utils.rnn.pack_padded_sequence(words, torch.tensor([len(row) for row in found]), batch_first=True, enforce_sorted=False)
        read, _ = nn.utils.rnn.pad_packed_sequence(self.reader(packed)[0], batch_first=True, total_length=length)
        read = (read - 4 * (1 - here)).amax(1)
        return F.normalize(self.text_out(torch.cat([read, (words * here).sum(1)], 1)).float(), dim=1)


def disturb(pixels, rng):
    """This model's own augmentation: blur, erased boxes, quantised colours, grey pictures."""
    batch = len(pixels)
    pixels = pixels.clone()
    order = torch.randperm(batch)
    blurred, coarse, grey = order[:batch // 4], order[batch // 4:batch // 2], order[:batch // 20]
    pixels[blurred] = F.avg_pool2d(F.pad(pixels[blurred], (1, 1, 1, 1), mode="replicate"), 3, stride=1)
    pixels[coarse] = (pixels[coarse] * 7).round() / 7
    pixels[grey] = pixels[grey].mean(1, keepdim=True).expand(-1, 3, -1, -1)
    for number in order[batch // 2:batch * 3 // 4].tolist():
        height, width = rng.randint(8, 24), rng.randint(8, 24)
        top, left = rng.randint(0, 64 - height), rng.randint(0, 64 - width)
        pixels[number, :, top:top + height, left:left + width] = torch.rand(3, 1, 1)
    return pixels


def train(data, out, stop=2100, cooldown=600, checkpoint_every=100):
    """Trains from scratch or from the last checkpoint with its own seed."""
    loop.prepare(3)
    pictures, rng = Pictures(data), random.Random(3)
    words = vocabulary(pictures.concepts)
    model = Judge(words).to(memory_format=torch.channels_last)
    optimizer = torch.optim.AdamW(model.parameters(), lr=2e-3, weight_decay=0.05)
    ema, start, log = loop.copy_state(model), 0, loop.Log(Path(out) / "judge.jsonl")
    saved = loop.load(Path(out) / "judge.pt")
    if saved:
        model.load_state_dict(saved["model"])
        optimizer.load_state_dict(saved["optimizer"])
        ema, start, log.seconds = saved["ema"], saved["step"], saved["seconds"]
    check = Scenes(pictures, 256, 999, validation=True)
    check_pixels = check.render(64, check.view(crop=(0.8, 1.0), perspective=0, angle=0))
    for step in range(start, stop):
        scenes = Scenes(pictures, 128, 9_000_000 + step)
        pixels = scenes.render(SIDE, scenes.view(crop=(0.7, 1.0), perspective=0.1, angle=0.2))
        pixels = disturb(scenes.jitter(pixels, 0.2, 0.15), rng).contiguous(memory_format=torch.channels_last)
        for group in optimizer.param_groups:
            group["lr"] = loop.rate(step, 2e-3, 100, stop, cooldown)
        nouns, said = further_names(pictures, 256, rng)
        ignored = fitting(pictures.carriers, join(scenes.said, said), scenes.shown).fill_diagonal_(False)
        with torch.autocast("cpu", torch.bfloat16):
            image = model.image(pixels)
        logits = (model.text(scenes.captions + nouns) @ image.T * model.scale.clamp(max=4).exp()).masked_fill(ignored, -1e4)
        target = torch.arange(len(image))
        loss = (F.cross_entropy(logits[:len(image)], target) + F.cross_entropy(logits.T, target)) / 2
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        loop.average(ema, model, min(0.99, (step + 1) / (step + 10)))
        log.tick()
        if step % 20 == 19:
            log.write(step=step + 1, loss=loss.item())
        if step % checkpoint_every == checkpoint_every - 1 or step + 1 == stop:
            loop.save(Path(out) / "judge.pt", model=model.state_dict(), optimizer=optimizer.state_dict(), ema=ema, words=words, step=step + 1, seconds=log.seconds)
            averaged = Judge(words).eval()
            averaged.load_state_dict(ema)
            with torch.no_grad():
                scores = averaged.image(check_pixels) @ averaged.text(check.captions).T
            log.write(step=step + 1, validation_first=(scores.argmax(1) == torch.arange(len(scores))).float().mean().item())


def export(saved, folder):
    """Writes model.safetensors (f16) and config.json (the word list)."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    state = {name: value.half() if value.dtype.is_floating_point else value for name, value in saved["ema"].items()}
    save_file({name: value.contiguous() for name, value in state.items()}, folder / "model.safetensors")
    (folder / "config.json").write_text(json.dumps({"side": SIDE, "widths": WIDTHS, "embedding": EMBEDDING, "words": saved["words"]}) + "\n")


class Loaded:
    """An exported judge that embeds pictures and texts as unit vectors."""

    def __init__(self, model):
        self.model = model.eval()

    @torch.no_grad()
    def embed_pictures(self, pictures):
        """u8 [n, H, W, 3] (array or tensor) to [n, d]."""
        pictures = torch.as_tensor(pictures).permute(0, 3, 1, 2).float() / 255
        return torch.cat([self.model.image(F.interpolate(block, size=SIDE, mode="area")) for block in pictures.split(64)])

    @torch.no_grad()
    def embed_texts(self, texts):
        return self.model.text(texts)


def load(folder):
    """The judge that `export` wrote into the folder."""
    folder = Path(folder)
    model = Judge(json.loads((folder / "config.json").read_text())["words"])
    state = load_file(folder / "model.safetensors")
    model.load_state_dict({name: value.float() if value.dtype.is_floating_point else value for name, value in state.items()})
    return Loaded(model)
