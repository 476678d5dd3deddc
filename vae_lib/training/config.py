"""What a training run is made of, in one frozen record."""

import math
from dataclasses import asdict, dataclass, fields


@dataclass(frozen=True)
class TrainConfig:
    """Everything that decides the weights of a run, and nothing else.

    Raises:
        ValueError: if a field is out of range; the message names field and value.
    """

    network: str = "mlp"  # a key of networks.NETWORKS
    latent_dim: int = 2  # d
    likelihood: str = "gaussian"  # a key of likelihoods.LIKELIHOODS
    variance: float | None = None  # fixed sigma^2 of a Gaussian; None learns it
    beta: float = 1.0  # weight of the rate; 1 is the ELBO
    n_samples: int = 1  # L of Eq. (1)
    epochs: int = 20  # passes over the training images
    batch_size: int = 128  # images a step
    learning_rate: float = 1e-3  # Adam's peak step, annealed to 0 by half a cosine
    kl_warmup: int = 0  # epochs in which beta rises linearly to its value
    seed: int = 0  # of initial weights, order of images and noise

    def __post_init__(self):
        for name in ("latent_dim", "n_samples", "epochs", "batch_size"):
            check_whole(name, getattr(self, name), least=1)
        for name in ("kl_warmup", "seed"):
            check_whole(name, getattr(self, name), least=0)
        check_positive("learning_rate", self.learning_rate)
        if not 0.0 <= self.beta < math.inf:
            raise ValueError(f"beta must be at least 0 and finite, got {self.beta!r}.")
        if self.variance is not None:
            check_positive("variance", self.variance)
            if self.likelihood != "gaussian":
                raise ValueError(
                    f"variance={self.variance!r} needs likelihood='gaussian', got "
                    f"{self.likelihood!r}: leave variance out."
                )

    def as_dict(self):
        """The fields as a dictionary that JSON can hold."""
        return asdict(self)

    def differences(self, other):
        """Lines such as ``seed: 0 before, 1 now``, one for each field that differs."""
        return [
            f"{field.name}: {getattr(self, field.name)!r} before, "
            f"{getattr(other, field.name)!r} now"
            for field in fields(self)
            if getattr(self, field.name) != getattr(other, field.name)
        ]


def check_whole(name, value, least):
    """Raise ValueError unless value is a whole number of at least ``least``."""
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise ValueError(
            f"{name} must be a whole number of at least {least}, got {value!r}."
        )


def check_positive(name, value):
    """Raise ValueError unless value is positive and finite."""
    if not 0.0 < value < math.inf:
        raise ValueError(f"{name} must be positive and finite, got {value!r}.")
