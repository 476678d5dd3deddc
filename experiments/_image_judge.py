"""The judge of experiments/samples.py: real digits, the classifier, the distances."""

import numpy as np
from keras import ops

from vae_lib import classifier, data, evaluation

N = 5_000  # images in every set: the Frechet distance depends on it
NEIGHBOURS = 4_000  # training images, and as many of validation, that no model has seen


class Judge:
    """The classifier and the real images' features, computed once."""

    def __init__(self, mnist):
        self.mnist = mnist
        self.network = classifier.load_classifier()
        order = data.subset_indices(2 * N, size=len(mnist.x_test))
        self.reference, self.other = order[:N], order[N:]
        self.real = self.features(mnist.x_test[self.reference])[0]
        chosen = np.random.default_rng(0).choice(len(mnist.x_train), NEIGHBOURS, False)
        known = mnist.x_train[np.sort(chosen)], mnist.x_val[:NEIGHBOURS]
        self.known = [images.reshape(NEIGHBOURS, -1) for images in known]

    def features(self, x):
        """Features and predicted classes of images, clipped to [0, 1]."""
        x = np.clip(x, 0.0, 1.0).astype("float32")
        features = classifier.image_features(self.network, x)
        logits = ops.convert_to_numpy(self.network.layers[-1](features))
        return features, logits.argmax(axis=1)

    def scores(self, sets):
        """Distances of several sets of N images to the reference; KID of the first."""
        judged = [self.features(images) for images in sets]
        kid = evaluation.kernel_distance(self.real, judged[0][0])
        return {
            "frechet": [evaluation.frechet_distance(self.real, f) for f, _ in judged],
            "kid": list(kid),
            "classes": np.bincount(judged[0][1], minlength=10).tolist(),
        }

    def neighbour_ratio(self, x):
        """Distance to the nearest training image over that to the nearest unseen one.

        The median over images: 1 where training images are no special neighbours, near
        0 for copies of them.
        """
        x = x.reshape(len(x), -1).astype("float32")
        norms = np.sum(x**2, axis=1)[:, None]
        train, unseen = (
            np.min(norms + np.sum(known**2, axis=1) - 2.0 * x @ known.T, axis=1)
            for known in self.known
        )
        return float(np.median(np.sqrt(np.maximum(train, 0.0) / unseen)))


def decode(vae, z):
    """Decoder means of codes, ``(N, 28, 28, 1)``."""
    parts = np.array_split(z.astype("float32"), max(1, len(z) // 500))
    return np.concatenate([ops.convert_to_numpy(vae.decode(part)) for part in parts])


def add_noise(means, variance, seed):
    """What the Gaussian likelihood makes of them."""
    return means + np.sqrt(variance) * normal(seed, means.shape, stream=1)


def normal(seed, shape, stream):
    """Standard normal numbers, the same on every backend; a stream for each use."""
    return np.random.default_rng((seed, stream)).standard_normal(shape)


def draw_codes(posterior, seed, stream):
    """One code z ~ q(z|x) of each image, from means and log-variances ``(n, d)``."""
    z_mean, z_log_var = posterior
    return z_mean + np.exp(0.5 * z_log_var) * normal(seed, z_mean.shape, stream)
