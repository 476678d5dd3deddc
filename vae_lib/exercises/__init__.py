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
from vae_lib.exercises.build import (
    check_drawn_rate,
    check_encoder_head,
    check_fixed_variance,
    check_kl_weights,
    check_vae_loss,
)
from vae_lib.exercises.collapse import (
    check_active_units,
    check_best_networks,
    check_felt_level,
    check_last_variance,
    check_steered_rate,
    check_survivors,
)
from vae_lib.exercises.convolutions import (
    check_code_moves,
    check_receptive_field,
    check_transposed,
    check_unit_census,
)
from vae_lib.exercises.gaussian import (
    check_assumed_variance,
    check_compute_loss,
    check_grey_level,
    check_ppca_posterior,
    check_variance_cost,
)
from vae_lib.exercises.judging import (
    check_exact_p,
    check_gaussian_frechet,
    check_knn_accuracy,
    check_mixture_draws,
)
from vae_lib.exercises.line import (
    check_line_kl,
    check_line_length,
    check_line_posterior,
    check_signal_or_noise,
)
from vae_lib.exercises.machines import (
    check_accumulated,
    check_clipped,
    check_save_interval,
    check_sending,
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
from vae_lib.exercises.tightness import (
    check_harmonic_mean,
    check_log_increment,
    check_log_mean_exp,
    check_no_bridge,
    check_spread_cost,
)

__all__ = [
    "Exercise",
    "Verdict",
    "check_accumulated",
    "check_active_units",
    "check_antithetic",
    "check_assumed_variance",
    "check_ball_share",
    "check_best_networks",
    "check_best_split",
    "check_chosen_noise",
    "check_class_accuracy",
    "check_clipped",
    "check_code_moves",
    "check_compute_loss",
    "check_cube_gradients",
    "check_drawn_rate",
    "check_encoder_head",
    "check_exact_p",
    "check_exponential",
    "check_felt_level",
    "check_finds_broken",
    "check_fixed_variance",
    "check_gaussian_frechet",
    "check_gaussian_kl",
    "check_grain",
    "check_grey_level",
    "check_harmonic_mean",
    "check_kl_weights",
    "check_knn_accuracy",
    "check_last_variance",
    "check_line_kl",
    "check_line_length",
    "check_line_posterior",
    "check_log_increment",
    "check_log_mean_exp",
    "check_log_weight",
    "check_mixture_draws",
    "check_no_bridge",
    "check_noisy_codes",
    "check_pca_draws",
    "check_pixel_scale",
    "check_ppca_posterior",
    "check_receptive_field",
    "check_rescaled",
    "check_sampling_layer",
    "check_save_interval",
    "check_sending",
    "check_signal_or_noise",
    "check_signs",
    "check_spread_cost",
    "check_steered_rate",
    "check_survivors",
    "check_transposed",
    "check_unit_census",
    "check_vae_loss",
    "check_variance_cost",
    "check_vote",
    "check_without_rate",
]
