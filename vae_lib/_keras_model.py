"""What a VAE owes to Keras beside its mathematics."""

import functools
import inspect
import types
from collections.abc import Iterator
from typing import Any

import keras
import numpy as np
from keras import ops

from vae_lib._checks import not_negative
from vae_lib._images import check_scale
from vae_lib._types import Shape, Tensor
from vae_lib.likelihoods import Likelihood

PARTS = ("encoder", "decoder", "likelihood")
ORDINARY = 100.0  # nats per pixel: no loss of images in [0, 1] is far beyond


def _checking(name: str) -> Any:
    """Keras's method of that name, which first looks at images that are arrays."""
    inherited = getattr(keras.Model, name)
    signature = inspect.signature(inherited)

    @functools.wraps(inherited)
    def method(self: keras.Model, *args: Any, **kwargs: Any) -> Any:
        given = signature.bind(self, *args, **kwargs)
        x = given.arguments.get("x")
        check_scale(x, "x")
        held_out = given.arguments.get("validation_data")
        if isinstance(held_out, tuple | list):
            held_out = held_out[0]
        check_scale(held_out, "validation_data")
        callbacks = given.arguments.get("callbacks")
        known = keras.callbacks.CallbackList
        if "callbacks" in signature.parameters and not isinstance(callbacks, known):
            look = _LookAtImages(x)
            given.arguments["x"] = look.x
            given.arguments["callbacks"] = [*keras.tree.flatten(callbacks or []), look]
        return inherited(*given.args, **given.kwargs)

    return method


class _LookAtImages(keras.callbacks.Callback):
    """Looks into tensors and data sets once their loss is out of the ordinary.

    To look earlier would cost a pass, or change the order of a shuffle. A generator
    cannot be asked again, so its first batch is kept.
    """

    def __init__(self, x: Any) -> None:
        super().__init__()
        self.first: Any = None
        self.x = self.keep(x) if isinstance(x, types.GeneratorType) else x

    def keep(self, generator: Iterator[Any]) -> Iterator[Any]:
        for batch in generator:
            self.first = batch if self.first is None else self.first
            yield batch

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        if epoch == 0:
            self.look(logs)

    def on_test_end(self, logs: dict[str, Any] | None = None) -> None:
        self.look(logs)

    def look(self, logs: dict[str, Any] | None) -> None:
        n_pixels = float(np.prod(self.model.image_shape))
        highest = min(self.model.likelihood.highest, ORDINARY)
        loss = (logs or {}).get("loss", 0.0)
        if not -highest * n_pixels <= loss < ORDINARY * n_pixels:  # or it is NaN
            check_scale(self.first_images(), "x")

    def first_images(self) -> np.ndarray:
        """Those of the first batch, or all of a tensor."""
        x = self.x if self.first is None else self.first
        if isinstance(x, keras.utils.PyDataset):
            x = x[0]
        elif not hasattr(x, "shape"):
            x = x if isinstance(x, tuple | list) else next(iter(x))
        return ops.convert_to_numpy(x[0] if isinstance(x, tuple | list) else x)


class _Setting:
    """Holds a variable that Keras does not save: it is set, not learned."""

    def __init__(self, dtype: str, name: str) -> None:
        self.variable = keras.Variable(
            "ones", shape=(), dtype=dtype, trainable=False, name=name
        )


