"""Captions for composed pictures: nouns of a concept, colours, articles and sentence forms, and the whole-word tokenizer over them."""

import json
import random
from pathlib import Path

from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, processors, decoders

CONTEXT = 16
PALETTE = {
    "red": (0.86, 0.15, 0.15), "orange": (0.96, 0.55, 0.12), "yellow": (0.98, 0.84, 0.18), "green": (0.22, 0.64, 0.25),
    "blue": (0.16, 0.42, 0.86), "purple": (0.52, 0.25, 0.72), "pink": (0.96, 0.52, 0.70), "brown": (0.50, 0.31, 0.18),
    "black": (0.10, 0.10, 0.11), "white": (0.98, 0.98, 0.98), "gray": (0.55, 0.55, 0.56), "turquoise": (0.20, 0.75, 0.75),
}
COLOUR_WORDS = {"grey": "gray", "violet": "purple", "cyan": "turquoise", "teal": "turquoise", **{name: name for name in PALETTE}}
FORMS = [
    ("{}", 50), ("a picture of {}", 4), ("an image of {}", 3), ("an illustration of {}", 4), ("a drawing of {}", 4), ("a painting of {}", 3),
    ("a photo of {}", 3), ("an icon of {}", 3), ("a cartoon of {}", 2), ("a picture with {}", 1), ("a simple drawing of {}", 1),
]
NUMBERS = {2: ["two", "two", "a pair of", "a couple of"], 3: ["three"], 4: ["four"]}
PLACES = {"left": "on the left", "right": "on the right", "top": "at the top", "bottom": "at the bottom"}
RELATIONS = {
    "left": ["to the left of", "left of"], "right": ["to the right of", "right of"], "above": ["above", "over", "on top of"], "below": ["below", "under"],
}
BESIDE = ["and", "and", "next to", "with"]
SCENERY = {
    "sky": ["in the sky", "in a blue sky", "on a cloudy sky"], "grass": ["on grass", "in the grass", "on a green meadow"],
    "night": ["at night", "in the night sky", "under the stars"], "sea": ["on the sea", "by the sea", "in the sea"],
    "stripes": ["on a striped background", "on stripes"], "checkerboard": ["on a checkerboard", "on a checkered background"],
}
STYLES = {
    "pixel art": ["pixel art of {}", "{} as pixel art", "{} in pixel art style"],
    "pencil sketch": ["a pencil sketch of {}", "a pencil drawing of {}", "{} as a pencil sketch"],
    "watercolour": ["a watercolour painting of {}", "a watercolor painting of {}", "{} in watercolour", "a watercolor of {}"],
    "oil painting": ["an oil painting of {}", "{} as an oil painting", "{} painted in oil"],
    "black and white": ["a black and white picture of {}", "a black and white photo of {}", "{} in black and white"],
    "neon": ["a neon sign of {}", "neon {}", "{} in neon lights"],
    "low poly": ["a low poly picture of {}", "low poly {}", "{} in low poly style"],
    "blurry": ["a blurry picture of {}", "a blurry photo of {}", "blurry {}"],
    "mosaic": ["a mosaic of {}", "{} as a mosaic"],
}
STYLE_ALONE = {
    "pixel art": ["pixel art"], "pencil sketch": ["a pencil sketch", "a pencil drawing"], "watercolour": ["a watercolour painting", "a watercolor painting", "watercolour"],
    "oil painting": ["an oil painting"], "black and white": ["a black and white picture", "black and white"], "neon": ["neon", "a neon sign", "neon lights"],
    "low poly": ["low poly", "a low poly picture"], "blurry": ["a blurry picture", "blurry"], "mosaic": ["a mosaic"],
}
SIZES = {"small": ["small", "little", "tiny"], "big": ["big", "large"]}


def spelled(colour, rng):
    """One of the words for a palette colour."""
    other = [word for word, name in COLOUR_WORDS.items() if name == colour and word != colour]
    return rng.choice(other) if other and rng.random() < 0.25 else colour


def without_colour(noun):
    """The noun without a leading colour word, or None when nothing else is left."""
    rest = [word for word in noun.split() if word not in COLOUR_WORDS]
    return " ".join(rest) if rest else None


def with_article(phrase):
    """The phrase with "a" or "an" before it."""
    return ("an " if phrase[0] in "aeiou" else "a ") + phrase


def article(phrase, rng):
    """The phrase with "a"/"an", "the", "one" or nothing before it."""
    draw = rng.random()
    if draw < 0.70:
        return with_article(phrase)
    return ("the " + phrase) if draw < 0.80 else phrase


