"""Contact sheets of an evaluation: every picture of a list with its prompt below, black when the judge read it right, else red."""

import numpy
from PIL import Image, ImageDraw, ImageFont
from scipy.io import wavfile
from scipy.signal import spectrogram

SIDE, GAP, LINE, LINES, QUALITY = 128, 6, 12, 2, 82
COLUMNS = {"concepts": 10, "attributes": 10, "novel": 10, "styles": 6, "edits": 10, "repaints": 10, "sounds": 9}


def heard(file):
    """A sound as a picture: time to the right, pitch up to 8 kHz upwards, dark where it is loud (60 dB)."""
    rate, samples = wavfile.read(file)
    pitches, _, power = spectrogram(samples.reshape(len(samples), -1).mean(1), rate, nperseg=512, noverlap=256)
    loud = 10 * numpy.log10(power[pitches <= 8000][::-1] + 1e-12)
    grey = ((loud.max() - loud) / 60).clip(0, 1) * 255
    return Image.fromarray(grey.astype(numpy.uint8)).convert("RGB").resize((SIDE, SIDE))


def wrapped(text, font, width):
    """The text in at most LINES lines; what does not fit is left out."""
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if font.getlength(longer) <= width or not lines[-1]:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines[:LINES]


def sheet(tiles, columns, file):
    """`tiles`: lists of pictures (one below the other), a text and whether it was read right."""
    font = ImageFont.load_default(10)
    stacked = max(len(pictures) for pictures, *_ in tiles)
    width, height = SIDE + GAP, stacked * SIDE + LINES * LINE + GAP
    columns = min(columns, len(tiles))
    image = Image.new("RGB", (columns * width + GAP, -(-len(tiles) // columns) * height + GAP), "white")
    draw = ImageDraw.Draw(image)
    for number, (pictures, text, right) in enumerate(tiles):
        left, top = GAP + number % columns * width, GAP + number // columns * height
        for row, picture in enumerate(pictures):
            image.paste(picture.resize((SIDE, SIDE)) if picture.size != (SIDE, SIDE) else picture, (left, top + row * SIDE))
        for row, line in enumerate(wrapped(text, font, SIDE)):
            draw.text((left, top + stacked * SIDE + row * LINE), line, font=font, fill="black" if right else "#c01010")
    file.parent.mkdir(parents=True, exist_ok=True)
    image.save(file, quality=QUALITY, method=6)


def write(folder, lists, verdicts, sources, gallery, suffix):
    """One WebP for each list that has pictures; edits stand below their sources."""
    for name, columns in COLUMNS.items():
        tiles = []
        for number, entry in enumerate(lists.get(name, ())):
            file = folder / name / f"{number:03}.png"
            if not file.exists():
                continue
            pictures = [Image.open(sources / f"edits/{number:02}.png").convert("RGB")] if "source" in entry else []
            if name == "sounds":
                pictures = [heard(folder / f"heard/{number:03}.wav")]
            text = f"{entry['source']} > {entry['prompt']}" if "source" in entry else entry["prompt"]
            tiles.append(([*pictures, Image.open(file).convert("RGB")], text, verdicts.get((name, number), False)))
        if tiles:
            sheet(tiles, columns, gallery / f"{name}{suffix}.webp")
