"""Sounds of seventeen things, made of sines and noise, and a small encoder of Wav2CLIP's form that takes them into the space of a CLIP that `towers.py` exported:
sound prompts that can be tried, and judged by `npm run evaluate -- --sounds DIR`, without published weights. `python training/sounds.py --out .training/sounds`"""

import argparse
import time
import wave
from pathlib import Path

import numpy
import torch
import torch.nn.functional as F
from tokenizers import Tokenizer
from torch import nn

from towers import Exported

RATE, SECONDS = 16_000, 2
LENGTH = RATE * SECONDS
TIME = numpy.arange(LENGTH) / RATE
WINDOW, HOP, WIDTH, HIDDEN = 512, 353, 16, 256  # the first two are Wav2CLIP's, whose tower is 64 wide
TEMPERATURE = 0.1


def sines(hz, strengths=(1,)):
    """Harmonics of a pitch `hz` (a number, or one for each sample) by their strengths."""
    phase = numpy.cumsum(numpy.broadcast_to(hz, LENGTH)) * 2 * numpy.pi / RATE
    return sum(strength * numpy.sin((number + 1) * phase) for number, strength in enumerate(strengths))


def noise(rng, low=0, high=RATE / 2):
    """White noise of these frequencies, deviation 1."""
    spectrum = numpy.fft.rfft(rng.standard_normal(LENGTH))
    hz = numpy.fft.rfftfreq(LENGTH, 1 / RATE)
    samples = numpy.fft.irfft(spectrum * ((hz >= low) & (hz < high)), LENGTH)
    return samples / (samples.std() + 1e-9)


def struck(at, decay):
    """0 before second `at`, then 1 and falling by e^-decay a second."""
    return numpy.where(TIME >= at, numpy.exp(-decay * (TIME - at).clip(0)), 0)


def held(at, length, rise=0.02):
    """Swells at second `at`, ends `length` later."""
    return ((TIME - at) / rise).clip(0, 1) * ((at + length - TIME) / rise).clip(0, 1)


def times(rng, each, share=0.15):
    """Seconds, about `each` apart."""
    found, now = [], rng.uniform(0, each)
    while now < SECONDS:
        found.append(now)
        now += each * rng.uniform(1 - share, 1 + share)
    return found


def bell(rng):
    hz, decay = rng.uniform(500, 1200), rng.uniform(1.5, 4)
    partials = [(0.5, 0.5), (1, 1), (1.19, 0.6), (1.56, 0.4), (2, 0.5), (2.74, 0.3), (3.76, 0.2)]
    return sum(share * sines(hz * ratio) * struck(at, decay * ratio) for at in times(rng, rng.uniform(0.6, 1.2)) for ratio, share in partials)


def bird(rng):
    low, width = rng.uniform(2500, 4500), rng.uniform(0.05, 0.14)
    return sum(sines(low + rng.uniform(-1, 1) * 9000 * (TIME - at).clip(0, width)) * held(at, width) for at in times(rng, rng.uniform(0.15, 0.35), 0.5))


def drum(rng):
    hz, each = rng.uniform(55, 120), rng.uniform(0.2, 0.5)
    return sum((sines(hz * (1 + struck(at, 25))) + 0.2 * noise(rng)) * struck(at, rng.uniform(9, 14)) for at in times(rng, each, 0.05))


def ambulance(rng):
    low, rate = rng.uniform(500, 700), rng.uniform(0.7, 2)
    high = (TIME * rate + rng.uniform()) % 1 < 0.5
    return sines(low * (1 + rng.uniform(0.25, 0.45) * high), (1, 0.5, 0.3, 0.15))


def rain(rng):
    drops = sum(rng.uniform(0.5, 2) * sines(rng.uniform(2000, 5000)) * struck(rng.uniform(0, SECONDS), 150) for _ in range(rng.integers(10, 40)))
    return noise(rng, rng.uniform(800, 1500), 8000) + drops


def water_wave(rng):
    swell = 0.5 + 0.5 * numpy.sin(2 * numpy.pi * (rng.uniform(0.4, 0.9) * TIME + rng.uniform()))
    return noise(rng, 50, rng.uniform(500, 1200)) * (0.1 + swell**2) + 0.3 * noise(rng, 1000, 5000) * swell**6


def clock(rng):
    hz, each = rng.uniform(2500, 4500), rng.uniform(0.22, 0.5)
    return sum((1 - 0.4 * (number % 2)) * sines(hz * (1 - 0.2 * (number % 2)), (1, 0.6)) * struck(at, rng.uniform(90, 140)) for number, at in enumerate(times(rng, each, 0.01)))


