"""Many training steps in one compiled call: the only backend-specific loop.

A step of a small network takes under a millisecond of arithmetic, and calling it from
Python costs as much again. So the images stay in memory, an epoch is a table of row
numbers, and one compiled call runs Keras's own ``train_step`` over many of its rows.
What is computed is Keras's; only who drives the loop differs.
"""

import contextlib
import functools
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from keras import ops

from vae_lib.models import VAE
from vae_lib.training.sharding import Sharding, make_sharding

__all__ = ["TrainFunction", "make_train_function", "steps_per_execution"]

TrainFunction = Callable[[np.ndarray], np.ndarray]
Loop = Callable[[np.ndarray, int], np.ndarray]  # the first n rows of a table


def make_train_function(vae: VAE, x: np.ndarray, batch_size: int) -> TrainFunction:
    """Return ``run(batch_indices) -> running mean loss after each step, (S,)``.

    Args:
        vae: a compiled :class:`vae_lib.models.VAE`.
        x: the training images, ``(n, 28, 28, 1)``; kept in device memory.
        batch_size: images per full step.

    Returns:
        A function of ``batch_indices``, ``(S, B)`` int32: the images of S steps, S at
        most :func:`steps_per_execution`. It updates weights, optimiser, metrics and
        seed states in place.
    """
    images = ops.convert_to_tensor(x, dtype=vae.encoder.inputs[0].dtype)
    sharding = make_sharding(vae, batch_size)
    _build_metrics(vae, images[:1])
    run = _BACKENDS[keras.backend.backend()](vae, images, sharding)
    longest = steps_per_execution(vae)

    def padded(batch_indices: np.ndarray) -> np.ndarray:
        # One shape, one compilation: a table of full batches is filled up with rows
        # that the loop never reaches. (The short last batch is a shape of its own.)
        n_steps = len(batch_indices)
        if batch_indices.shape[1] == batch_size:
            batch_indices = np.pad(batch_indices, ((0, longest - n_steps), (0, 0)))
        return run(batch_indices, n_steps)[:n_steps]

    return padded


def _build_metrics(vae: VAE, x: Any) -> None:
    """Make the variables of compiled metrics, which no compiled step can make."""
    metrics = vae._compile_metrics
    if metrics is not None and not metrics.built:
        metrics.build(x, vae(x))


def _example(vae: VAE, batch: Any) -> tuple:
    """What a step reads: with compiled metrics the images are the targets, too."""
    return (batch,) if vae._compile_metrics is None else (batch, batch)


def steps_per_execution(vae: VAE) -> int:
    """How many steps one compiled call should hold, for this network and device.

    Convolutions take long enough to make the call's overhead small; keeping their
    calls short keeps the progress bar and Ctrl-C alive. What was compiled with
    ``steps_per_execution`` above 1 is done.
    """
    if vae.steps_per_execution > 1:
        return vae.steps_per_execution
    if not _uses_convolution(vae):
        return 64
    # XLA's convolutions inside an XLA loop are single-threaded on a CPU.
    return 1 if keras.backend.backend() == "jax" and not _has_gpu() else 8


def _uses_convolution(vae: VAE) -> bool:
    """Whether encoder or decoder has a convolution."""
    return any(
        "Conv" in type(layer).__name__
        for network in (vae.encoder, vae.decoder)
        for layer in network.layers
    )


def _has_gpu() -> bool:
    if keras.backend.backend() == "jax":
        import jax

        return jax.default_backend() != "cpu"
    import tensorflow as tf

    return bool(tf.config.list_physical_devices("GPU"))


def _tensorflow(vae: VAE, images: Any, sharding: Sharding) -> Loop:
    import tensorflow as tf

    # XLA fuses the many small operations of a dense network; its CPU convolutions
    # are slower than the library kernels.
    compiled = vae.jit_compile and (_has_gpu() or not _uses_convolution(vae))
    if vae.run_eagerly:
        return _one_by_one(vae, images, tf.gather)

    # The images are an argument: TensorFlow never frees what a function has captured.
    @tf.function(jit_compile=compiled)
    def loop(images: Any, batch_indices: Any, n_steps: Any) -> Any:
        losses = tf.zeros(batch_indices.shape[0], tf.float32)
        for step in tf.range(n_steps):
            logs = vae.train_step(_example(vae, tf.gather(images, batch_indices[step])))
            loss = tf.cast(logs["loss"], tf.float32)
            losses = tf.tensor_scatter_nd_update(losses, [[step]], [loss])
        return losses

    traced: dict[
        tuple, Any
    ] = {}  # by shape; a second run of fit must not look like needless retracing

    def run(batch_indices: np.ndarray, n_steps: int) -> np.ndarray:
        if batch_indices.shape not in traced:
            traced[batch_indices.shape] = loop.get_concrete_function(
                tf.TensorSpec(images.shape, images.dtype),
                tf.TensorSpec(batch_indices.shape, tf.int32),
                tf.TensorSpec((), tf.int32),
            )
        arguments = images, tf.constant(batch_indices), tf.constant(n_steps, tf.int32)
        return traced[batch_indices.shape](*arguments).numpy()

    return run


def _jax(vae: VAE, images: Any, sharding: Sharding) -> Loop:
    import jax

    images = sharding.replicate(images)

    # The images are an argument: as a constant they would be compiled in.
    @functools.partial(jax.jit, out_shardings=sharding.replicated)
    def loop(state: Any, images: Any, batch_indices: Any, n_steps: int) -> Any:
        def one_step(step: Any, carry: tuple) -> tuple:
            state, losses = carry
            batch = sharding.constrain(images[batch_indices[step]])
            logs, state = vae.train_step(state, _example(vae, batch))
            return state, losses.at[step].set(logs["loss"])

        carry = state, jax.numpy.zeros(batch_indices.shape[0])
        if batch_indices.shape[0] == 1:  # no loop: XLA's convolutions crawl inside one
            return one_step(0, carry)
        return jax.lax.fori_loop(0, n_steps, one_step, carry)

    def run(batch_indices: np.ndarray, n_steps: int) -> np.ndarray:
        groups = (
            vae.trainable_variables,
            vae.non_trainable_variables,
            vae.optimizer.variables,
            vae.metrics_variables,
        )
        state = tuple([variable.value for variable in group] for group in groups)
        as_compiled = vae.jit_compile and not vae.run_eagerly
        with contextlib.nullcontext() if as_compiled else jax.disable_jit():
            state, losses = loop(state, images, sharding.shard(batch_indices), n_steps)
        for group, values in zip(groups, state, strict=True):
            for variable, value in zip(group, values, strict=True):
                variable.assign(value)
        return np.asarray(losses)

    return run


def _torch(vae: VAE, images: Any, sharding: Sharding) -> Loop:
    return _one_by_one(vae, images, lambda images, batch: images[batch])


def _one_by_one(vae: VAE, images: Any, gather: Callable) -> Loop:
    """Steps that Python calls, for ``run_eagerly`` and for PyTorch."""

    def run(batch_indices: np.ndarray, n_steps: int) -> np.ndarray:
        batches = map(ops.convert_to_tensor, batch_indices[:n_steps])
        logs = [vae.train_step(_example(vae, gather(images, b))) for b in batches]
        return np.array([float(log["loss"]) for log in logs], "float32")

    return run


_BACKENDS = {"tensorflow": _tensorflow, "jax": _jax, "torch": _torch}
