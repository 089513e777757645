"""Styles as picture operations on a batch [B, 3, R, R] in [0, 1]; random numbers come from the given generator."""

import torch
import torch.nn.functional as F


def grey(x):
    return (x * x.new_tensor([0.3, 0.59, 0.11]).view(1, 3, 1, 1)).sum(1, keepdim=True)


def blur(x, radius):
    """Three box blurs of side 2 * radius + 1 (close to a Gaussian), edges repeated."""
    side = 2 * radius + 1
    for _ in range(3):
        x = F.avg_pool2d(F.pad(x, [radius] * 4, mode="replicate"), side, stride=1)
    return x


def edges(x):
    """Length of the gradient of every channel."""
    x = F.pad(x, [1, 1, 1, 1], mode="replicate")
    return ((x[..., 1:-1, 2:] - x[..., 1:-1, :-2]).square() + (x[..., 2:, 1:-1] - x[..., :-2, 1:-1]).square()).sqrt()


def smooth_noise(x, cells, generator):
    """Noise in [0, 1] of `cells` lattice cells along a side, one channel."""
    noise = torch.rand(len(x), 1, cells, cells, generator=generator)
    return F.interpolate(noise, size=x.shape[-1], mode="bilinear", align_corners=False)


def pixel_art(x, generator):
    small = F.interpolate(x, size=16, mode="area")
    return F.interpolate((small * 6).round() / 6, size=x.shape[-1], mode="nearest")


def pencil_sketch(x, generator):
    light = grey(x)
    strokes = smooth_noise(x, x.shape[-1] // 2, generator)
    line = (edges(light) * 3).clamp(max=1) * (0.75 + 0.25 * strokes)
    shade = (1 - light) * 0.35 * (strokes > 0.5)
    return (0.97 - line - shade).clamp(0, 1).expand(-1, 3, -1, -1)


def watercolour(x, generator):
    side = x.shape[-1]
    line = (torch.arange(side) + 0.5) * 2 / side - 1
    v, u = torch.meshgrid(line, line, indexing="ij")
    shift = torch.cat([smooth_noise(x, 9, generator), smooth_noise(x, 9, generator)], 1) * 0.16 - 0.08
    bled = F.grid_sample(blur(x, side // 64), torch.stack([u + shift[:, 0], v + shift[:, 1]], -1), padding_mode="border", align_corners=False)
    paper = 0.72 + 0.4 * smooth_noise(x, 6, generator) + 0.08 * smooth_noise(x, side // 2, generator)
    return (1 - (1 - bled) * 0.75 * paper - 0.25 * edges(grey(bled))).clamp(0, 1)


def oil_painting(x, generator):
    """Kuwahara filter: every pixel takes the mean of the calmest of the four squares that meet in it; then a raised brush texture."""
    side = x.shape[-1]
    r = max(2, side // 24)
    mean = F.avg_pool2d(F.pad(x, [r] * 4, mode="replicate"), r + 1, stride=1)
    square = F.avg_pool2d(F.pad(grey(x).square(), [r] * 4, mode="replicate"), r + 1, stride=1)
    spread = square - grey(mean).square()
    corners = [(0, 0), (0, r), (r, 0), (r, r)]
    means = torch.stack([mean[..., a:a + side, b:b + side] for a, b in corners])
    calm = torch.stack([spread[..., a:a + side, b:b + side] for a, b in corners]).argmin(0, keepdim=True)
    chosen = means.gather(0, calm.expand(-1, -1, 3, -1, -1))[0]
    brush = F.interpolate(torch.rand(len(x), 1, side // 2, side // 8, generator=generator), size=side, mode="bilinear", align_corners=False)
    return ((chosen - 0.5) * 1.1 + 0.47 + (brush - 0.5) * 0.28).clamp(0, 1)


def black_and_white(x, generator):
    return grey(x).expand(-1, 3, -1, -1)


def neon(x, generator):
    line = (edges(blur(x, max(1, x.shape[-1] // 128))) * 2.5).clamp(max=1).amax(1, keepdim=True)
    middle = x.mean(1, keepdim=True)
    vivid = ((x - middle) * 3 + 0.65).clamp(0, 1)
    glow = blur(line * vivid, x.shape[-1] // 32)
    return (0.04 + x.new_tensor([0.02, 0.0, 0.06]).view(1, 3, 1, 1) + line * vivid + glow * 1.4).clamp(0, 1)


def low_poly(x, generator, cells=8):
    """The mean colour of every triangle of a lattice of squares cut along alternating diagonals."""
    side = x.shape[-1]
    place = (torch.arange(side) + 0.5) / side * cells
    cell, inside = place.long(), place - place.long()
    row, column = torch.meshgrid(cell, cell, indexing="ij")
    v, u = torch.meshgrid(inside, inside, indexing="ij")
    half = torch.where((row + column) % 2 == 0, u > v, u + v > 1).long()
    index = ((row * cells + column) * 2 + half).flatten()
    total = torch.zeros(len(x), 3, cells * cells * 2).index_add_(2, index, x.flatten(2))
    count = torch.bincount(index, minlength=cells * cells * 2).clamp(min=1)
    return (total / count)[:, :, index].view_as(x)


def blurry(x, generator):
    return blur(x, max(2, x.shape[-1] // 22))


def mosaic(x, generator, cells=14):
    """Square tiles of slightly different tones with light grout between them."""
    side = x.shape[-1]
    tiles = F.interpolate(x, size=cells, mode="area")
    tiles = (tiles + (torch.rand(len(x), 1, cells, cells, generator=generator) - 0.5) * 0.16).clamp(0, 1)
    place = (torch.arange(side) + 0.5) / side * cells
    inside = place - place.floor()
    gap = (inside < 0.16) | (inside > 0.9)
    grout = (gap[:, None] | gap[None, :]).float()
    return F.interpolate(tiles, size=side, mode="nearest") * (1 - grout) + 0.85 * grout


APPLY = {
    "pixel art": pixel_art, "pencil sketch": pencil_sketch, "watercolour": watercolour, "oil painting": oil_painting, "black and white": black_and_white,
    "neon": neon, "low poly": low_poly, "blurry": blurry, "mosaic": mosaic,
}
