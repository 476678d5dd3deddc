"""What a training run is made of, in one frozen record."""

import math
from dataclasses import asdict, dataclass, fields

from vae_lib._checks import LARGEST_SEED, real, whole

PRECISIONS = ("float32", "mixed_bfloat16", "mixed_float16")


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
            self._set(name, whole(name, getattr(self, name), least=1))
        for name in ("kl_warmup", "lr_warmup", "seed"):
            self._set(name, whole(name, getattr(self, name), least=0))
        if self.seed > LARGEST_SEED:
            raise ValueError(f"seed must be at most {LARGEST_SEED}, got {self.seed!r}.")
        check_positive("learning_rate", self.learning_rate)
        check_warmup(self.lr_warmup, self.epochs)
        if not 0.0 <= real(self.input_dropout) < 1.0:
            raise ValueError(
                f"input_dropout must be in [0, 1), got {self.input_dropout!r}."
            )
        if not 0.0 <= real(self.encoder_l2) < math.inf:
            raise ValueError(
                f"encoder_l2 must be at least 0 and finite, got {self.encoder_l2!r}."
            )
        if getattr(self.batch_norm, "dtype", None) == "bool":  # NumPy's
            self._set("batch_norm", bool(self.batch_norm))
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
        if not 0.0 <= real(self.beta) < math.inf:
            raise ValueError(f"beta must be at least 0 and finite, got {self.beta!r}.")
        if self.variance is not None:
            check_positive("variance", self.variance)
            if self.likelihood != "gaussian":
                raise ValueError(
                    f"variance={self.variance!r} needs likelihood='gaussian', got "
                    f"{self.likelihood!r}: leave variance out."
                )

        for name in (
            "learning_rate",
            "input_dropout",
            "encoder_l2",
            "beta",
            "variance",
        ):
            value = getattr(self, name)
            if value is not None and type(value) not in (int, float):
                self._set(name, float(value))

    def _set(self, name, value):
        """Fields hold Python's own numbers, also where NumPy's were given."""
        object.__setattr__(self, name, value)

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
    whole(name, value, least)


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
    if not 0.0 < real(value) < math.inf:
        raise ValueError(f"{name} must be positive and finite, got {value!r}.")
