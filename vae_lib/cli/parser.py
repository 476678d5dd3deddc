"""What can be typed. Imports no array library, so that --help answers at once."""

import argparse

from vae_lib import __version__
from vae_lib._files import as_path
from vae_lib.cli import processes, texts
from vae_lib.training.config import PRECISIONS, TrainConfig

# Names from networks.NETWORKS and likelihoods.LIKELIHOODS, which need Keras to load;
# tests/test_cli.py compares them.
NETWORKS = ("mlp", "conv", "conv_feature_map", "linear")
LIKELIHOODS = ("gaussian", "bernoulli", "continuous_bernoulli")
BACKENDS = ("tensorflow", "jax", "torch")
SPLITS = ("val", "test", "train")

DEFAULTS = TrainConfig()


class Parser(argparse.ArgumentParser):
    """An argument parser whose errors take one line."""

    def __init__(self, **kwargs):
        super().__init__(
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
            **kwargs,
        )

    def error(self, message):
        self.exit(2, f"{self.prog}: {message}. See {self.prog} --help.\n")


def build_parser():
    """The parser of ``python -m vae_lib``; ``command`` is None if none is given."""
    parser = Parser(prog="python -m vae_lib", description=texts.MAIN)
    parser.add_argument("--version", action="version", version=f"vae_lib {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    _add_train(commands)
    _add_evaluate(commands)
    _add_figures(commands)
    _add_bench(commands)
    return parser


def _add_train(commands):
    parser = commands.add_parser(
        "train", help="train a VAE", description=texts.TRAIN, epilog=texts.TRAIN_EPILOG
    )
    _add_model(parser.add_argument_group("the model"))
    _add_optimisation(parser.add_argument_group("the training"))
    group = parser.add_argument_group("the images")
    _add_data(group)
    group.add_argument(
        "--train-images",
        type=int,
        metavar="N",
        help="use only the first N training images: for cheap trial runs",
    )
    group = parser.add_argument_group("the run")
    _add_backend(group)
    group.add_argument(
        "--out",
        type=_path,
        metavar="FOLDER",
        help="run folder (default runs/NETWORK-D-seedS); it must be new or empty",
    )
    group.add_argument(
        "--resume",
        action="store_true",
        help="continue the run in the folder; options left out are read from there, "
        "options given must be the same",
    )
    _add_quiet(group)
    processes.add_options(
        parser.add_argument_group("several devices or processes (on JAX)")
    )


def _path(text):
    """A path that was typed; ``--out=~/runs`` leaves the ``~`` to us."""
    try:
        return as_path(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _option(group, name, kind, text, **kwargs):
    """An option for a field of TrainConfig, absent from the result if not given."""
    default = getattr(DEFAULTS, name)
    flag = f"--{name.replace('_', '-')}"
    text += f" (default {default})" if default is not None else ""
    group.add_argument(flag, type=kind, default=argparse.SUPPRESS, help=text, **kwargs)


def _add_model(group):
    _option(
        group,
        "network",
        str,
        "mlp: one hidden layer of 512; conv: the report's convolutional network; "
        "conv_feature_map: the same with a decoder of 64 feature maps; linear: "
        "probabilistic PCA",
        choices=NETWORKS,
    )
    _option(
        group, "latent_dim", int, "latent dimensions d; 2 can be drawn", metavar="D"
    )
    _option(
        group,
        "likelihood",
        str,
        "p(x|z) of a pixel; nats of different likelihoods cannot be compared",
        choices=LIKELIHOODS,
    )
    _option(
        group,
        "variance",
        float,
        "fixed variance of the Gaussian, in squared grey values (0 to 1); left out, it "
        "is learned, which is nearly always better",
        metavar="V",
    )
    _option(
        group,
        "beta",
        float,
        "weight of the rate in the loss; 1 is the ELBO, more gives simpler codes",
        metavar="B",
    )
    _option(
        group,
        "n_samples",
        int,
        "samples of z for each image and step, the L of Eq. (1)",
        metavar="L",
    )


def _add_optimisation(group):
    _option(
        group,
        "epochs",
        int,
        "passes over the training images; the learning rate falls to 0 over all of "
        "them, so a longer run is another run",
        metavar="N",
    )
    _option(group, "batch_size", int, "images a step", metavar="B")
    _option(
        group,
        "learning_rate",
        float,
        "Adam's first and largest step; it falls to 0 by half a cosine",
        metavar="R",
    )
    _option(
        group,
        "lr_warmup",
        int,
        "epochs in which the step rises to its largest; rates above 3e-3 need it",
        metavar="N",
    )
    _option(
        group,
        "kl_warmup",
        int,
        "epochs in which the weight of the rate rises from 0; without them conv "
        "starts by ignoring its code and stays there",
        metavar="N",
    )
    _option(
        group,
        "input_dropout",
        float,
        "share of the pixels hidden from the encoder in training, such as 0.2: less "
        "overfitting in long runs",
        metavar="P",
    )
    _option(
        group,
        "encoder_l2",
        float,
        "nats that each squared weight of the encoder adds to the loss, such as 1e-3",
        metavar="C",
    )
    group.add_argument(
        "--batch-norm",
        action="store_true",
        default=argparse.SUPPRESS,
        help="normalise the sums of the encoder's last hidden layer over each batch in "
        "training; the convolutional encoders need it "
        f"(default {DEFAULTS.batch_norm})",
    )
    _option(
        group,
        "seed",
        int,
        "of the first weights, the order of the images and the noise",
        metavar="S",
    )
    _option(
        group,
        "precision",
        str,
        "of the hidden layers; weights and the ELBO's sums are float32 in any case. "
        "The mixed ones are for GPUs, and slower on most CPUs",
        choices=PRECISIONS,
    )


def _add_evaluate(commands):
    parser = commands.add_parser(
        "evaluate",
        help="measure a trained VAE",
        description=texts.EVALUATE,
        epilog=texts.EVALUATE_EPILOG,
    )
    _add_run(parser)
    parser.add_argument(
        "--split", choices=SPLITS, default="val", help="which images (default val)"
    )
    parser.add_argument(
        "--images",
        type=int,
        metavar="N",
        help="only N images of the split, always the same random ones (default all)",
    )
    parser.add_argument(
        "--iwae",
        type=int,
        metavar="K",
        help="also the importance-weighted bound with K samples, such as 50",
    )
    parser.add_argument(
        "--quadrature",
        action="store_true",
        help="also log p(x) by numerical integration; needs 2 latent dimensions",
    )
    _add_data(parser, "the set that the run was trained on")
    parser.add_argument(
        "--batch-size",
        type=int,
        default=500,
        metavar="B",
        help="images computed at once: memory, not results (default 500)",
    )
    parser.add_argument(
        "--seed", type=int, default=0, metavar="S", help="of the noise (default 0)"
    )
    parser.add_argument(
        "--json",
        type=_path,
        metavar="FILE",
        help="where to write the numbers (default RUN_FOLDER/evaluation-SPLIT.json)",
    )
    _add_backend(parser)
    _add_quiet(parser)


def _add_figures(commands):
    parser = commands.add_parser(
        "figures",
        help="draw the figures of a run, or of the report",
        description=texts.FIGURES,
        epilog=texts.FIGURES_EPILOG,
    )
    _add_run(parser, nargs="?", text="; left out, the fourteen figures of the report")
    parser.add_argument(
        "--out",
        type=_path,
        metavar="FOLDER",
        help="where to write the files (default RUN_FOLDER/figures, or report_figures)",
    )
    _add_data(parser, "the set that the run was trained on")
    _add_backend(parser)
    _add_quiet(parser)


def _add_bench(commands):
    parser = commands.add_parser(
        "bench",
        help="measure how fast this machine trains",
        description=texts.BENCH,
        epilog=texts.BENCH_EPILOG,
    )
    add, number = parser.add_argument, {"type": int, "metavar": "N"}
    _option(parser, "network", str, "what to train", choices=NETWORKS)
    _option(parser, "latent_dim", int, "latent dimensions d", metavar="D")
    _option(parser, "batch_size", int, "images a step", metavar="B")
    _option(parser, "precision", str, "as in train", choices=PRECISIONS)
    text = "random images an epoch (default 20,000; 2,048 for a convolutional network)"
    add("--train-images", help=text, **number)
    add("--rounds", default=5, help="epochs of each that count (default 5)", **number)
    add("--json", type=_path, metavar="FILE", help="write the numbers there as well")
    _add_backend(parser)
    _add_quiet(parser)


def _add_run(parser, nargs=None, text=""):
    help_text = f"what train has written{text}"
    parser.add_argument(
        "run_folder", type=_path, metavar="RUN_FOLDER", nargs=nargs, help=help_text
    )


def _add_data(group, default="see above"):
    source = group.add_mutually_exclusive_group()
    source.add_argument(
        "--data",
        type=_path,
        metavar="FILE",
        help=f"Keras's mnist.npz (default: {default})",
    )
    source.add_argument(
        "--sample",
        action="store_true",
        help="the 5,000 digits in the package: 4,000 train, 500 val, 500 test",
    )


def _add_backend(group):
    group.add_argument(
        "--backend",
        choices=BACKENDS,
        help="what computes (default: KERAS_BACKEND, else Keras's own setting)",
    )


def _add_quiet(group):
    group.add_argument(
        "--quiet", action="store_true", help="no progress, only the result"
    )
