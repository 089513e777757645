"""The compact VQGAN, wide or narrow (state-dict names of taming-transformers), and the training of the wide one."""

import json
import re
import shutil
from pathlib import Path

import torch
import torch.nn as nn
import torch.nn.functional as F
import yaml
from safetensors.torch import load_file, save_file

import loop
from data import Pictures, Scenes

COMMITMENT = 0.25  # weight of what draws the encoder to its codes (van den Oord et al. 2017)
SIZE, CODES, CODE_WIDTH, LATENT_WIDTH = 128, 1024, 32, 64
# Channels from full size down, residual blocks a level (one more when decoding), groups of a norm. taming-transformers has 32 groups, so that 64 channels at
# full size are the fewest that work there: with 32 each group is one channel and absolute colours are lost.
WIDE = {"widths": [64, 64, 64, 128], "blocks": 0, "groups": 32}
NARROW = {"widths": [16, 32, 64, 128], "blocks": 1, "groups": 8}


class Normalise(torch.autograd.Function):
    """Group normalisation in channels-last memory as one scale and shift per channel, both ways; much faster on a CPU than the built-in gradient."""

    @staticmethod
    def forward(ctx, x, weight, bias, groups, eps):
        batch, channels, height, width = x.shape
        rows = x.permute(0, 2, 3, 1).reshape(batch, -1, channels)
        per_group = channels // groups
        sums = torch.stack([rows.sum(1, dtype=torch.float32), (rows * rows).sum(1, dtype=torch.float32)])
        mean, square = sums.view(2, batch, groups, per_group).sum(3) / (per_group * height * width)
        inverse = (square - mean * mean).clamp(min=0).add(eps).rsqrt()
        spread = lambda value: value.repeat_interleave(per_group, 1)
        mean, inverse = spread(mean), spread(inverse)
        scale = weight * inverse
        ctx.save_for_backward(rows, weight, mean, inverse)
        ctx.groups = groups
        made = torch.addcmul((bias - mean * scale).to(x.dtype)[:, None], rows, scale.to(x.dtype)[:, None])
        return made.view(batch, height, width, channels).permute(0, 3, 1, 2)

    @staticmethod
    def backward(ctx, gradient):
        rows, weight, mean, inverse = ctx.saved_tensors
        batch, channels, height, width = gradient.shape
        g = gradient.permute(0, 2, 3, 1).reshape(batch, -1, channels)
        first, second = g.sum(1, dtype=torch.float32), (g * rows).sum(1, dtype=torch.float32)
        centred = (second - mean * first) * inverse
        per_group = channels // ctx.groups
        pool = lambda value: (value * weight).view(batch, ctx.groups, per_group).sum(2).repeat_interleave(per_group, 1) / (per_group * height * width)
        one, two = pool(first), pool(centred)
        a, b = weight * inverse, -two * inverse * inverse
        made = torch.addcmul((-one * inverse - b * mean).to(g.dtype)[:, None], rows, b.to(g.dtype)[:, None]).addcmul_(g, a.to(g.dtype)[:, None])
        return made.view(batch, height, width, channels).permute(0, 3, 1, 2), centred.sum(0), first.sum(0), None, None


class Norm(nn.GroupNorm):
    def forward(self, x):
        return Normalise.apply(x, self.weight, self.bias, self.num_groups, self.eps)


def norm(channels, groups):
    return Norm(groups, channels, eps=1e-6)


class Block(nn.Module):
    """Residual block: norm, SiLU, 3x3 convolution, twice."""

    def __init__(self, width_in, width_out, groups):
        super().__init__()
        self.norm1, self.conv1 = norm(width_in, groups), nn.Conv2d(width_in, width_out, 3, padding=1)
        self.norm2, self.conv2 = norm(width_out, groups), nn.Conv2d(width_out, width_out, 3, padding=1)
        if width_in != width_out:
            self.nin_shortcut = nn.Conv2d(width_in, width_out, 1)

    def forward(self, x):
        h = self.conv1(F.silu(self.norm1(x)))
        h = self.conv2(F.silu(self.norm2(h)))
        return (self.nin_shortcut(x) if hasattr(self, "nin_shortcut") else x) + h


class Attention(nn.Module):
    """Single-head self-attention over all positions."""

    def __init__(self, width, groups):
        super().__init__()
        self.norm = norm(width, groups)
        self.q, self.k, self.v, self.proj_out = (nn.Conv2d(width, width, 1) for _ in range(4))

    def forward(self, x):
        h = self.norm(x)
        q, k, v = (part(h).flatten(2) for part in (self.q, self.k, self.v))
        weight = (q.transpose(1, 2) @ k * x.shape[1] ** -0.5).softmax(2).to(v.dtype)
        return x + self.proj_out((v @ weight.transpose(1, 2)).view_as(x))


