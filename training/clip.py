"""The compact CLIP in the Hugging Face `CLIPModel` layout and its training on adversarial pictures, half of them as the VQGAN draws them."""

import json
import math
import random
from pathlib import Path

import torch
import torch.nn as nn
import torch.nn.functional as F
from safetensors.torch import load_file, save_file

import loop
from captions import CONTEXT, build_tokenizer, load_tokenizer, with_article
from data import Pictures, Scenes, fitting, further_names, jitter, join, rows, through, views
from vqgan import load_vqgan

MEAN, STD = (0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)
SIDE, PATCH, WIDTH, DEPTH, HEADS, MLP = 64, 8, 192, 6, 4, 768
TEXT_WIDTH, TEXT_DEPTH, TEXT_HEADS, TEXT_MLP, PROJECTION = 160, 2, 4, 480, 192


class Layer(nn.Module):
    """One pre-norm transformer layer; the three projections of the attention are one matrix here and three in the exported file.

    SiLU(1.702 x) / 1.702 is quick_gelu(x), so the export divides fc1 and multiplies fc2 by 1.702.
    """

    def __init__(self, width, heads, mlp):
        super().__init__()
        self.heads = heads
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.fc1, self.fc2 = nn.Linear(width, mlp), nn.Linear(mlp, width)

    def forward(self, x, causal):
        batch, length, width = x.shape
        q, k, v = self.qkv(self.norm1(x)).view(batch, length, 3, self.heads, width // self.heads).permute(2, 0, 3, 1, 4)
        mixed = F.scaled_dot_product_attention(q, k, v, is_causal=causal)
        x = x + self.out(mixed.transpose(1, 2).reshape(batch, length, width))
        return x + self.fc2(F.silu(self.fc1(self.norm2(x))))


def transformer(width, heads, mlp, depth):
    """Layers with the residual branches started small."""
    layers = nn.ModuleList(Layer(width, heads, mlp) for _ in range(depth))
    for layer in layers:
        nn.init.normal_(layer.qkv.weight, std=width ** -0.5)
        nn.init.normal_(layer.fc1.weight, std=(2 * width) ** -0.5)
        for last in (layer.out, layer.fc2):
            nn.init.normal_(last.weight, std=width ** -0.5 * (2 * depth) ** -0.5)
        for linear in (layer.qkv, layer.out, layer.fc1, layer.fc2):
            nn.init.zeros_(linear.bias)
    return layers


class Clip(nn.Module):
    """Image tower, text tower and temperature."""

    def __init__(self, vocabulary):
        super().__init__()
        self.vocabulary = vocabulary
        tokens = (SIDE // PATCH) ** 2
        self.class_token = nn.Parameter(torch.randn(WIDTH) * WIDTH ** -0.5)
        self.patches = nn.Linear(3 * PATCH * PATCH, WIDTH, bias=False)
        self.position = nn.Parameter(torch.randn(tokens + 1, WIDTH) * 0.02)
        self.pre, self.post = nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH)
        self.layers = transformer(WIDTH, HEADS, MLP, DEPTH)
        self.image_out = nn.Linear(WIDTH, PROJECTION, bias=False)
        self.words = nn.Embedding(vocabulary, TEXT_WIDTH)
        self.text_position = nn.Parameter(torch.randn(CONTEXT, TEXT_WIDTH) * 0.01)
        self.text_layers = transformer(TEXT_WIDTH, TEXT_HEADS, TEXT_MLP, TEXT_DEPTH)
        self.text_norm = nn.LayerNorm(TEXT_WIDTH)
        self.text_out = nn.Linear(TEXT_WIDTH, PROJECTION, bias=False)
        nn.init.normal_(self.words.weight, std=0.02)
        self.scale = nn.Parameter(torch.tensor(math.log(1 / 0.07)))
        self.register_buffer("mean", torch.tensor(MEAN).view(1, 3, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor(STD).view(1, 3, 1, 1), persistent=False)

    def seen(self, pixels):
        """Tokens [B, 65, WIDTH] of pictures [B, 3, 64, 64] in [0, 1] after every layer."""
        x = (pixels - self.mean) / self.std
        n = SIDE // PATCH
        x = x.reshape(-1, 3, n, PATCH, n, PATCH).permute(0, 2, 4, 1, 3, 5).reshape(-1, n * n, 3 * PATCH * PATCH)
        x = self.patches(x) + self.position[1:]
        x = torch.cat([(self.class_token + self.position[0]).to(x.dtype).expand(len(x), 1, -1), x], 1)
        x, found = self.pre(x), []
        for layer in self.layers:
            x = layer(x, causal=False)
            found.append(x)
        return found

    def image(self, pixels):
        """Unit vectors of pictures [B, 3, 64, 64] in [0, 1]."""
        return F.normalize(self.image_out(self.post(self.seen(pixels)[-1][:, 0])).float(), dim=1)

    def text(self, ids):
        """Unit vectors of token ids [B, 16]; pooled at <eos>, which has the highest id."""
        x = self.words(ids) + self.text_position
        for layer in self.text_layers:
            x = layer(x, causal=True)
        x = self.text_norm(x[torch.arange(len(x)), ids.argmax(1)])
        return F.normalize(self.text_out(x).float(), dim=1)

    def loss(self, image, text, ignored):
        """Contrastive loss both ways: caption i belongs to picture i; further captions and pictures are wrong answers; ignored pairs are neither."""
        logits = (text @ image.T * self.scale.clamp(max=math.log(60)).exp()).masked_fill(ignored, -1e4)
        both = min(logits.shape)
        target = torch.arange(both)
        return (F.cross_entropy(logits[:both], target) + F.cross_entropy(logits.T[:both], target)) / 2


class Pool:
    """Scenes as the VQGAN draws them, made once: reconstructions, and damaged ones with a share of their codes replaced at random."""

    def __init__(self, pictures, vqgan, size, seed, damaged=False):
        self.scenes = Scenes(pictures, size, seed)
        self.generator = torch.Generator().manual_seed(seed)
        wanted, made = self.scenes.render(128, supersample=1), []
        with torch.no_grad(), loop.autocast():
            for block in wanted.split(32):
                z = vqgan.encode(block * 2 - 1).float()
                if damaged:
                    share = 0.25 + 0.55 * torch.rand(len(z), 1, 1, generator=self.generator)
                    other = torch.randint(len(vqgan.quantize.embedding.weight), (len(z), *z.shape[2:]), generator=self.generator)
                    hit = torch.rand(other.shape, generator=self.generator) < share
                    z = torch.where(hit[:, None], vqgan.quantize.embedding(other).permute(0, 3, 1, 2), z)
                made.append(((vqgan.decode(vqgan.snap(z)[0]).float() + 1) / 2).clamp(0, 1).mul(255).byte())
        self.pictures = torch.cat(made)

    def draw(self, count):
        """Rows and their pictures [count, 3, 128, 128]."""
        chosen = torch.randperm(len(self.pictures), generator=self.generator)[:count]
        return chosen, self.pictures[chosen].float() / 255


def layout():
    """Our names and those of `transformers.CLIPModel`, with the factor between them; the rows of a `qkv` are three matrices there."""
    yield from ((ours, theirs, 1) for ours, theirs in {
        "scale": "logit_scale", "image_out.weight": "visual_projection.weight", "text_out.weight": "text_projection.weight",
        "class_token": "vision_model.embeddings.class_embedding", "position": "vision_model.embeddings.position_embedding.weight",
        "patches.weight": "vision_model.embeddings.patch_embedding.weight", "words.weight": "text_model.embeddings.token_embedding.weight",
        "text_position": "text_model.embeddings.position_embedding.weight",
    }.items())
    parts = {"norm1": "layer_norm1", "norm2": "layer_norm2", "qkv": "self_attn.{}_proj", "out": "self_attn.out_proj", "fc1": "mlp.fc1", "fc2": "mlp.fc2"}
    for kind in ("weight", "bias"):
        for ours, theirs in {"pre": "vision_model.pre_layrnorm", "post": "vision_model.post_layernorm", "text_norm": "text_model.final_layer_norm"}.items():
            yield f"{ours}.{kind}", f"{theirs}.{kind}", 1
        for tower, theirs, depth in (("layers", "vision_model", DEPTH), ("text_layers", "text_model", TEXT_DEPTH)):
            for number in range(depth):
                for ours, part in parts.items():
                    factor = {"fc1": 1 / 1.702, "fc2": 1.702 if kind == "weight" else 1}.get(ours, 1)
                    yield f"{tower}.{number}.{ours}.{kind}", f"{theirs}.encoder.layers.{number}.{part}.{kind}", factor


def export(state, folder):
    """Writes config.json, preprocessor_config.json and model.safetensors (f16) as `transformers.CLIPModel` names them."""
    folder = Path(folder)
    vocabulary = state["words.weight"].shape[0]
    state, out = state | {"scale": state["scale"].clamp(max=math.log(60))}, {}
    for ours, theirs, factor in layout():
        if "{}" in theirs:
            out |= {theirs.format(part): chunk for part, chunk in zip("qkv", state[ours].chunk(3))}
        else:
            out[theirs] = state[ours] * factor
    patches = "vision_model.embeddings.patch_embedding.weight"
    out[patches] = out[patches].view(WIDTH, 3, PATCH, PATCH)
    folder.mkdir(parents=True, exist_ok=True)
    save_file({name: value.detach().half().contiguous().clone() for name, value in out.items()}, folder / "model.safetensors", {"format": "pt"})
    eos = vocabulary - 1
    text = {
        "model_type": "clip_text_model", "vocab_size": vocabulary, "hidden_size": TEXT_WIDTH, "intermediate_size": TEXT_MLP, "num_hidden_layers": TEXT_DEPTH,
        "num_attention_heads": TEXT_HEADS, "max_position_embeddings": CONTEXT, "projection_dim": PROJECTION, "hidden_act": "quick_gelu",
        "layer_norm_eps": 1e-5, "bos_token_id": 2, "eos_token_id": eos, "pad_token_id": 0,
    }
    vision = {
        "model_type": "clip_vision_model", "hidden_size": WIDTH, "intermediate_size": MLP, "num_hidden_layers": DEPTH, "num_attention_heads": HEADS,
        "image_size": SIDE, "patch_size": PATCH, "num_channels": 3, "projection_dim": PROJECTION, "hidden_act": "quick_gelu", "layer_norm_eps": 1e-5,
    }
    config = {
        "architectures": ["CLIPModel"], "model_type": "clip", "projection_dim": PROJECTION, "logit_scale_init_value": 2.6592, "torch_dtype": "float16",
        "text_config": text, "vision_config": vision,
    }
    processor = {
        "image_processor_type": "CLIPImageProcessor", "do_resize": True, "size": {"shortest_edge": SIDE}, "resample": 3, "do_center_crop": True,
        "crop_size": {"height": SIDE, "width": SIDE}, "do_rescale": True, "rescale_factor": 1 / 255, "do_normalize": True, "image_mean": MEAN, "image_std": STD,
        "do_convert_rgb": True,
    }
    (folder / "config.json").write_text(json.dumps(config, indent=2) + "\n")
    (folder / "preprocessor_config.json").write_text(json.dumps(processor, indent=2) + "\n")


def load_weights(model, folder, words):
    """Starts from exported weights: everything of the same shape, and the rows of words that both vocabularies know."""
    stored = {name: value.float() for name, value in load_file(Path(folder) / "model.safetensors").items()}
    known = json.loads((Path(folder) / "tokenizer.json").read_text())["model"]["vocab"]
    state = model.state_dict()
    for ours, theirs, factor in layout():
        if ours == "words.weight":
            for word, number in words.items():
                if word in known:
                    state[ours][number] = stored[theirs][known[word]]
        elif "{}" in theirs:
            state[ours] = torch.cat([stored[theirs.format(part)] for part in "qkv"])
        else:
            state[ours] = stored[theirs].reshape(state[ours].shape) / factor
    model.load_state_dict(state)


def train(data, out, vqgan=None, warm=None, stop=2400, cooldown=600, peak=7e-4, radius=1.0, replays=3, batch=128, checkpoint_every=50):
    """Trains from scratch, from exported weights (`warm`) or from the last checkpoint.

    Radius 0 shows every batch once; else it is shown `replays` times ("free" adversarial training, arXiv 1904.12843): the gradient of one showing also gives the disturbance
    (L2 ball of `radius` at 64 px) of the next. Pictures: composed scenes, a third as the VQGAN of folder `vqgan` draws them, and some damaged ones as wrong answers.
    """
    loop.prepare(1)
    replays = replays if radius else 1
    pictures = Pictures(data)
    build_tokenizer(pictures.concepts, Path(out) / "clip")
    tokenizer = load_tokenizer(Path(out) / "clip")
    encode = lambda texts: torch.tensor([encoding.ids for encoding in tokenizer.encode_batch(texts)])
    model = Clip(tokenizer.get_vocab_size())
    decayed = [value for value in model.parameters() if value.dim() > 1]
    others = [value for value in model.parameters() if value.dim() <= 1]
    optimizer = torch.optim.AdamW([{"params": decayed, "weight_decay": 0.1}, {"params": others, "weight_decay": 0.0}], lr=peak, betas=(0.9, 0.98))
    if warm and not (Path(out) / "clip.pt").exists():
        load_weights(model, warm, tokenizer.get_vocab())
    ema, start, log = loop.copy_state(model), 0, loop.Log(Path(out) / "clip.jsonl")
    saved = loop.load(Path(out) / "clip.pt")
    if saved:
        model.load_state_dict(saved["model"])
        optimizer.load_state_dict(saved["optimizer"])
        ema, start, log.seconds = saved["ema"], saved["step"], saved["seconds"]
    drawer = load_vqgan(vqgan) if vqgan else None
    check = Scenes(pictures, 256, 999, validation=True)
    check_pixels, check_ids = check.render(SIDE, check.view(crop=(0.8, 1.0), perspective=0, angle=0)), encode(check.captions)
    for step in range(start, stop):
        if drawer and (step == start or step % 500 == 0):
            pool, damaged = Pool(pictures, drawer, 640, 6_000_000 + step), Pool(pictures, drawer, 192, 6_500_000 + step, damaged=True)
        scenes = Scenes(pictures, batch, 7_000_000 + step)
        pixels, captions, said, shown = scenes.render(SIDE, scenes.view()), scenes.captions, scenes.said, scenes.shown
        if drawer:
            chosen, drawn = pool.draw(batch // 2)
            some, broken = damaged.draw(batch // 8)
            seen = views(len(chosen) + len(some), scenes.generator)
            pixels = torch.cat([pixels, through(torch.cat([drawn, broken]), seen, SIDE)])
            captions = captions + [pool.scenes.captions[row] for row in chosen.tolist()]
            said = join(said, rows(pool.scenes.said, chosen))
            shown = join(shown, rows(pool.scenes.shown, chosen), rows(damaged.scenes.shown, some))
        pixels = jitter(pixels, scenes.generator)
        nouns, more_said = further_names(pictures, 256, random.Random(step))
        ids = encode(captions + [with_article(noun) for noun in nouns])
        ignored = fitting(pictures.carriers, join(said, more_said), shown)
        ignored.fill_diagonal_(False)
        if drawer:
            ignored[:, len(captions):] = False  # a damaged picture fits nothing
        for group in optimizer.param_groups:
            group["lr"] = loop.rate(step, peak, min(100, 1 + stop // 6), stop, min(cooldown, stop))
        change, losses = torch.zeros_like(pixels), []
        for replay in range(replays):
            change.requires_grad_(replay + 1 < replays)
            with loop.autocast():
                image = model.image(pixels + change)
                loss = model.loss(image, model.text(ids), ignored)
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            losses.append(loss.item())
            if replay + 1 < replays:
                gradient = change.grad
                with torch.no_grad():
                    change = change + 0.75 * radius * gradient / gradient.flatten(1).norm(dim=1).clamp(min=1e-12)[:, None, None, None]
                    length = change.flatten(1).norm(dim=1)[:, None, None, None]
                    change = (pixels + change * (radius / length.clamp(min=radius))).clamp(0, 1) - pixels
        loop.average(ema, model, min(0.99, (step + 1) / (step + 10)))
        log.tick()
        if step % 10 == 9:
            log.write(step=step + 1, loss=losses[0], attacked=losses[-1], scale=model.scale.exp().item())
        if step % checkpoint_every == checkpoint_every - 1 or step + 1 == stop:
            loop.save(Path(out) / "clip.pt", model=model.state_dict(), optimizer=optimizer.state_dict(), ema=ema, step=step + 1, seconds=log.seconds)
            log.write(step=step + 1, validation_first=retrieval(model, ema, check_pixels, check_ids))


def retrieval(model, ema, pixels, ids):
    """How often the caption of a held-out picture comes first among all captions of the check, with the averaged weights."""
    averaged = Clip(model.vocabulary)
    averaged.load_state_dict(ema)
    with torch.no_grad():
        scores = averaged.image(pixels) @ averaged.text(ids).T
    return (scores.argmax(1) == torch.arange(len(scores))).float().mean().item()
