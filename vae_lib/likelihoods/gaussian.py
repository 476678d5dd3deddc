"""One Gaussian per pixel, whose shared variance is learned or fixed."""

import math
from typing import Any

import keras
from keras import ops

from vae_lib._checks import one_of, positive, same_shape
from vae_lib._types import Tensor
from vae_lib.distributions import LOG_2PI
from vae_lib.likelihoods.base import Likelihood, as_seed, as_tensors, sum_pixels

LINKS = ("sigmoid", "identity")


@keras.saving.register_keras_serializable(package="vae_lib")
class Gaussian(Likelihood):
    r"""One Gaussian per pixel, all with one variance.

    .. math:: \log p(x \mid z) = -\frac{\lVert x - \mu(z) \rVert^2}{2 \sigma^2}
        - \frac{D}{2} \log (2 \pi \sigma^2)

    The constants stay in: without them the variance could not be learned, and numbers
    could not be compared. The result is a log *density*, so it may be positive.

    Args:
        variance: a positive number fixes :math:`\sigma^2`; ``None`` learns it.
        link: ``"sigmoid"`` keeps the mean in [0, 1]; ``"identity"`` leaves it free, as
            probabilistic PCA needs.
        initial_variance: where learning starts. Far above the data's own variance
            (0.067 per pixel for MNIST) latent dimensions may die at once, see
            Lucas et al. (2019).
        **kwargs: as every Keras layer takes them, such as ``name``.

    Raises:
        ValueError: if a variance is not positive and finite or the link is unknown.

    In the book: Eqs. (5.1), (5.8), (5.9), (5.10), (6.3).

    >>> from keras import ops
    >>> from vae_lib.likelihoods import Gaussian
    >>> x, x_logits = ops.ones((1, 2, 2, 1)), ops.zeros((1, 2, 2, 1))  # mean 1/2
    >>> print(f"{float(Gaussian(variance=0.25).log_prob(x, x_logits)[0]):.4f}")
    -2.9032
    """

    def __init__(
        self,
        variance: float | None = None,
        *,
        link: str = "sigmoid",
        initial_variance: float = 0.05,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        remedy = "; pass variance=None to learn it from the data"
        if variance is not None:
            variance = positive("variance", variance, remedy)
        initial_variance = positive("initial_variance", initial_variance, remedy)
        one_of(LINKS)("link", link)
        self.fixed_variance = None if variance is None else float(variance)
        self.link = link
        self.initial_variance = float(initial_variance)
        if variance is not None:  # a number of the configuration, no weight
            self.log_variance: Any = math.log(variance)
            return
        self.log_variance = self.add_weight(
            shape=(), initializer="zeros", name="log_variance"
        )
        # Keras's Constant would round it to float32 first, in double precision too.
        self.log_variance.assign(math.log(self.initial_variance))

    @property
    def variance(self) -> float:
        r""":math:`\sigma^2` of every pixel, a number."""
        if self.fixed_variance is not None:
            return self.fixed_variance
        return math.exp(float(ops.stop_gradient(self.log_variance.value)))

    def _log_variance(self, dtype: str) -> Tensor:
        if self.fixed_variance is not None:
            return ops.convert_to_tensor(self.log_variance, dtype=dtype)
        return ops.cast(self.log_variance, dtype)

    def _precision_and_constant(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """1 / sigma^2, and D log(2 pi sigma^2) for images of D pixels."""
        log_variance = self._log_variance(x.dtype)
        n_pixels = math.prod(x.shape[1:])
        return ops.exp(-log_variance), n_pixels * (LOG_2PI + log_variance)

    def check_fixed(self, log_variance: Any) -> None:
        """Raise ValueError unless a fixed variance is that of an older file.

        Older files hold a fixed variance among the weights; now it is configuration.
        """
        if abs(float(log_variance) - self.log_variance) > 1e-2:  # of half precision
            raise ValueError(
                f"The file's variance is {math.exp(float(log_variance)):.6g}, and this "
                f"likelihood's is fixed at {self.fixed_variance:.6g}. Build it with "
                "variance=None to take the file's, or with the file's variance."
            )

    def load_own_variables(self, store: Any) -> None:
        names = list(store.keys())  # an HDF5 entry of Keras has no `in`
        saved = "0" in names
        if self.fixed_variance is None:
            if not saved:
                raise ValueError(
                    "The file has no variance, since its likelihood's is fixed: build "
                    "this one with the same variance=."
                )
            super().load_own_variables(store)
        elif saved:
            self.check_fixed(store["0"][()])

    def log_prob(self, x: Tensor, x_logits: Tensor) -> Tensor:
        x, x_logits = as_tensors(x, x_logits)
        mean = self.mean(x_logits)
        same_shape(x=x, x_mean=mean)
        precision, constant = self._precision_and_constant(mean)
        squared = sum_pixels(ops.square(x - mean))
        return -0.5 * (squared * precision + constant)

    def mean(self, x_logits: Tensor) -> Tensor:
        x_logits = ops.convert_to_tensor(x_logits)
        return ops.sigmoid(x_logits) if self.link == "sigmoid" else x_logits

    def sample(self, x_logits: Tensor, seed: Any = None) -> Tensor:
        mean = self.mean(x_logits)
        shape = ops.shape(mean)
        noise = keras.random.normal(shape, dtype=mean.dtype, seed=as_seed(seed))
        return mean + ops.exp(0.5 * self._log_variance(mean.dtype)) * noise

    def _natural(self, x_logits: Tensor) -> tuple[Tensor, Tensor]:
        mean = self.mean(x_logits)
        precision, constant = self._precision_and_constant(mean)
        squared = sum_pixels(ops.square(mean)) * precision
        return mean * precision, 0.5 * (squared + constant)

    def _carrier(self, x: Tensor) -> Tensor:
        precision, _ = self._precision_and_constant(x)
        return -0.5 * sum_pixels(ops.square(x)) * precision

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "variance": self.fixed_variance,
            "link": self.link,
            "initial_variance": self.initial_variance,
        }