def locomotive(rng):
    each, pitch = rng.uniform(0.14, 0.26), rng.uniform(300, 420)
    chuffs = sum(noise(rng, 100, 2500) * struck(at, 16) for at in times(rng, each, 0.03))
    whistle = sum(sines(pitch * ratio, (1, 0.3)) for ratio in (1, 1.26, 1.5)) * held(rng.uniform(0, 1.2), rng.uniform(0.4, 0.9), 0.08)
    return chuffs + 0.5 * whistle


def telephone(rng):
    beat, start = rng.uniform(16, 25), rng.uniform(0, 0.5)
    ring = (sines(rng.uniform(900, 1200), (1, 0.3)) + sines(rng.uniform(1300, 1600))) * (numpy.sin(2 * numpy.pi * beat * TIME) > 0)
    return ring * (held(start, 0.6) + held(start + 0.9, 0.6))


def guitar(rng):
    chord, found = rng.uniform(90, 160), numpy.zeros(LENGTH)
    for at in times(rng, rng.uniform(0.25, 0.5), 0.1):
        hz = chord * rng.choice([1, 1.26, 1.5, 2, 2.52, 3])
        found += sum(numpy.sin(2 * numpy.pi * number * hz * TIME) * struck(at, 1.5 + 0.8 * number) / number for number in range(1, 12))
    return found


def violin(rng):
    bend = 1 + 0.008 * numpy.sin(2 * numpy.pi * rng.uniform(5, 7) * TIME)
    notes = rng.choice([1, 9 / 8, 5 / 4, 3 / 2], 3)
    pitch = rng.uniform(350, 650) * notes[(TIME / SECONDS * 3).astype(int)]
    return sines(pitch * bend, [1 / number for number in range(1, 9)]) * held(0.02, 1.95, 0.2)


def trumpet(rng):
    found = numpy.zeros(LENGTH)
    for at in times(rng, rng.uniform(0.3, 0.6), 0.05):
        hz = rng.uniform(230, 260) * rng.choice([1, 1.26, 1.5, 2])
        found += sines(hz, (0.6, 1, 0.9, 0.7, 0.5, 0.35, 0.2)) * held(at, 0.25, 0.04)
    return found


def cat(rng):
    at, length, hz = rng.uniform(0, 0.7), rng.uniform(0.7, 1.2), rng.uniform(420, 600)
    glide = numpy.interp(TIME, [at, at + length * 0.35, at + length], [hz, hz * 1.6, hz * 0.9])
    return sines(glide, (0.4, 1, 0.8, 0.3, 0.2)) * held(at, length, 0.15)


def dog(rng):
    return sum((sines(numpy.interp(TIME, [at, at + 0.05, at + 0.18], [350, 600, 250]) * rng.uniform(0.8, 1.2), (1, 0.9, 0.8, 0.5, 0.4)) + 0.7 * noise(rng, 300, 2500)) * held(at, 0.16)
               for at in times(rng, rng.uniform(0.35, 0.7), 0.3))


def frog(rng):
    pulse, hz = rng.uniform(28, 45), rng.uniform(500, 900)
    return sum(sines(hz, (1, 0.6, 0.3)) * (numpy.sin(2 * numpy.pi * pulse * TIME) > 0.2) * held(at, 0.3, 0.05) for at in times(rng, rng.uniform(0.5, 0.8)))


def honeybee(rng):
    hz = rng.uniform(170, 260) * (1 + 0.06 * numpy.sin(2 * numpy.pi * rng.uniform(0.5, 2) * TIME) + 0.01 * noise(rng, 0, 20))
    return sines(hz, [1 / number for number in range(1, 14)]) * (0.6 + 0.4 * numpy.sin(2 * numpy.pi * rng.uniform(0.3, 1) * TIME))


def helicopter(rng):
    blades = (TIME * rng.uniform(10, 17)) % 1
    return noise(rng, 30, 900) * numpy.exp(-8 * blades) + 0.15 * sines(rng.uniform(150, 300), (1, 0.5, 0.4))


SOUNDS = {"a bell": bell, "a bird": bird, "a drum": drum, "an ambulance": ambulance, "a cloud with rain": rain, "a water wave": water_wave, "an alarm clock": clock, "a locomotive": locomotive,
          "a telephone": telephone, "a guitar": guitar, "a violin": violin, "a trumpet": trumpet, "a cat": cat, "a dog": dog, "a frog": frog, "a honeybee": honeybee, "a helicopter": helicopter}


def sound(name, rng):
    """Two seconds of it [32000] in -1..1, loud or soft, with a little hiss."""
    samples = SOUNDS[name](rng)
    samples = samples / (numpy.abs(samples).max() + 1e-9) + rng.uniform(0, 0.02) * rng.standard_normal(LENGTH)
    return (samples * rng.uniform(0.3, 0.95)).clip(-1, 1)


