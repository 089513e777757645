"""The compact CLIP's two towers: a convolutional one for pictures whose gradient is smooth, and CLIP's own transformer for texts."""

import json
import math
from pathlib import Path

import torch
import torch.nn as nn
import torch.nn.functional as F
from safetensors.torch import load_file, save_file

import loop
from captions import CONTEXT

MEAN, STD = (0.5, 0.5, 0.5), (0.25, 0.25, 0.25)
SIDE, WIDTHS, DEPTHS, STEM = 64, (40, 80, 160, 256), (1, 2, 2, 1), 6
TEXT_WIDTH, TEXT_DEPTH, TEXT_HEADS, TEXT_MLP, PROJECTION = 160, 2, 4, 480, 256


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

    def forward(self, x, at=None):
        """States [B, N, W] after the layer; with `at` [B] those of one place of each row, [B, 1, W]."""
        normed, mask = self.norm1(x), {"is_causal": True}
        asking = normed
        if at is not None:
            mask = {"attn_mask": (torch.arange(x.shape[1], device=x.device) <= at[:, None])[:, None, None]}
            x, asking = (states[torch.arange(len(at), device=x.device), at][:, None] for states in (x, normed))
        heads = lambda made, parts: made.unflatten(2, (parts, self.heads, -1)).permute(2, 0, 3, 1, 4)
        width = x.shape[2]
        (query, others), (shift, shifts) = (values.split([width, 2 * width]) for values in (self.qkv.weight, self.qkv.bias))
        mixed = F.scaled_dot_product_attention(*heads(F.linear(asking, query, shift), 1), *heads(F.linear(normed, others, shifts), 2), **mask)
        x = x + self.out(mixed.transpose(1, 2).flatten(2))
        return x + self.fc2(F.silu(self.fc1(self.norm2(x))))


