"""Command line of the training: `python train.py clip|vqgan|judge|export|plot|all --data DIR --out DIR`; every part resumes from its checkpoint."""

import argparse
import subprocess
import sys
from pathlib import Path

import clip
import export
import judge
import plot
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
    parser.add_argument("what", choices=["clip", "vqgan", "judge", "export", "plot", "all"])
    parser.add_argument("--data", default=".training/data", help="where `npm run render` wrote the pictures")
    parser.add_argument("--out", default=".training/out", help="checkpoints and logs")
    parser.add_argument("--models", default=str(ROOT.parent / "models/compact"), help="where the exported pair goes")
    parser.add_argument("--judge", default=str(ROOT / "judge"), help="where the exported judge goes")
    parser.add_argument("--stop", type=int, help="last step (the learning rate falls to zero there)")
    options = parser.parse_args()
    extra = {"stop": options.stop} if options.stop else {}
    if options.what in ("clip", "vqgan", "judge"):
        {"clip": clip, "vqgan": vqgan, "judge": judge}[options.what].train(options.data, options.out, **extra)
    if options.what == "all":
        folders = ["--data", options.data, "--out", options.out]
        together([["clip", *folders], ["vqgan", *folders]])
        together([["judge", *folders]])
    if options.what in ("export", "all"):
        export.main(options.out, options.models, options.judge)
    if options.what in ("plot", "all"):
        plot.main(options.out)


if __name__ == "__main__":
    main()
