"""Lets the judge read the pictures of an evaluation: prints one table of all columns, writes results.json, results.md and contact sheets."""

import argparse
import json
import sys
from pathlib import Path

import numpy
from PIL import Image
from scipy.stats import spearmanr
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

import judge  # noqa: E402
import sheets  # noqa: E402

MEGABYTE = 1_000_000
LISTS = ("concepts", "attributes", "novel", "styles", "edits", "repaints", "sounds", "compositions")
KEEP_OFF = 5  # pixels around an object that count neither as it nor as outside of it: windows and blur reach there


def read(file, side=128):
    """uint8 [side, side, 3]; a picture of another size is resized."""
    picture = Image.open(file).convert("RGB")
    return numpy.asarray(picture if picture.size == (side, side) else picture.resize((side, side), Image.LANCZOS))


class Reader:
    """The judge's unit vectors, texts remembered."""

    def __init__(self, folder):
        self.judge, self.known = judge.load(folder), {}

    def texts(self, texts):
        new = list(dict.fromkeys(text for text in texts if text not in self.known))
        if new:
            self.known.update(zip(new, unit(self.judge.embed_texts(new))))
        return numpy.stack([self.known[text] for text in texts])

    def pictures(self, pictures):
        return unit(self.judge.embed_pictures(numpy.stack(pictures)))

    def place(self, vector, own, others):
        """The own text's place, from 1, among it and the others by how near they are to the picture; behind those that are as near."""
        return 1 + int((self.texts(others) @ vector >= self.texts([own]) @ vector).sum())

    def first(self, vector, own, others):
        """Whether the own text is nearer to the picture than each of the others."""
        return self.place(vector, own, others) == 1


def unit(vectors):
    vectors = numpy.asarray(vectors, dtype=numpy.float64)
    return vectors / numpy.linalg.norm(vectors, axis=1, keepdims=True)


def frechet(a, b):
    """Frechet distance of the Gaussians that fit two sets of vectors."""
    def root(matrix):
        values, vectors = numpy.linalg.eigh(matrix)
        return vectors * numpy.sqrt(values.clip(min=0)) @ vectors.T
    first, second = numpy.cov(a, rowvar=False), numpy.cov(b, rowvar=False)
    side = root(first)
    return max(0.0, ((a.mean(0) - b.mean(0)) ** 2).sum() + numpy.trace(first + second - 2 * root(side @ second @ side)).item())


def outside(mask):
    """Boolean [H, W]: True away from the object."""
    near = mask > 0
    for _ in range(KEEP_OFF):
        near[1:] |= near[:-1].copy()
        near[:-1] |= near[1:].copy()
        near[:, 1:] |= near[:, :-1].copy()
        near[:, :-1] |= near[:, 1:].copy()
    return ~near


def similarity(a, b):
    """SSIM of every pixel [H, W]."""
    return structural_similarity(a, b, channel_axis=2, gaussian_weights=True, full=True)[1].mean(2)


def edge_similarity(a, b):
    """SSIM of the lengths of the grey's gradients, in shares of four times their root mean square, so that colour and contrast do not count."""
    def edges(picture):
        grey = picture.mean(2) / 255
        lengths = numpy.hypot(grey[:-1, 1:] - grey[:-1, :-1], grey[1:, :-1] - grey[:-1, :-1])
        return lengths / max(4 * numpy.sqrt((lengths ** 2).mean()), 1e-6)
    return structural_similarity(edges(a), edges(b), data_range=1, gaussian_weights=True)


def share(hits):
    """Percent and number, or None when there is nothing."""
    return {"percent": round(100 * sum(hits) / len(hits), 1), "of": len(hits)} if hits else None


def mean(values):
    """Their mean, or None when there is nothing."""
    return round(float(sum(values)) / len(values), 3) if values else None


