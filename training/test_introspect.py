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

    def test_redrawing_brings_pictures_nearer_to_their_text(self):
        clip = towers.Clip(50)
        clip.train().image(torch.rand(16, 3, towers.SIDE, towers.SIDE))
        text, start = F.normalize(torch.randn(4, towers.PROJECTION), dim=1), torch.rand(4, 3, towers.SIDE, towers.SIDE)
        drawn = introspect.redraw(clip, start, text, torch.full((4,), 0.03), 12, self.generator)
        near = lambda pictures: (clip.eval().image(pictures) * text).sum(1)
        self.assertTrue((near(drawn) > near(start)).all())
        self.assertTrue(0 <= drawn.min() and drawn.max() <= 1)

    def test_every_drawing_goes_on_before_one_goes_on_again(self):
        drawings = introspect.Drawings(batch(12), self.generator)
        seen = torch.cat([drawings.next(4) for _ in range(6)])
        self.assertEqual([sorted(part.tolist()) for part in seen.split(12)], [list(range(12))] * 2)
        self.assertEqual(drawings.visits.tolist(), [2] * 12)

    def test_what_is_given_up_takes_scene_and_picture_of_its_own(self):
        drawings, fresh, chosen = introspect.Drawings(batch(64), self.generator), batch(80), torch.arange(64)
        fresh.ids += 1000
        before = drawings.pixels.clone()
        drawings.next(64)
        drawings.give_up(chosen, fresh)
        gone = drawings.visits == 0
        self.assertTrue(0 < gone.sum() < 32)
        self.assertTrue(((drawings.scenes.ids[:, 0] >= 1000) == gone).all())
        changed = (drawings.pixels != before).flatten(1).any(1)
        self.assertTrue((changed == gone).all())


if __name__ == "__main__":
    unittest.main()
