"""The evaluation's judge as a filter: {"pictures": [files], "texts": [...]} comes in, unit vectors of both go out."""

import json
import sys
from pathlib import Path

import numpy
from PIL import Image

sys.path.insert(0, str(Path(__file__).parent.parent / "training"))

import judge  # noqa: E402


def unit(vectors):
    vectors = numpy.asarray(vectors, dtype=numpy.float64)
    return (vectors / numpy.linalg.norm(vectors, axis=1, keepdims=True)).round(7).tolist()


asked = json.load(sys.stdin)
out, sys.stdout = sys.stdout, sys.stderr  # libraries print
reader = judge.load(Path(__file__).parent.parent / "training" / "judge")
pictures = [numpy.asarray(Image.open(file).convert("RGB").resize((128, 128), Image.LANCZOS)) for file in asked["pictures"]]
json.dump({"pictures": unit(reader.embed_pictures(numpy.stack(pictures))), "texts": unit(reader.embed_texts(asked["texts"]))}, out)
