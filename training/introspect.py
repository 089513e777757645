"""The CLIP's second stage: what its own gradient draws for a caption is a wrong picture for that caption.

A classifier that is taught so, over and over, becomes a generator (introspective learning, arXiv 1704.07820); the drawings are kept and go on from step to step, as
energy-based models have it (arXiv 1903.08689). Here a caption's real picture, made worse by an attack, is to be nearer to it than its drawings: one of pixels, and one
through the VQGAN and held by its prior, as the product draws. A drawing goes as far as the product's do: what stops earlier is soon told from pictures, and teaches nothing more.
What is drawn through the VQGAN stands against a real picture that went through it too, so that what is to be told apart is what they show, not who made them.
"""

import time

import torch
import torch.nn.functional as F
from PIL import Image

from clip import Batch, Training, attack, progress
from data import jitter, through, views
from guide import Pyramid, gradients, spherical, start_latent, variation
import loop
from prior import load_prior
from supply import Supply
from towers import SIDE
from vqgan import load_vqgan

FROM_PICTURES = 0.33  # this share of the drawings of pixels begins at another scene, as edits do; the others at a gradient


class Pixels:
    """Drawings of pixels [B, 3, 64, 64] in [0, 1]; grids of all sizes move alike."""

    rate, steps, visits, smooth = 0.04, 6, 14, 0.5

    def start(self, count, generator):
        return gradients(count, SIDE, generator)

    def pictures(self, values):
        """The pictures as they are and as the CLIP sees them."""
        return values, values.clamp(0, 1)

    def move(self, gradient):
        grids = (unit(F.adaptive_avg_pool2d(gradient, side)) for side in Pyramid.SIDES)
        return sum(share * F.interpolate(grid, size=SIDE, mode="bilinear", align_corners=False) for grid, share in zip(grids, Pyramid.SHARES))

    def after(self, values, share, generator):
        """What becomes of values after a step, when each has come `share` [B] of its way."""
        return values.clamp(0, 1)

    def real(self, pixels):
        """Pictures as they stand against drawings."""
        return pixels