class ImageModel(keras.Model):
    """A model of images with a weight ``beta``, which does in Keras what others do.

    Every entry looks at the images, ``beta`` is a setting that steps read but files of
    weights do not hold, and the model can be exported without having been called.
    """

    def __init__(self, name: str, **kwargs: Any) -> None:
        super().__init__(name=name, **kwargs)
        # A variable, so that a warm-up may change it between steps without retracing.
        self._setting = _Setting(self.variable_dtype, "beta")

    @property
    def image_shape(self) -> Shape:
        """Shape of one image, such as (28, 28, 1)."""
        raise NotImplementedError

    def __call__(self, *args: Any, **kwargs: Any) -> Tensor:
        check_scale(args[0] if args else kwargs.get("x"), "x")
        return super().__call__(*args, **kwargs)

    fit = _checking("fit")
    evaluate = _checking("evaluate")
    predict = _checking("predict")
    train_on_batch = _checking("train_on_batch")
    test_on_batch = _checking("test_on_batch")

    @property
    def beta(self) -> float:
        """Weight of the rate in the loss; assign to change it."""
        return float(ops.stop_gradient(self._beta.value))

    @beta.setter
    def beta(self, value: float) -> None:
        self._configured_beta = float(not_negative("beta", value, "; 1 is the ELBO"))
        self._beta.assign(self._configured_beta)

    @property
    def _beta(self) -> keras.Variable:
        return self._setting.variable

    def warm_beta(self, value: float) -> None:
        """Change ``beta`` for some steps; the configured value is what is saved."""
        self._beta.assign(value)

    @property
    def variables(self) -> list[keras.Variable]:
        """All state that a step reads, namely weights, beta and the states of seeds."""
        setting = self.__dict__.get("_setting")  # Keras asks before it is there
        return super().variables + ([] if setting is None else [setting.variable])

    def set_weights(self, weights: list[np.ndarray]) -> None:
        """Keras's, with the reason where a variance is learned on one side only."""
        fixed = getattr(self.likelihood, "fixed_variance", None)
        surplus = len(weights) - len(self.weights)
        if fixed is not None and surplus == 1:
            raise ValueError(
                f"The variance of this VAE is fixed at {fixed:.6g} and no weight, but "
                "the weights come with a learned one: build it with variance=None."
            )
        super().set_weights(weights)

    def load_own_variables(self, store: Any) -> None:
        """Nothing to load: older files hold beta here, which is configuration."""

    def export(self, *args: Any, **kwargs: Any) -> Any:
        """Keras's export; a VAE comes built, so it need not be called before."""
        if not self._called:
            self(np.zeros((1, *self.image_shape), self.input_dtype))
        return super().export(*args, **kwargs)

    def build(self, input_shape: Any = None) -> None:
        """Nothing to do: encoder, decoder and likelihood come built."""
        self.built = True

    def get_config(self) -> dict[str, Any]:
        serialize = keras.saving.serialize_keras_object
        parts = {name: serialize(getattr(self, name)) for name in PARTS}
        return {
            "name": self.name,
            "dtype": keras.dtype_policies.serialize(self.dtype_policy),
            **parts,
            "beta": self._configured_beta,
            "n_samples": self.n_samples,
            "seed": self.seed,
            "input_dropout": self.input_dropout,
        }

    @classmethod
    def from_config(
        cls, config: dict[str, Any], custom_objects: dict[str, Any] | None = None
    ) -> "ImageModel":
        deserialize = keras.saving.deserialize_keras_object
        parts = {
            name: deserialize(config[name], custom_objects=custom_objects)
            for name in PARTS
        }
        return cls(**{**config, **parts})


def check_parts(encoder: Any, decoder: Any, likelihood: Any) -> None:
    """Refuse parts that do not make a VAE.

    Raises:
        ValueError: which says what differs.
    """
    for name, network in (("encoder", encoder), ("decoder", decoder)):
        if not isinstance(network, keras.Model) or not hasattr(network, "outputs"):
            raise ValueError(
                f"{name} must be a functional Keras model, such as "
                f"networks.mlp_{name}(2); got {network!r}."
            )
    if len(encoder.outputs) != 2:
        raise ValueError(
            "encoder must return two tensors, z_mean and z_log_var; it returns "
            f"{len(encoder.outputs)}."
        )
    d_mean, d_log_var = (output.shape[-1] for output in encoder.outputs)
    d_decoder = decoder.input_shape[-1]
    if not d_mean == d_log_var == d_decoder:
        raise ValueError(
            f"latent_dim differs: z_mean {d_mean}, z_log_var {d_log_var}, decoder "
            f"{d_decoder}. Build encoder and decoder with the same latent_dim."
        )
    if encoder.input_shape != decoder.output_shape:
        raise ValueError(
            f"The encoder reads images of shape {encoder.input_shape[1:]} and the "
            f"decoder writes {decoder.output_shape[1:]}: they must be equal."
        )
    if not isinstance(likelihood, Likelihood):
        raise ValueError(
            "likelihood must be a layer of vae_lib.likelihoods, such as "
            f"likelihoods.Gaussian(); got {likelihood!r}."
        )
