"""The second stage of the VQGAN: trained to please the compact CLIP's eyes and a patch discriminator besides the plain error (Esser et al. 2021, section 3.1).

Half of the scenes are in a style.
"""

import random
from pathlib import Path

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.nn.utils.parametrizations import spectral_norm

import loop
from towers import SIDE, Exported
from data import Pictures, Scenes
from vqgan import COMMITMENT, SIZE, WIDE, Codebook, averaged, learn_codes, quality, reconstruction_loss

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
    """Distance of two pictures [B, 3, 128, 128] in [-1, 1] in what the CLIP's stages saw, seen whole at 64 px and in one crop at full size."""

    def __init__(self, folder):
        self.clip = Exported(folder)

    def features(self, pixels):
        return [F.layer_norm(stage.permute(0, 2, 3, 1), stage.shape[1:2]) for stage in self.clip.image_layers(pixels)[1]]

    def distance(self, made, wanted, rng):
        top, left = rng.randrange(0, SIDE + 1), rng.randrange(0, SIDE + 1)
        look = lambda x: torch.cat([F.avg_pool2d(x, 2), x[:, :, top:top + SIDE, left:left + SIDE]]).add(1).div(2)
        with torch.no_grad():
            right = self.features(look(wanted))
        return sum((a - b).square().mean() for a, b in zip(self.features(look(made)), right)) / len(right)


class Taste:
    """What a decoder is trained to please besides the plain error: the eyes, and a patch discriminator that learns beside it."""

    def __init__(self, clip, last, peak, adversarial_from):
        self.eyes, self.last, self.adversarial_from = Eyes(clip), last, adversarial_from  # `last`: weights of the decoder's last layer
        self.critic = Patches().to(memory_format=torch.channels_last)
        self.optimizer, self.peak = torch.optim.Adam(self.critic.parameters(), lr=peak, betas=(0.5, 0.95)), peak

    def loss(self, made, wanted, step, rest=0.0, share=ADVERSARIAL):
        """Loss of pictures [B, 3, 128, 128] in [-1, 1], with `rest` in it and the discriminator as this share of it, and its parts."""
        plain, seen = reconstruction_loss(made, wanted), self.eyes.distance(made, wanted, random.Random(step))
        loss = plain + PERCEPTUAL * seen + rest
        weight = torch.zeros(())
        if step >= self.adversarial_from:
            self.critic.requires_grad_(False)
            fooled = -self.critic(made).mean()
            # As strong at the last layer as the rest, times a share (Esser et al., equation 7).
            others, own = (torch.autograd.grad(value, self.last, retain_graph=True)[0].norm() for value in (loss, fooled))
            weight = share * (others / (own + 1e-4)).clamp(max=1e3)
            loss = loss + weight * fooled
            self.critic.requires_grad_(True)
        return loss, {"loss": plain.item(), "perceptual": seen.item(), "weight": float(weight)}

    def learn(self, made, wanted, rate):
        """Trains the discriminator at a share `rate` of its peak rate; its loss."""
        for group in self.optimizer.param_groups:
            group["lr"] = rate * self.peak
        judged = (F.relu(1 - self.critic(wanted)).mean() + F.relu(1 + self.critic(made.detach())).mean()) / 2
        self.optimizer.zero_grad()
        judged.backward()
        self.optimizer.step()
        return judged.item()

    def state_dict(self):
        return {"critic": self.critic.state_dict(), "optimizer": self.optimizer.state_dict()}

    def load_state_dict(self, state):
        self.critic.load_state_dict(state["critic"])
        self.optimizer.load_state_dict(state["optimizer"])


def wanted_pictures(pictures, batch, seed, step):
    """Scenes [batch, 3, 128, 128] in [-1, 1], half of them in a style, half of the steps' as they are, half a little crooked."""
    rng = random.Random(step)
    kinds = ["style" if row % 2 else rng.choices(*zip(*Scenes.KINDS))[0] for row in range(batch)]
    scenes = Scenes(pictures, batch, seed + step, canonical=step % 2 == 0, kinds=kinds)
    wanted = scenes.render(SIZE, None if step % 2 == 0 else scenes.view(crop=(0.8, 1.0), perspective=0.02, angle=0.05))
    return (wanted * 2 - 1).contiguous(memory_format=torch.channels_last)


def train(data, out, models, stop=800, cooldown=300, peak=3e-4, batch=8, checkpoint_every=100):
    """Trains from `vqgan.pt`, by the eyes of the exported CLIP of folder `models`, or from the last checkpoint."""
    loop.prepare(5)
    pictures, model = Pictures(data), averaged(WIDE, loop.needed(out, "vqgan")["ema"]).to(memory_format=torch.channels_last)
    drawing = [value for value in model.parameters() if value.requires_grad]
    book = Codebook(model.quantize.embedding)
    optimizer = torch.optim.Adam(drawing, lr=peak, betas=(0.5, 0.95))
    taste = Taste(Path(models) / "clip", model.decoder.conv_out.weight, 2 * peak, PLAIN_STEPS)
    saved, ema, start, log = loop.begun(out, "sharpen", model, optimizer)
    if saved:
        book.count, book.total = saved["count"], saved["total"]
        taste.load_state_dict(saved["taste"])
    for step in range(start, stop):
        wanted, rate = wanted_pictures(pictures, batch, 8_800_000, step), loop.rate(step, 1, 50, stop, cooldown)
        for group in optimizer.param_groups:
            group["lr"] = rate * peak
        with loop.autocast():
            z = model.encode(wanted)
        snapped, commit, restarted = learn_codes(model, book, z.float())
        with loop.autocast():
            made = model.decode(snapped)
        made = made.float()
        loss, parts = taste.loss(made, wanted, step, COMMITMENT * commit)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(drawing, 1.0)
        optimizer.step()
        judged = taste.learn(made, wanted, rate)
        loop.average(ema, model, min(0.99, (step + 1) / (step + 10)))
        log.tick()
        if step % 20 == 19:
            log.write(step=step + 1, **parts, critic=judged, commit=commit.item(), restarted=restarted)
        if step % checkpoint_every == checkpoint_every - 1 or step + 1 == stop:
            loop.save(Path(out) / "sharpen.pt", model=model.state_dict(), taste=taste.state_dict(), optimizer=optimizer.state_dict(),
                      count=book.count, total=book.total, ema=ema, step=step + 1, seconds=log.seconds)
            log.write(step=step + 1, **quality(pictures, averaged(WIDE, ema)))
