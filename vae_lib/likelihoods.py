r"""What the decoder's output means: three choices of :math:`p(x \mid z)`.

Each likelihood is a Keras layer that reads the decoder's ``x_logits`` and gives
``log_prob(x, x_logits)`` per example in nats, the ``mean`` image and a ``sample``. The
decoder ends in unbounded numbers, so one network serves all three.
"""

import math

import keras
from keras import ops

from vae_lib._checks import real, seed_or_none
from vae_lib.distributions import LOG_2PI, require_same_shape


def _sum_pixels(values):
    """Sum over every axis but the first: ``(B, 28, 28, 1) -> (B,)``."""
    return ops.sum(ops.reshape(values, (ops.shape(values)[0], -1)), axis=1)


def _flat(values):
    """``(B, 28, 28, 1) -> (B, 784)``."""
    return ops.reshape(values, (ops.shape(values)[0], -1))


def _tensors(x, x_logits):
    """Both as tensors, the images in the precision of the decoder's output."""
    x_logits = ops.convert_to_tensor(x_logits)
    return ops.convert_to_tensor(x, dtype=x_logits.dtype), x_logits


def _seed(seed):
    """A seed as Keras takes it: NumPy's whole numbers are whole numbers, too."""
    is_generator = isinstance(seed, keras.random.SeedGenerator)
    return seed if is_generator else seed_or_none(seed)


