"""What a training run is made of, in one frozen record."""

import math
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from vae_lib._checks import (
    LARGEST_SEED,
    flag,
    fraction,
    not_negative,
    one_of,
    positive,
    whole,
)

__all__ = ["LIKELIHOODS", "NETWORKS", "PRECISIONS", "TrainConfig"]

# The keys of networks.NETWORKS and likelihoods.LIKELIHOODS, which need Keras to load;
# tests/cli/test_cli.py compares them.
NETWORKS = ("mlp", "conv", "conv_feature_map", "linear")
LIKELIHOODS = ("gaussian", "bernoulli", "continuous_bernoulli")
PRECISIONS = ("float32", "mixed_bfloat16", "mixed_float16")

Check = Callable[[str, Any], Any]  # of a name and a value; see :func:`setting`


def setting(
    default: Any,
    check: Check,
    text: str,
    metavar: str | None = None,
    choices: tuple[str, ...] | None = None,
    kind: type | None = None,
) -> Any:
    """A field of :class:`TrainConfig`, written once: its option and check follow.

    Args:
        default: its value if it is left out.
        check: a function of name and value that returns the value as Python's own
            number, or raises ValueError.
        text: what it means, for ``--help`` and the documentation.
        metavar: what stands for a value there.
        choices: all values, if they are few.
        kind: the type, if the default does not tell.
    """
    kind = type(default) if kind is None else kind
    metadata = dict(check=check, text=text, metavar=metavar, choices=choices, kind=kind)
    return field(default=default, metadata=metadata)


def count(least: int, most: float = math.inf) -> Check:
    """The check of a whole number."""

    def check(name: str, value: Any) -> int:
        number = whole(name, value, least)
        if number > most:
            raise ValueError(f"{name} must be at most {most}, got {value!r}.")
        return number

    return check


def optional(check: Check) -> Check:
    """The same check, but nothing need be given."""
    return lambda name, value: None if value is None else check(name, value)


def choice(*choices: str) -> dict[str, Any]:
    """The check of a name, and the names."""
    return {"check": one_of(choices), "choices": choices}


@dataclass(frozen=True)
class TrainConfig:
    """Everything but the images that decides the weights of a run, and nothing else.

    >>> from vae_lib import training
    >>> training.TrainConfig(network="conv", epochs=5).learning_rate
    0.001
    >>> training.TrainConfig(epochs=0)
    Traceback (most recent call last):
    ValueError: epochs must be a whole number of at least 1, got 0.

    Raises:
        ValueError: if a field is out of range; the message names field and value.
    """

    network: str = setting(
        "mlp",
        text="mlp: one hidden layer of 512; conv: the report's convolutional network; "
        "conv_feature_map: the same with a decoder of 64 feature maps; linear: "
        "probabilistic PCA",
        **choice(*NETWORKS),
    )
    latent_dim: int = setting(2, count(1), "latent dimensions d; 2 can be drawn", "D")
    likelihood: str = setting(
        "gaussian",
        text="p(x|z) of a pixel; nats of different likelihoods cannot be compared",
        **choice(*LIKELIHOODS),
    )
    variance: float | None = setting(
        None,
        optional(positive),
        "fixed variance of the Gaussian, in squared grey values (0 to 1); left out, it "
        "is learned, which is nearly always better",
        "V",
        kind=float,
    )
    beta: float = setting(
        1.0,
        not_negative,
        "weight of the rate in the loss; 1 is the ELBO, more gives simpler codes",
        "B",
    )
    n_samples: int = setting(
        1, count(1), "samples of z for each image and step, the L of Eq. (1)", "L"
    )
    epochs: int = setting(
        20,
        count(1),
        "passes over the training images; the learning rate falls to 0 over all of "
        "them, so a longer run is another run",
        "N",
    )
    batch_size: int = setting(128, count(1), "images per step", "B")
    learning_rate: float = setting(
        1e-3,
        positive,
        "Adam's first and largest learning rate; it falls to 0 by half a cosine",
        "R",
    )
    lr_warmup: int = setting(
        0,
        count(0),
        "epochs in which the learning rate rises to its largest; rates above 3e-3 need "
        "it",
        "N",
    )
    kl_warmup: int = setting(
        1,
        count(0),
        "epochs in which the weight of the rate rises from 0; without them conv "
        "starts by ignoring its code and stays there",
        "N",
    )
    input_dropout: float = setting(
        0.0,
        fraction,
        "share of the pixels hidden from the encoder in training, such as 0.2: less "
        "overfitting in long runs",
        "P",
    )
    encoder_l2: float = setting(
        0.0,
        not_negative,
        "nats that each squared weight of the encoder adds to the loss, such as 1e-3",
        "C",
    )
    batch_norm: bool = setting(
        False,
        flag,
        "normalise the sums of the encoder's last hidden layer over each batch in "
        "training; the convolutional encoders need it",
    )
    seed: int = setting(
        0,
        count(0, LARGEST_SEED),
        "of the first weights, the order of the images and the noise",
        "S",
    )
    precision: str = setting(
        "float32",
        text="of the hidden layers; weights and the ELBO's sums are float32 in any "
        "case. The mixed ones are for GPUs, and slower on most CPUs",
        **choice(*PRECISIONS),
    )

    def __post_init__(self) -> None:
        for one in fields(self):  # Python's own numbers, also where NumPy's were given
            value = one.metadata["check"](one.name, getattr(self, one.name))
            object.__setattr__(self, one.name, value)
        check_warmup(self.lr_warmup, self.epochs)
        if self.batch_norm and self.network == "linear":
            raise ValueError(
                "batch_norm is True, but network='linear' has no hidden layer to "
                "normalise: leave it False."
            )
        if self.variance is not None and self.likelihood != "gaussian":
            raise ValueError(
                f"variance={self.variance!r} needs likelihood='gaussian', got "
                f"{self.likelihood!r}: leave variance out."
            )

    def as_dict(self) -> dict[str, Any]:
        """The fields as a dictionary that JSON can hold."""
        return asdict(self)

    def fit_arguments(self) -> dict[str, Any]:
        """The keyword arguments of :func:`vae_lib.training.fit` decided here."""
        names = [
            "epochs",
            "batch_size",
            "learning_rate",
            "lr_warmup",
            "kl_warmup",
            "seed",
        ]
        return {name: getattr(self, name) for name in names}


def _documented() -> Iterator[str]:
    """The fields as the ``Args`` of the docstring, from the same texts as --help."""
    yield "    Args:"
    for one in fields(TrainConfig):
        known = one.metadata["choices"]
        values = f"one of {', '.join(known)}. " if known else ""
        text = one.metadata["text"]
        yield f"        {one.name}: {values}{text} (default {one.default})."
    yield ""


if TrainConfig.__doc__:  # python -OO takes docstrings away
    TrainConfig.__doc__ = TrainConfig.__doc__.replace(
        "    Raises:", "\n".join([*_documented(), "    Raises:"])
    )


def check_warmup(lr_warmup: int, epochs: int) -> None:
    """Raise ValueError unless the step reaches its peak before the last epoch."""
    whole("lr_warmup", lr_warmup, least=0)
    if lr_warmup >= epochs:
        raise ValueError(
            f"lr_warmup is {lr_warmup}, of {epochs} epochs: it must be smaller, so "
            "that the step can rise to its peak and fall again."
        )
