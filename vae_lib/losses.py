r"""What a loss means: from a VAE loss as people write it to the model that it trains.

Nearly every public VAE minimises a number :math:`c` times a reconstruction error plus a
number :math:`k` times the rate. The sums, means and weights in its code decide the two
numbers, and their ratio decides the model: a variance, a scale, or a KL weight.

:class:`WrittenLoss` takes a loss as it stands in the code, :func:`implied_model` reads
it; :mod:`vae_lib.public_losses` holds those of public code bases with their sources.
Nothing here computes with arrays.
"""

import math
from dataclasses import KW_ONLY, dataclass

from vae_lib._checks import not_negative, one_of, positive, whole

__all__ = [
    "ERRORS",
    "SAMPLERS",
    "ImpliedModel",
    "WrittenLoss",
    "implied_model",
]

ERRORS = ("squared", "absolute", "cross-entropy")
REDUCTIONS = ("sum", "mean")
VARIANCES = ("fixed", "shared", "per pixel")
SAMPLERS = ("exp(0.5 * log_var)", "exp(log_var)", "none")
PIXELS = ("grey", "binary")


@dataclass(frozen=True)
class WrittenLoss:
    r"""A VAE's loss as its code spells it.

    .. math:: \text{loss} = c\, E + k\, R, \qquad
        c = \frac{w_E}{D \text{ or } 1}, \quad k = \frac{w_R}{d \text{ or } 1}

    The error E is a sum over pixels of :math:`(x - \mu)^2`, :math:`|x - \mu|` or the
    binary cross-entropy; with a learned variance it is minus the Gaussian's log
    likelihood. The rate R is the KL divergence, half of the familiar bracket included.
    Over the images both terms are averaged, or both summed: where one is averaged and
    the other is not, put the batch size into a weight.

    Args:
        error: ``"squared"``, ``"absolute"`` or ``"cross-entropy"``.
        over_pixels: ``"sum"`` or ``"mean"`` over the D pixels (and channels).
        over_latents: ``"sum"`` or ``"mean"`` over the d latent dimensions.
        error_weight: :math:`w_E`, above 0.
        kl_weight: :math:`w_R`, at least 0.
        image_shape: such as ``(28, 28, 1)``; a mean over pixels needs it.
        latent_dim: d; a mean over latent dimensions needs it.
        variance: ``"fixed"`` if the loss has none, ``"shared"`` if it learns one for
            all pixels, ``"per pixel"`` if the decoder returns one for each. Only a
            squared error has one.
        sampler: the factor of the noise in ``z = z_mean + factor * noise``; ``"none"``
            decodes the mean.
        pixels: ``"binary"`` if every pixel of the data is 0 or 1, else ``"grey"``.
        extra_terms: names of whatever else is added, such as ``("adversarial",)``.

    Raises:
        ValueError: if a choice is unknown, a weight is out of range, or a mean lacks
            the number that it divides by.

    Example:
        Keras's ``mse`` averages over the 784 pixels:

        >>> loss = WrittenLoss("squared", over_pixels="mean", image_shape=(28, 28, 1))
        >>> round(1 / loss.error_factor)
        784

    In the book: Eqs. (12.1), (12.2).
    """

    error: str
    _: KW_ONLY
    over_pixels: str = "sum"
    over_latents: str = "sum"
    error_weight: float = 1.0
    kl_weight: float = 1.0
    image_shape: tuple[int, ...] | None = None
    latent_dim: int | None = None
    variance: str = "fixed"
    sampler: str = SAMPLERS[0]
    pixels: str = "grey"
    extra_terms: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        one_of(ERRORS)("error", self.error)
        one_of(REDUCTIONS)("over_pixels", self.over_pixels)
        one_of(REDUCTIONS)("over_latents", self.over_latents)
        one_of(VARIANCES)("variance", self.variance)
        one_of(SAMPLERS)("sampler", self.sampler)
        one_of(PIXELS)("pixels", self.pixels)
        positive("error_weight", self.error_weight)
        not_negative("kl_weight", self.kl_weight)
        if isinstance(self.extra_terms, str):
            raise ValueError(
                f"extra_terms must be a tuple of names, got {self.extra_terms!r}: "
                f"write ({self.extra_terms!r},)."
            )
        for size in self.image_shape or ():
            whole("every size of image_shape", size)
        if self.latent_dim is not None:
            whole("latent_dim", self.latent_dim)
        self._check_together()

    def _check_together(self) -> None:
        if self.over_pixels == "mean" and not self.image_shape:
            raise ValueError(
                "over_pixels='mean' divides by the number of pixels: give image_shape, "
                f"such as (28, 28, 1); got {self.image_shape!r}."
            )
        if self.over_latents == "mean" and self.latent_dim is None:
            raise ValueError(
                "over_latents='mean' divides by the number of latent dimensions: give "
                "latent_dim; got None."
            )
        if self.variance != "fixed" and self.error != "squared":
            raise ValueError(
                f"variance={self.variance!r} belongs to a squared error, got "
                f"error={self.error!r}: use error='squared' or variance='fixed'."
            )

    @property
    def error_factor(self) -> float:
        """What multiplies the error summed over the pixels, the c of the loss."""
        if self.over_pixels == "mean" and self.image_shape:
            return self.error_weight / math.prod(self.image_shape)
        return self.error_weight

    @property
    def kl_factor(self) -> float:
        """What multiplies the rate summed over the latents, the k of the loss."""
        if self.over_latents == "mean" and self.latent_dim:
            return self.kl_weight / self.latent_dim
        return self.kl_weight


