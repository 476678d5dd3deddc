"""What is watched while training: the loss must stay finite, on both sets."""

from typing import NoReturn

import keras
import numpy as np
from keras import ops

from vae_lib._images import check_images
from vae_lib._tensors import to_tensor
from vae_lib.evaluation._batches import ImageNoise, spans
from vae_lib.models import VAE
from vae_lib.training.steps import TrainFunction

__all__ = ["NonFiniteGuard", "Validation"]

VALIDATION_SEED = 0  # the default of evaluation.evaluate
VALIDATION_BATCH = 500


class NonFiniteGuard:
    """Runs training steps and keeps the last weights that gave a finite loss.

    Args:
        vae: a compiled :class:`vae_lib.models.VAE`.
        run: what :func:`vae_lib.training.steps.make_train_function` returns.
    """

    def __init__(self, vae: VAE, run: TrainFunction) -> None:
        self.vae = vae
        self.run = run
        self.good = vae.get_weights()

    def __call__(self, batch_indices: np.ndarray, epoch: int, first: int) -> None:
        """Run some steps, the first of them step ``first`` of the epoch.

        Raises:
            FloatingPointError: if a loss or a weight is not finite after it.
        """
        start = self.vae.get_weights()
        losses = self.run(batch_indices)
        bad = np.flatnonzero(~np.isfinite(losses))
        if not len(bad) and all(np.isfinite(w).all() for w in self.vae.get_weights()):
            self.good = start  # it gave the first of these losses
            return
        if len(bad):
            step = first + bad[0] + 1
            what = f"loss became {losses[bad[0]]} in epoch {epoch + 1}, step {step}"
        else:
            step = first + len(batch_indices)
            what = f"weights stopped being finite in epoch {epoch + 1}, step {step}"
        self.stop(what, weights=start if np.isfinite(losses[0]) else self.good)

    def check(self, logs: dict[str, float], epoch: int, step: int) -> None:
        """Raise FloatingPointError if a metric after some steps is not finite."""
        for name, value in logs.items():
            if not np.isfinite(value):
                what = f"{name} became {value} in epoch {epoch + 1}, step {step}"
                self.stop(what, weights=self.good)

    def stop(self, what: str, weights: list[np.ndarray]) -> NoReturn:
        """Put the weights back and raise."""
        self.vae.set_weights(weights)
        raise FloatingPointError(
            f"The {what}. The last weights with a finite loss were put back. Lower "
            "the learning rate, raise the (initial) variance, or check the images."
        )


class Validation:
    """Mean terms of the bound on the validation images, always with the same noise.

    The noise is that of :func:`vae_lib.evaluation.evaluate`, so both agree.

    Args:
        vae: a :class:`vae_lib.models.VAE`.
        x: images, ``(n, 28, 28, 1)``.
        beta: weight of the rate in ``val_loss``: the final one, also while a warm-up
            lasts, so that its values can be compared.
    """

    def __init__(self, vae: VAE, x: np.ndarray, beta: float) -> None:
        check_images(x, "x_val", vae.image_shape)
        self.vae = vae
        self.x = x
        self.beta = beta
        self.noise = ImageNoise(VALIDATION_SEED, range(len(x)), vae.latent_dim).draw(1)

    def __call__(
        self, hooks: keras.callbacks.CallbackList | None = None
    ) -> dict[str, float]:
        """Returns ``val_loss``, ``val_elbo``, ``val_rate`` and ``val_distortion``.

        With compiled metrics, of the deterministic reconstruction, these as well.

        Args:
            hooks: a ``keras.callbacks.CallbackList`` that is told of each batch.
        """
        sums = {"elbo": 0.0, "rate": 0.0, "distortion": 0.0}
        metrics = self.vae._compile_metrics
        if metrics is not None:
            metrics.reset_state()
        for i, batch in enumerate(spans(len(self.x), VALIDATION_BATCH)):
            if hooks is not None:
                hooks.on_test_batch_begin(i)
            terms = self.vae.elbo_terms(self.x[batch], noise=self.noise[:, batch])
            for name in sums:
                values = ops.convert_to_numpy(getattr(terms, name))
                sums[name] += float(np.sum(values.astype("float64")))
            if metrics is not None:
                x = to_tensor(self.x[batch], like=self.vae.encoder.inputs[0])
                metrics.update_state(x, self.vae(x))
            if hooks is not None:
                hooks.on_test_batch_end(i)
        means = {f"val_{name}": total / len(self.x) for name, total in sums.items()}
        loss = means["val_distortion"] + self.beta * means["val_rate"]
        others = {} if metrics is None else metrics.result()
        others = {f"val_{name}": float(value) for name, value in others.items()}
        return {"val_loss": loss, **means, **others}