def plural(noun):
    """The plural that the tokenizer splits into a known word and a suffix."""
    return noun + ("es" if noun.endswith(("s", "x", "ch", "sh", "z")) else "s")


def described(noun, rng, colour=None, size=None, count=1):
    """A noun phrase: article or number, size, colour, noun."""
    head = " ".join(filter(None, [rng.choice(SIZES[size]) if size else None, spelled(colour, rng) if colour else None, noun]))
    return rng.choice(NUMBERS[count]) + " " + plural(head) if count > 1 else article(head, rng)


def caption(noun, rng, colour=None, background=None, scenery=None, place=None, size=None, count=1, relation=None, other=None, style=None, alone=False):
    """A sentence about one picture; every argument but the noun is left out when the picture does not show it.

    `other` is (noun, colour) of a second thing, `relation` where the first lies from there; `alone` names the style and nothing else.
    """
    if alone:
        return rng.choice(STYLE_ALONE[style])
    text = described(noun, rng, colour, size, count)
    if other:
        text += " " + rng.choice(RELATIONS[relation] if relation else BESIDE) + " " + described(*other[:1], rng, other[1])
    if place:
        text += " " + PLACES[place]
    if scenery:
        text += " " + rng.choice(SCENERY[scenery])
    elif background:
        name = spelled(background, rng)
        text += rng.choice([f" on a {name} background", f" on a {name} background", f" on {name}", f" with a {name} background", f" in front of a {name} background"])
    if style:
        return rng.choice(STYLES[style]).format(text)
    return text if other else rng.choices([form for form, _ in FORMS], [weight for _, weight in FORMS])[0].format(text)


def vocabulary(concepts):
    """Every word that a caption can hold, most needed first."""
    found = {}
    sentences = [form for form, _ in FORMS] + ["the a an and on in at with front background"] + list(COLOUR_WORDS) + list(PLACES.values()) + BESIDE
    for table in (SIZES, NUMBERS, RELATIONS, SCENERY, STYLES, STYLE_ALONE):
        sentences += [phrase for phrases in table.values() for phrase in phrases]
    for concept in concepts:
        sentences += concept["names"] + concept["tags"]
    for sentence in sentences:
        for word in sentence.format("").split():
            found.setdefault(word, len(found))
    return list(found)


def build_tokenizer(concepts, folder):
    """Writes tokenizer.json and tokenizer_config.json: lowercase whole words without punctuation, plural suffixes, [UNK] for the rest, <eos> last."""
    tokens = ["<pad>", "[UNK]", "<bos>", "##s", "##es", *vocabulary(concepts), "<eos>"]
    ids = {token: index for index, token in enumerate(tokens)}
    tokenizer = Tokenizer(models.WordPiece(ids, unk_token="[UNK]", continuing_subword_prefix="##", max_input_chars_per_word=40))
    tokenizer.normalizer = normalizers.Sequence([
        normalizers.Replace(Regex("['’]"), ""), normalizers.Replace(Regex("[!-/:-@\\[-`{-~]+"), " "),
        normalizers.BertNormalizer(clean_text=True, handle_chinese_chars=False, strip_accents=True, lowercase=True),
    ])
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece(prefix="##", cleanup=False)
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<bos> $A <eos>", pair="<bos> $A <eos> $B:1 <eos>:1", special_tokens=[("<bos>", ids["<bos>"]), ("<eos>", ids["<eos>"])])
    tokenizer.add_special_tokens(["<pad>", "[UNK]", "<bos>", "<eos>"])
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(folder / "tokenizer.json"))
    config = {
        "tokenizer_class": "PreTrainedTokenizerFast", "model_max_length": CONTEXT, "bos_token": "<bos>", "eos_token": "<eos>",
        "pad_token": "<pad>", "unk_token": "[UNK]", "do_lower_case": True, "padding_side": "right", "clean_up_tokenization_spaces": False,
    }
    (folder / "tokenizer_config.json").write_text(json.dumps(config, indent=2) + "\n")
    return tokenizer


def load_tokenizer(folder):
    """The tokenizer with padding and truncation to the context length."""
    tokenizer = Tokenizer.from_file(str(Path(folder) / "tokenizer.json"))
    tokenizer.enable_truncation(CONTEXT)
    tokenizer.enable_padding(length=CONTEXT, pad_id=0, pad_token="<pad>")
    return tokenizer
