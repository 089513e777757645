"""What every training run shares: one thread, a heap that keeps its pages, schedules by step, moving averages, checkpoints and a loss log."""

import ctypes
import json
import math
import os
import sys
import time
from pathlib import Path

import torch


def prepare(seed):
    """One thread (TRAINING_THREADS: more), fixed seed, and no page faults for every large tensor (glibc: never use mmap, never trim)."""
    torch.set_num_threads(int(os.environ.get("TRAINING_THREADS", "1")))
    torch.manual_seed(seed)
    try:
        libc = ctypes.CDLL(None)
        libc.mallopt(-4, 0)
        libc.mallopt(-1, 2 ** 31 - 1)
    except (OSError, AttributeError):
        pass


def autocast():
    """bfloat16 where the processor multiplies it (AVX-512 BF16, AMX); elsewhere it would be emulated, fifty times slower than single precision."""
    flags = Path("/proc/cpuinfo")
    return torch.autocast("cpu", torch.bfloat16, enabled=flags.exists() and any(flag in flags.read_text() for flag in ("avx512_bf16", "amx_bf16")))


def halved(device):
    """bfloat16 on a GPU, for what is said to bear it: the towers and the VQGAN, never the losses."""
    return torch.autocast("cuda", torch.bfloat16, enabled=torch.device(device).type == "cuda")


def rate(step, peak, warmup, stop, cooldown):
    """Learning rate: linear warm-up, constant, then a linear fall to zero over the last `cooldown` steps."""
    return peak * min(1.0, (step + 1) / warmup, max(0.0, (stop - step) / cooldown))


def cosine(share):
    """A rate that falls from 1 to .01 while the share of a stage goes from 0 to 1."""
    return 0.5 * (1 + math.cos(math.pi * share)) + 0.01


def average(ema, model, decay):
    """Moves the averaged weights towards the model's."""
    with torch.no_grad():
        for name, value in model.state_dict().items():
            if value.dtype.is_floating_point:
                ema[name].lerp_(value, 1 - decay)
            else:
                ema[name].copy_(value)


def copy_state(model):
    return {name: value.detach().clone() for name, value in model.state_dict().items()}


class Log:
    """Appends one JSON object per line; the elapsed training seconds survive a restart."""

    def __init__(self, path, seconds=0.0):
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        self.file, self.last, self.seconds = open(path, "a"), time.time(), seconds

    def tick(self):
        now = time.time()
        self.seconds += min(now - self.last, 60)
        self.last = now

    def write(self, **values):
        line = json.dumps({name: round(value, 5) if isinstance(value, float) else value for name, value in values.items()} | {"seconds": round(self.seconds, 1)})
        self.file.write(line + "\n")
        self.file.flush()
        print(line, flush=True)


def save(path, **values):
    """Writes a checkpoint whole or not at all."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    torch.save(values, path.with_suffix(".tmp"))
    os.replace(path.with_suffix(".tmp"), path)


def load(path):
    return torch.load(path, weights_only=True, map_location="cpu") if Path(path).exists() else None


def begun(out, stage, model, optimizer):
    """Where a stage begins: its checkpoint or None, the moving average, the steps done, the log. Model and optimiser go on from the checkpoint where there is one."""
    saved, ema, log = load(Path(out) / f"{stage}.pt"), copy_state(model), Log(Path(out) / f"{stage}.jsonl")
    if not saved:
        return None, ema, 0, log
    model.load_state_dict(saved["model"])
    optimizer.load_state_dict(saved["optimizer"])
    log.seconds = saved["seconds"]
    return saved, saved["ema"], saved["step"], log


def needed(out, *stages):
    """The checkpoint of the first of these stages that has one; ends the program where none has, and says what makes it."""
    for stage in stages:
        saved = load(Path(out) / f"{stage}.pt")
        if saved:
            return saved
    sys.exit(f"there is no {' and no '.join(f'{stage}.pt' for stage in stages)} in {out}: `train.py {stages[-1]} --out {out}` makes one")