class Middle(nn.Module):
    def __init__(self, width, groups):
        super().__init__()
        self.block_1, self.attn_1, self.block_2 = Block(width, width, groups), Attention(width, groups), Block(width, width, groups)

    def forward(self, x):
        return self.block_2(self.attn_1(self.block_1(x)))


class Resample(nn.Module):
    """Halves (stride two with one pixel of padding right and below) or doubles (nearest neighbour) and convolves."""

    def __init__(self, width, down):
        super().__init__()
        self.down = down
        self.conv = nn.Conv2d(width, width, 3, stride=2 if down else 1, padding=0 if down else 1)

    def forward(self, x):
        return self.conv(F.pad(x, (0, 1, 0, 1)) if self.down else F.interpolate(x, scale_factor=2.0, mode="nearest"))


class Encoder(nn.Module):
    def __init__(self, widths, blocks, groups):
        super().__init__()
        self.conv_in = nn.Conv2d(3, widths[0], 3, padding=1)
        self.down, width = nn.ModuleList(), widths[0]
        for number, target in enumerate(widths):
            level = nn.Module()
            level.block = nn.ModuleList(Block(width if index == 0 else target, target, groups) for index in range(blocks))
            width = target if blocks else width
            if number + 1 < len(widths):
                level.downsample = Resample(width, down=True)
            self.down.append(level)
        self.mid, self.norm_out, self.conv_out = Middle(width, groups), norm(width, groups), nn.Conv2d(width, LATENT_WIDTH, 3, padding=1)

    def forward(self, x):
        x = self.conv_in(x)
        for level in self.down:
            for block in level.block:
                x = block(x)
            if hasattr(level, "downsample"):
                x = level.downsample(x)
        return self.conv_out(F.silu(self.norm_out(self.mid(x))))


class Decoder(nn.Module):
    def __init__(self, widths, blocks, groups):
        super().__init__()
        width, levels = widths[-1], []
        self.conv_in, self.mid = nn.Conv2d(LATENT_WIDTH, width, 3, padding=1), Middle(width, groups)
        for number, target in reversed(list(enumerate(widths))):
            level = nn.Module()
            level.block = nn.ModuleList(Block(width if index == 0 else target, target, groups) for index in range(blocks + 1))
            width = target
            if number:
                level.upsample = Resample(width, down=False)
            levels.insert(0, level)
        self.up = nn.ModuleList(levels)
        self.norm_out, self.conv_out = norm(width, groups), nn.Conv2d(width, 3, 3, padding=1)

    def forward(self, z):
        x = self.mid(self.conv_in(z))
        for level in reversed(self.up):
            for block in level.block:
                x = block(x)
            if hasattr(level, "upsample"):
                x = level.upsample(x)
        return self.conv_out(F.silu(self.norm_out(x)))


class Vqgan(nn.Module):
    """Encoder, codebook and decoder; pictures are in [-1, 1]."""

    def __init__(self, widths, blocks, groups):
        super().__init__()
        self.encoder, self.decoder = Encoder(widths, blocks, groups), Decoder(widths, blocks, groups)
        self.quantize = nn.Module()
        self.quantize.embedding = nn.Embedding(CODES, CODE_WIDTH)
        self.quantize.embedding.weight.requires_grad_(False)
        self.quant_conv = nn.Conv2d(LATENT_WIDTH, CODE_WIDTH, 1)
        self.post_quant_conv = nn.Conv2d(CODE_WIDTH, LATENT_WIDTH, 1)

    def encode(self, pictures):
        return self.quant_conv(self.encoder(pictures))

    def nearest(self, z):
        """Code numbers of the vectors [N, D]."""
        book = self.quantize.embedding.weight
        return (book.square().sum(1) - 2 * z @ book.T).argmin(1)

    def snap(self, z):
        """The nearest codes of z [B, D, h, w] with the gradient passed straight through, and their numbers."""
        flat = z.permute(0, 2, 3, 1).reshape(-1, z.shape[1])
        codes = self.nearest(flat.detach())
        near = self.quantize.embedding(codes).view(z.shape[0], z.shape[2], z.shape[3], -1).permute(0, 3, 1, 2)
        return z + (near - z).detach(), codes, flat

    def decode(self, z):
        return self.decoder(self.post_quant_conv(z))


def load_vqgan(folder):
    """The exported model, wide or narrow, frozen."""
    folder = Path(folder)
    narrow = folder / "vqvae"
    if narrow.exists():
        model, state = Vqgan(**NARROW), load_file(narrow / "diffusion_pytorch_model.safetensors")
        state = {name: state[diffusers_name(name)].view(value.shape) for name, value in model.state_dict().items()}
    else:
        model, state = Vqgan(**WIDE), load_file(folder / "model.safetensors")
    model.load_state_dict({name: value.float() for name, value in state.items()})
    return model.eval().requires_grad_(False).to(memory_format=torch.channels_last)


