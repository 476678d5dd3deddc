"""What is measured of a published model, the same for every network and seed."""

import numpy as np

from vae_lib import data, evaluation, surgery

N_IWAE, K_IWAE = 500, 100  # fixed random test images; samples of z for each
DIMENSIONS = (2, 10, 20)


def linear_reference(mnist):
    """Probabilistic PCA of the same images: what every network has to pass."""
    models = {d: evaluation.fit_ppca(mnist.x_train, d) for d in DIMENSIONS}
    return {
        "unit": "nats per image",
        "split": "fitted to 50,000 training images",
        "test": {
            str(d): float(ppca.log_prob(mnist.x_test).mean())
            for d, ppca in models.items()
        },
    }


def measure(vae, mnist):
    """Everything the tables print of one model, as JSON holds it.

    Bounds in nats per image: over all validation and all test images, and over the
    first 10,000 training images, so that overfitting can be seen. Codes are posterior
    means; a test code is classified by its five nearest among all training codes.
    """
    z_train, log_var = evaluation.encode(vae, mnist.x_train, verbose=0)
    z_test, _ = evaluation.encode(vae, mnist.x_test, verbose=0)
    n_test = len(mnist.x_test)
    few = mnist.x_test[data.subset_indices(min(N_IWAE, n_test), size=n_test)]
    return {
        "validation": evaluation.evaluate(vae, mnist.x_val, verbose=0)._asdict(),
        "test": evaluation.evaluate(vae, mnist.x_test, verbose=0)._asdict(),
        "train": evaluation.evaluate(vae, mnist.x_train[:10_000], verbose=0)._asdict(),
        "iwae": {
            "n_images": len(few),
            "n_samples": K_IWAE,
            "value": float(
                evaluation.iwae(vae, few, n_samples=K_IWAE, verbose=0).mean()
            ),
            "elbo": evaluation.evaluate(vae, few, n_samples=10, verbose=0).elbo,
        },
        "live_units": int(surgery.live_units(vae, mnist.x_val).sum()),
        "active_units": evaluation.active_units(z_test).count,
        "knn_accuracy": evaluation.knn_accuracy(
            z_train, mnist.y_train, z_test, mnist.y_test
        ),
        "second_moment": np.mean(z_train**2 + np.exp(log_var), axis=0).tolist(),
    }
