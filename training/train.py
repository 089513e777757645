"""Command line of the training: `python train.py clip|vqgan|judge|export|plot|all --data DIR --out DIR`."""

import argparse


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["clip", "vqgan"])
    parser.add_argument("--data", default=".training/data")
    parser.add_argument("--out", default=".training/out")
    parser.add_argument("--stop", type=int)
    parser.add_argument("--cooldown", type=int)
    options = parser.parse_args()
    extra = {name: getattr(options, name) for name in ("stop", "cooldown") if getattr(options, name) is not None}
    if options.what == "clip":
        import clip
        clip.train(options.data, options.out, **extra)
    if options.what == "vqgan":
        import vqgan
        vqgan.train(options.data, options.out, **extra)


if __name__ == "__main__":
    main()
