"""Makes a picture of every test prompt with the built command line at its default settings, one seed, none picked, and lets the judge read them."""

import argparse
import json
import subprocess
import tempfile
import time
from pathlib import Path

import numpy
import torch
from PIL import Image

import guide
import judge

ROOT = Path(__file__).parent.parent


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cli", default=str(ROOT / "dist/cli/main.js"), help="after `npm run build`")
    parser.add_argument("--judge", default=str(ROOT / "training/judge"))
    parser.add_argument("--prompts", default="test", help="a list in eval-prompts.json")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--limit", type=int)
    parser.add_argument("--out", help="keep the pictures in this folder, and use those that are there already")
    parser.add_argument("--sheet", default="sheet.png")
    parser.add_argument("flags", nargs="*", help="more flags for generate, after --")
    options = parser.parse_args()
    prompts = json.loads((ROOT / "training/eval-prompts.json").read_text())[options.prompts][:options.limit]
    folder = Path(options.out or tempfile.mkdtemp())
    folder.mkdir(parents=True, exist_ok=True)
    start, pictures = time.time(), []
    for prompt in prompts:
        file = folder / f"{prompt.replace(' ', '-')}.png"
        if not file.exists():
            command = ["node", options.cli, "generate", prompt, "--seed", str(options.seed), "-o", str(file), "--quiet", *options.flags]
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        pictures.append(torch.from_numpy(numpy.asarray(Image.open(file).convert("RGB")).copy()).permute(2, 0, 1) / 255)
    pictures = torch.stack(pictures)
    ranks, chosen = judge.rank(options.judge, pictures, prompts)
    first = sum(rank == 0 for rank in ranks)
    guide.sheet(pictures, prompts, options.sheet, 10)
    print(json.dumps({"pictures": len(prompts), "judge_first": first / len(ranks), "judge_first_three": sum(rank < 3 for rank in ranks) / len(ranks),
                      "seconds": round(time.time() - start)}))
    for prompt, rank, other in zip(prompts, ranks, chosen):
        if rank:
            print(f"{prompt}: place {rank + 1}, taken for {other}")


if __name__ == "__main__":
    main()