class Likelihood(keras.layers.Layer):
    """The interface of a likelihood of images, given the decoder's output."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.built = True  # weights, if any, are made in the constructor

    def call(self, x_logits):
        """The mean image, ``(B, ...)``: calling a likelihood shows the picture."""
        return self.mean(x_logits)

    def log_prob(self, x, x_logits):
        """Log likelihood of each image, ``(B,)``, in nats."""
        raise NotImplementedError

    def mean(self, x_logits):
        """Expected image, ``(B, ...)``."""
        raise NotImplementedError

    def sample(self, x_logits, seed=None):
        """Random image, ``(B, ...)``: the mean with the likelihood's own noise."""
        raise NotImplementedError

    def log_prob_table(self, x, x_logits):
        """Log likelihood of every image under every decoded code.

        Args:
            x: images, ``(B, ...)``.
            x_logits: decoder outputs of G codes, ``(G, ...)``.

        Returns:
            ``(B, G)``, in nats; one matrix product, because each likelihood here is
            an exponential family: ``log p = x . eta - a(eta) + c(x)``.

        Raises:
            ValueError: if an image and a decoder output differ in shape.
        """
        x, x_logits = _tensors(x, x_logits)
        require_same_shape(**{"x[0]": x[0], "x_logits[0]": x_logits[0]})
        eta, log_normaliser = self._natural(x_logits)
        table = ops.matmul(_flat(x), ops.transpose(_flat(eta)))  # (B, G)
        return table - log_normaliser[None, :] + self._carrier(x)[:, None]

    def _natural(self, x_logits):
        """Natural parameters ``(G, ...)`` and log normalisers ``(G,)``."""
        raise NotImplementedError

    def _carrier(self, x):
        """The part ``c(x)`` that does not depend on the code, ``(B,)``."""
        return ops.zeros_like(_flat(x)[:, 0])


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

    Raises:
        ValueError: if a variance is not positive and finite or the link is unknown.

    In the book: Eqs. (5.1), (5.8), (5.9), (5.10), (6.3).
    """

    def __init__(self, variance=None, link="sigmoid", initial_variance=0.05, **kwargs):
        super().__init__(**kwargs)
        for name, value in (
            ("variance", variance),
            ("initial_variance", initial_variance),
        ):
            if value is not None and not 0.0 < real(value) < math.inf:
                raise ValueError(
                    f"{name} must be a positive, finite number, got {value!r}; "
                    "pass variance=None to learn it from the data."
                )
        if link not in ("sigmoid", "identity"):
            raise ValueError(
                f"Unknown link {link!r}: choose 'sigmoid' (mean in [0, 1]) or "
                "'identity' (mean unbounded)."
            )
        self.fixed_variance = None if variance is None else float(variance)
        self.link = link
        self.initial_variance = float(initial_variance)
        if variance is not None:  # a number of the configuration, no weight
            self.log_variance = math.log(self.fixed_variance)
            return
        self.log_variance = self.add_weight(
            shape=(), initializer="zeros", name="log_variance"
        )
        # Keras's Constant would round it to float32 first, in double precision too.
        self.log_variance.assign(math.log(self.initial_variance))

    @property
    def variance(self):
        r""":math:`\sigma^2` of every pixel, a number."""
        if self.fixed_variance is not None:
            return self.fixed_variance
        return math.exp(float(ops.stop_gradient(self.log_variance.value)))

    def _log_variance(self, dtype):
        if self.fixed_variance is not None:
            return ops.convert_to_tensor(self.log_variance, dtype=dtype)
        return ops.cast(self.log_variance, dtype)

    def check_fixed(self, log_variance):
        """Raise ValueError unless a fixed variance is that of an older file.

        Older files hold a fixed variance among the weights; now it is configuration.
        """
        if abs(float(log_variance) - self.log_variance) > 1e-2:  # of half precision
            raise ValueError(
                f"The file's variance is {math.exp(float(log_variance)):.6g}, and this "
                f"likelihood's is fixed at {self.fixed_variance:.6g}. Build it with "
                "variance=None to take the file's, or with the file's variance."
            )

    def load_own_variables(self, store):
        saved = "0" in store.keys()
        if self.fixed_variance is None:
            if not saved:
                raise ValueError(
                    "The file has no variance, since its likelihood's is fixed: build "
                    "this one with the same variance=."
                )
            super().load_own_variables(store)
        elif saved:
            self.check_fixed(store["0"][()])

    def log_prob(self, x, x_logits):
        x, x_logits = _tensors(x, x_logits)
        mean = self.mean(x_logits)
        require_same_shape(x=x, x_mean=mean)
        log_variance = self._log_variance(mean.dtype)
        squared = _sum_pixels(ops.square(x - mean))
        n_pixels = math.prod(mean.shape[1:])
        constant = n_pixels * (LOG_2PI + log_variance)
        return -0.5 * (squared * ops.exp(-log_variance) + constant)

    def mean(self, x_logits):
        x_logits = ops.convert_to_tensor(x_logits)
        return ops.sigmoid(x_logits) if self.link == "sigmoid" else x_logits

    def sample(self, x_logits, seed=None):
        mean = self.mean(x_logits)
        shape, seed = ops.shape(mean), _seed(seed)
        noise = keras.random.normal(shape, dtype=mean.dtype, seed=seed)
        return mean + ops.exp(0.5 * self._log_variance(mean.dtype)) * noise

    def _natural(self, x_logits):
        mean = self.mean(x_logits)
        log_variance = self._log_variance(mean.dtype)
        precision = ops.exp(-log_variance)
        n_pixels = math.prod(mean.shape[1:])
        constant = n_pixels * (LOG_2PI + log_variance)
        squared = _sum_pixels(ops.square(mean)) * precision
        return mean * precision, 0.5 * (squared + constant)

    def _carrier(self, x):
        log_variance = self._log_variance(x.dtype)
        return -0.5 * _sum_pixels(ops.square(x)) * ops.exp(-log_variance)

    def get_config(self):
        return {
            **super().get_config(),
            "variance": self.fixed_variance,
            "link": self.link,
            "initial_variance": self.initial_variance,
        }


@keras.saving.register_keras_serializable(package="vae_lib")
class Bernoulli(Likelihood):
    r"""One coin per pixel; the decoder's output is the log-odds :math:`a`.

    .. math:: \log p(x \mid z) = \sum_i \left( x_i a_i - \log(1 + e^{a_i}) \right)

    For x in {0, 1} this is a log probability. For grey x in (0, 1) it is no likelihood
    of x, but the average log likelihood of images binarised at random with
    probability x, so its ELBO is a valid bound for *those* images.
    """

    def log_prob(self, x, x_logits):
        x, x_logits = _tensors(x, x_logits)
        require_same_shape(x=x, x_logits=x_logits)
        return _sum_pixels(x * x_logits - ops.softplus(x_logits))

    def mean(self, x_logits):
        return ops.sigmoid(x_logits)

    def sample(self, x_logits, seed=None):
        shape, seed = ops.shape(x_logits), _seed(seed)
        u = keras.random.uniform(shape, dtype=x_logits.dtype, seed=seed)
        return ops.cast(u < ops.sigmoid(x_logits), x_logits.dtype)

    def _natural(self, x_logits):
        return x_logits, _sum_pixels(ops.softplus(x_logits))


@keras.saving.register_keras_serializable(package="vae_lib")
class ContinuousBernoulli(Likelihood):
    r"""The Bernoulli formula, normalised over grey values in [0, 1].

    .. math:: \log p(x \mid z) = \sum_i \left( x_i a_i - \log(1 + e^{a_i})
        + \log C(a_i) \right), \qquad C(a) = \frac{a}{\tanh(a / 2)}

    Source: Loaiza-Ganem & Cunningham (2019), Eq. (6), whose
    :math:`2 \tanh^{-1}(1 - 2\lambda) / (1 - 2\lambda)` is this C in terms of the
    logit :math:`a` of :math:`\lambda`: the logit form has no cancellation to guard
    except at a = 0, where C = 2.
    """

    # Below this |a| the Taylor series is exact to float32 and the quotient is not.
    SERIES_BELOW = 0.1

    def log_prob(self, x, x_logits):
        x, x_logits = _tensors(x, x_logits)
        require_same_shape(x=x, x_logits=x_logits)
        log_c = self.log_normaliser(x_logits)
        return _sum_pixels(x * x_logits - ops.softplus(x_logits) + log_c)

    def log_normaliser(self, x_logits):
        """``log C`` per pixel, at least ``log 2``."""
        a = ops.abs(x_logits)
        small = a < self.SERIES_BELOW
        # `where` evaluates both branches: give each a harmless argument, or the
        # branch not taken poisons the gradient with NaN.
        safe = ops.where(small, ops.ones_like(a), a)
        decay = ops.exp(-safe)
        exact = ops.log(safe) + ops.log1p(decay) - ops.log1p(-decay)
        squared = ops.square(ops.where(small, a, ops.zeros_like(a)))
        series = math.log(2.0) + squared / 12.0 - 7.0 * ops.square(squared) / 1440.0
        return ops.where(small, series, exact)

    def mean(self, x_logits):
        a = ops.convert_to_tensor(x_logits)
        small = ops.abs(a) < self.SERIES_BELOW
        safe = ops.where(small, ops.ones_like(a), ops.abs(a))
        # expm1, not tanh: XLA's tanh is accurate to seven digits in float64 too.
        exact = -1.0 / ops.expm1(-safe) - 1.0 / safe
        exact = ops.where(a >= 0.0, exact, 1.0 - exact)
        series = 0.5 + a / 12.0 - a * ops.square(a) / 720.0
        return ops.where(small, series, exact)

    def sample(self, x_logits, seed=None):
        """Inverse of the distribution function, at uniform random numbers."""
        shape, seed = ops.shape(x_logits), _seed(seed)
        u = keras.random.uniform(shape, dtype=x_logits.dtype, seed=seed)
        a = ops.abs(x_logits)
        small = a < 1e-3  # there the density is flat to float32
        safe = ops.where(small, ops.ones_like(a), a)
        x = 1.0 + ops.log(u + (1.0 - u) * ops.exp(-safe)) / safe
        x = ops.clip(ops.where(small, u, x), 0.0, 1.0)
        return ops.where(x_logits >= 0.0, x, 1.0 - x)

    def _natural(self, x_logits):
        log_c = self.log_normaliser(x_logits)
        return x_logits, _sum_pixels(ops.softplus(x_logits) - log_c)


LIKELIHOODS = {
    "gaussian": Gaussian,
    "bernoulli": Bernoulli,
    "continuous_bernoulli": ContinuousBernoulli,
}


def build(name, **kwargs):
    """Build a likelihood by name.

    Raises:
        ValueError: if the name is unknown; it lists the known ones.
    """
    if name not in LIKELIHOODS:
        known = ", ".join(map(repr, LIKELIHOODS))
        raise ValueError(f"Unknown likelihood {name!r}: choose one of {known}.")
    return LIKELIHOODS[name](**kwargs)