@dataclass(frozen=True)
class ImpliedModel:
    """The model behind a loss, made by :func:`implied_model`.

    ``variance``, ``scale`` and ``beta`` say what the gradients of the error and of the
    rate are, whatever the verdict. Beside a variance or a scale ``beta`` is 1.
    """

    verdict: str  # a likelihood, "learned variance" or "not a bound"
    likelihood: str | None  # "Gaussian", "Laplace", "Bernoulli"; None: it has none
    variance: float | None  # of a Gaussian pixel, in squared units of the pixels
    scale: float | None  # mean absolute deviation of a Laplace pixel
    beta: float  # KL weight beside that likelihood
    bound_on: str | None  # what minus the loss, scaled and shifted, bounds from below
    reasons: tuple[str, ...]

    @property
    def sigma(self) -> float | None:
        """Standard deviation of a pixel, or ``None`` where none is implied."""
        return None if self.variance is None else math.sqrt(self.variance)

    def beta_at(self, variance: float) -> float:
        r"""The KL weight that says the same beside a Gaussian of another variance.

        Only the product :math:`\beta \sigma_x^2` counts for the networks, Eq. (5.10).

        Args:
            variance: the variance that a loss with an explicit KL weight states.

        Returns:
            The KL weight, such as 392 at variance 1 for a mean of squares.

        Raises:
            ValueError: if the variance is not positive, or this model is no Gaussian
                with an implied variance.

        Example:
            >>> loss = WrittenLoss("squared")  # a sum of squares plus the rate
            >>> implied_model(loss).beta_at(1.0)
            0.5
        """
        if self.variance is None:
            raise ValueError(
                "beta_at is for a Gaussian with an implied variance; this model is "
                f"{self.likelihood} with verdict {self.verdict!r}: read its beta."
            )
        return self.beta * self.variance / positive("variance", variance)