class Column:
    """All pictures of one way to make them."""

    def __init__(self, folder, lists, reader):
        self.folder, self.lists, self.reader, self.verdicts = folder, dict(lists), reader, {}

    def entries(self, name):
        """Index, entry, pixels and vector of the pictures that are there."""
        found = [(i, entry, self.folder / name / f"{i:03}.png") for i, entry in enumerate(self.lists[name])]
        found = [(i, entry, read(file)) for i, entry, file in found if file.exists()]
        vectors = self.reader.pictures([pixels for *_, pixels in found]) if found else []
        return [(*item, vector) for item, vector in zip(found, vectors)]

    def concepts(self):
        plain = [entry["prompt"] for entry in self.lists["concepts"]]
        others = lambda prompt: [text for text in plain if text != prompt]
        near, far, places = [], [], []
        for i, entry, _, vector in self.entries("concepts"):
            places.append(self.reader.place(vector, entry["prompt"], others(entry["prompt"])))
            near.append(places[-1] == 1)
            far.append(near[-1] and self.reader.first(vector, entry["prompt"], self.lists["distractors"]))
            self.verdicts["concepts", i] = near[-1]
        if not places:
            return {}
        return {"concept among 100": share(near), "concept among 1,000": share(far), "... within the first five of 100": share([place <= 5 for place in places]),
                "... mean logarithm of its place": round(float(numpy.log(places).mean()), 2)}

    def attributes(self):
        one, all_, kinds = [], [], {}
        for i, entry, _, vector in self.entries("attributes"):
            own, attributes, nouns = entry["prompt"], entry["otherAttributes"], entry["otherNouns"]
            one.append(self.reader.first(vector, own, [attributes[0], nouns[0]]))
            all_.append(self.reader.first(vector, own, attributes + nouns))
            kinds.setdefault(entry["kind"], []).append(one[-1])
            self.verdicts["attributes", i] = one[-1]
        rows = {"attribute, against 1 swapped attribute and 1 swapped noun": share(one), "attribute, against 3 and 3": share(all_)}
        return rows | {f"... {kind}, against 1 and 1": share(hits) for kind, hits in kinds.items()}

    def novel(self):
        """What no icon shows: before both parts alone and one swapped part, and before both swapped parts as well."""
        three, four = [], []
        for i, entry, _, vector in self.entries("novel"):
            three.append(self.reader.first(vector, entry["prompt"], entry["parts"] + entry["swapped"][:1]))
            four.append(self.reader.first(vector, entry["prompt"], entry["parts"] + entry["swapped"]))
            self.verdicts["novel", i] = three[-1]
        return {"novel, against both parts and 1 swapped part": share(three), "novel, against both parts and 2 swapped parts": share(four)}

    def seeds(self):
        """R@1 among 100 of each seed's first concepts, and how far pictures of one prompt lie apart beside pictures of one seed."""
        folders = sorted((self.folder / "seeds").glob("*/concepts"))
        if not folders:
            return {}
        plain = [entry["prompt"] for entry in self.lists["concepts"]]
        count = len(list(folders[0].glob("*.png")))
        seen = numpy.stack([self.reader.pictures([read(folder / f"{i:03}.png") for i in range(count)]) for folder in [self.folder / "concepts", *folders]])
        texts = self.reader.texts(plain)
        rows = {f"seed {seed}: concept among 100": share([bool((texts @ vector).argmax() == i) for i, vector in enumerate(vectors)]) for seed, vectors in enumerate(seen)}
        apart = 1 - numpy.einsum("sid,tjd->stij", seen, seen)
        one, other = numpy.triu_indices(len(seen), 1)
        first, second = numpy.triu_indices(count, 1)
        return rows | {"distance between seeds of a prompt": round(float(apart[one, other].diagonal(axis1=1, axis2=2).mean()), 3),
                       "distance between prompts of a seed": round(float(numpy.mean([apart[s, s][first, second].mean() for s in range(len(seen))])), 3)}

    def trajectories(self):
        """Whether a better score of the run's own CLIP is a better picture to the judge, within each prompt."""
        correlations, risen = [], []
        for file in sorted((self.folder / "trajectories").glob("*/scores.json")):
            told = json.loads(file.read_text())
            judged = self.reader.pictures([read(file.parent / f"{mark:03}.png") for mark in told["marks"]]) @ self.reader.texts([told["prompt"]])[0]
            correlations.append(float(spearmanr(told["scores"], judged).statistic))
            risen.append(bool(judged[-1] > judged[0]))
        if not risen:
            return {}
        return {f"rank correlation of the CLIP's and the judge's score, mean of {len(risen)} prompts": round(float(numpy.mean(correlations)), 2), "judge's score risen from first to last step": share(risen)}

    def styles(self):
        style, content, both = [], [], []
        plain = [entry["prompt"] for entry in self.lists["concepts"]]
        for i, entry, _, vector in self.entries("styles"):
            own = entry["form"].format(entry["content"])
            style.append(self.reader.first(vector, own, [form.format(entry["content"]) for form in entry["otherForms"]]))
            content.append(self.reader.first(vector, own, [entry["form"].format(text) for text in plain if text != entry["content"]]))
            both.append(style[-1] and content[-1])
            self.verdicts["styles", i] = both[-1]
        return {"style among 9": share(style), "content among 100, in that style": share(content), "both": share(both)}

    def repaints(self, sources):
        style, content, edges = [], [], []
        captions = [entry["source"] for entry in self.lists["repaints"]]
        for i, entry, pixels, vector in self.entries("repaints"):
            own = entry["form"].format(entry["source"])
            style.append(self.reader.first(vector, own, [form.format(entry["source"]) for form in entry["otherForms"]]))
            content.append(self.reader.first(vector, own, [entry["form"].format(text) for text in captions if text != entry["source"]]))
            edges.append(edge_similarity(read(sources / f"edits/{i:02}.png"), pixels))
            self.verdicts["repaints", i] = style[-1]
        return {"repainted: style among 9": share(style), f"repainted: content among {len(captions)}, in that style": share(content), "repainted: SSIM of the edges": mean(edges)}

    def sounds(self):
        """What is heard, among all that is heard in any of them."""
        file = self.folder / "sounds.json"
        if not file.exists():
            return {}
        self.lists["sounds"] = json.loads(file.read_text())
        names, right = {entry["prompt"] for entry in self.lists["sounds"]}, []
        for i, entry, _, vector in self.entries("sounds"):
            right.append(self.reader.first(vector, entry["prompt"], sorted(names - {entry["prompt"]})))
            self.verdicts["sounds", i] = right[-1]
        return {f"sound among {len(names)}": share(right)}

    def edits(self, sources):
        better, before, colour, night = [], [], [], []
        for i, entry, pixels, vector in self.entries("edits"):
            source = read(sources / f"edits/{i:02}.png")
            away = outside(numpy.asarray(Image.open(sources / f"edits/{i:02}-object.png")))
            better.append(self.reader.first(vector, entry["prompt"], [entry["source"]]))
            before.append(self.reader.first(self.reader.pictures([source])[0], entry["source"], [entry["prompt"]]))
            alike = similarity(source, pixels)
            (colour if entry["kind"] == "colour" else night).append(float(alike[away if entry["kind"] == "colour" else ~away].mean()))
            self.verdicts["edits", i] = better[-1]
        return {"edit: target before source caption": share(better), "(source pictures: source before target caption)": share(before),
                "recoloured: SSIM outside of the object": mean(colour), "made night: SSIM of the object": mean(night)}

    def distance(self, sources, reconstructions):
        found = [item for item in self.entries("compositions") if (reconstructions / f"{item[0]:03}.png").exists()]
        if len(found) < 2:
            return {}
        seen = self.reader.pictures([read(sources / f"compositions/{i:03}.png") for i, *_ in found])
        floor = self.reader.pictures([read(reconstructions / f"{i:03}.png") for i, *_ in found])
        return {f"Frechet distance to {len(found)} unseen compositions": round(frechet(numpy.stack([vector for *_, vector in found]), seen), 4),
                f"... of the generator's reconstructions of these {len(found)} (floor)": round(frechet(floor, seen), 4)}

    def speed(self):
        file = self.folder / "speed.json"
        if not file.exists():
            return {}
        speed = json.loads(file.read_text())
        return {"start to PNG, s": round(speed["seconds"], 1), "steps": speed["steps"], "steps a second": round(speed["stepsPerSecond"], 1),
                "peak memory, MB": round(speed["peakMegabytes"]) if "peakMegabytes" in speed else None, "load of the machine before": round(speed["load"], 1)}

    def cost(self):
        """The arithmetic of one picture."""
        file = self.folder / "cost.json"
        return {"GFLOP a picture": round(json.loads(file.read_text())["gigaflop"])} if file.exists() else {}

    def rows(self, sources, reconstructions):
        return self.cost() | self.concepts() | self.attributes() | self.novel() | self.styles() | self.edits(sources) | self.seeds() | self.trajectories() | self.distance(sources, reconstructions) | self.speed()