class Convolution(nn.Module):
    """A convolution without bias and a batch norm, which the export folds into one convolution with a bias."""

    def __init__(self, entering, leaving, kernel, stride=1):
        super().__init__()
        self.conv = nn.Conv2d(entering, leaving, kernel, stride, (kernel - stride + 1) // 2, bias=False)
        self.norm = nn.BatchNorm2d(leaving)

    def forward(self, x):
        return self.norm(self.conv(x))


class Block(nn.Module):
    """silu(shortcut(x) + conv2(silu(conv1(x)))): no strides inside, sides are halved by averages before a block."""

    def __init__(self, entering, leaving):
        super().__init__()
        self.conv1, self.conv2 = Convolution(entering, leaving, 3), Convolution(leaving, leaving, 3)
        self.shortcut = Convolution(entering, leaving, 1) if entering != leaving else nn.Identity()
        nn.init.constant_(self.conv2.norm.weight, 0.2)

    def forward(self, x):
        return F.silu(self.shortcut(x) + self.conv2(F.silu(self.conv1(x))))


class ImageTower(nn.Module):
    """Pictures [B, 3, 64, 64] in [0, 1] to embeddings [B, 256], not normalised: a stem of stride 2, four stages at 32, 16, 8 and 4 px, a linear map of all 4x4 cells."""

    def __init__(self, widths=WIDTHS, depths=DEPTHS, side=SIDE, projection=PROJECTION):
        super().__init__()
        self.widths, self.depths, self.side = widths, depths, side
        self.stem = Convolution(3, widths[0], STEM, 2)
        self.stages = nn.ModuleList(
            nn.Sequential(*(Block(widths[max(0, stage - 1)] if number == 0 else width, width) for number in range(depth)))
            for stage, (width, depth) in enumerate(zip(widths, depths)))
        self.out = nn.Linear(widths[-1] * (side >> len(widths)) ** 2, projection, bias=False)

    def forward(self, pixels):
        x = F.silu(self.stem(((pixels - 0.5) * 4).contiguous(memory_format=torch.channels_last)))
        for number, stage in enumerate(self.stages):
            x = stage(F.avg_pool2d(x, 2) if number else x)
        return self.out(x.flatten(1))


class TextTower(nn.Module):
    """Token ids [B, up to 16] to embeddings [B, 256], not normalised; pooled at <eos>, which has the highest id."""

    def __init__(self, vocabulary, width=TEXT_WIDTH, depth=TEXT_DEPTH, heads=TEXT_HEADS, mlp=TEXT_MLP, projection=PROJECTION, context=CONTEXT):
        super().__init__()
        self.words = nn.Embedding(vocabulary, width)
        self.position = nn.Parameter(torch.randn(context, width) * 0.01)
        self.layers = nn.ModuleList(Layer(width, heads, mlp) for _ in range(depth))
        self.norm = nn.LayerNorm(width)
        self.out = nn.Linear(width, projection, bias=False)
        nn.init.normal_(self.words.weight, std=0.05)
        for layer in self.layers:
            nn.init.normal_(layer.qkv.weight, std=width ** -0.5)
            nn.init.normal_(layer.fc1.weight, std=(2 * width) ** -0.5)
            for last in (layer.out, layer.fc2):
                nn.init.normal_(last.weight, std=width ** -0.5 * (2 * depth) ** -0.5)
            for linear in (layer.qkv, layer.out, layer.fc1, layer.fc2):
                nn.init.zeros_(linear.bias)

    def forward(self, ids):
        x = self.words(ids) + self.position[:ids.shape[1]]
        for layer in self.layers[:-1]:
            x = layer(x)
        return self.out(self.norm(self.layers[-1](x, ids.argmax(1))[:, 0]))


class Clip(nn.Module):
    """Both towers, of the sizes that training begins with unless others are given, and the temperature."""

    def __init__(self, vocabulary, image_tower=None, text_tower=None):
        super().__init__()
        self.vocabulary = vocabulary
        self.image_tower = (image_tower or ImageTower()).to(memory_format=torch.channels_last)
        self.text_tower = text_tower or TextTower(vocabulary)
        self.scale = nn.Parameter(torch.tensor(math.log(16)))

    def image(self, pixels):
        """Unit vectors of pictures [B, 3, 64, 64] in [0, 1]."""
        with loop.halved(pixels.device):
            made = self.image_tower(pixels)
        return F.normalize(made.float(), dim=1)

    def text(self, ids):
        """Unit vectors of token ids [B, 16]."""
        with loop.halved(ids.device):
            made = self.text_tower(ids)
        return F.normalize(made.float(), dim=1)


def sized(vocabulary, arrays, before=""):
    """A CLIP as wide as these arrays of one, whose names begin with `before`; the arrays are not read."""
    shape = lambda name: arrays[f"{before}{name}"].shape
    width, projection = shape("text_tower.words.weight")[1], shape("text_tower.out.weight")[0]
    depth = sum(name.endswith("fc1.bias") for name in arrays if name.startswith(f"{before}text_tower."))
    text = TextTower(vocabulary, width, depth, mlp=shape("text_tower.layers.0.fc1.weight")[0], projection=projection)
    return Clip(vocabulary, ImageTower(projection=projection), text)


def folded(convolution):
    """The weight and bias of a convolution with its batch norm: w' = w g / sqrt(v + eps), b' = b - m g / sqrt(v + eps)."""
    norm = convolution.norm
    gain = norm.weight / (norm.running_var + norm.eps).sqrt()
    return convolution.conv.weight * gain[:, None, None, None], norm.bias - norm.running_mean * gain


def layout(model):
    """Every array of the exported file by its name: the image tower's convolutions folded, the text tower as `transformers.CLIPModel` names it."""
    for name, module in model.image_tower.named_modules():
        if isinstance(module, Convolution):
            yield from zip((f"vision_model.{name}.weight", f"vision_model.{name}.bias"), folded(module))
    yield "logit_scale", model.scale
    yield "visual_projection.weight", model.image_tower.out.weight
    text = model.text_tower
    yield "text_projection.weight", text.out.weight
    yield "text_model.embeddings.token_embedding.weight", text.words.weight
    yield "text_model.embeddings.position_embedding.weight", text.position
    parts = {"norm1": "layer_norm1", "norm2": "layer_norm2", "out": "self_attn.out_proj", "fc1": "mlp.fc1", "fc2": "mlp.fc2"}
    for kind in ("weight", "bias"):
        yield f"text_model.final_layer_norm.{kind}", getattr(text.norm, kind)
        for number, layer in enumerate(text.layers):
            into = f"text_model.encoder.layers.{number}"
            for part, chunk in zip("qkv", getattr(layer.qkv, kind).chunk(3)):
                yield f"{into}.self_attn.{part}_proj.{kind}", chunk
            for ours, theirs in parts.items():
                factor = {"fc1": 1 / 1.702, "fc2": 1.702 if kind == "weight" else 1}.get(ours, 1)
                yield f"{into}.{theirs}.{kind}", getattr(getattr(layer, ours), kind) * factor


def export(model, folder):
    """Writes config.json, preprocessor_config.json and model.safetensors (f16): the model kind "convolutional_clip" of docs/models.md."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    arrays = {name: value.detach().half().contiguous().clone() for name, value in layout(model.eval())}
    save_file(arrays, folder / "model.safetensors", {"format": "pt"})
    image_tower, text_tower = model.image_tower, model.text_tower
    (context, width), layers, (projection, _) = text_tower.position.shape, text_tower.layers, text_tower.out.weight.shape
    side = image_tower.side
    text = {
        "model_type": "clip_text_model", "vocab_size": model.vocabulary, "hidden_size": width, "intermediate_size": layers[0].fc1.out_features, "num_hidden_layers": len(layers),
        "num_attention_heads": layers[0].heads, "max_position_embeddings": context, "projection_dim": projection, "hidden_act": "quick_gelu",
        "layer_norm_eps": 1e-5, "bos_token_id": 2, "eos_token_id": model.vocabulary - 1, "pad_token_id": 0,
    }
    vision = {
        "model_type": "convolutional_clip_vision_model", "image_size": side, "num_channels": 3, "projection_dim": projection, "hidden_act": "silu",
        "stem_kernel": STEM, "stem_stride": 2, "hidden_sizes": list(image_tower.widths), "depths": list(image_tower.depths),
    }
    config = {"architectures": ["ConvolutionalClip"], "model_type": "convolutional_clip", "projection_dim": projection, "torch_dtype": "float16", "text_config": text, "vision_config": vision}
    processor = {
        "image_processor_type": "CLIPImageProcessor", "do_resize": True, "size": {"shortest_edge": side}, "resample": 3, "do_center_crop": True,
        "crop_size": {"height": side, "width": side}, "do_rescale": True, "rescale_factor": 1 / 255, "do_normalize": True, "image_mean": MEAN, "image_std": STD,
        "do_convert_rgb": True,
    }
    (folder / "config.json").write_text(json.dumps(config, indent=2) + "\n")
    (folder / "preprocessor_config.json").write_text(json.dumps(processor, indent=2) + "\n")


class Exported(nn.Module):
    """What an exported folder computes, convolutions with biases: the reference for every other reader of it."""

    def __init__(self, folder):
        super().__init__()
        config, processor = (json.loads((Path(folder) / name).read_text()) for name in ("config.json", "preprocessor_config.json"))
        self.vision, text, self.vocabulary = config["vision_config"], config["text_config"], config["text_config"]["vocab_size"]
        self.mean, self.std = (torch.tensor(processor[key]).view(3, 1, 1) for key in ("image_mean", "image_std"))
        self.arrays = {name: value.float() for name, value in load_file(Path(folder) / "model.safetensors").items()}
        sizes = ("vocab_size", "hidden_size", "num_hidden_layers", "num_attention_heads", "intermediate_size", "projection_dim", "max_position_embeddings")
        self.text_tower = TextTower(*(text[size] for size in sizes)).eval().requires_grad_(False)
        state = {"words.weight": self.arrays["text_model.embeddings.token_embedding.weight"], "position": self.arrays["text_model.embeddings.position_embedding.weight"],
                 "out.weight": self.arrays["text_projection.weight"]}
        parts = {"norm1": "layer_norm1", "norm2": "layer_norm2", "out": "self_attn.out_proj", "fc1": "mlp.fc1", "fc2": "mlp.fc2"}
        for kind in ("weight", "bias"):
            state[f"norm.{kind}"] = self.arrays[f"text_model.final_layer_norm.{kind}"]
            for number in range(text["num_hidden_layers"]):
                source = f"text_model.encoder.layers.{number}"
                state[f"layers.{number}.qkv.{kind}"] = torch.cat([self.arrays[f"{source}.self_attn.{part}_proj.{kind}"] for part in "qkv"])
                for ours, theirs in parts.items():
                    factor = {"fc1": 1.702, "fc2": 1 / 1.702 if kind == "weight" else 1}.get(ours, 1)
                    state[f"layers.{number}.{ours}.{kind}"] = self.arrays[f"{source}.{theirs}.{kind}"] * factor
        self.text_tower.load_state_dict(state)

    def convolve(self, x, name, stride=1):
        weight = self.arrays[f"vision_model.{name}.weight"]
        return F.conv2d(x, weight, self.arrays[f"vision_model.{name}.bias"], stride, (weight.shape[-1] - stride + 1) // 2)

    def image_layers(self, pixels):
        """Embeddings, not normalised, and what each stage saw."""
        x, seen = F.silu(self.convolve((pixels - self.mean) / self.std, "stem", self.vision["stem_stride"])), []
        for stage, depth in enumerate(self.vision["depths"]):
            x = F.avg_pool2d(x, 2) if stage else x
            for number in range(depth):
                name = f"stages.{stage}.{number}"
                shortcut = self.convolve(x, f"{name}.shortcut") if f"vision_model.{name}.shortcut.weight" in self.arrays else x
                x = F.silu(shortcut + self.convolve(F.silu(self.convolve(x, f"{name}.conv1")), f"{name}.conv2"))
            seen.append(x)
        return x.flatten(1) @ self.arrays["visual_projection.weight"].T, seen

    def image(self, pixels):
        """Unit vectors of pictures [B, 3, 64, 64] in [0, 1]."""
        return F.normalize(self.image_layers(pixels)[0], dim=1)

    def text(self, ids):
        """Unit vectors of token ids [B, 16]."""
        return F.normalize(self.text_tower(ids), dim=1)


def unfold(folder, pixels):
    """A CLIP in training from an exported folder: every batch norm gets the statistics of what its convolution makes of these pictures, and the gain and shift that undo it."""
    exported = Exported(folder)
    arrays, text = exported.arrays, exported.text_tower.state_dict()
    model = sized(exported.vocabulary, {f"text_tower.{name}": value for name, value in text.items()})
    model.text_tower.load_state_dict(text)

    def calibrate(convolution, made):
        norm, shift = convolution.norm, norm_shift[convolution]
        mean, variance = made.mean((0, 2, 3)), made.var((0, 2, 3), unbiased=False)
        norm.running_mean.copy_(mean)
        norm.running_var.copy_(variance)
        norm.weight.data.copy_((variance + norm.eps).sqrt())
        norm.bias.data.copy_(shift + mean)

    norm_shift, hooks = {}, []
    with torch.no_grad():
        for name, module in model.image_tower.named_modules():
            if isinstance(module, Convolution):
                module.conv.weight.copy_(arrays[f"vision_model.{name}.weight"])
                norm_shift[module] = arrays[f"vision_model.{name}.bias"]
                hooks.append(module.conv.register_forward_hook(lambda conv, entering, made, owner=module: calibrate(owner, made)))
        model.image_tower.out.weight.copy_(arrays["visual_projection.weight"])
        model.scale.copy_(arrays["logit_scale"])
        model.eval().image(pixels)  # a norm reads its statistics after its convolution's hook has set them
    for hook in hooks:
        hook.remove()
    return model
