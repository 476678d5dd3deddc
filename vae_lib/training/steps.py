"""Many training steps in one compiled call: the only backend-specific loop.

A step of a small network takes under a millisecond of arithmetic, and calling it from
Python costs as much again. So the images stay in memory, an epoch is a table of row
numbers, and one compiled call runs Keras's own ``train_step`` over many of its rows.
What is computed is Keras's; only who drives the loop differs.
"""

import contextlib
import functools

import keras
import numpy as np
from keras import ops

from vae_lib.training.sharding import make_sharding


def make_runner(vae, x, batch_size):
    """Return ``run(rows) -> running mean loss after each step, (S,)``.

    Args:
        vae: a compiled :class:`vae_lib.models.VAE`.
        x: the training images, ``(n, 28, 28, 1)``; kept in device memory.
        batch_size: images a full step.

    Returns:
        A function of ``rows``, ``(S, B)`` int32: the images of S steps, S at most
        :func:`steps_per_call`. It updates weights, optimiser, metrics and seed states
        in place.
    """
    images = ops.convert_to_tensor(x, dtype=vae.encoder.inputs[0].dtype)
    sharding = make_sharding(vae, batch_size)
    _build_metrics(vae, images[:1])
    run = _RUNNERS[keras.backend.backend()](vae, images, sharding)
    longest = steps_per_call(vae)

    def padded(rows):
        # One shape, one compilation: a table of full batches is filled up with rows
        # that the loop never reaches. (The short last batch is a shape of its own.)
        n_steps = len(rows)
        if rows.shape[1] == batch_size:
            rows = np.pad(rows, ((0, longest - n_steps), (0, 0)))
        return run(rows, n_steps)[:n_steps]

    return padded


def _build_metrics(vae, x):
    """Make the variables of compiled metrics, which no compiled step can make."""
    metrics = vae._compile_metrics
    if metrics is not None and not metrics.built:
        metrics.build(x, vae(x))


def _example(vae, batch):
    """What a step reads: with compiled metrics the images are the targets, too."""
    return (batch,) if vae._compile_metrics is None else (batch, batch)


def steps_per_call(vae):
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


def _uses_convolution(vae):
    """Whether encoder or decoder has a convolution."""
    return any(
        "Conv" in type(layer).__name__
        for network in (vae.encoder, vae.decoder)
        for layer in network.layers
    )


def _has_gpu():
    if keras.backend.backend() == "jax":
        import jax

        return jax.default_backend() != "cpu"
    import tensorflow as tf

    return bool(tf.config.list_physical_devices("GPU"))


def _tensorflow(vae, images, sharding):
    import tensorflow as tf

    # XLA fuses the many small operations of a dense network; its CPU convolutions
    # are slower than the library kernels.
    compiled = vae.jit_compile and (_has_gpu() or not _uses_convolution(vae))
    if vae.run_eagerly:
        return _one_by_one(vae, images, tf.gather)

    # The images are an argument: TensorFlow never frees what a function has captured.
    @tf.function(jit_compile=compiled)
    def loop(images, rows, n_steps):
        losses = tf.zeros(rows.shape[0], tf.float32)
        for step in tf.range(n_steps):
            logs = vae.train_step(_example(vae, tf.gather(images, rows[step])))
            loss = tf.cast(logs["loss"], tf.float32)
            losses = tf.tensor_scatter_nd_update(losses, [[step]], [loss])
        return losses

    traced = {}  # by shape; a second run of fit must not look like needless retracing

    def run(rows, n_steps):
        if rows.shape not in traced:
            traced[rows.shape] = loop.get_concrete_function(
                tf.TensorSpec(images.shape, images.dtype),
                tf.TensorSpec(rows.shape, tf.int32),
                tf.TensorSpec((), tf.int32),
            )
        arguments = images, tf.constant(rows), tf.constant(n_steps, tf.int32)
        return traced[rows.shape](*arguments).numpy()

    return run


def _jax(vae, images, sharding):
    import jax

    images = sharding.replicate(images)

    @functools.partial(jax.jit, out_shardings=sharding.replicated)
    def loop(state, images, rows, n_steps):  # as a constant they would be compiled in
        def one_step(step, carry):
            state, losses = carry
            batch = sharding.constrain(images[rows[step]])
            logs, state = vae.train_step(state, _example(vae, batch))
            return state, losses.at[step].set(logs["loss"])

        carry = state, jax.numpy.zeros(rows.shape[0])
        if rows.shape[0] == 1:  # no loop: XLA's convolutions crawl inside one
            return one_step(0, carry)
        return jax.lax.fori_loop(0, n_steps, one_step, carry)

    def run(rows, n_steps):
        groups = (
            vae.trainable_variables,
            vae.non_trainable_variables,
            vae.optimizer.variables,
            vae.metrics_variables,
        )
        state = tuple([variable.value for variable in group] for group in groups)
        as_compiled = vae.jit_compile and not vae.run_eagerly
        with contextlib.nullcontext() if as_compiled else jax.disable_jit():
            state, losses = loop(state, images, sharding.shard(rows), n_steps)
        for group, values in zip(groups, state, strict=True):
            for variable, value in zip(group, values, strict=True):
                variable.assign(value)
        return np.asarray(losses)

    return run


def _torch(vae, images, sharding):
    return _one_by_one(vae, images, lambda images, row: images[row])


def _one_by_one(vae, images, gather):
    """Steps that Python calls, for ``run_eagerly`` and for PyTorch."""

    def run(rows, n_steps):
        rows = map(ops.convert_to_tensor, rows[:n_steps])
        logs = [vae.train_step(_example(vae, gather(images, row))) for row in rows]
        return np.array([float(log["loss"]) for log in logs], "float32")

    return run


_RUNNERS = {"tensorflow": _tensorflow, "jax": _jax, "torch": _torch}
