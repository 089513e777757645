"""Tests of the CLIP's last stage: `python -m unittest discover training`; needs no pictures."""

import unittest

import torch

import read


class Space(unittest.TestCase):
    def setUp(self):
        torch.manual_seed(0)
        self.seen = torch.randn(2000, 600) * torch.linspace(3, 0.1, 600) + 5 * torch.rand(600)
        self.learned = torch.randn(256, 600) / 600

    def test_both_halves_are_as_long_in_the_mean(self):
        halves = (self.seen @ read.widened(self.learned, self.seen).T).split([256, read.COMPONENTS], 1)
        for half in halves:
            self.assertAlmostEqual(half.square().sum(1).mean().item(), 1, places=3)

    def test_what_was_learned_keeps_its_angles(self):
        wide = read.widened(self.learned, self.seen)[:256]
        self.assertLess((wide / wide.norm() - self.learned / self.learned.norm()).abs().max().item(), 1e-6)

    def test_components_do_not_see_the_mean_and_are_apart(self):
        components = read.widened(self.learned, self.seen)[256:]
        mean = self.seen.mean(0)
        self.assertLess(((components @ mean).norm() / (components.norm() * mean.norm())).item(), 1e-5)
        made = self.seen @ components.T
        self.assertLess((torch.corrcoef(made.T) - torch.eye(read.COMPONENTS)).abs().max().item(), 0.02)

    def test_fewer_numbers_keep_angles_between_pictures(self):
        wide = read.widened(self.learned, self.seen)
        turned = read.principal(wide, self.seen)
        self.assertEqual(turned.shape, (read.SPACE, 600))
        before, after = (torch.nn.functional.normalize(self.seen[:200] @ projection.T, dim=1) for projection in (wide, turned))
        self.assertLess((after @ after.T - before @ before.T).abs().max().item(), 0.02)

    def test_the_mode_is_where_most_are_and_not_between_them_and_the_others(self):
        most, others = (torch.nn.functional.normalize(torch.randn(40), dim=0) for _ in range(2))
        around = lambda middle, count: torch.nn.functional.normalize(middle + 0.05 * torch.randn(count, 40), dim=1)
        vectors = torch.cat([around(most, 13), around(others, 7)])
        found = read.mode(vectors)
        self.assertAlmostEqual(found.norm().item(), 1, places=5)
        self.assertGreater((found @ most).item(), 0.99)
        self.assertLess((torch.nn.functional.normalize(vectors.mean(0), dim=0) @ most).item(), 0.95)


class Names(unittest.TestCase):
    def test_a_shared_name_stays_with_the_concept_that_it_is_the_first_of_or_the_weightiest(self):
        concepts = [["cat face", "cat"], ["cat"], ["laptop", "computer"], ["desktop", "computer"]]

        class Pictures:
            weights = [1, 0.5, 0.3, 0.6]

        Pictures.concepts = [{"id": number, "names": names} for number, names in enumerate(concepts)]
        read.told_apart(Pictures)
        self.assertEqual([concept["names"] for concept in Pictures.concepts], [["cat face"], ["cat"], ["laptop"], ["desktop", "computer"]])


if __name__ == "__main__":
    unittest.main()
