"""Checks of the book's exercises: they tell right from wrong, and why.

Each ``check_*`` is an :class:`Exercise`. Called with an answer it returns a
:class:`Verdict`, whose message a notebook shows; it never raises for a wrong or an
empty answer.
"""

from vae_lib.exercises._judge import Exercise, Verdict
from vae_lib.exercises.bound import (
    check_chosen_noise,
    check_gaussian_kl,
    check_log_weight,
    check_pixel_scale,
    check_signs,
)

__all__ = [
    "Exercise",
    "Verdict",
    "check_chosen_noise",
    "check_gaussian_kl",
    "check_log_weight",
    "check_pixel_scale",
    "check_signs",
]