def generator(sources, folder):
    """What the generator can draw at all: reconstructions of unseen compositions, and the codes they use."""
    if not (folder / "reconstructions.json").exists():
        return {}
    report = json.loads((folder / "reconstructions.json").read_text())
    files = [folder / f"{number:03}.png" for number in range(len(report["used"]))]
    pairs = [(read(sources / "compositions" / file.name), read(file)) for file in files]
    used = {code for picture in report["used"] for code in picture}
    return {"pictures": len(pairs), "codes used, %": round(100 * len(used) / report["codes"], 1) if used else None, "PSNR, dB": round(float(numpy.mean([peak_signal_noise_ratio(a, b) for a, b in pairs])), 2),
            "SSIM": mean([similarity(a, b).mean() for a, b in pairs])}


def judges_own(lists, sources, reader):
    """How well the judge reads pictures that nobody generated: each unseen composition's caption among all of theirs."""
    captions = [entry["prompt"] for entry in lists["compositions"]]
    vectors = reader.pictures([read(sources / f"compositions/{i:03}.png") for i in range(len(captions))])
    texts = reader.texts(captions)
    hits = [bool(text @ vector >= (texts @ vector).max() - 1e-9) for text, vector in zip(texts, vectors)]
    return {f"unseen compositions, own caption first among {len(captions)}": share(hits)}


