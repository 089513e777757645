"""Tests of the CLIP's forms: `python -m unittest discover training`; trained, exported and filled again from the export they compute the same."""

import tempfile
import unittest

import torch

import towers

VOCABULARY = 50


class Forms(unittest.TestCase):
    def setUp(self):
        torch.manual_seed(0)
        self.model = towers.Clip(VOCABULARY)
        self.model.train().image(torch.rand(16, 3, towers.SIDE, towers.SIDE))  # the norms learn statistics
        self.pixels, self.ids = torch.rand(4, 3, towers.SIDE, towers.SIDE), torch.tensor([[2, 7, 20, 49, 0], [2, 9, 40, 30, 49]])

    def test_export_computes_the_same(self):
        with tempfile.TemporaryDirectory() as folder, torch.no_grad():
            towers.export(self.model, folder)
            exported = towers.Exported(folder)
            self.assertLess((exported.image(self.pixels) - self.model.eval().image(self.pixels)).abs().max().item(), 1e-3)
            self.assertLess((exported.text(self.ids) - self.model.text(self.ids)).abs().max().item(), 1e-3)

    def test_a_training_goes_on_from_an_export(self):
        with tempfile.TemporaryDirectory() as folder, torch.no_grad():
            towers.export(self.model, folder)
            exported, again = towers.Exported(folder), towers.unfold(folder, torch.rand(8, 3, towers.SIDE, towers.SIDE))
            self.assertLess((exported.image(self.pixels) - again.eval().image(self.pixels)).abs().max().item(), 1e-5)
            self.assertLess((exported.text(self.ids) - again.text(self.ids)).abs().max().item(), 1e-5)

    def test_a_layer_gives_one_place_as_it_gives_all(self):
        layer, states, at = towers.Layer(64, 4, 128), torch.randn(3, 9, 64), torch.tensor([4, 0, 8])
        self.assertLess((layer(states, at)[:, 0] - layer(states)[torch.arange(3), at]).abs().max().item(), 1e-5)


if __name__ == "__main__":
    unittest.main()