def implied_model(loss: WrittenLoss) -> ImpliedModel:
    r"""Read a loss: the likelihood, its spread and the KL weight that it implies.

    .. math:: \sigma_x^2 = \frac{k}{2c} \text{ (squared)}, \qquad
        b = \frac kc \text{ (absolute)}, \qquad
        \beta = \frac kc \text{ (cross-entropy, learned variance)}

    A fixed variance or scale absorbs the ratio, so the loss is k times a negative ELBO
    plus a constant. A cross-entropy has nothing to absorb it: the ratio is a KL weight.
    At least 1 it leaves a lower bound, below 1 it does not, since rate is given away. A
    learned variance goes to the squared error whatever the ratio is, which again is a
    KL weight.

    Args:
        loss: the loss as it is written.

    Returns:
        :class:`ImpliedModel`. Its ``reasons`` say in words what decided the verdict.

    Raises:
        TypeError: if ``loss`` is no :class:`WrittenLoss`.

    Source: for the squared error Rybkin et al. (2021), section 3.

    Example:
        The mean of squares that Keras calls ``mse``, with the sum over the latents:

        >>> loss = WrittenLoss("squared", over_pixels="mean", image_shape=(28, 28, 1))
        >>> model = implied_model(loss)
        >>> model.verdict, round(model.variance), round(model.sigma, 1)
        ('Gaussian', 392, 19.8)

    In the book: Eqs. (12.4), (12.5), (12.6).
    """
    if not isinstance(loss, WrittenLoss):
        raise TypeError(
            f"loss must be a WrittenLoss, such as WrittenLoss('squared'); got {loss!r}."
        )
    ratio = loss.kl_factor / loss.error_factor
    likelihood, variance, scale, beta = _parameters(loss, ratio)
    against = _reasons_against(loss, ratio, beta)
    if against:
        verdict, bound_on = "not a bound", None
    else:
        verdict = likelihood if loss.variance == "fixed" else "learned variance"
        averaged = likelihood == "Bernoulli" and loss.pixels == "grey"
        bound_on = "images binarised at random" if averaged else "images"
    if ratio == 0:
        likelihood = variance = scale = None
    reasons = (*against, *_remarks(loss, beta))
    return ImpliedModel(verdict, likelihood, variance, scale, beta, bound_on, reasons)


def _parameters(loss: WrittenLoss, ratio: float) -> tuple:
    """Likelihood, variance, scale and KL weight, for a ratio above 0."""
    if loss.error == "cross-entropy":
        return "Bernoulli", None, None, ratio
    if loss.error == "absolute":
        return "Laplace", None, ratio, float(ratio > 0)
    if loss.variance != "fixed":
        return "Gaussian", None, None, ratio
    return "Gaussian", ratio / 2, None, float(ratio > 0)


def _reasons_against(loss: WrittenLoss, ratio: float, beta: float) -> tuple[str, ...]:
    """Why minus the loss bounds no log likelihood; empty if it does."""
    found = []
    if ratio == 0:
        found.append("the rate has no weight: an autoencoder without densities")
    elif beta < 1 and not _about(beta, 1.0):
        found.append(f"the KL weight {beta:.3g} is below 1: rate is given away")
    if loss.sampler == "exp(log_var)":
        found.append("the sampler takes the log-variance for a log standard deviation")
    if loss.sampler == "none":
        found.append("codes are not sampled: the error is not an average over q(z|x)")
    found += [f"the {name} term has no known normaliser" for name in loss.extra_terms]
    return tuple(found)


def _remarks(loss: WrittenLoss, beta: float) -> tuple[str, ...]:
    """What else a reader should know."""
    found = []
    if beta > 1 and not _about(beta, 1.0):
        found.append(f"the KL weight {beta:.3g} is above 1: a looser bound")
    if loss.error == "cross-entropy" and loss.pixels == "grey":
        found.append("a cross-entropy of grey pixels is no density of them")
    if loss.variance == "per pixel":
        found.append(
            "a variance for each pixel has no largest likelihood: state a floor"
        )
    return tuple(found)


def _about(a: float, b: float) -> bool:
    """Equal but for the rounding of a few divisions."""
    return math.isclose(a, b, rel_tol=1e-12)
