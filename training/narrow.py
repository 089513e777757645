"""The third stage of the VQGAN: a narrow one that draws the same codes at half the cost, as a step of the guidance decodes once and goes back once.

It begins at the wide one's weights where they have the same shapes (up to 32 x 32, that is) and learns from the wide one's codes.
"""

from pathlib import Path

import torch
import torch.nn.functional as F

import loop
from data import Pictures
from sharpen import ADVERSARIAL, Taste, wanted_pictures
from vqgan import NARROW, WIDE, Vqgan, averaged, quality


def begin(wide):
    """A narrow model with the wide one's arrays where name and shape agree; added blocks begin by passing on what they get."""
    model = Vqgan(**NARROW)
    own, theirs = model.state_dict(), wide.state_dict()
    model.load_state_dict({name: theirs[name] if name in theirs and theirs[name].shape == value.shape else value for name, value in own.items()})
    for level in model.decoder.up:
        torch.nn.init.zeros_(level.block[-1].conv2.weight)
    return model.to(memory_format=torch.channels_last)


def train(data, out, models, stop=1400, cooldown=700, peak=1e-3, batch=6, adversarial_from=700, checkpoint_every=100):
    """Trains beside the wide one of `sharpen.pt`, by the eyes of the exported CLIP of folder `models`; from scratch or from the last checkpoint."""
    loop.prepare(6)
    pictures, wide = Pictures(data), averaged(WIDE, loop.needed(out, "sharpen")["ema"]).requires_grad_(False).to(memory_format=torch.channels_last)
    model = begin(wide)
    learning = [value for value in model.parameters() if value.requires_grad]
    optimizer = torch.optim.Adam(learning, lr=peak, betas=(0.5, 0.95))
    taste = Taste(Path(models) / "clip", model.decoder.conv_out.weight, peak, adversarial_from)
    saved, ema, start, log = loop.begun(out, "narrow", model, optimizer)
    if saved:
        taste.load_state_dict(saved["taste"])
    for step in range(start, stop):
        wanted, rate = wanted_pictures(pictures, batch, 8_900_000, step), loop.rate(step, 1, 50, stop, cooldown)
        for group in optimizer.param_groups:
            group["lr"] = rate * peak
        with torch.no_grad(), loop.autocast():
            right = wide.encode(wanted)
            codes = wide.snap(right)[0]
        with loop.autocast():
            z, made = model.encode(wanted), model.decode(codes)
        made, missed = made.float(), F.mse_loss(z.float(), right.float())
        loss, parts = taste.loss(made, wanted, step, missed, share=ADVERSARIAL * rate)  # less at the end: what it adds last is a grid
        optimizer.zero_grad()
        loss.backward()
        for part in (model.encoder, model.decoder):
            torch.nn.utils.clip_grad_norm_(part.parameters(), 1.0)
        optimizer.step()
        judged = taste.learn(made, wanted, rate)
        loop.average(ema, model, min(0.99, (step + 1) / (step + 10)))
        log.tick()
        if step % 20 == 19:
            log.write(step=step + 1, **parts, critic=judged, encoder=missed.item())
        if step % checkpoint_every == checkpoint_every - 1 or step + 1 == stop:
            loop.save(Path(out) / "narrow.pt", model=model.state_dict(), taste=taste.state_dict(), optimizer=optimizer.state_dict(),
                      ema=ema, step=step + 1, seconds=log.seconds)
            log.write(step=step + 1, **quality(pictures, averaged(NARROW, ema)))
