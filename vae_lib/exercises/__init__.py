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
from vae_lib.exercises.diffusion import (
    check_draw_class,
    check_known_velocity,
    check_temperature,
    check_tokens,
    check_weight_of,
)
from vae_lib.exercises.images import (
    check_deal_groups,
    check_divided_twice,
    check_log_mixture,
    check_mirrored_copies,
    check_nats_of,
)
from vae_lib.exercises.likelihoods import (
    check_claims_of_likelihood,
    check_negative_binomial,
    check_poisson,
    check_share_of_coins,
    check_truncated,
)
from vae_lib.exercises.losses import (
    check_entropy_losses,
    check_kl_weight_for,
    check_largest_beta,
    check_row,
    check_sigma_of_batch,
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
    "check_chosen_noise",
    "check_claims_of_likelihood",
    "check_deal_groups",
    "check_discrepancy",
    "check_divided_twice",
    "check_draw_class",
    "check_entropy_losses",
    "check_exact_kl",
    "check_full_covariance",
    "check_game",
    "check_gaussian_kl",
    "check_kl_weight_for",
    "check_known_velocity",
    "check_largest_beta",
    "check_log_acceptance",
    "check_log_mixture",
    "check_log_weight",
    "check_lost_gradient",
    "check_mirrored_copies",
    "check_mmd",
    "check_nats_of",
    "check_negative_binomial",
    "check_pixel_scale",
    "check_poisson",
    "check_reported",
    "check_row",
    "check_sampler_test",
    "check_share_of_coins",
    "check_sigma_of_batch",
    "check_signs",
    "check_slips",
    "check_temperature",
    "check_ten_dimensions",
    "check_tokens",
    "check_too_good",
    "check_truncated",
    "check_two_sided",
    "check_unrecovered_bits",
    "check_weight_of",
]
