"""The losses of public VAE code, each as it is written and where it was read.

A row is a statement about one version of one file, named by its commit: the projects
may have changed since. :func:`vae_lib.losses.implied_model` says what a row trains.
"""

from dataclasses import dataclass

from vae_lib.losses import WrittenLoss

__all__ = ["PUBLIC_LOSSES", "PublicLoss"]


@dataclass(frozen=True)
class PublicLoss:
    """One loss with its source.

    Example:
        >>> by_name = {row.name: row for row in PUBLIC_LOSSES}
        >>> by_name["Stable Diffusion autoencoder"].loss.kl_weight
        1e-06
    """

    name: str
    repository: str  # owner/name on GitHub
    path: str
    commit: str  # the first digits of the version that was read
    spelling: str  # the two terms, in words of the code
    loss: WrittenLoss

    @property
    def url(self) -> str:
        """The address of the file at that commit.

        Example:
            >>> PUBLIC_LOSSES[0].url.startswith("https://github.com/keras-team/")
            True
        """
        return f"https://github.com/{self.repository}/blob/{self.commit}/{self.path}"


_MNIST = (28, 28, 1)
_DLWP = "fchollet/deep-learning-with-python-notebooks"
_PYTHAE = ("clementchadebec/benchmark_VAE", "src/pythae/models/vae/vae_model.py")
_DISVAE = ("YannDubs/disentangling-vae", "disvae/models/losses.py", "f8f64d8")
_SIGMA = ("orybkin/sigma-vae-pytorch", "model.py", "8873c56")
_ANTIXK = "AntixK/PyTorch-VAE"

