"""The second stage of the VQGAN: trained to please the compact CLIP's eyes and a patch discriminator besides the plain error (Esser et al. 2021, section 3.1).

Half of the scenes are in a style. Codes move a little, so the prior is trained afterwards.
"""

import random
from pathlib import Path

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.nn.utils.parametrizations import spectral_norm

import loop
from captions import load_tokenizer
from clip import SIDE, Clip, load_weights
from data import Pictures, Scenes
from vqgan import COMMITMENT, Codebook, learn_codes, load_vqgan, quality, reconstruction_loss

PERCEPTUAL, ADVERSARIAL, PLAIN_STEPS = 0.5, 0.15, 60


class Patches(nn.Module):
    """Patch discriminator (Isola et al. 2017): a score for every patch of 46 pixels; large for real pictures."""

    def __init__(self, widths=(32, 64, 128)):
        super().__init__()
        layers, width = [], 3
        for wider in widths:
            layers += [spectral_norm(nn.Conv2d(width, wider, 4, stride=2, padding=1)), nn.LeakyReLU(0.2)]
            width = wider
        self.layers = nn.Sequential(*layers, spectral_norm(nn.Conv2d(width, width, 3, padding=1)), nn.LeakyReLU(0.2), spectral_norm(nn.Conv2d(width, 1, 3, padding=1)))

    def forward(self, pictures):
        return self.layers(pictures)


class Eyes:
    """Distance of two pictures [B, 3, 128, 128] in [-1, 1] in the features of a CLIP's layers, seen whole at 64 px and in one crop at full size."""

    def __init__(self, folder):
        tokenizer = load_tokenizer(folder)
        self.clip = Clip(tokenizer.get_vocab_size()).eval().requires_grad_(False)
        load_weights(self.clip, folder, tokenizer.get_vocab())

    def features(self, pixels):
        return [F.layer_norm(x, x.shape[-1:]) for x in self.clip.seen(pixels)[1::2]]

    def distance(self, made, wanted, rng):
        top, left = rng.randrange(0, SIDE + 1), rng.randrange(0, SIDE + 1)
        look = lambda x: torch.cat([F.avg_pool2d(x, 2), x[:, :, top:top + SIDE, left:left + SIDE]]).add(1).div(2)
        with torch.no_grad():
            right = self.features(look(wanted))
        return sum((a - b).square().mean() for a, b in zip(self.features(look(made)), right)) / len(right)


def train(data, out, models, stop=800, cooldown=300, peak=3e-4, batch=8, checkpoint_every=100):
    """Trains from the exported VQGAN and CLIP of folder `models`, or from the last checkpoint."""
    loop.prepare(5)
    pictures, model, eyes = Pictures(data), load_vqgan(Path(models) / "vqgan"), Eyes(Path(models) / "clip")
    drawing = [value.requires_grad_(True) for name, value in model.named_parameters() if not name.startswith("quantize")]
    book = Codebook(model.quantize.embedding)
    critic = Patches().to(memory_format=torch.channels_last)
    optimizers = [torch.optim.Adam(drawing, lr=peak, betas=(0.5, 0.95)), torch.optim.Adam(critic.parameters(), lr=2 * peak, betas=(0.5, 0.95))]
    saved = loop.load(Path(out) / "sharpen.pt")
    ema, start, log = loop.copy_state(model), 0, loop.Log(Path(out) / "sharpen.jsonl")
    if saved:
        model.load_state_dict(saved["model"])
        critic.load_state_dict(saved["critic"])
        book.count, book.total = saved["count"], saved["total"]
        for optimizer, state in zip(optimizers, saved["optimizers"]):
            optimizer.load_state_dict(state)
        ema, start, log.seconds = saved["ema"], saved["step"], saved["seconds"]
    last = model.decoder.conv_out.weight
    for step in range(start, stop):
        rng = random.Random(step)
        kinds = ["style" if row % 2 else rng.choices(*zip(*Scenes.KINDS))[0] for row in range(batch)]
        scenes = Scenes(pictures, batch, 8_800_000 + step, canonical=step % 2 == 0, kinds=kinds)
        wanted = scenes.render(128, None if step % 2 == 0 else scenes.view(crop=(0.8, 1.0), perspective=0.02, angle=0.05))
        wanted = (wanted * 2 - 1).contiguous(memory_format=torch.channels_last)
        for optimizer, factor in zip(optimizers, (1, 2)):
            for group in optimizer.param_groups:
                group["lr"] = factor * loop.rate(step, peak, 50, stop, cooldown)
        with loop.autocast():
            z = model.encode(wanted)
        snapped, commit, restarted = learn_codes(model, book, z.float())
        with loop.autocast():
            made = model.decode(snapped)
        made = made.float()
        plain, seen = reconstruction_loss(made, wanted), eyes.distance(made, wanted, rng)
        loss = plain + PERCEPTUAL * seen + COMMITMENT * commit
        fooled = weight = torch.zeros(())
        if step >= PLAIN_STEPS:
            critic.requires_grad_(False)
            fooled = -critic(made).mean()
            # As strong at the last layer as the rest, times a share (Esser et al., equation 7).
            rest, own = (torch.autograd.grad(value, last, retain_graph=True)[0].norm() for value in (loss, fooled))
            weight = ADVERSARIAL * (rest / (own + 1e-4)).clamp(max=1e3)
            critic.requires_grad_(True)
        optimizers[0].zero_grad()
        (loss + weight * fooled).backward()
        torch.nn.utils.clip_grad_norm_(drawing, 1.0)
        optimizers[0].step()
        judged = (F.relu(1 - critic(wanted)).mean() + F.relu(1 + critic(made.detach())).mean()) / 2
        optimizers[1].zero_grad()
        judged.backward()
        optimizers[1].step()
        loop.average(ema, model, min(0.99, (step + 1) / (step + 10)))
        log.tick()
        if step % 20 == 19:
            log.write(step=step + 1, loss=plain.item(), perceptual=seen.item(), critic=judged.item(), weight=float(weight), commit=commit.item(), restarted=restarted)
        if step % checkpoint_every == checkpoint_every - 1 or step + 1 == stop:
            loop.save(Path(out) / "sharpen.pt", model=model.state_dict(), critic=critic.state_dict(), optimizers=[optimizer.state_dict() for optimizer in optimizers],
                      count=book.count, total=book.total, ema=ema, step=step + 1, seconds=log.seconds)
            log.write(step=step + 1, **quality(pictures, ema))
