"""A small text tower in the sentence-transformers form that reads English, German, French, Spanish, Italian, Portuguese and Dutch into the space of a CLIP that `towers.py` exported: prompts in other
languages before the bundled pair, judged by `npm run evaluate -- --text-tower DIR --translated FILE`. Names and keywords of things are emojibase's, from Unicode's CLDR; the words around them are in
`languages.json`. `python training/languages.py --out .training/languages`"""

import argparse
import json
import random
import re
import time
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors, trainers
from transformers import BertConfig, BertModel

import loop
from captions import load_tokenizer, plural, with_article
from towers import Exported

HERE = Path(__file__).parent
WORDS = json.loads((HERE / "languages.json").read_text())
VOCABULARY, CONTEXT, SCALE = 8000, 32, 24
KINDS = (("bare", 40), ("keyword", 12), ("colour", 18), ("background", 5), ("scenery", 7), ("style", 8), ("alone", 3), ("number", 4), ("two", 6))


def plain(text):
    """Text as names are compared: small letters, one space."""
    return re.sub(r"\s+", " ", re.sub(r"[:“”„\"()]", " ", text.lower())).strip()


class Names:
    """What the concepts of `pictures.json` are called in one language, beside their English names."""

    def __init__(self, language, concepts):
        folder = HERE / "node_modules/emojibase-data"
        read = lambda which: json.loads((folder / which / "data.json").read_text())
        codes = {}
        for emoji in read("en"):
            codes[re.sub(r"[^a-z0-9]+", " ", emoji["label"].replace("’", "").replace("flag: ", "flag of ").lower()).strip()] = emoji["hexcode"]
        theirs = {emoji["hexcode"]: emoji for emoji in read(language)}
        self.words, self.things, keywords = WORDS[language], [], {}
        colours = {form: colour for colour, forms in self.words["colours"].items() for form in plain(forms).split()}
        for concept in concepts:
            emoji = theirs.get(codes.get(concept["name"]))
            if not emoji:
                continue
            english, label = concept["name"], plain(emoji["label"])
            self.things.append((label, english, concept["weight"]))
            if language == "en":  # the words that the CLIP itself has for it: "car" of "automobile"
                self.things += [(plain(name), name, concept["weight"]) for name in concept["names"] if name != english]
            for keyword in {plain(tag) for tag in emoji.get("tags", [])} - {label}:
                keywords.setdefault(keyword, []).append(english)
            bare = [[word for word in name.split() if word not in known] for name, known in ((label, colours), (english, self.words["colours"]))]
            if all(bare) and len(bare[0]) < len(label.split()) and len(bare[1]) < len(english.split()):
                self.things.append((" ".join(bare[0]), " ".join(bare[1]), concept["weight"]))  # "apfel" of "roter apfel"
        known = {label for label, _, _ in self.things}
        self.keywords = [(keyword, meant) for keyword, meant in keywords.items() if len(meant) <= 2 and keyword not in known and keyword not in colours]
        self.weights = [max(0.15, weight) for _, _, weight in self.things]

    def thing(self, rng):
        label, english, _ = rng.choices(self.things, self.weights)[0]
        return label, english

    def coloured(self, rng, colour, label):
        form = rng.choice(plain(self.words["colours"][colour]).split())
        return f"{form} {label}" if self.words["colourFirst"] else f"{label} {form}"

    def sentence(self, rng):
        """A text of this language, and the English sentences whose mean it is to be."""
        words, kind = self.words, rng.choices([kind for kind, _ in KINDS], [share for _, share in KINDS])[0]
        label, english = self.thing(rng)
        article = lambda text: f"{rng.choice(words['articles'])} {text}" if rng.random() < 0.5 else text
        if kind == "keyword" and self.keywords:
            keyword, meant = rng.choice(self.keywords)
            return keyword, [with_article(each) for each in meant]
        if kind == "alone":
            style = rng.choice(list(words["styles"]))
            return rng.choice([form for form in words["styles"][style] if "{}" not in form]), [style]
        if kind == "number":
            number = rng.choice(list(words["numbers"]))
            return f"{rng.choice(words['numbers'][number])} {label}{rng.choice(words['plurals'])}", [f"{number} {plural(english)}"]
        text, meant = article(label), with_article(english)
        if kind == "colour" or (kind in ("background", "scenery", "style") and rng.random() < 0.25):
            colour = rng.choice(list(words["colours"]))
            text, meant = article(self.coloured(rng, colour, label)), with_article(f"{colour} {english}")
        if kind == "background":
            colour = rng.choice(list(words["colours"]))
            form = rng.choice(plain(words["colours"][colour]).split())
            return f"{text} {rng.choice(words['background']).format(form)}", [f"{meant} on a {colour} background"]
        if kind == "scenery":
            scene = rng.choice(list(words["scenery"]))
            return f"{text} {rng.choice(words['scenery'][scene])}", [f"{meant} {scene}"]
        if kind == "style":
            style = rng.choice(list(words["styles"]))
            form = rng.choice(words["styles"][style])
            return form.format(text) if "{}" in form else f"{form} {text}", [f"{meant} in black and white" if "white" in style else f"{style} of {meant}"]
        if kind == "two":
            other, second = self.thing(rng)
            return f"{text} {rng.choice(words['and'])} {article(other)}", [f"{meant} and {with_article(second)}"]
        return rng.choice(words["forms"]).format(text) if kind == "bare" and rng.random() < 0.12 else text, [meant]


