"""Tests of the judge's reader of order: `python -m unittest discover training`; the last one reads with the exported judge."""

import unittest
from pathlib import Path

import numpy
import torch

import judge
import order
from data import RELATION_NAMES, SHIFT


class Parted(unittest.TestCase):
    def test_two_things_and_what_is_between_them(self):
        self.assertEqual(order.parted("a cat to the left of a dog"), ("a cat", "left", "a dog"))
        self.assertEqual(order.parted("a sunrise over mountains below an ox"), ("a sunrise over mountains", "below", "an ox"))

    def test_a_text_without_exactly_one_relation_is_refused(self):
        for text in ("a cat", "a cat and a dog", "a cat above a dog above an ox"):
            with self.assertRaisesRegex(ValueError, f'parted.*got "{text}"'):
                order.parted(text)


class Pointing(unittest.TestCase):
    def test_the_relation_in_which_two_cells_lie_scores_best_and_its_opposite_worst(self):
        pointer = order.Pointer()
        torch.nn.init.eye_(pointer.look[1].weight)
        torch.nn.init.zeros_(pointer.look[1].bias)
        cells = torch.eye(judge.CELLS, judge.WIDTH)[None]
        nouns = torch.eye(judge.CELLS, judge.EMBEDDING)
        for first, second, relation in ((4, 7, "left"), (7, 4, "right"), (1, 13, "above"), (13, 1, "below")):
            scores = dict(zip(RELATION_NAMES, pointer(cells, nouns[first][None], nouns[second][None])[0].tolist()))
            self.assertEqual(max(scores, key=scores.get), relation)
            self.assertAlmostEqual(sum(scores.values()), 0, places=5)
            self.assertGreater(scores[relation], 0.5)


class Shipped(unittest.TestCase):
    def test_a_disc_and_a_square_are_told_apart_wherever_they_stand(self):
        folder = Path(__file__).parent / "judge"
        reader = order.load(folder, judge.load(folder))
        y, x = numpy.mgrid[0:128, 0:128]
        for relation, (dx, dy) in SHIFT.items():
            picture = numpy.full((128, 128, 3), 255, numpy.uint8)
            picture[(x - 64 - 32 * dx) ** 2 + (y - 64 - 32 * dy) ** 2 < 26 ** 2] = (221, 46, 68)
            picture[(abs(x - 64 + 32 * dx) < 26) & (abs(y - 64 + 32 * dy) < 26)] = (85, 172, 238)
            scores = reader.scores(picture[None], "a red circle", "a blue square")[0]
            self.assertEqual(RELATION_NAMES[int(scores.argmax())], relation)


if __name__ == "__main__":
    unittest.main()
