"""One optimisation step of VQGAN-CLIP in PyTorch on the CPU, for comparison with this library's own benchmark.

    python bench/pytorch_step.py --cutouts 8 --threads 1 --repeat 5 [--channels-last] [--attention sdpa] [--size 256] [--probe]

The same work as the library's step: VQGAN f16-16384 decode, N cutouts at 224, CLIP ViT-B/32, the loss and its derivative for z
alone. Random weights. Weights are frozen, so autograd computes no weight gradient; nothing is recomputed. Prints one JSON line.
"""

import argparse
import contextlib
import io
import json
import os
import platform
import resource
import sys
import time
import warnings


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cutouts", type=int, default=8)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--warmup", type=int, default=2)
    parser.add_argument("--size", type=int, default=256, help="side of the picture, a multiple of 16")
    parser.add_argument("--channels-last", action="store_true")
    parser.add_argument("--attention", choices=["sdpa", "eager"], default="sdpa")
    parser.add_argument("--default-heap", action="store_true", help="leave malloc as it is")
    parser.add_argument("--probe", action="store_true", help="also time a plain convolution and a plain matrix product")
    return parser.parse_args()


args = arguments()
# Large tensors come from fresh pages each time by default; keeping the heap saves about a seventh. Read at start, so start again.
HEAP = {"MALLOC_MMAP_MAX_": "0", "MALLOC_TRIM_THRESHOLD_": str(1 << 36), "MALLOC_TOP_PAD_": str(1 << 26)}
if sys.platform == "linux" and not args.default_heap and "MALLOC_MMAP_MAX_" not in os.environ:
    os.execve(sys.executable, [sys.executable, *sys.argv], {**os.environ, **HEAP})
os.environ["OMP_NUM_THREADS"] = os.environ["MKL_NUM_THREADS"] = str(args.threads)
warnings.filterwarnings("ignore")

import torch  # noqa: E402
import torch.nn.functional as F  # noqa: E402

torch.set_num_threads(args.threads)
torch.manual_seed(0)


def build():
    from transformers import CLIPConfig, CLIPModel

    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        import taming.modules.diffusionmodules.model as blocks
        from taming.models.vqgan import VQModel

        blocks.nonlinearity = F.silu  # the same function as x * sigmoid(x), in one pass

        vqgan = VQModel(
            ddconfig=dict(double_z=False, z_channels=256, resolution=256, in_channels=3, out_ch=3, ch=128, ch_mult=[1, 1, 2, 2, 4], num_res_blocks=2, attn_resolutions=[16], dropout=0.0),
            lossconfig={"target": "taming.modules.losses.vqperceptual.DummyLoss"},
            n_embed=16384,
            embed_dim=256,
        )
    config = CLIPConfig()
    config._attn_implementation = args.attention
    clip = CLIPModel(config)
    del vqgan.encoder, clip.text_model
    torch.nn.init.normal_(vqgan.quantize.embedding.weight)
    layout = torch.channels_last if args.channels_last else torch.contiguous_format
    for m in (vqgan, clip):
        m.eval().requires_grad_(False).to(memory_format=layout)
    return vqgan, clip, layout


class ClampWithGrad(torch.autograd.Function):
    """clamp to 0..1; lets a gradient pass that does not push further out"""

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x.clamp(0, 1)

    @staticmethod
    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        return g * (g * (x - x.clamp(0, 1)) >= 0)


MEAN = torch.tensor([0.48145466, 0.4578275, 0.40821073]).view(1, 3, 1, 1)
STD = torch.tensor([0.26862954, 0.26130258, 0.27577711]).view(1, 3, 1, 1)


def best_of(run, repeat=5):
    run()
    times = []
    for _ in range(repeat):
        started = time.perf_counter()
        run()
        times.append(time.perf_counter() - started)
    return min(times)


def probe():
    """GFLOP/s of one large convolution and one matrix product: what this machine gives at best right now"""
    x, w = torch.randn(1, 256, 128, 128), torch.randn(256, 256, 3, 3)
    a, b = torch.randn(1024, 1024), torch.randn(1024, 1024)
    with torch.no_grad():
        return {
            "conv_gflops": round(2 * 256 * 256 * 9 * 128 * 128 / best_of(lambda: F.conv2d(x, w, padding=1)) / 1e9, 1),
            "matmul_gflops": round(2 * 1024**3 / best_of(lambda: a @ b) / 1e9, 1),
        }


def main():
    vqgan, clip, layout = build()
    decode, see = vqgan.decode, lambda c: clip.visual_projection(clip.vision_model(pixel_values=c).pooler_output)
    table = vqgan.quantize.embedding.weight
    squares = table.square().sum(1)
    side = args.size // 16
    z = table[torch.randint(0, len(table), (side * side,))].view(1, side, side, -1).permute(0, 3, 1, 2)
    z = z.contiguous(memory_format=layout).requires_grad_(True)
    target = F.normalize(torch.randn(1, 512), dim=-1)
    # crops of different size and place, one sampling each
    scale = torch.empty(args.cutouts).uniform_(0.5, 1)
    offset = (torch.rand(args.cutouts, 2) * 2 - 1) * (1 - scale)[:, None]
    theta = torch.zeros(args.cutouts, 2, 3)
    theta[:, 0, 0] = theta[:, 1, 1] = scale
    theta[:, :, 2] = offset
    grid = F.affine_grid(theta, (args.cutouts, 3, 224, 224), align_corners=False)
    optimizer = torch.optim.Adam([z], lr=0.1)
    low, high = (getattr(table, f)(dim=0).values[None, :, None, None] for f in ("min", "max"))

    def step():
        optimizer.zero_grad(set_to_none=True)
        with torch.no_grad():
            flat = z.permute(0, 2, 3, 1).reshape(-1, table.shape[1])
            codes = torch.addmm(squares, flat, table.t(), alpha=-2).argmin(1)
            zq = table[codes].view(1, side, side, -1).permute(0, 3, 1, 2)
        zq = z + (zq - z).detach()
        x = ClampWithGrad.apply((decode(zq) + 1) / 2)
        c = F.grid_sample(x.expand(args.cutouts, -1, -1, -1), grid, mode="bilinear", padding_mode="zeros", align_corners=False)
        c = ((c - MEAN) / STD).contiguous(memory_format=layout)
        e = F.normalize(see(c), dim=-1)
        loss = (e - target).norm(dim=-1).div(2).arcsin().square().mul(2).mean()
        loss.backward()
        optimizer.step()
        with torch.no_grad():
            z.clamp_(low, high)
        return float(loss)

    for _ in range(args.warmup):
        loss = step()
    times = []
    for _ in range(args.repeat):
        started = time.perf_counter()
        loss = step()
        times.append(time.perf_counter() - started)
    times.sort()
    result = {
        "engine": f"pytorch {torch.__version__}",
        "size": args.size,
        "cutouts": args.cutouts,
        "threads": args.threads,
        "channels_last": args.channels_last,
        "attention": args.attention,
        "default_heap": args.default_heap,
        "seconds_per_step": round(times[len(times) // 2], 4),
        "fastest": round(times[0], 4),
        "slowest": round(times[-1], 4),
        "repeat": args.repeat,
        "peak_memory_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        "loss": round(loss, 6),
        "python": platform.python_version(),
    }
    if args.probe:
        result |= probe()
    print(json.dumps(result))


if __name__ == "__main__":
    sys.exit(main())
