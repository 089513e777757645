"""Writes the averaged weights of a training folder as f16 files where the product reads them, and checks that they load elsewhere."""

import json
import shutil
from pathlib import Path

import torch

import clip
import judge
import loop
import prior
import towers
import vqgan


def check_clip(model, folder):
    """Largest difference between the trained towers and what the exported folder computes, the text tower by `transformers.CLIPTextModelWithProjection`."""
    from transformers import CLIPTextConfig, CLIPTextModelWithProjection
    exported = towers.Exported(folder)
    config = CLIPTextConfig(**json.loads((Path(folder) / "config.json").read_text())["text_config"])
    theirs = CLIPTextModelWithProjection(config).eval()
    theirs.load_state_dict({name: value for name, value in exported.arrays.items() if name.startswith("text_")}, strict=False)
    pixels, ids, last = torch.rand(4, 3, towers.SIDE, towers.SIDE), torch.full((2, 16), 0), model.vocabulary - 1
    ids[:, :5] = torch.tensor([[2, 7, 20, 31, last], [2, 9, 40, 55, last]])
    with torch.no_grad():
        text = torch.nn.functional.normalize(theirs(ids).text_embeds, dim=1)
        return max((exported.image(pixels) - model.image(pixels)).abs().max().item(), (text - model.text(ids)).abs().max().item())


def check_vqgan(folder):
    """Largest difference between our narrow VQGAN and `diffusers.VQModel`, both loaded from the exported folder: latents, then pictures."""
    from diffusers import VQModel
    theirs, ours = VQModel.from_pretrained(folder / "vqvae", torch_dtype=torch.float32, low_cpu_mem_usage=False).eval(), vqgan.load_vqgan(folder)
    pixels = torch.rand(2, 3, 64, 96) * 2 - 1
    with torch.no_grad():
        z = ours.encode(pixels)
        codes = ours.snap(z)[0]
        return max((theirs.encode(pixels).latents - z).abs().max().item(), (theirs.decode(codes, force_not_quantize=True).sample - ours.decode(codes)).abs().max().item())


def main(out, models, judge_folder):
    out, models = Path(out), Path(models)
    saved = clip.newest(out)
    if saved:
        folder = models / "clip"
        model = clip.restored(saved["ema"]["clip.text_tower.words.weight"].shape[0], saved["ema"])
        towers.export(model, folder)
        for name in ("tokenizer.json", "tokenizer_config.json"):
            shutil.copyfile(out / "clip" / name, folder / name)
        print(f"clip: step {saved['step']}, {(folder / 'model.safetensors').stat().st_size} bytes, differs from what was trained by {check_clip(model, folder):.1e}")
    saved = loop.load(out / "narrow.pt")
    if saved:
        size = vqgan.export_narrow(saved["ema"], models / "vqgan")
        print(f"vqgan: narrow, step {saved['step']}, {size} bytes, differs from diffusers by {check_vqgan(models / 'vqgan'):.1e}")
    prior_saved = loop.load(out / "prior.pt")
    if prior_saved and (models / "vqgan/vqvae").exists():
        size = prior.export(prior_saved["ema"], prior_saved["scale"], models / "vqgan")
        print(f"prior: step {prior_saved['step']}, {size} bytes")
    wide = None if saved else loop.load(out / "sharpen.pt") or loop.load(out / "vqgan.pt")
    if wide:
        print(f"vqgan: wide, step {wide['step']}, {vqgan.export(wide['ema'], models / 'vqgan')} bytes")
    for file in models.rglob("*.*"):
        file.chmod(0o644)
    saved = loop.load(out / "judge.pt")
    if saved:
        judge.export(saved, judge_folder)
        print(f"judge: step {saved['step']}, {(Path(judge_folder) / 'model.safetensors').stat().st_size} bytes")
