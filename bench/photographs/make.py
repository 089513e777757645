"""Crops four open photographs of scikit-image's data to squares of 256 pixels, and draws masks of what an edit of each may change (queries.csv)."""

from pathlib import Path

from PIL import Image, ImageDraw
from skimage import data

HERE, SIDE = Path(__file__).parent, 256
# The square of each photograph, and the mask on the square of 256: an ellipse's box, or corners; a second shape is taken away.
PHOTOGRAPHS = {
    "cup": (data.coffee, (110, 0, 510, 400), [("ellipse", (-14, 44, 238, 248)), ("ellipse", (38, 6, 194, 150))], None),
    "cat": (data.chelsea, (20, 0, 320, 300), [("ellipse", (98, 70, 166, 126)), ("ellipse", (234, 92, 276, 144))], None),
    "astronaut": (data.astronaut, (0, 0, 512, 512), [("polygon", (14, 255, 22, 170, 54, 116, 84, 92, 146, 106, 176, 140, 180, 170, 150, 200, 138, 255))], ("ellipse", (56, 72, 152, 148))),
    "rocket": (data.rocket, (107, 0, 534, 427), [("polygon", (0, 0, 255, 0, 255, 218, 0, 218))], ("polygon", (112, 218, 112, 72, 142, 72, 142, 218))),
}


def main():
    for name, (photograph, box, shapes, without) in PHOTOGRAPHS.items():
        Image.fromarray(photograph()).crop(box).resize((SIDE, SIDE), Image.LANCZOS).save(HERE / f"{name}.jpg", quality=88)
        mask = Image.new("L", (SIDE, SIDE))
        draw = ImageDraw.Draw(mask)
        for kind, points in shapes:
            getattr(draw, kind)(points, fill=255)
        if without:
            getattr(draw, without[0])(without[1], fill=0)
        mask.save(HERE / f"{name}-mask.png", optimize=True)


if __name__ == "__main__":
    main()
