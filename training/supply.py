"""Scenes ahead of time: processes that compose batches while another computes, for devices that are faster than one of them."""

import multiprocessing
from pathlib import Path

import torch

import clip
import loop
from captions import load_tokenizer


def compose(data, out, count, seeds, queue):
    """Puts batches into the queue for ever; the seeds are this process's own."""
    loop.prepare(0)
    torch.set_num_threads(1)
    pictures, tokenizer = clip.opened(data), load_tokenizer(Path(out) / "clip")
    for seed in seeds:
        batch, _ = clip.composed(pictures, tokenizer, count, seed)
        queue.put({"pixels": (batch.pixels * 255).round().byte().numpy(), **{name: getattr(batch, name) for name in ("ids", "tinted", "said", "shown")}})


class Supply:
    """Batches of `count` scenes from so many processes, which read the tokenizer that the training has written; what comes first is taken first, so two runs are not of the same bytes."""

    def __init__(self, data, out, count, processes, first=8_500_000):
        context = multiprocessing.get_context("spawn")
        self.queue = context.Queue(3 * processes)
        self.running = [context.Process(target=compose, args=(data, out, count, range(first + number, first + 10 ** 7, processes), self.queue), daemon=True) for number in range(processes)]
        for process in self.running:
            process.start()

    def next(self):
        got = self.queue.get(timeout=300)
        return clip.Batch(torch.from_numpy(got.pop("pixels")).float() / 255, **got)

    def close(self):
        for process in self.running:
            process.terminate()
