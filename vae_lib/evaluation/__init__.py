"""Measuring a trained VAE: bounds, exact densities, samples, codes, sets of runs.

Every function takes and returns NumPy arrays. The data, and the number that says how
exact an estimate is, may be given by place; all else is given by name. Noise comes from
NumPy and belongs to the image's place in the array: a seed gives the same numbers, to
rounding, on every backend and for every batch and chunk size.
"""

from vae_lib.evaluation._statistics import mean_and_error
from vae_lib.evaluation.aggregate import AggregateKL, aggregate_kl
from vae_lib.evaluation.ais import AIS, ais, code_search
from vae_lib.evaluation.bdmc import Bidirectional, bidirectional_ais
from vae_lib.evaluation.bounds import (
    PerExample,
    Scores,
    bits_per_dim,
    elbo,
    evaluate,
    iwae,
    log_weights,
    per_example,
)
from vae_lib.evaluation.codes import (
    ActiveUnits,
    active_units,
    encode,
    knn_accuracy,
)
from vae_lib.evaluation.distances import (
    KernelDistance,
    frechet_distance,
    kernel_distance,
)
from vae_lib.evaluation.ppca import PPCA, fit_ppca, linear_vae
from vae_lib.evaluation.quadrature import Quadrature, quadrature
from vae_lib.evaluation.significance import (
    BrunnerMunzel,
    MeanDifference,
    PermutationTest,
    brunner_munzel_test,
    mean_difference,
    permutation_test,
)

__all__ = [
    "AIS",
    "PPCA",
    "ActiveUnits",
    "AggregateKL",
    "Bidirectional",
    "BrunnerMunzel",
    "KernelDistance",
    "MeanDifference",
    "PerExample",
    "PermutationTest",
    "Quadrature",
    "Scores",
    "active_units",
    "aggregate_kl",
    "ais",
    "bidirectional_ais",
    "bits_per_dim",
    "brunner_munzel_test",
    "code_search",
    "elbo",
    "encode",
    "evaluate",
    "fit_ppca",
    "frechet_distance",
    "iwae",
    "kernel_distance",
    "knn_accuracy",
    "linear_vae",
    "log_weights",
    "mean_and_error",
    "mean_difference",
    "per_example",
    "permutation_test",
    "quadrature",
]
