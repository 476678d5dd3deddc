"""Bits-back coding of 1,000 test images, with a coder of its own.

    python -m experiments.bits_back            writes book/results/bits_back.json
    python -m experiments.bits_back --quick    a trial on the sample, no file

Needs the whole of MNIST. For each seed a Bernoulli VAE is trained on the binarised
training images; 1,000 fixed test images are written into one stack of bits, read back
and compared. The coder is an asymmetric numeral system in whole numbers of Python, and
the networks are NumPy in double precision. Chapter 16 uses other code for both.
"""

import gzip
import io
import lzma
import sys

import keras
import numpy as np
from PIL import Image
from scipy.special import expit, ndtr, ndtri

from experiments import _harness as harness
from vae_lib import data, evaluation, likelihoods, models, networks, training

LATENT_DIM, EPOCHS, BATCH, SEEDS = 20, 20, 128, (0, 1, 2)
N_IMAGES, BIN_BITS, N_SAMPLES = 1_000, 12, 64
PRECISION = 24  # bits of a probability
INITIAL_WORDS = 64


class Stack:
    """An asymmetric numeral system: the symbol pushed last is popped first.

    Duda (2009); the state is kept in [2^32, 2^64) by moving words of 32 bits.
    """

    def __init__(self, words):
        self.words = [int(word) for word in words]
        self.state = 1 << 32
        self.lowest = len(self.words)  # fewest words so far

    def bits(self):
        """Its length, fractions of a bit included."""
        return 32 * len(self.words) + float(np.log2(self.state))

    def push(self, start, width):
        """Add a symbol whose interval is [start, start + width) of 2^24."""
        if self.state >= width << (64 - PRECISION):
            self.words.append(self.state & 0xFFFFFFFF)
            self.state >>= 32
        whole, rest = divmod(self.state, width)
        self.state = (whole << PRECISION) + rest + start

    def peek(self):
        """The place in [0, 2^24) that says which symbol comes next."""
        return self.state & ((1 << PRECISION) - 1)

    def drop(self, start, width):
        """Remove the symbol that push(start, width) added."""
        self.state = width * (self.state >> PRECISION) + self.peek() - start
        if self.state < 1 << 32:
            self.state = (self.state << 32) | self.words.pop()
            self.lowest = min(self.lowest, len(self.words))