def heard(sounds):
    """What Wav2CLIP sees of sounds [B, 32000]: the logarithm of each one's power spectrum, with mean 0 and deviation 1 [B, 1, 257, T]."""
    spectrum = torch.stft(torch.tensor(numpy.stack(sounds)), WINDOW, HOP, window=torch.hann_window(WINDOW, dtype=torch.float64), return_complex=True)
    logs = (spectrum.abs().square() + 1e-7).log()
    return ((logs - logs.mean((1, 2), keepdim=True)) / (logs.std((1, 2), keepdim=True) + 1e-9)).float()[:, None]


class Block(nn.Module):
    """Two 3x3 convolutions around which the input goes."""

    def __init__(self, inside, out, stride):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(inside, out, 3, stride, 1, bias=False), nn.BatchNorm2d(out)
        self.conv2, self.bn2 = nn.Conv2d(out, out, 3, 1, 1, bias=False), nn.BatchNorm2d(out)
        self.downsample = nn.Sequential(nn.Conv2d(inside, out, 1, stride, bias=False), nn.BatchNorm2d(out)) if inside != out else None

    def forward(self, x):
        y = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        return F.relu(y + (self.downsample(x) if self.downsample else x))


class Encoder(nn.Module):
    """Wav2CLIP's layers under its names: a ResNet-18 on one channel, then two maps; here narrower."""

    def __init__(self, embedding):
        super().__init__()
        tower = nn.Module()
        tower.conv1, tower.bn1 = nn.Conv2d(1, WIDTH, 7, 2, 3, bias=False), nn.BatchNorm2d(WIDTH)
        widths = [WIDTH, WIDTH, 2 * WIDTH, 4 * WIDTH, 8 * WIDTH]
        for stage in range(4):
            inside, out = widths[stage], widths[stage + 1]
            setattr(tower, f"layer{stage + 1}", nn.Sequential(Block(inside, out, 2 if stage else 1), Block(out, out, 1)))
        self.audio_encoder, self.audio_transform = tower, nn.Module()
        self.audio_transform.sequential = nn.Sequential(nn.Linear(8 * WIDTH, HIDDEN), nn.ReLU(), nn.Dropout(0.2), nn.Linear(HIDDEN, embedding))

    def forward(self, x):
        tower = self.audio_encoder
        x = F.max_pool2d(F.relu(tower.bn1(tower.conv1(x))), 3, 2, 1)
        for stage in range(4):
            x = getattr(tower, f"layer{stage + 1}")(x)
        return self.audio_transform.sequential(x.mean((2, 3)))


def text_vectors(folder):
    """Unit vectors of the names [17, E], as the CLIP in the folder reads them."""
    clip, tokenizer = Exported(folder), Tokenizer.from_file(str(Path(folder) / "tokenizer.json"))
    return F.normalize(torch.cat([clip.text(torch.tensor([tokenizer.encode(name).ids])) for name in SOUNDS]), dim=1)


def batch(names, rng, size):
    """Sounds as they are heard, and which of the names each is."""
    of = rng.integers(len(names), size=size)
    return heard([sound(names[number], rng) for number in of]), torch.tensor(of)


def train(targets, steps, size):
    torch.manual_seed(0)
    names, model = list(SOUNDS), Encoder(targets.shape[1])
    optimizer = torch.optim.AdamW(model.parameters(), 2e-3, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 4e-3, total_steps=steps)
    began = time.time()
    for step in range(steps):
        seen, of = batch(names, numpy.random.default_rng([0, step]), size)
        vectors = F.normalize(model(seen), dim=1)
        loss = F.cross_entropy(vectors @ targets.T / TEMPERATURE, of) + (1 - (vectors * targets[of]).sum(1)).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        if step % 20 == 0 or step == steps - 1:
            print(f"step {step}: loss {loss.item():.3f}, {time.time() - began:.0f} s", flush=True)
    return model.eval()


def write(samples, file):
    with wave.open(str(file), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(RATE)
        out.writeframes((samples * 32767).round().astype("<i2").tobytes())


@torch.no_grad()
def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clip", default=str(Path(__file__).parent.parent / "models/compact/clip"))
    parser.add_argument("--out", default=".training/sounds", help="Wav2CLIP.pt, and one unheard sound of each name as NAME.wav")
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--batch", type=int, default=24)
    options = parser.parse_args()
    torch.set_num_threads(1)
    out, targets = Path(options.out), text_vectors(options.clip)
    with torch.enable_grad():
        model = train(targets, options.steps, options.batch)
    out.mkdir(parents=True, exist_ok=True)
    torch.save(model.state_dict(), out / "Wav2CLIP.pt")
    unheard, of = batch(list(SOUNDS), numpy.random.default_rng(1), 170)
    nearest = (F.normalize(model(unheard), dim=1) @ targets.T).argmax(1)
    print(f"of 170 unheard sounds {(nearest == of).float().mean():.0%} are nearest to their own name")
    for number, name in enumerate(SOUNDS):
        write(sound(name, numpy.random.default_rng([2, number])), out / f"{name}.wav")


if __name__ == "__main__":
    main()
