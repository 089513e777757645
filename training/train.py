"""Command line of the training: `python train.py vqgan|clip|introspect|read|sharpen|narrow|prior|judge|export|plot|all --data DIR --out DIR`; every part resumes from its checkpoint."""

import argparse
import os
import subprocess
import sys
from pathlib import Path

import clip
import export
import introspect
import judge
import narrow
import plot
import prior
import read
import sharpen
import vqgan

ROOT = Path(__file__).parent


def together(commands):
    """Runs the commands side by side, one thread each, and stops at the first that fails."""
    running = [subprocess.Popen([sys.executable, __file__, *command]) for command in commands]
    for process in running:
        if process.wait():
            sys.exit(process.returncode)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["vqgan", "clip", "introspect", "read", "sharpen", "narrow", "prior", "judge", "export", "plot", "all"])
    parser.add_argument("--data", default=".training/data", help="where `npm run render` wrote the pictures")
    parser.add_argument("--out", default=".training/out", help="checkpoints and logs")
    parser.add_argument("--models", default=str(ROOT.parent / "models/compact"), help="where the exported pair goes")
    parser.add_argument("--judge", default=str(ROOT / "judge"), help="where the exported judge goes")
    parser.add_argument("--warm", help="with clip, introspect and read: an exported folder to start from")
    parser.add_argument("--processes", type=int, default=2, help="with clip, introspect and prior: processes of one thread each that train it together")
    parser.add_argument("--stop", type=int, help="last step (the learning rate falls to zero there)")
    parser.add_argument("--minutes", type=float, help="with introspect: how long, in --stop's place")
    parser.add_argument("--device", default="cpu", help="with introspect: cuda computes in one process, eight times the batch, in bfloat16")
    parser.add_argument("--radius", type=float, help="with clip: of the adversarial pictures (L2 at 64 px); 0: none")
    options = parser.parse_args()
    extra = {"stop": options.stop} if options.stop else {}
    if options.what == "vqgan":
        vqgan.train(options.data, options.out, **extra)
    if options.what == "judge":
        judge.train(options.data, options.out, **extra)
    if options.what == "clip":
        extra |= {"radius": options.radius} if options.radius is not None else {}
        clip.start(clip.train, options.data, options.out, options.processes, warm=options.warm, **extra)
    if options.what == "introspect":
        extra |= {"drawer": str(Path(options.models) / "vqgan"), "warm": options.warm, "minutes": options.minutes}
        if options.device != "cpu":
            extra |= {"device": options.device, "batch": 512, "drawn": 96, "painted": 64, "checkpoint_every": 1000, "composers": max(1, (os.cpu_count() or 2) - 2)}
        clip.start(introspect.train, options.data, options.out, 1 if options.device != "cpu" else options.processes, **extra)
    if options.what == "read":
        read.train(options.data, options.out, options.warm, **extra)
    if options.what == "sharpen":
        sharpen.train(options.data, options.out, options.models, **extra)
    if options.what == "narrow":
        narrow.train(options.data, options.out, options.models, **extra)
    if options.what == "prior":
        clip.start(prior.train, options.data, options.out, options.processes, models=options.models, **extra)
    if options.what == "all":
        folders = ["--data", options.data, "--out", options.out, "--models", options.models, "--judge", options.judge]
        together([["vqgan", *folders], ["judge", *folders]])
        export.main(options.out, options.models, options.judge)
        together([["clip", *folders]])
        export.main(options.out, options.models, options.judge)
        together([["sharpen", *folders]])
        together([["narrow", *folders]])
        export.main(options.out, options.models, options.judge)
        together([["prior", *folders]])
        together([["introspect", *folders]])
        together([["read", *folders]])
    if options.what in ("export", "all"):
        export.main(options.out, options.models, options.judge)
    if options.what in ("plot", "all"):
        plot.main(options.out)


if __name__ == "__main__":
    main()
