"""Checks of the book's exercises: they tell right from wrong, and why.

Each ``check_*`` is an :class:`Exercise`. Called with an answer it returns a
:class:`Verdict`, whose message a notebook shows; it never raises for a wrong or an
empty answer.
"""

from vae_lib.exercises._judge import Exercise, Verdict
from vae_lib.exercises.adversary import (
    check_exact_kl,
    check_game,
    check_mmd,
    check_reported,
)
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
from vae_lib.exercises.broken import (
    check_discrepancy,
    check_lost_gradient,
    check_sampler_test,
    check_slips,
    check_too_good,
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
from vae_lib.exercises.diffusion import (
    check_draw_class,
    check_known_velocity,
    check_temperature,
    check_tokens,
    check_weight_of,
)
from vae_lib.exercises.gaussian import (
    check_assumed_variance,
    check_compute_loss,
    check_grey_level,
    check_ppca_posterior,
    check_variance_cost,
)
from vae_lib.exercises.images import (
    check_deal_groups,
    check_divided_twice,
    check_log_mixture,
    check_mirrored_copies,
    check_nats_of,
)
from vae_lib.exercises.judging import (
    check_exact_p,
    check_gaussian_frechet,
    check_knn_accuracy,
    check_mixture_draws,
)
from vae_lib.exercises.likelihoods import (
    check_claims_of_likelihood,
    check_negative_binomial,
    check_poisson,
    check_share_of_coins,
    check_truncated,
)
from vae_lib.exercises.line import (
    check_line_kl,
    check_line_length,
    check_line_posterior,
    check_signal_or_noise,
)
from vae_lib.exercises.losses import (
    check_entropy_losses,
    check_kl_weight_for,
    check_largest_beta,
    check_row,
    check_sigma_of_batch,
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
from vae_lib.exercises.uses import (
    check_full_covariance,
    check_log_acceptance,
    check_ten_dimensions,
    check_two_sided,
    check_unrecovered_bits,
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
    "check_claims_of_likelihood",
    "check_class_accuracy",
    "check_clipped",
    "check_code_moves",
    "check_compute_loss",
    "check_cube_gradients",
    "check_deal_groups",
    "check_discrepancy",
    "check_divided_twice",
    "check_draw_class",
    "check_drawn_rate",
    "check_encoder_head",
    "check_entropy_losses",
    "check_exact_kl",
    "check_exact_p",
    "check_exponential",
    "check_felt_level",
    "check_finds_broken",
    "check_fixed_variance",
    "check_full_covariance",
    "check_game",
    "check_gaussian_frechet",
    "check_gaussian_kl",
    "check_grain",
    "check_grey_level",
    "check_harmonic_mean",
    "check_kl_weight_for",
    "check_kl_weights",
    "check_knn_accuracy",
    "check_known_velocity",
    "check_largest_beta",
    "check_last_variance",
    "check_line_kl",
    "check_line_length",
    "check_line_posterior",
    "check_log_acceptance",
    "check_log_increment",
    "check_log_mean_exp",
    "check_log_mixture",
    "check_log_weight",
    "check_lost_gradient",
    "check_mirrored_copies",
    "check_mixture_draws",
    "check_mmd",
    "check_nats_of",
    "check_negative_binomial",
    "check_no_bridge",
    "check_noisy_codes",
    "check_pca_draws",
    "check_pixel_scale",
    "check_poisson",
    "check_ppca_posterior",
    "check_receptive_field",
    "check_reported",
    "check_rescaled",
    "check_row",
    "check_sampler_test",
    "check_sampling_layer",
    "check_save_interval",
    "check_sending",
    "check_share_of_coins",
    "check_sigma_of_batch",
    "check_signal_or_noise",
    "check_signs",
    "check_slips",
    "check_spread_cost",
    "check_steered_rate",
    "check_survivors",
    "check_temperature",
    "check_ten_dimensions",
    "check_tokens",
    "check_too_good",
    "check_transposed",
    "check_truncated",
    "check_two_sided",
    "check_unit_census",
    "check_unrecovered_bits",
    "check_vae_loss",
    "check_variance_cost",
    "check_vote",
    "check_weight_of",
    "check_without_rate",
]
