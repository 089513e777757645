"""The CLIP's second stage: what its own gradient draws for a caption is a wrong picture for that caption.

A classifier that is taught so, over and over, becomes a generator (introspective learning, arXiv 1704.07820); the drawings are kept and go on from step to step, as
energy-based models have it (arXiv 1903.08689). Here a caption's real picture, made worse by an attack, is to be nearer to it than its drawing.
"""

import torch
import torch.nn.functional as F
from PIL import Image

from clip import Batch, Training, attack
from data import jitter, through, views
from guide import Pyramid, gradients, spherical, variation
import loop
from towers import SIDE

FROM_PICTURES = 0.33  # this share of the drawings begins at another scene, as edits do; the others at a gradient
VISITS = 8  # in the mean, until a drawing is given up
RATE, VARIATION = 0.04, 0.5


def redraw(clip, drawings, text, rate, steps, generator):
    """The guidance in small: `steps` down the gradient of the spherical distance to `text` [B, E], through a random view each; grids of all sizes move alike.

    drawings [B, 3, 64, 64] in [0, 1], rate [B]: how far a grid moves at a step.
    """
    clip.eval()
    for _ in range(steps):
        drawings = drawings.detach().requires_grad_(True)
        seen = through(drawings, views(len(drawings), generator, crop=(0.85, 1.15), perspective=0, angle=0.1), SIDE)
        seen = seen + 0.03 * torch.randn(seen.shape, generator=generator)
        gradient, = torch.autograd.grad((spherical(clip.image(seen), text) + VARIATION * variation(drawings)).sum(), drawings)
        move = 0
        for side, share in zip(Pyramid.SIDES, Pyramid.SHARES):
            grid = F.adaptive_avg_pool2d(gradient, side)
            grid = grid / grid.square().mean((1, 2, 3), keepdim=True).sqrt().clamp(min=1e-12)
            move = move + share * F.interpolate(grid, size=SIDE, mode="bilinear", align_corners=False)
        drawings = (drawings - rate[:, None, None, None] * move).clamp(0, 1)
    clip.train()
    return drawings.detach()


class Drawings:
    """Pictures on the way, and the scene that each is to show."""

    def __init__(self, scenes: Batch, generator):
        self.scenes, self.generator = scenes, generator
        self.pixels, self.visits = gradients(len(scenes.ids), SIDE, generator), torch.zeros(len(scenes.ids), dtype=torch.long)
        self.queue = torch.tensor([], dtype=torch.long)

    def next(self, count):
        """Places of those that are to go on; all come once before any comes again."""
        if len(self.queue) < count:
            self.queue = torch.randperm(len(self.pixels), generator=self.generator)
        chosen, self.queue = self.queue[:count], self.queue[count:]
        self.visits[chosen] += 1
        return chosen

    def give_up(self, chosen, fresh: Batch):
        """Some of the chosen are given up for scenes of `fresh`."""
        gone = chosen[torch.rand(len(chosen), generator=self.generator) < 1 / VISITS]
        start = gradients(len(gone), SIDE, self.generator)
        other = torch.rand(len(gone), generator=self.generator) < FROM_PICTURES
        start[other] = fresh.pixels[-len(gone) - 1:-1][other]
        self.pixels[gone], self.visits[gone] = start, 0
        self.scenes.put(gone, fresh.rows(torch.arange(len(gone))))

    def sheet(self, path, count=48):
        """A PNG of those that were visited most, each beside the scene that it is to show."""
        oldest = self.visits.argsort(descending=True)[:count]
        pairs = torch.cat([self.pixels[oldest], self.scenes.pixels[oldest]], 3)
        whole = torch.cat([torch.cat(list(row), 2) for row in pairs.split(8)], 1)
        Image.fromarray((whole.permute(1, 2, 0) * 255).round().byte().numpy()).save(path)


def train(data, out, stop=900, peak=1e-3, batch=64, drawn=24, steps=6, kept=384, radius=2.0, checkpoint_every=50, process=0, processes=1):
    """Goes on from the checkpoint of `clip.py`: `drawn` of a batch are scenes whose drawings, of `kept`, go `steps` further and stand against them.

    The attack's radius is drawn for every picture, a quarter to the whole of `radius`.
    """
    training = Training(data, out, "introspect", "clip", peak, batch, process, processes, checkpoint_every)
    generator = torch.Generator().manual_seed(77 + 1000 * training.start + process)
    drawings = Drawings(training.scenes(kept, 9_000_000 + training.start * processes + process)[0], generator)
    fresh_count = batch - drawn
    for step in range(training.start, stop):
        fresh, _ = training.scenes(fresh_count, 8_500_000 + step * processes + process)
        chosen = drawings.next(drawn)
        scenes = fresh.join(drawings.scenes.rows(chosen))
        training.model.train()
        cost, text, scale, names = training.objective(scenes, step * processes + process)
        own = text[fresh_count:]
        rate = RATE * (0.15 + 0.85 * torch.rand(drawn, generator=generator))
        drawings.pixels[chosen] = redraw(training.clip, drawings.pixels[chosen], own.detach(), rate, steps, generator)
        size = radius * (0.25 + 0.75 * torch.rand(batch, generator=generator))
        pixels = attack(lambda x: cost(training.clip.image(x), constant=True)[0], jitter(scenes.pixels, generator), size, 1, generator)
        image = training.clip.image(torch.cat([pixels, drawings.pixels[chosen]]))
        value, first = cost(image[:batch])
        real, false = ((part * own).sum(1) for part in (image[fresh_count:batch], image[batch:]))
        wrong = F.softplus(scale * (false - real)).mean()
        training.update(value + names + wrong, min(1, (step + 1) / 50) * loop.cosine(step / stop))
        drawings.give_up(chosen, fresh)
        if training.record(step, stop, 0.99, loss=value, first=first, wrong=wrong, real=real.mean(), false=false.mean()):
            drawings.sheet(training.file.with_suffix(".png"))
