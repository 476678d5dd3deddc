"""Checks of the book's exercises: they tell right from wrong, and why.

Each ``check_*`` is an :class:`Exercise`. Called with an answer it returns a
:class:`Verdict`, whose message a notebook shows; it never raises for a wrong or an
empty answer.
"""

from vae_lib.exercises._judge import Exercise, Verdict

__all__ = ["Exercise", "Verdict"]
