"""Writes the averaged weights of a training folder as f16 files where the product reads them, and checks that they load elsewhere."""

import shutil
from pathlib import Path

import torch

import clip
import judge
import loop
import order
import vqgan


def check_clip(state, folder):
    """Largest difference between our towers and `transformers.CLIPModel` loaded from the exported folder."""
    from transformers import CLIPModel
    theirs = CLIPModel.from_pretrained(folder, torch_dtype=torch.float32).eval()
    ours = clip.Clip(state["words.weight"].shape[0])
    ours.load_state_dict(state)
    pixels, ids = torch.rand(4, 3, clip.SIDE, clip.SIDE), torch.full((2, 16), 0)
    ids[:, :5] = torch.tensor([[2, 7, 20, 31, len(state["words.weight"]) - 1], [2, 9, 40, 55, len(state["words.weight"]) - 1]])
    unit = torch.nn.functional.normalize
    with torch.no_grad():
        image = unit(theirs.visual_projection(theirs.vision_model((pixels - ours.mean) / ours.std).pooler_output), dim=1)
        text = unit(theirs.text_projection(theirs.text_model(ids).pooler_output), dim=1)
        return max((image - ours.image(pixels)).abs().max().item(), (text - ours.text(ids)).abs().max().item())


def check_vqgan(folder):
    """Largest difference between our narrow VQGAN and `diffusers.VQModel`, both loaded from the exported folder: latents, then pictures."""
    from diffusers import VQModel
    theirs, ours = VQModel.from_pretrained(folder, torch_dtype=torch.float32, low_cpu_mem_usage=False).eval(), vqgan.load_vqgan(folder)
    pixels = torch.rand(2, 3, 64, 96) * 2 - 1
    with torch.no_grad():
        z = ours.encode(pixels)
        codes = ours.snap(z)[0]
        return max((theirs.encode(pixels).latents - z).abs().max().item(), (theirs.decode(codes, force_not_quantize=True).sample - ours.decode(codes)).abs().max().item())


def main(out, models, judge_folder):
    out, models = Path(out), Path(models)
    saved = loop.load(out / "clip.pt")
    if saved:
        folder = models / "clip"
        clip.export(saved["ema"], folder)
        for name in ("tokenizer.json", "tokenizer_config.json"):
            shutil.copyfile(out / "clip" / name, folder / name)
        print(f"clip: step {saved['step']}, {(folder / 'model.safetensors').stat().st_size} bytes, differs from transformers by {check_clip(saved['ema'], folder):.1e}")
    saved = loop.load(out / "narrow.pt")
    if saved:
        size = vqgan.export_narrow(saved["ema"], models / "vqgan")
        print(f"vqgan: narrow, step {saved['step']}, {size} bytes, differs from diffusers by {check_vqgan(models / 'vqgan'):.1e}")
    wide = None if saved else loop.load(out / "sharpen.pt") or loop.load(out / "vqgan.pt")
    if wide:
        print(f"vqgan: wide, step {wide['step']}, {vqgan.export(wide['ema'], models / 'vqgan')} bytes")
    for file in models.glob("*/*"):
        file.chmod(0o644)
    saved, pointing = loop.load(out / "judge.pt"), loop.load(out / "order.pt")
    if saved and (not pointing or pointing["judge"] != saved["step"]):
        print(f"judge: not exported, its reader of order is not trained on step {saved['step']}; `train.py judge` does that")
    elif saved:
        judge.export(saved, judge_folder)
        order.export(pointing, judge_folder)
        print(f"judge: step {saved['step']}, {(Path(judge_folder) / 'model.safetensors').stat().st_size} bytes")