class Codec:
    """A VAE's networks in double precision, and the intervals of its symbols."""

    def __init__(self, vae, bin_bits):
        arrays = {
            f"{part.name}/{layer.name}": [np.float64(w) for w in layer.get_weights()]
            for part in (vae.encoder, vae.decoder)
            for layer in part.layers
        }
        self.arrays = arrays
        self.n_bins = 1 << bin_bits
        inside = ndtri(np.arange(1, self.n_bins) / self.n_bins)
        self.edges = np.concatenate([[-np.inf], inside, [np.inf]])
        self.centres = ndtri((np.arange(self.n_bins) + 0.5) / self.n_bins)

    def dense(self, name, values):
        """One affine layer."""
        kernel, bias = self.arrays[name]
        return values @ kernel + bias

    def posterior(self, image):
        """For each latent dimension the bins' borders in [0, 2^24], ``(d, n + 1)``."""
        hidden = np.maximum(self.dense("mlp_encoder/hidden", image.ravel()), 0.0)
        z_mean = self.dense("mlp_encoder/z_mean", hidden)[:, None]
        z_std = np.exp(0.5 * self.dense("mlp_encoder/z_log_var", hidden))[:, None]
        share = ndtr((self.edges - z_mean) / z_std)
        free = (1 << PRECISION) - self.n_bins  # every bin has at least one part
        return np.floor(share * free).astype(np.int64) + np.arange(self.n_bins + 1)

    def pixels(self, bins):
        """The width of a white pixel's interval at the bins' centres, ``(784,)``."""
        hidden = self.dense("mlp_decoder/hidden", self.centres[bins])
        p = expit(self.dense("mlp_decoder/pixels", np.maximum(hidden, 0.0)))
        top = 1 << PRECISION
        return np.clip(np.rint(p * top), 1, top - 1).astype(np.int64).tolist()

    def push(self, stack, image):
        """Pop z with q(z | x), push x with p(x | z), push z with p(z)."""
        bins = []
        for borders in self.posterior(image):
            i = int(np.searchsorted(borders, stack.peek(), side="right")) - 1
            stack.drop(int(borders[i]), int(borders[i + 1] - borders[i]))
            bins.append(i)
        for white, pixel in zip(self.pixels(bins), image.ravel(), strict=True):
            black = (1 << PRECISION) - white
            stack.push(*((black, white) if pixel else (0, black)))
        width = (1 << PRECISION) // self.n_bins
        for i in bins:
            stack.push(i * width, width)

    def pop(self, stack):
        """The same steps backwards: returns the image, gives back the bits of z."""
        width = (1 << PRECISION) // self.n_bins
        bins = []
        for _ in self.arrays["mlp_encoder/z_mean"][1]:
            bins.append(stack.peek() // width)
            stack.drop(bins[-1] * width, width)
        bins.reverse()
        image = []
        for white in reversed(self.pixels(bins)):
            black = (1 << PRECISION) - white
            image.append(int(stack.peek() >= black))
            stack.drop(*((black, white) if image[-1] else (0, black)))
        image = np.array(image[::-1], dtype="float32").reshape(28, 28, 1)
        for borders, i in zip(self.posterior(image)[::-1], bins[::-1], strict=True):
            stack.push(int(borders[i]), int(borders[i + 1] - borders[i]))
        return image


def code(vae, images, bin_bits=BIN_BITS, seed=0):
    """Write images, read them back; sizes in bits per image."""
    words = np.random.default_rng(seed).integers(2**32, size=INITIAL_WORDS)
    stack, codec = Stack(words), Codec(vae, bin_bits)
    start = stack.bits()
    for image in images:
        codec.push(stack, image)
    net = stack.bits() - start
    lowest = stack.lowest
    decoded = [codec.pop(stack) for _ in images][::-1]
    return {
        "bin_bits": bin_bits,
        "net_bits_per_image": net / len(images),
        "initial_bits_used": 32 * (INITIAL_WORDS - lowest),
        "images_equal": int(sum(map(np.array_equal, decoded, images))),
        "initial_bits_restored": stack.words == words.tolist(),
    }


def png(image):
    """The bytes of a PNG with one bit a pixel."""
    file = io.BytesIO()
    Image.fromarray(image).save(file, "PNG", optimize=True)
    return file.getvalue()


def gzipped(content):
    """The bytes of a gzip file at its highest level."""
    return gzip.compress(content, 9, mtime=0)


def standard_formats(train, images):
    """Bits per image of formats that know nothing of digits, and of single pixels.

    gzip and xz get the images with one bit a pixel and with one byte a pixel; the
    shorter file counts.
    """
    white = images[..., 0] > 0.5  # (n, 28, 28)
    layouts = (np.packbits(white.reshape(len(white), -1), axis=1), white)
    each = [
        min(len(gzipped(one.tobytes())) for one in pair)
        for pair in zip(*layouts, strict=True)
    ]
    together = {
        "PNG, one file": len(png(white.reshape(-1, 28))),
        "gzip, one file": min(len(gzipped(layout.tobytes())) for layout in layouts),
        "xz, one file": min(
            len(lzma.compress(layout.tobytes(), preset=9)) for layout in layouts
        ),
    }
    p = (train.sum(axis=0) + 1) / (len(train) + 2)
    log_p = np.log2(np.where(images > 0.5, p, 1 - p)).sum(axis=(1, 2, 3))
    bits = {
        "one bit a pixel": 784.0,
        "PNG, each": 8 * float(np.mean([len(png(image)) for image in white])),
        "gzip, each": 8 * float(np.mean(each)),
        "independent pixels": -float(log_p.mean()),
    }
    return bits | {name: 8 * size / len(images) for name, size in together.items()}


def train(x_train, x_val, seed, epochs):
    """A Bernoulli VAE of the book's multilayer perceptrons."""
    keras.utils.set_random_seed(seed)
    encoder = networks.mlp_encoder(LATENT_DIM)
    vae = models.VAE(encoder, networks.mlp_decoder(LATENT_DIM), likelihoods.Bernoulli())
    training.fit(vae, x_train, epochs, batch_size=BATCH, seed=seed, verbose=0)
    return vae, float(evaluation.elbo(vae, x_val, n_samples=4, verbose=0).mean())


def one_seed(split, images, seed, epochs):
    """Train, predict by the ELBO, code."""
    vae, validation = train(split[0], split[1], seed, epochs)
    elbo = evaluation.elbo(vae, images, n_samples=N_SAMPLES, verbose=0)
    predicted, error = evaluation.mean_and_error(-elbo / np.log(2))
    found = code(vae, images, seed=seed)
    found |= {
        "seed": seed,
        "validation_elbo_nats": validation,
        "elbo_bits_per_image": predicted,
        "elbo_se": error,
        "excess_percent": 100 * (found["net_bits_per_image"] / predicted - 1),
    }
    print(found, file=sys.stderr)
    return found


def main(argv=None):
    """Run the command; a seed that the file holds already is not run again."""
    arguments = harness.parse(harness.make_parser(__doc__, rounds=1), argv)
    mnist = data.load_sample() if arguments.quick else data.load_mnist()
    binary = [np.round(x) for x in (mnist.x_train, mnist.x_val, mnist.x_test)]
    n, epochs = (50, 2) if arguments.quick else (N_IMAGES, EPOCHS)
    images = binary[2][data.subset_indices(n, size=len(binary[2]))]
    content = {
        "latent_dim": LATENT_DIM,
        "epochs": epochs,
        "n_images": len(images),
        "other_formats": standard_formats(binary[0], images),
        "runs": []
        if arguments.quick
        else harness.read("bits_back", arguments).get("runs", []),
    }
    done = [run["seed"] for run in content["runs"]]
    for seed in SEEDS[:1] if arguments.quick else SEEDS:
        if seed not in done:
            content["runs"].append(one_seed(binary, images, seed, epochs))
            harness.write("bits_back", content, arguments)


if __name__ == "__main__":
    main()