class Tower(torch.nn.Module):
    """BERT, the mean of its tokens, one linear map."""

    def __init__(self, vocabulary, size):
        super().__init__()
        config = BertConfig(vocab_size=vocabulary, hidden_size=160, num_hidden_layers=2, num_attention_heads=4, intermediate_size=480, max_position_embeddings=CONTEXT, type_vocab_size=1,
                            hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0, pad_token_id=0)
        self.bert, self.map = BertModel(config, add_pooling_layer=False), torch.nn.Linear(160, size)

    def forward(self, ids):
        seen = (ids > 0).float()[:, :, None]
        states = self.bert(input_ids=ids, attention_mask=(ids > 0).long()).last_hidden_state
        return F.normalize(self.map((states * seen).sum(1) / seen.sum(1)), dim=1)


def learned_tokenizer(texts):
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(clean_text=True, handle_chinese_chars=False, strip_accents=True, lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.train_from_iterator(texts, trainers.WordPieceTrainer(vocab_size=VOCABULARY, special_tokens=["[PAD]", "[UNK]", "[CLS]", "[SEP]"], show_progress=False))
    ends = [(token, tokenizer.token_to_id(token)) for token in ("[CLS]", "[SEP]")]
    tokenizer.post_processor = processors.TemplateProcessing(single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=ends)
    return padded(tokenizer)


def padded(tokenizer):
    tokenizer.enable_truncation(CONTEXT)
    tokenizer.enable_padding(pad_id=0, pad_token="[PAD]")
    return tokenizer


def read_tokenizer(folder):
    return padded(Tokenizer.from_file(str(folder / "tokenizer.json")))


def unfold(tower, folder):
    """The weights that `write` wrote; a map into another space begins anew."""
    widened = lambda path: {name.removeprefix("linear."): value.float() for name, value in load_file(folder / path).items()}
    tower.bert.load_state_dict(widened("model.safetensors"), strict=False)
    linear = widened("2_Dense/model.safetensors")
    if linear["weight"].shape == tower.map.weight.shape:
        tower.map.load_state_dict(linear)


class Reader:
    """The CLIP's own text tower, its answers kept."""

    def __init__(self, folder):
        self.clip, self.tokenizer, self.known = Exported(folder), load_tokenizer(folder), {}

    @torch.no_grad()
    def __call__(self, texts):
        fresh = list(dict.fromkeys(text for text in texts if text not in self.known))
        for first in range(0, len(fresh), 512):
            some = fresh[first:first + 512]
            vectors = F.normalize(self.clip.text(torch.tensor([encoding.ids for encoding in self.tokenizer.encode_batch(some)])), dim=1)
            self.known.update(zip(some, vectors))
        return torch.stack([self.known[text] for text in texts])


def train(tower, tokenizer, names, read, steps, size, peak):
    bank = read(sorted({with_article(english) for each in names for _, english, _ in each.things}))
    optimizer, began = torch.optim.AdamW(tower.parameters(), peak, betas=(0.9, 0.98), weight_decay=0.02), time.time()
    for step in range(steps):
        rng = random.Random(f"{peak} {step}")
        drawn = [rng.choice(names).sentence(rng) for _ in range(size)]
        target = torch.stack([F.normalize(read(meant).mean(0), dim=0) for _, meant in drawn])
        made = tower(torch.tensor([encoding.ids for encoding in tokenizer.encode_batch([text for text, _ in drawn])]))
        others = torch.cat([target, bank])
        alike = (target @ others.T > 0.98).fill_diagonal_(False)
        choice = F.cross_entropy((SCALE * made @ others.T).masked_fill(alike, -1e4), torch.arange(size))
        loss = choice + 4 * (1 - (made * target).sum(1)).mean()
        for group in optimizer.param_groups:
            group["lr"] = peak * min(1, (step + 1) / 100) * loop.cosine(step / steps)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(tower.parameters(), 1.0)
        optimizer.step()
        if step % 100 == 99:
            print(f"step {step + 1}: loss {loss.item():.3f}, nearness {(made * target).sum(1).mean().item():.3f}, {time.time() - began:.0f} s", flush=True)
    return tower.eval()


def write(tower, tokenizer, out):
    """The folder as the sentence-transformers library has it, weights of half precision."""
    half = lambda module: {name: value.detach().half().contiguous().clone() for name, value in module.state_dict().items() if "position_ids" not in name}
    put = lambda path, value: (out / path).parent.mkdir(parents=True, exist_ok=True) or (out / path).write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n")
    kinds = (("", "Transformer"), ("1_Pooling", "Pooling"), ("2_Dense", "Dense"))
    put("modules.json", [{"idx": number, "name": str(number), "path": path, "type": f"sentence_transformers.models.{kind}"} for number, (path, kind) in enumerate(kinds)])
    config = tower.bert.config
    names = ("vocab_size", "hidden_size", "num_hidden_layers", "num_attention_heads", "intermediate_size", "hidden_act", "max_position_embeddings", "type_vocab_size", "layer_norm_eps", "pad_token_id")
    put("config.json", {"model_type": "bert", **{name: getattr(config, name) for name in names}})
    put("sentence_bert_config.json", {"max_seq_length": CONTEXT, "do_lower_case": False})
    put("tokenizer_config.json", {"tokenizer_class": "PreTrainedTokenizerFast", "model_max_length": CONTEXT, "pad_token": "[PAD]", "unk_token": "[UNK]", "cls_token": "[CLS]", "sep_token": "[SEP]"})
    put("1_Pooling/config.json", {"word_embedding_dimension": config.hidden_size, "pooling_mode_cls_token": False, "pooling_mode_mean_tokens": True})
    dense = {"in_features": tower.map.in_features, "out_features": tower.map.out_features, "bias": True, "activation_function": "torch.nn.modules.linear.Identity"}
    put("2_Dense/config.json", dense)
    tokenizer.no_padding()
    tokenizer.save(str(out / "tokenizer.json"))
    save_file(half(tower.bert), out / "model.safetensors", {"format": "pt"})
    save_file({f"linear.{name}": value for name, value in half(tower.map).items()}, out / "2_Dense/model.safetensors", {"format": "pt"})


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", default=".training/data", help="where `npm run render` wrote the names of the things")
    parser.add_argument("--clip", default=str(HERE.parent / "models/compact/clip"))
    parser.add_argument("--out", default=".training/languages", help="the tower, and evaluation prompts by language in translated-LANGUAGE.json")
    parser.add_argument("--warm", type=Path, help="a folder that this script wrote, to go on from at half the rate")
    parser.add_argument("--steps", type=int, default=3000)
    parser.add_argument("--batch", type=int, default=256)
    options = parser.parse_args()
    loop.prepare(2)
    torch.manual_seed(0)
    concepts = json.loads((Path(options.data) / "pictures.json").read_text())["concepts"]
    names, read, rng = [Names(language, concepts) for language in WORDS], Reader(options.clip), random.Random(0)
    tokenizer = read_tokenizer(options.warm) if options.warm else learned_tokenizer([text for each in names for text in [label for label, _, _ in each.things] * 3 + [keyword for keyword, _ in each.keywords] + [each.sentence(rng)[0] for _ in range(5000)]])
    tower = Tower(tokenizer.get_vocab_size(), read(["an apple"]).shape[1])
    if options.warm:
        unfold(tower, options.warm)
    tower = train(tower, tokenizer, names, read, options.steps, options.batch, 1e-3 if options.warm else 2e-3)
    out = Path(options.out)
    lists = json.loads((HERE / "evaluation/prompts.json").read_text())
    wanted = [entry["prompt"] for entry in lists["concepts"]]
    bank = read([with_article(concept["name"]) for concept in concepts])
    place = {with_article(concept["name"]): number for number, concept in enumerate(concepts)}
    for language, each in zip(WORDS, names):
        labels = {with_article(english): label for label, english, _ in each.things}
        own = [(label, place[english]) for english, label in labels.items() if english in place]
        with torch.no_grad():
            made = tower(torch.tensor([encoding.ids for encoding in tokenizer.encode_batch([label for label, _ in own])]))
        right = (made @ bank.T).argmax(1) == torch.tensor([number for _, number in own])
        found = {prompt: labels[prompt] for prompt in wanted if prompt in labels}
        print(f"{language}: {len(each.things)} names, {len(each.keywords)} keywords; {right.float().mean():.0%} of the names are nearest to their thing among {len(concepts)}; {len(found)} of the evaluation's concepts")
        out.mkdir(parents=True, exist_ok=True)
        (out / f"translated-{language}.json").write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n")
    write(tower, tokenizer, out)


if __name__ == "__main__":
    main()
