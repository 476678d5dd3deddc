"""What a training run is made of, in one frozen record."""

import math
import numbers
from dataclasses import asdict, dataclass, fields

PRECISIONS = ("float32", "mixed_bfloat16", "mixed_float16")
LARGEST_SEED = 2**32 - 1  # of keras.utils.set_random_seed


@dataclass(frozen=True)
class TrainConfig:
    """Everything but the images that decides the weights of a run, and nothing else.

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
    lr_warmup: int = 0  # epochs in which the step rises to its peak
    # Epochs in which beta rises linearly to its value; without any, the convolutional
    # networks may start by dropping the code and never take it up again.
    kl_warmup: int = 1
    input_dropout: float = 0.0  # share of the pixels hidden from the encoder
    encoder_l2: float = 0.0  # nats that a squared weight of the encoder costs
    batch_norm: bool = False  # of the encoder's last hidden layer, in training
    seed: int = 0  # of initial weights, order of images and noise
    # Of the hidden layers; weights, outputs and the objective are float32 in any case.
    precision: str = "float32"  # one of PRECISIONS

    def __post_init__(self):
        for name in ("latent_dim", "n_samples", "epochs", "batch_size"):
            check_whole(name, getattr(self, name), least=1)
        check_whole("kl_warmup", self.kl_warmup, least=0)
        check_whole("seed", self.seed, least=0)
        if self.seed > LARGEST_SEED:
            raise ValueError(f"seed must be at most {LARGEST_SEED}, got {self.seed!r}.")
        check_positive("learning_rate", self.learning_rate)
        check_warmup(self.lr_warmup, self.epochs)
        if not _is_number(self.input_dropout) or not 0.0 <= self.input_dropout < 1.0:
            raise ValueError(
                f"input_dropout must be in [0, 1), got {self.input_dropout!r}."
            )
        if not _is_number(self.encoder_l2) or not 0.0 <= self.encoder_l2 < math.inf:
            raise ValueError(
                f"encoder_l2 must be at least 0 and finite, got {self.encoder_l2!r}."
            )
        if not isinstance(self.batch_norm, bool):
            raise ValueError(
                f"batch_norm must be True or False, got {self.batch_norm!r}."
            )
        if self.batch_norm and self.network == "linear":
            raise ValueError(
                "batch_norm is True, but network='linear' has no hidden layer to "
                "normalise: leave it False."
            )
        if self.precision not in PRECISIONS:
            known = ", ".join(map(repr, PRECISIONS))
            raise ValueError(
                f"precision must be one of {known}, got {self.precision!r}."
            )
        if not _is_number(self.beta) or not 0.0 <= self.beta < math.inf:
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

    def fit_arguments(self):
        """The keyword arguments of :func:`vae_lib.training.fit` decided here."""
        names = "epochs batch_size learning_rate lr_warmup kl_warmup seed".split()
        return {name: getattr(self, name) for name in names}

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
    whole = isinstance(value, numbers.Integral) and not isinstance(value, bool)
    if not whole or value < least:
        raise ValueError(
            f"{name} must be a whole number of at least {least}, got {value!r}."
        )


def check_warmup(lr_warmup, epochs):
    """Raise ValueError unless the step reaches its peak before the last epoch."""
    check_whole("lr_warmup", lr_warmup, least=0)
    if lr_warmup >= epochs:
        raise ValueError(
            f"lr_warmup is {lr_warmup}, of {epochs} epochs: it must be smaller, so "
            "that the step can rise to its peak and fall again."
        )


def check_positive(name, value):
    """Raise ValueError unless value is positive and finite."""
    if not _is_number(value) or not 0.0 < value < math.inf:
        raise ValueError(f"{name} must be positive and finite, got {value!r}.")


def _is_number(value):
    return isinstance(value, numbers.Real) and not isinstance(value, bool)
