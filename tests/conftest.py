"""What several test files share: seeds, double precision, tiny images and models."""

import importlib
import signal
import sys
import threading

import browsing
import pytest
from hypothesis import HealthCheck, settings

# The same examples in every run, so that a failure can be repeated; a fixture that
# chooses a precision does not change from one example to the next.
settings.register_profile(
    "tests",
    database=None,
    deadline=None,
    derandomize=True,
    max_examples=25,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
settings.load_profile("tests")

IMAGE_SHAPE = (6, 6, 1)


@pytest.fixture(autouse=True)
def seeds():
    """The same seeds for every test, alone or in a run; Keras only if it is loaded."""
    if "keras" in sys.modules:
        sys.modules["keras"].utils.set_random_seed(0)


@pytest.fixture(autouse=True)
def default_signals():
    """Ctrl-C as in a terminal, for the test and for every process that it starts.

    A job in the background of a script, or under nohup, inherits an ignored SIGINT, and
    hands it on: a test that waits for what Ctrl-C does would wait for ever.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    ways = {
        signal.SIGINT: signal.default_int_handler,
        signal.SIGTERM: signal.SIG_DFL,
    }
    before = {number: signal.signal(number, way) for number, way in ways.items()}
    blocked = set()
    if hasattr(signal, "pthread_sigmask"):
        blocked = signal.pthread_sigmask(signal.SIG_UNBLOCK, ways)
    yield
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
    for number, way in before.items():
        if way is not None:  # None: a handler that was not installed from Python
            signal.signal(number, way)


@pytest.fixture
def float64():
    """Keras in double precision, on JAX too, for comparisons with NumPy and SciPy."""
    import keras

    on_jax = keras.backend.backend() == "jax"
    keras.config.set_floatx("float64")
    keras.config.set_dtype_policy("float64")  # it does not follow floatx once used
    if on_jax:
        import jax

        jax.config.update("jax_enable_x64", True)
    yield
    if on_jax:
        jax.config.update("jax_enable_x64", False)
    keras.config.set_dtype_policy("float32")
    keras.config.set_floatx("float32")


@pytest.fixture(params=["float32", "float64"])
def dtype(request):
    """Runs a test in both precisions."""
    if request.param == "float64":
        request.getfixturevalue("float64")
    return request.param


@pytest.fixture
def images():
    """Sixteen grey images, float32 in [0, 1], ``(16, 6, 6, 1)``."""
    import numpy as np

    rng = np.random.default_rng(0)
    return rng.uniform(size=(16, *IMAGE_SHAPE)).astype("float32")


@pytest.fixture
def make_vae():
    """A function that makes a small, untrained VAE for 6 x 6 images."""
    from vae_lib import likelihoods, models, networks

    def make(likelihood=None, latent_dim=2, hidden_units=8, **kwargs):
        encoder = networks.mlp_encoder(
            latent_dim, IMAGE_SHAPE, hidden_units=hidden_units
        )
        decoder = networks.mlp_decoder(
            latent_dim, IMAGE_SHAPE, hidden_units=hidden_units
        )
        likelihood = likelihood or likelihoods.Gaussian()
        return models.VAE(encoder, decoder, likelihood, **kwargs)

    return make


@pytest.fixture
def load_experiment():
    """A function that imports a module of experiments/ when a test asks for it."""
    return lambda name: importlib.import_module(f"experiments.{name}")


@pytest.fixture(scope="session")
def address():
    """The built site, served on this machine for the time of the tests."""
    with browsing.served() as address:
        yield address


@pytest.fixture(scope="module")
def browser():
    """A Chromium for the tests of a file."""
    with browsing.chromium() as browser:
        yield browser
