"""Simple scenes behind things, drawn per pixel at scene coordinates x, y [B, S, S] in [-1, 1]; `low`, `high` [B, 3] are two colours of the scene."""

import torch


def uniform(generator, batch, low, high):
    return (low + (high - low) * torch.rand(batch, generator=generator))[:, None, None]


def mix(a, b, share):
    """Colours [3] or [B, 3] mixed per pixel by share [B, S, S]."""
    a, b = (torch.as_tensor(colour).view(-1, 3, 1, 1) for colour in (a, b))
    return a + (b - a) * share[:, None]


def spots(x, y, generator, count, radius, stretch=1.0, top=-1.0, bottom=1.0):
    """Soft spots [B, S, S] at random places, 0 to 1."""
    total = torch.zeros_like(x)
    for _ in range(count):
        cx, cy, r = (uniform(generator, len(x), *limits) for limits in ((-1, 1), (top, bottom), radius))
        total = torch.maximum(total, (1.5 - (((x - cx) / stretch).square() + (y - cy).square()).sqrt() / r).clamp(0, 1))
    return total


def sky(x, y, low, high, generator):
    image = mix([0.38, 0.66, 0.96], [0.80, 0.91, 1.0], (0.5 + 0.5 * y).clamp(0, 1))
    return torch.lerp(image, torch.ones(()), spots(x, y, generator, 4, (0.10, 0.2), 2.0, -0.9, 0.5)[:, None] * 0.9)


def grass(x, y, low, high, generator):
    image = mix([0.55, 0.79, 0.98], [0.86, 0.94, 1.0], (0.5 + 0.5 * y).clamp(0, 1))
    horizon = uniform(generator, len(x), -0.1, 0.35)
    blades = 0.5 + 0.5 * torch.sin(x * uniform(generator, len(x), 25, 45) + torch.sin(y * 17) * 2)
    ground = mix([0.30, 0.62, 0.22], [0.42, 0.74, 0.28], blades)
    return torch.where((y > horizon)[:, None], ground, image)


def night(x, y, low, high, generator):
    image = mix([0.03, 0.04, 0.16], [0.12, 0.14, 0.36], (0.5 + 0.5 * y).clamp(0, 1))
    return torch.lerp(image, torch.tensor([1.0, 0.97, 0.8]).view(1, 3, 1, 1), spots(x, y, generator, 14, (0.018, 0.04))[:, None])


def sea(x, y, low, high, generator):
    image = mix([0.62, 0.83, 0.98], [0.90, 0.96, 1.0], (0.5 + 0.5 * y).clamp(0, 1))
    horizon = uniform(generator, len(x), -0.05, 0.35)
    waves = 0.5 + 0.5 * torch.sin(y * uniform(generator, len(x), 22, 34) + 0.8 * torch.sin(x * uniform(generator, len(x), 8, 14)))
    water = mix([0.07, 0.36, 0.70], [0.22, 0.56, 0.86], waves)
    return torch.where((y > horizon)[:, None], water, image)


def pair(low, high):
    """Two colours that differ."""
    near = (low - high).abs().sum(1, keepdim=True) < 0.35
    return low, torch.where(near, (low + 0.5) % 1.0, high)


def stripes(x, y, low, high, generator):
    turn = uniform(generator, len(x), 0, 3.14159)
    wave = torch.sin((x * turn.cos() + y * turn.sin()) * uniform(generator, len(x), 9, 16))
    return mix(*pair(low, high), (wave * 6 + 0.5).clamp(0, 1))


def checkerboard(x, y, low, high, generator):
    cells = uniform(generator, len(x), 7, 14)
    return mix(*pair(low, high), (torch.sin(x * cells) * torch.sin(y * cells) * 12 + 0.5).clamp(0, 1))


DRAW = {"sky": sky, "grass": grass, "night": night, "sea": sea, "stripes": stripes, "checkerboard": checkerboard}
