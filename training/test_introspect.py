"""Tests of the CLIP's second stage: `python -m unittest discover training`; needs no pictures."""

import unittest

import torch
import torch.nn.functional as F

import introspect
import towers
from clip import Batch


def batch(count):
    column = torch.arange(count)
    return Batch(torch.rand(count, 3, towers.SIDE, towers.SIDE), column[:, None].repeat(1, 16), column > 0, {"noun": column.clone()}, {"concept": column.clone()})


class Stage(unittest.TestCase):
    def setUp(self):
        torch.manual_seed(0)
        self.generator = torch.Generator().manual_seed(0)

    def nearer(self, kind):
        clip = towers.Clip(50)
        clip.train().image(torch.rand(16, 3, towers.SIDE, towers.SIDE))
        drawings = introspect.Drawings(kind, batch(4), self.generator)
        text, before = F.normalize(torch.randn(4, towers.PROJECTION), dim=1), kind.pictures(drawings.values)[1]
        near = lambda pictures: (clip.eval().image(pictures) * text).sum(1)
        for _ in range(3):
            after = drawings.go_on(clip, torch.arange(4), text)
        self.assertTrue((near(after) > near(before)).all())
        self.assertTrue(0 <= after.min() and after.max() <= 1)

    def test_drawings_of_pixels_come_nearer_to_their_text(self):
        self.nearer(introspect.Pixels())

    def test_drawings_through_the_vqgan_come_nearer_to_their_text(self):
        self.nearer(introspect.Latents("models/compact/vqgan"))

    def test_every_drawing_goes_on_before_one_goes_on_again(self):
        drawings = introspect.Drawings(introspect.Pixels(), batch(12), self.generator)
        seen = torch.cat([drawings.next(4) for _ in range(6)])
        self.assertEqual([sorted(part.tolist()) for part in seen.split(12)], [list(range(12))] * 2)

    def test_what_is_given_up_takes_scene_and_picture_of_its_own(self):
        drawings, fresh = introspect.Drawings(introspect.Pixels(), batch(64), self.generator), batch(80)
        fresh.ids += 1000
        before, drawings.visits = drawings.values.clone(), torch.arange(64) % 15
        gone = drawings.visits >= introspect.Pixels.visits
        drawings.give_up(torch.arange(64), fresh)
        self.assertTrue(0 < gone.sum() < 32)
        self.assertTrue(((drawings.scenes.ids[:, 0] >= 1000) == gone).all())
        changed = (drawings.values != before).flatten(1).any(1)
        self.assertTrue((changed == gone).all())
        self.assertEqual(drawings.visits[gone].max().item(), 0)


if __name__ == "__main__":
    unittest.main()
