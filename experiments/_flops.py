"""How much arithmetic a training step needs, counted from the network's layers."""

import math


def flops_per_image(network, latent_dim):
    """Floating-point operations of forward and backward pass for one image.

    A product with a kernel costs two operations for each weight and place where it is
    used: once forward, once for the kernel's gradient and once for the gradient of its
    input, which the first layer of the encoder does not need. Everything else
    (activations, likelihood, Adam) is small beside it and left out.
    """
    from vae_lib import networks

    total = 0
    for model in networks.build(network, latent_dim):
        first = model.name.endswith("encoder")
        for layer in model.layers:
            if not hasattr(layer, "kernel"):
                continue
            products = 2 if first else 3
            total += products * 2 * math.prod(layer.kernel.shape) * _places(layer)
            first = False
    return total


def _places(layer):
    """How often the kernel is used in one image."""
    kind = type(layer).__name__
    if kind == "Dense":
        return 1
    if kind not in ("Conv2D", "Conv2DTranspose"):
        raise ValueError(f"How often {kind} uses its kernel is not known here.")
    # A transposed convolution runs from its output to its input.
    image = layer.input if kind == "Conv2DTranspose" else layer.output
    return math.prod(image.shape[1:3])