def sizes(models):
    files = {str(file.relative_to(models)): file.stat().st_size / MEGABYTE for file in sorted(models.rglob("*")) if file.is_file()}
    large = {name: round(size, 2) for name, size in files.items() if size >= 0.05}
    return large | {"all": round(sum(files.values()), 2)}


def spelled(value):
    if value is None:
        return ""
    return f"{value['percent']} % of {value['of']}" if isinstance(value, dict) else str(value)


def table(columns):
    names = list(columns)
    rows = list(dict.fromkeys(row for column in columns.values() for row, value in column.items() if value is not None))
    lines = [f"| | {' | '.join(names)} |", f"| --- |{' ---: |' * len(names)}"]
    return lines + [f"| {row} | {' | '.join(spelled(columns[name].get(row)) for name in names)} |" for row in rows]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pictures", required=True, help="a folder of columns, each with a folder per list")
    parser.add_argument("--sources", required=True, help="what draw.py wrote")
    parser.add_argument("--models", required=True)
    parser.add_argument("--judge", required=True)
    parser.add_argument("--gallery", help="also write contact sheets of the first column here")
    options = parser.parse_args()
    pictures, sources = Path(options.pictures), Path(options.sources)
    lists, reader = json.loads((HERE / "prompts.json").read_text()) | {"novel": json.loads((HERE / "novel.json").read_text())}, Reader(options.judge)
    folders = sorted({file.parent.parent for name in LISTS for file in pictures.glob(f"*/{name}/000.png")} - {sources})
    columns = [Column(folder, lists, reader) for folder in folders]
    if not columns:
        raise SystemExit(f"{pictures}: no pictures; `npm run evaluate` makes them")
    columns.append(Column(sources / "composed", lists, reader))
    results = {column.folder.name: column.rows(sources, pictures / "reconstructions") | column.repaints(sources) | column.sounds() for column in columns}
    whole = {"columns": results, "generator": generator(sources, pictures / "reconstructions"),
             "judge": judges_own(lists, sources, reader), "megabytes": sizes(Path(options.models))}
    (pictures / "results.json").write_text(json.dumps(whole, indent=1) + "\n")
    tables = [results, *([{"generator": whole["generator"]}] if whole["generator"] else []), {"judge": whole["judge"]}, {"MB": whole["megabytes"]}]
    lines = [line for columns in tables for line in [*table(columns), ""]]
    (pictures / "results.md").write_text("\n".join(lines))
    print("\n".join(lines))
    if options.gallery:
        for column in columns[:-1]:
            sheets.write(column.folder, column.lists, column.verdicts, sources, Path(options.gallery), "" if column.folder.name == "default" else f"-{column.folder.name}")


if __name__ == "__main__":
    main()
