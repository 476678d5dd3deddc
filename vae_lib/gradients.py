"""Automatic differentiation, in the one form that every backend shares.

Keras has no backend-neutral gradient call. Gradient studies, Hamiltonian moves and
checks use :func:`value_and_grad`, and name no backend.
"""

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import keras
from keras import ops

from vae_lib._types import Tensor

__all__ = ["value_and_grad", "weight_gradients"]

Function: TypeAlias = Callable[..., Tensor]
Differentiated: TypeAlias = Callable[..., tuple[Tensor, list[Tensor]]]


def value_and_grad(function: Function, *, compiled: bool = False) -> Differentiated:
    r"""Turn ``f(*tensors) -> scalar`` into ``(f, df/d tensor for each)``.

    Args:
        function: maps one or more tensors to one number.
        compiled: compile it, for a function that is called many times with tensors of
            one shape (TensorFlow and JAX). JAX then keeps the weights that the function
            uses as they are at the first call.

    Returns:
        A function of the same arguments (arrays or tensors) that returns
        ``(value, gradients)``: the number, and a list with one array per argument in
        the argument's shape. For a function that returns one number per example,
        differentiate its sum: each example then gets its own gradient.

    Raises:
        NotImplementedError: if Keras runs on a backend without gradients (NumPy).

    In the book: Eqs. (4.3), (4.5).

    >>> from vae_lib.gradients import value_and_grad
    >>> value, (by_a, by_b) = value_and_grad(lambda a, b: a * b)(2.0, 5.0)
    >>> print(float(value), float(by_a), float(by_b))
    10.0 5.0 2.0
    """
    backend = keras.backend.backend()
    if backend not in _BACKENDS:
        raise NotImplementedError(
            f"Keras's backend {backend!r} has no automatic differentiation: set "
            "KERAS_BACKEND to tensorflow, jax or torch before importing Keras."
        )
    return _BACKENDS[backend](function, compiled)


def weight_gradients(
    loss: Callable[[], Tensor], weights: Sequence[keras.Variable]
) -> tuple[Tensor, list[Tensor]]:
    """Gradients of a loss with respect to a model's weights.

    Args:
        loss: a function without arguments that uses the weights and returns a number.
        weights: list of Keras variables, such as ``vae.trainable_weights``.

    Returns:
        ``(value, gradients)``, the gradients as a list in the order of ``weights``.

    Nothing that ``loss`` updates is kept: metrics stay as they are, and seeds do not
    advance, so that a second call draws the same noise. To study noise, pass it in:
    ``vae.elbo_terms(x, noise=noise)``.
    """

    def of_values(*values: Tensor) -> Tensor:
        mapping = list(zip(weights, values, strict=True))
        with keras.StatelessScope(state_mapping=mapping):
            return loss()

    return value_and_grad(of_values)(*[ops.convert_to_tensor(w) for w in weights])


def _tensorflow(function: Function, compiled: bool) -> Differentiated:
    import tensorflow as tf

    def differentiated(*tensors: Tensor) -> Any:
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(tensors)
            value = function(*tensors)
        unconnected = tf.UnconnectedGradients.ZERO
        return value, tape.gradient(value, tensors, unconnected_gradients=unconnected)

    if compiled:
        differentiated = tf.function(differentiated)

    def of_arrays(*arguments: Any) -> tuple[Tensor, list[Tensor]]:
        value, gradients = differentiated(*map(tf.convert_to_tensor, arguments))
        return value, list(gradients)

    return of_arrays


def _jax(function: Function, compiled: bool) -> Differentiated:
    import jax

    def differentiated(*tensors: Tensor) -> Any:
        places = tuple(range(len(tensors)))
        return jax.value_and_grad(function, argnums=places)(*tensors)

    if compiled:
        differentiated = jax.jit(differentiated)

    def of_arrays(*arguments: Any) -> tuple[Tensor, list[Tensor]]:
        value, gradients = differentiated(*map(jax.numpy.asarray, arguments))
        return value, list(gradients)

    return of_arrays


def _torch(function: Function, compiled: bool) -> Differentiated:
    import torch

    def differentiated(*arguments: Any) -> tuple[Tensor, list[Tensor]]:
        tensors = [
            ops.convert_to_tensor(argument).detach().clone().requires_grad_(True)
            for argument in arguments
        ]
        with torch.enable_grad():
            value = function(*tensors)
        gradients = [None] * len(tensors)
        if value.requires_grad:  # else autograd raises; the others return zeros
            gradients = torch.autograd.grad(value, tensors, allow_unused=True)
        gradients = [
            torch.zeros_like(tensor) if gradient is None else gradient
            for tensor, gradient in zip(tensors, gradients, strict=True)
        ]
        return value.detach(), gradients

    return differentiated


_BACKENDS = {"tensorflow": _tensorflow, "jax": _jax, "torch": _torch}
