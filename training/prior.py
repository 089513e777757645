"""The prior over the VQGAN's latents: a net that learns to take noise off them, as the net of a latent diffusion model without texts does (Rombach et al. 2022).

It reads no captions. In the product it keeps a latent what latents are like while the CLIP's gradient draws (`docs/method.md`).
"""

import json
from pathlib import Path
from time import time as clock

import torch
import torch.distributed as distributed
import torch.nn as nn
from diffusers import DDIMScheduler, UNet2DModel
from safetensors.torch import load_file

import loop
from clip import agreed, progress, share
from data import Pictures, Scenes
from vqgan import CODE_WIDTH, Normalise, load_vqgan

FORM = {
    "sample_size": 16, "in_channels": CODE_WIDTH, "out_channels": CODE_WIDTH, "block_out_channels": (96, 128, 160), "layers_per_block": 1, "norm_num_groups": 16, "attention_head_dim": 32,
    "down_block_types": ("DownBlock2D", "AttnDownBlock2D", "AttnDownBlock2D"), "up_block_types": ("AttnUpBlock2D", "AttnUpBlock2D", "UpBlock2D"),
}
NOISE = {"beta_schedule": "squaredcos_cap_v2", "prediction_type": "v_prediction", "clip_sample": False}
KINDS = (("single", 45), ("tint", 15), ("background", 10), ("small", 1), ("big", 3), ("place", 3), ("count", 3), ("relation", 4), ("scenery", 7), ("style", 7))


def net():
    """A net whose norms of pictures are as fast as the VQGAN's; those of an attention's rows stay."""
    model = UNet2DModel(**FORM)
    for part in model.modules():
        if isinstance(part, nn.GroupNorm):
            part.forward = lambda x, own=part, slow=part.forward: Normalise.apply(x, own.weight, own.bias, own.num_groups, own.eps) if x.dim() == 4 else slow(x)
    return model.to(memory_format=torch.channels_last)


def codes(data, out, models, scenes, process=0, processes=1, batch=32):
    """This process's share of the code numbers [scenes / processes, 16, 16] of composed scenes, from a file where they were made before."""
    path = Path(out) / f"codes-{process}-of-{processes}.pt"
    if path.exists():
        return torch.load(path, weights_only=True)
    pictures, vqgan, found = Pictures(data), load_vqgan(Path(models) / "vqgan"), []
    for number in range(process, scenes // batch, processes):
        wanted = Scenes(pictures, batch, 7_000_000 + number, odds=KINDS).render(128) * 2 - 1
        with torch.no_grad():
            found.append(vqgan.snap(vqgan.encode(wanted.contiguous(memory_format=torch.channels_last)))[1].view(batch, 16, 16).short())
    torch.save(torch.cat(found), path)
    return torch.cat(found)


def train(data, out, models, stop=4000, minutes=None, scenes=40960, peak=8e-4, batch=32, warm=None, checkpoint_every=100, process=0, processes=1):
    """Trains from scratch, from the exported net of a VQGAN's folder `warm`, or from the last checkpoint; `minutes`: it ends then instead of at `stop`, and the rate falls with time.

    Each process learns from scenes of its own. Times are drawn the oftener the more noise they have: with little, nothing is hidden that neighbours do not tell.
    """
    loop.prepare(1)
    known = codes(data, out, models, scenes, process, processes).long()
    if processes > 1:
        distributed.init_process_group("gloo", init_method=f"file://{Path(out).resolve() / 'meeting'}", rank=process, world_size=processes)
        distributed.barrier()
    book = load_vqgan(Path(models) / "vqgan").quantize.embedding.weight
    schedule = DDIMScheduler(**NOISE)
    torch.manual_seed(0)
    model = net()
    if warm:
        model.load_state_dict(exported(warm))
    optimizer = torch.optim.AdamW(model.parameters(), lr=peak, betas=(0.9, 0.99), weight_decay=0.01)
    saved, ema, start, log = loop.begun(out, "prior", model, optimizer)
    scale = saved["scale"] if saved else scaling(warm) if warm else agreed(1 / book[known.flatten()].std().item(), processes)
    begun, step = clock(), start
    keep = lambda: loop.save(Path(out) / "prior.pt", model=model.state_dict(), optimizer=optimizer.state_dict(), ema=ema, step=step, seconds=log.seconds, scale=scale)
    while (done := progress(step, stop, begun, minutes, processes)) < 1:
        generator = torch.Generator().manual_seed(step * processes + process)
        z = scale * book[known[torch.randint(len(known), (batch,), generator=generator)]].permute(0, 3, 1, 2)
        time = (999.999 * torch.rand(batch, generator=generator).sqrt()).long()
        noise = torch.randn(z.shape, generator=generator)
        seen = schedule.add_noise(z, noise, time).contiguous(memory_format=torch.channels_last)
        loss = (model(seen, time).sample - schedule.get_velocity(z, noise, time)).square().mean()
        optimizer.zero_grad()
        loss.backward()
        share(model, processes)
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for group in optimizer.param_groups:
            group["lr"] = peak * min(1, (step - start + 1) / 100) * loop.cosine(done)
        optimizer.step()
        step += 1
        loop.average(ema, model, min(0.999, step / (step + 9)))
        log.tick()
        if process == 0 and step % 20 == 0:
            log.write(step=step, loss=loss.item())
        if process == 0 and step % checkpoint_every == 0:
            keep()
    if process == 0:
        keep()


def export(state, scale, folder):
    """Puts net and schedule beside `vqvae/` of a VQGAN's folder, f16, as the diffusers library's `LDMPipeline` has them; the size of the weights."""
    folder = Path(folder)
    model, schedule = net(), DDIMScheduler(**NOISE)
    model.load_state_dict(state)
    model.half().save_pretrained(folder / "unet")
    schedule.save_pretrained(folder / "scheduler")
    config = json.loads((folder / "vqvae/config.json").read_text())
    (folder / "vqvae/config.json").write_text(json.dumps(config | {"scaling_factor": scale}, indent=2) + "\n")
    parts = {"vqvae": "VQModel", "unet": type(model).__name__, "scheduler": type(schedule).__name__}
    index = {"_class_name": "LDMPipeline"} | {name: ["diffusers", kind] for name, kind in parts.items()}
    (folder / "model_index.json").write_text(json.dumps(index, indent=2) + "\n")
    return (folder / "unet/diffusion_pytorch_model.safetensors").stat().st_size


def exported(folder):
    """The exported net's weights."""
    return {name: value.float() for name, value in load_file(Path(folder) / "unet/diffusion_pytorch_model.safetensors").items()}


def scaling(folder):
    """What an exported net's latents are multiplied by."""
    return json.loads((Path(folder) / "vqvae/config.json").read_text())["scaling_factor"]


def load_prior(folder, device="cpu"):
    """The exported net, frozen: what latents [B, D, h, w] would be under noise of a time (0 to 999, a number or one for each) and without it again."""
    model = net()
    model.load_state_dict(exported(folder))
    model.eval().requires_grad_(False).to(device)
    scale, alphas = scaling(folder), DDIMScheduler(**NOISE).alphas_cumprod.to(device)

    def guess(z, time, generator):
        time = torch.as_tensor(time, device=device).expand(len(z))
        kept = alphas[time].view(-1, 1, 1, 1)
        signal, noise = kept.sqrt(), (1 - kept).sqrt()
        x = signal * scale * z + noise * torch.randn(z.shape, generator=generator, device=device)
        with torch.no_grad(), loop.halved(device):
            answer = model(x.contiguous(memory_format=torch.channels_last), time).sample
        return (signal * x - noise * answer.float()) / scale

    return guess