class Latents:
    """Drawings of latents [B, D, 16, 16] of a VQGAN, each moved as a whole and held by the prior, as the product has it."""

    rate, steps, visits, smooth = 1.5, 5, 18, 1.0
    pull, noise = (0.8, 0.1), (0.99, 0.35)  # from first to last step: share of the way to what the prior makes of it, and of its 999 times

    def __init__(self, folder, device="cpu"):
        self.vqgan, self.prior = load_vqgan(folder).to(device), load_prior(folder, device)

    def start(self, count, generator):
        return start_latent(self.vqgan, "light", count, generator)

    def pictures(self, values):
        with loop.halved(values.device):
            decoded = self.vqgan.decode(values)
        pictures = (decoded.float() + 1) / 2
        return pictures, F.avg_pool2d(pictures, pictures.shape[-1] // SIDE).clamp(0, 1)

    def move(self, gradient):
        return unit(gradient)

    def after(self, values, share, generator):
        along = lambda ends: ends[0] + (ends[1] - ends[0]) * share
        time = (999 * along(self.noise)).round().long()
        return torch.lerp(values, self.prior(values, time, generator), along(self.pull)[:, None, None, None])

    def real(self, pixels):
        with torch.no_grad():
            return self.pictures(self.vqgan.encode(F.interpolate(pixels, scale_factor=2, mode="bilinear") * 2 - 1))[1]


def unit(gradient):
    """Every picture's gradient with a mean square of 1."""
    return gradient / gradient.square().mean((1, 2, 3), keepdim=True).sqrt().clamp(min=1e-12)


def redraw(clip, kind, values, momentum, text, visits, generator):
    """The guidance in small: some steps down the gradient of the spherical distance to `text` [B, E], through a random view each; the values, and their momentum.

    kind: `Pixels` or `Latents`, of which the values are; visits [B]: how often they were brought further before. How far they move at a step falls to a tenth over all visits.
    """
    rate = kind.rate * (1 - 0.9 * visits / kind.visits)
    for step in range(kind.steps):
        values = values.detach().requires_grad_(True)
        whole, small = kind.pictures(values)
        seen = through(small, views(len(small), generator, crop=(0.85, 1.15), perspective=0, angle=0.1), SIDE)
        distance = spherical(clip.image(seen + 0.03 * torch.randn(seen.shape, generator=generator, device=seen.device)), text)
        gradient, = torch.autograd.grad((distance + kind.smooth * variation(whole)).sum(), values)
        momentum = 0.9 * momentum + 0.1 * kind.move(gradient)
        values = kind.after((values - rate[:, None, None, None] * momentum).detach(), (visits + step / kind.steps) / kind.visits, generator)
    return values, momentum


class Drawings:
    """What is on the way, and the scene that each is to show. A drawing's rate falls from visit to visit; after the last it is given up."""

    def __init__(self, kind, scenes: Batch, generator):
        self.kind, self.scenes, self.generator = kind, scenes, generator
        scenes.pixels = kind.real(scenes.pixels)
        self.values, self.visits = kind.start(len(scenes.ids), generator), torch.arange(len(scenes.ids)) % kind.visits
        self.momentum = torch.zeros_like(self.values)
        self.queue = torch.tensor([], dtype=torch.long)

    def next(self, count):
        """Places of those that are to go on; all come once before any comes again."""
        if len(self.queue) < count:
            self.queue = torch.randperm(len(self.values), generator=self.generator, device=self.generator.device).cpu()
        chosen, self.queue = self.queue[:count], self.queue[count:]
        return chosen

    def go_on(self, clip, chosen, text):
        """Brings the chosen nearer to their texts; what the CLIP sees of them then."""
        clip.eval()
        self.values[chosen], self.momentum[chosen] = redraw(clip, self.kind, self.values[chosen], self.momentum[chosen], text, self.visits[chosen].to(self.values.device), self.generator)
        clip.train()
        self.visits[chosen] += 1
        with torch.no_grad():
            return self.kind.pictures(self.values[chosen])[1]

    def give_up(self, chosen, fresh: Batch):
        """Those of the chosen that are done make place for scenes of `fresh`."""
        gone = chosen[self.visits[chosen] >= self.kind.visits]
        if not len(gone):
            return
        start = self.kind.start(len(gone), self.generator)
        if start.shape[1:] == fresh.pixels.shape[1:]:
            other = torch.rand(len(gone), generator=self.generator, device=self.generator.device) < FROM_PICTURES
            start[other] = fresh.pixels[-len(gone) - 1:-1][other]
        self.values[gone], self.momentum[gone], self.visits[gone] = start, 0, 0
        scenes = fresh.rows(torch.arange(len(gone)))
        scenes.pixels = self.kind.real(scenes.pixels)
        self.scenes.put(gone, scenes)

    def pairs(self, count=12):
        """Those that were visited most, each beside the scene that it is to show."""
        oldest = self.visits.argsort(descending=True)[:count]
        with torch.no_grad():
            return torch.cat([self.kind.pictures(self.values[oldest])[1], self.scenes.pixels[oldest]], 3)


def sheet(pairs, path):
    """A PNG of them, six pairs a row."""
    whole = torch.cat([torch.cat(list(row), 2) for row in pairs.split(6)], 1)
    Image.fromarray((whole.permute(1, 2, 0) * 255).round().byte().cpu().numpy()).save(path)


def train(data, out, drawer, stop=600, minutes=None, peak=1e-3, batch=58, drawn=6, painted=10, radius=2.0, warm=None, checkpoint_every=50, process=0, processes=1, device="cpu", composers=0):
    """Goes on from the checkpoint of `clip.py`, or from the exported folder `warm`: of a batch, `drawn` are scenes whose drawings of pixels go on and stand against them, `painted` such
    through the VQGAN of folder `drawer`.

    The attack's radius is drawn for every picture, a quarter to the whole of `radius`. `minutes`: it ends then instead of at `stop`, and the rate falls with time. `composers`: so many
    processes compose the scenes ahead.
    """
    fresh_count = batch - drawn - painted
    training = Training(data, out, "introspect", "clip", peak, batch, process, processes, checkpoint_every, device, warm)
    supply = Supply(data, out, fresh_count, composers) if composers else None
    generator = torch.Generator(device).manual_seed(77 + 1000 * training.start + process)
    first_scenes = lambda number, count: training.scenes(count, number + training.start * processes + process)[0]
    both = [Drawings(Pixels(), first_scenes(9_000_000, 3 * drawn), generator), Drawings(Latents(drawer, device), first_scenes(9_500_000, 2 * painted), generator)]
    begun, step = time.time(), training.start
    while (done := progress(step, stop, begun, minutes, processes)) < 1:
        fresh = supply.next().to(device) if supply else training.scenes(fresh_count, 8_500_000 + step * processes + process)[0]
        chosen = [drawings.next(count) for drawings, count in zip(both, (drawn, painted))]
        scenes = fresh
        for drawings, some in zip(both, chosen):
            scenes = scenes.join(drawings.scenes.rows(some))
        training.model.train()
        cost, text, scale, names = training.objective(scenes, step * processes + process)
        own = text[fresh_count:]
        seen = [drawings.go_on(training.clip, some, part.detach()) for drawings, some, part in zip(both, chosen, own.split([drawn, painted]))]
        size = radius * (0.25 + 0.75 * torch.rand(batch, generator=generator, device=device))
        pixels = attack(lambda x: cost(training.clip.image(x), constant=True)[0], jitter(scenes.pixels, generator), size, 1, generator)
        image = training.clip.image(torch.cat([pixels, *seen]))
        value, first = cost(image[:batch])
        real, false = ((part * own).sum(1) for part in (image[fresh_count:batch], image[batch:]))
        wrong = F.softplus(scale * (false - real)).mean()
        training.update(value + names + wrong, min(1, (step + 1) / 50) * loop.cosine(done))
        if training.record(step, stop, 0.99, loss=value, first=first, wrong=wrong, real=real.mean(), drawn=false[:drawn].mean(), painted=false[drawn:].mean()):
            sheet(torch.cat([drawings.pairs() for drawings in both]), training.file.with_suffix(".png"))
        for drawings, some in zip(both, chosen):
            drawings.give_up(some, fresh)
        step += 1
    if minutes:
        training.save(step)
    if supply:
        supply.close()