def reconstruction_loss(made, wanted):
    """Absolute and squared error, plus the absolute error of finite differences at three scales (sharp edges, flat areas)."""
    total = (made - wanted).abs().mean() + (made - wanted).square().mean()
    for scale in range(3):
        error = made - wanted
        total = total + 0.5 * (error.diff(dim=2).abs().mean() + error.diff(dim=3).abs().mean())
        if scale < 2:
            made, wanted = F.avg_pool2d(made, 2), F.avg_pool2d(wanted, 2)
            total = total + 0.5 * (made - wanted).abs().mean()
    return total


class Codebook:
    """Codes as moving averages of the vectors that choose them; codes that nobody chooses are moved onto recent vectors."""

    def __init__(self, embedding):
        self.weight = embedding.weight.data
        self.count, self.total = torch.ones(len(self.weight)), self.weight.clone()

    def start(self, vectors, rounds=8):
        """k-means from random vectors."""
        self.weight.copy_(vectors[torch.randperm(len(vectors))[:len(self.weight)]])
        for _ in range(rounds):
            owner = (self.weight.square().sum(1) - 2 * vectors @ self.weight.T).argmin(1)
            count = torch.bincount(owner, minlength=len(self.weight)).float()
            mean = torch.zeros_like(self.weight).index_add_(0, owner, vectors) / count.clamp(min=1)[:, None]
            empty = count == 0
            mean[empty] = vectors[torch.randint(len(vectors), (int(empty.sum()),))]
            self.weight.copy_(mean)
        self.count.fill_(1.0)
        self.total.copy_(self.weight)

    def update(self, vectors, codes, decay=0.98, dead=0.05):
        self.count.lerp_(torch.bincount(codes, minlength=len(self.weight)).float(), 1 - decay)
        self.total.lerp_(torch.zeros_like(self.total).index_add_(0, codes, vectors), 1 - decay)
        lost = torch.nonzero(self.count < dead)[:, 0]
        if len(lost):
            self.total[lost] = vectors[torch.randint(len(vectors), (len(lost),))]
            self.count[lost] = 1.0
        self.weight.copy_(self.total / self.count[:, None])
        return len(lost)


def learn_codes(model, book, z):
    """z snapped to codes, which learn from it: the snapped z, what draws z to its codes, and how many codes were moved."""
    snapped, codes, flat = model.snap(z)
    commit = (flat - model.quantize.embedding(codes)).square().mean()
    return snapped, commit, book.update(flat.detach(), codes)


def train(data, out, stop=1600, cooldown=400, plain_steps=250, crop_until=0.7, checkpoint_every=100):
    """Trains from scratch or from the last checkpoint: `plain_steps` without codes, then k-means and codes; small crops first, whole pictures later."""
    loop.prepare(2)
    pictures = Pictures(data)
    model = Vqgan(**WIDE).to(memory_format=torch.channels_last)
    optimizer = torch.optim.Adam([value for value in model.parameters() if value.requires_grad], lr=1e-3, betas=(0.9, 0.95))
    book = Codebook(model.quantize.embedding)
    saved, ema, start, log = loop.begun(out, "vqgan", model, optimizer)
    if saved:
        book.count, book.total = saved["count"], saved["total"]
    for step in range(start, stop):
        small = step < crop_until * stop
        scenes = Scenes(pictures, 24 if small else 8, 8_000_000 + step)
        view = scenes.view(crop=(0.5, 0.5) if small else (0.8, 1.0), perspective=0.02, angle=0.05)
        wanted = (scenes.jitter(scenes.render(64 if small else 128, view), noise=0.0) * 2 - 1).contiguous(memory_format=torch.channels_last)
        for group in optimizer.param_groups:
            group["lr"] = loop.rate(step, 1e-3, 100, stop, cooldown)
        if step == plain_steps:
            with torch.no_grad():
                more = [Scenes(pictures, 64, 8_500_000 + number) for number in range(4)]
                vectors = torch.cat([model.encode(scene.render(128) * 2 - 1).permute(0, 2, 3, 1).flatten(0, 2) for scene in more])
                book.start(vectors[torch.randperm(len(vectors))[:32768]])
        with loop.autocast():
            z = model.encode(wanted)
        z, restarted, commit = z.float(), 0, torch.zeros(())
        if step >= plain_steps:
            snapped, commit, restarted = learn_codes(model, book, z)
        else:
            snapped = z
        with loop.autocast():
            made = model.decode(snapped)
        loss = reconstruction_loss(made.float(), wanted)
        optimizer.zero_grad()
        (loss + COMMITMENT * commit).backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        loop.average(ema, model, min(0.995, (step + 1) / (step + 10)))
        log.tick()
        if step % 20 == 19:
            log.write(step=step + 1, loss=loss.item(), commit=commit.item(), restarted=restarted)
        if step % checkpoint_every == checkpoint_every - 1 or step + 1 == stop:
            loop.save(Path(out) / "vqgan.pt", model=model.state_dict(), optimizer=optimizer.state_dict(), ema=ema, count=book.count, total=book.total,
                      step=step + 1, seconds=log.seconds)
            log.write(step=step + 1, **quality(pictures, averaged(WIDE, ema), step >= plain_steps))