PUBLIC_LOSSES: tuple[PublicLoss, ...] = (
    PublicLoss(
        "keras.io example",
        "keras-team/keras-io",
        "examples/generative/vae.py",
        "09e02e1",
        "cross-entropy summed; KL summed",
        WrittenLoss("cross-entropy", latent_dim=2, image_shape=_MNIST),
    ),
    PublicLoss(
        "Deep Learning with Python, 1st ed.",
        _DLWP,
        "first_edition/8.4-generating-images-with-vaes.ipynb",
        "27f60b0",
        "cross-entropy averaged; -5e-4 * mean(1 + ...); exp(z_log_var) * epsilon",
        # Half the bracket is the rate, so the 5e-4 in front of it is a weight of 1e-3.
        WrittenLoss(
            "cross-entropy",
            over_pixels="mean",
            over_latents="mean",
            kl_weight=1e-3,
            latent_dim=2,
            sampler="exp(log_var)",
            image_shape=_MNIST,
        ),
    ),
    PublicLoss(
        "Deep Learning with Python, 3rd ed.",
        _DLWP,
        "chapter17_image-generation.ipynb",
        "03def3a",
        "cross-entropy summed; KL averaged over images and latents",
        WrittenLoss(
            "cross-entropy", over_latents="mean", latent_dim=2, image_shape=_MNIST
        ),
    ),
    PublicLoss(
        "Keras guide to subclassing",
        "keras-team/keras",
        "guides/making_new_layers_and_models_via_subclassing.py",
        "08da564",
        "mse averaged; KL averaged",
        WrittenLoss(
            "squared",
            over_pixels="mean",
            over_latents="mean",
            latent_dim=32,
            image_shape=_MNIST,
        ),
    ),
    PublicLoss(
        "Hands-On Machine Learning, 3rd ed.",
        "ageron/handson-ml3",
        "17_autoencoders_gans_and_diffusion_models.ipynb",
        "e3f3f9e",
        "mse averaged; KL summed, divided by 784",
        WrittenLoss(
            "squared", over_pixels="mean", kl_weight=1 / 784, image_shape=_MNIST
        ),
    ),
    PublicLoss(
        "Berkeley CS294-158, homework 2",
        "rll/deepul",
        "homeworks/hw2/hw2.ipynb",
        "0cfe35b",
        "squared error summed, beside a text with p = N(mu, I); KL summed",
        WrittenLoss("squared"),
    ),
    PublicLoss(
        "pythae, older version",
        *_PYTHAE,
        "06d582a",
        "squared error summed; KL summed",
        WrittenLoss("squared"),
    ),
    PublicLoss(
        "pythae",
        *_PYTHAE,
        "24939dc",
        "0.5 * squared error summed; KL summed",
        WrittenLoss("squared", error_weight=0.5),
    ),
    PublicLoss(
        "PyTorch-VAE, training",
        _ANTIXK,
        "configs/vae.yaml",
        "a6896b9",
        "mse averaged; 0.00025 * KL summed",
        WrittenLoss(
            "squared", over_pixels="mean", kl_weight=0.00025, image_shape=(64, 64, 3)
        ),
    ),
    PublicLoss(
        "PyTorch-VAE, validation",
        _ANTIXK,
        "experiment.py",
        "8bf7be5",
        "mse averaged; 1.0 * KL summed",
        WrittenLoss("squared", over_pixels="mean", image_shape=(64, 64, 3)),
    ),
    PublicLoss(
        "Generative Deep Learning, 2nd ed.",
        "davidADSP/Generative_Deep_Learning_2nd_Edition",
        "notebooks/03_vae/02_vae_fashion/vae_fashion.ipynb",
        "3d28172",
        "BETA = 500 times cross-entropy averaged; KL summed",
        WrittenLoss(
            "cross-entropy",
            over_pixels="mean",
            error_weight=500.0,
            latent_dim=2,
            image_shape=(32, 32, 1),
        ),
    ),
    PublicLoss(
        "fast.ai course 2022, part 2",
        "fastai/course22p2",
        "nbs/29_vae.ipynb",
        "df93232",
        "cross-entropy averaged; KL averaged",
        WrittenLoss(
            "cross-entropy",
            over_pixels="mean",
            over_latents="mean",
            latent_dim=200,
            image_shape=_MNIST,
        ),
    ),
    PublicLoss(
        "disentangling-vae, gaussian",
        *_DISVAE,
        "squared error of 255 * x, summed, divided by 255; KL summed",
        WrittenLoss("squared", error_weight=255.0),
    ),
    PublicLoss(
        "disentangling-vae, laplace",
        *_DISVAE,
        "3 * absolute error summed; KL summed",
        WrittenLoss("absolute", error_weight=3.0),
    ),
    PublicLoss(
        "PyTorch example",
        "pytorch/examples",
        "vae/main.py",
        "cd01f93",
        "cross-entropy of grey pixels, summed; KL summed",
        WrittenLoss("cross-entropy", latent_dim=20, image_shape=_MNIST),
    ),
    PublicLoss(
        "Neuromatch, generative models",
        "NeuromatchAcademy/course-content-dl",
        "tutorials/W2D4_GenerativeModels/W2D4_Tutorial1.ipynb",
        "04da416",
        "Gaussian log likelihood, sigma learned, no log 2 pi, summed; KL sampled",
        WrittenLoss("squared", variance="shared"),
    ),
    PublicLoss(
        "sigma-VAE",
        *_SIGMA,
        "Gaussian log likelihood, sigma learned, summed; KL summed",
        WrittenLoss("squared", variance="shared"),
    ),
    PublicLoss(
        "sigma-VAE, its warning (mse_vae)",
        *_SIGMA,
        "mse averaged over pixels and the 128 images; KL summed over both",
        WrittenLoss(
            "squared",
            over_pixels="mean",
            error_weight=1 / 128,
            image_shape=(28, 28, 3),
        ),
    ),
    PublicLoss(
        "Stable Diffusion autoencoder",
        "CompVis/stable-diffusion",
        "ldm/modules/losses/contperceptual.py",
        "555f13e",
        "absolute error and LPIPS summed; adversarial; 1e-6 * KL summed",
        WrittenLoss(
            "absolute",
            kl_weight=1e-6,
            image_shape=(256, 256, 3),
            latent_dim=32 * 32 * 4,
            extra_terms=("perceptual", "adversarial"),
        ),
    ),
)
