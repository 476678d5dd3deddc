"""Checks of the book's exercises: they tell right from wrong, and why.

Each ``check_*`` is an :class:`Exercise`. Called with an answer it returns a
:class:`Verdict`, whose message a notebook shows; it never raises for a wrong or an
empty answer.
"""

from vae_lib.exercises._judge import Exercise, Verdict
from vae_lib.exercises.autoencoders import (
    check_ball_share,
    check_pca_draws,
    check_rescaled,
)
from vae_lib.exercises.bound import (
    check_chosen_noise,
    check_gaussian_kl,
    check_log_weight,
    check_pixel_scale,
    check_signs,
)
from vae_lib.exercises.gaussian import (
    check_assumed_variance,
    check_compute_loss,
    check_grey_level,
    check_ppca_posterior,
    check_variance_cost,
)
from vae_lib.exercises.line import (
    check_line_kl,
    check_line_length,
    check_line_posterior,
    check_signal_or_noise,
)
from vae_lib.exercises.noise import (
    check_antithetic,
    check_best_split,
    check_cube_gradients,
    check_exponential,
    check_finds_broken,
    check_sampling_layer,
)
from vae_lib.exercises.start import (
    check_class_accuracy,
    check_grain,
    check_noisy_codes,
    check_vote,
    check_without_rate,
)

__all__ = [
    "Exercise",
    "Verdict",
    "check_antithetic",
    "check_assumed_variance",
    "check_ball_share",
    "check_best_split",
    "check_chosen_noise",
    "check_class_accuracy",
    "check_compute_loss",
    "check_cube_gradients",
    "check_exponential",
    "check_finds_broken",
    "check_gaussian_kl",
    "check_grain",
    "check_grey_level",
    "check_line_kl",
    "check_line_length",
    "check_line_posterior",
    "check_log_weight",
    "check_noisy_codes",
    "check_pca_draws",
    "check_pixel_scale",
    "check_ppca_posterior",
    "check_rescaled",
    "check_sampling_layer",
    "check_signal_or_noise",
    "check_signs",
    "check_variance_cost",
    "check_vote",
    "check_without_rate",
]
