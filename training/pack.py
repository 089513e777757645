"""The rendered pictures as one small file and back: `python pack.py pack DATA FILE`, `python pack.py unpack FILE DATA`.

22 MB where `npm run render` writes 645: at the side that the CLIP sees (64 px), without loss. For a machine that can only be sent a file.
"""

import io
import json
import sys
import zipfile
from pathlib import Path

import numpy as np
from PIL import Image

from clip import opened
from towers import SIDE


def pack(data, file):
    pictures = opened(data)
    index = json.loads((Path(data) / "pictures.json").read_text()) | {"size": SIDE}
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("pictures.json", json.dumps(index), zipfile.ZIP_DEFLATED)
        for number, pixels in enumerate(pictures.pixels):
            made = io.BytesIO()
            Image.fromarray(pixels.permute(1, 2, 0).numpy(), "RGBA").save(made, "WEBP", lossless=True, exact=True)
            archive.writestr(f"{number}.webp", made.getvalue())


def unpack(file, data):
    folder = Path(data)
    folder.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(file) as archive, open(folder / "pictures.u8", "wb") as pixels:
        index = archive.read("pictures.json")
        for number in range(json.loads(index)["count"]):
            pixels.write(np.asarray(Image.open(io.BytesIO(archive.read(f"{number}.webp"))).convert("RGBA")).tobytes())
    (folder / "pictures.json").write_bytes(index)


if __name__ == "__main__":
    {"pack": pack, "unpack": unpack}[sys.argv[1]](*sys.argv[2:])