def averaged(form, state):
    """A model of WIDE or NARROW form with the weights `state`."""
    model = Vqgan(**form)
    model.load_state_dict(state)
    return model


def quality(pictures, model, quantised=True):
    """PSNR on 64 composed held-out pictures at 128 px and the share of the codebook that they use."""
    scenes = Scenes(pictures, 64, 998, validation=True)
    wanted, errors, used = scenes.render(128), [], []
    with torch.no_grad():
        for block in wanted.split(16):
            z = model.encode(block * 2 - 1)
            if quantised:
                z, codes, _ = model.snap(z)
                used.append(codes)
            errors.append(((model.decode(z).clamp(-1, 1) + 1) / 2 - block).square().mean((1, 2, 3)))
    psnr = (-10 * torch.cat(errors).log10()).mean().item()
    return {"psnr": psnr, "codes_used": len(torch.cat(used).unique()) / CODES if used else 0.0}


def export(state, folder):
    """Writes the wide model, f16, as taming-transformers names it: config.yaml and model.safetensors; the size of the latter."""
    params = {
        "embed_dim": CODE_WIDTH, "n_embed": CODES,
        "ddconfig": {
            "double_z": False, "z_channels": LATENT_WIDTH, "resolution": SIZE, "in_channels": 3, "out_ch": 3, "ch": WIDE["widths"][0],
            "ch_mult": [width // WIDE["widths"][0] for width in WIDE["widths"]], "num_res_blocks": WIDE["blocks"], "attn_resolutions": [], "dropout": 0.0,
        },
    }
    config = yaml.safe_dump({"model": {"target": "taming.models.vqgan.VQModel", "params": params}}, sort_keys=False)
    shutil.rmtree(folder, ignore_errors=True)
    return write(folder, "config.yaml", config, "model.safetensors", state)


def diffusers_name(name):
    """What the diffusers library calls an array that taming-transformers calls `name`."""
    name = re.sub(r"\.mid\.block_(\d)", lambda found: f".mid_block.resnets.{int(found[1]) - 1}", name).replace(".mid.attn_1", ".mid_block.attentions.0")
    name = re.sub(r"\.up\.(\d)", lambda found: f".up_blocks.{len(NARROW['widths']) - 1 - int(found[1])}", name).replace(".down.", ".down_blocks.")
    for ours, theirs in ((".block.", ".resnets."), (".downsample.", ".downsamplers.0."), (".upsample.", ".upsamplers.0."), (".nin_shortcut.", ".conv_shortcut."),
                         (".norm_out.", ".conv_norm_out."), (".0.norm.", ".0.group_norm."), (".0.proj_out.", ".0.to_out.0.")):
        name = name.replace(ours, theirs)
    return re.sub(r"(attentions\.0)\.([qkv])\.", r"\1.to_\2.", name)


def export_narrow(state, folder):
    """Writes the narrow model, f16, as the diffusers library's `VQModel` into `vqvae/` of the folder: config.json and diffusion_pytorch_model.safetensors; the size of the latter.

    Beside it, `prior.export` puts the prior. What lay in the folder before, the wide model included, is taken away.
    """
    config = {
        "_class_name": "VQModel", "act_fn": "silu", "in_channels": 3, "out_channels": 3, "sample_size": SIZE,
        "block_out_channels": NARROW["widths"], "layers_per_block": NARROW["blocks"], "norm_num_groups": NARROW["groups"], "norm_type": "group",
        "down_block_types": ["DownEncoderBlock2D"] * len(NARROW["widths"]), "up_block_types": ["UpDecoderBlock2D"] * len(NARROW["widths"]),
        "latent_channels": LATENT_WIDTH, "num_vq_embeddings": CODES, "vq_embed_dim": CODE_WIDTH,
    }
    flat = {diffusers_name(name): value.flatten(1) if re.search(r"\.attn_1\.(q|k|v|proj_out)\.weight", name) else value for name, value in state.items()}
    shutil.rmtree(folder, ignore_errors=True)
    return write(Path(folder) / "vqvae", "config.json", json.dumps(config, indent=2) + "\n", "diffusion_pytorch_model.safetensors", flat)


def write(folder, config_name, config, weights, state):
    """Writes a model's two files."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / config_name).write_text(config)
    save_file({name: value.half().contiguous() for name, value in state.items()}, folder / weights, {"format": "pt"})
    return (folder / weights).stat().st_size
