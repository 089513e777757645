"""Draws the loss logs of a training folder into one PNG."""

import json
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt


def main(out):
    out = Path(out)
    logs = [path for path in (out / f"{name}.jsonl" for name in ("vqgan", "sharpen", "narrow", "clip", "introspect", "judge")) if path.exists()]
    figure, axes = plt.subplots(1, len(logs), figsize=(5 * len(logs), 3.6), squeeze=False)
    for axis, path in zip(axes[0], logs):
        rows = [json.loads(line) for line in path.read_text().splitlines()]
        losses = [(row["step"], row["loss"]) for row in rows if "loss" in row]
        axis.plot(*zip(*losses), linewidth=0.8, color="tab:blue")
        axis.set(title=path.stem, xlabel="step", ylabel="loss")
        other = next((name for name in ("validation_first", "psnr") if any(name in row for row in rows)), None)
        if other:
            twin = axis.twinx()
            twin.plot(*zip(*[(row["step"], row[other]) for row in rows if other in row]), color="tab:orange")
            twin.set_ylabel(other)
    figure.tight_layout()
    figure.savefig(out / "training.png", dpi=110)
    print(out / "training.png")
