"""What can be typed. Imports no array library, so that --help answers at once."""

import argparse
import dataclasses

from vae_lib import __version__
from vae_lib._files import as_path
from vae_lib.cli import processes, texts
from vae_lib.training.config import TrainConfig

MODEL = "network latent_dim likelihood variance beta n_samples".split()
TRAINING = (
    "epochs batch_size learning_rate lr_warmup kl_warmup input_dropout encoder_l2 "
    "batch_norm seed precision"
).split()
BACKENDS = ("tensorflow", "jax", "torch")
SPLITS = ("val", "test", "train")


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
    _add_settings(parser.add_argument_group("the model"), MODEL)
    _add_settings(parser.add_argument_group("the training"), TRAINING)
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


def _add_settings(group, names, **texts):
    """Options for fields of TrainConfig, absent from the result if not given.

    Default, type, choices and text are the field's own; ``texts`` replaces the last.
    """
    settings = {field.name: field for field in dataclasses.fields(TrainConfig)}
    for name in names:
        default, about = settings[name].default, settings[name].metadata
        text = texts.get(name, about["text"])
        text += f" (default {default})" if default is not None else ""
        options = {"type": about["kind"], "metavar": about["metavar"]}
        if about["kind"] is bool:
            options = {"action": "store_true"}
        elif about["choices"]:
            options = {"choices": about["choices"]}
        flag = f"--{name.replace('_', '-')}"
        group.add_argument(flag, default=argparse.SUPPRESS, help=text, **options)


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
    _add_settings(
        parser,
        ["network", "latent_dim", "batch_size", "precision"],
        network="what to train",
        precision="as in train",
    )
    parser.add_argument(
        "--train-images",
        type=int,
        metavar="N",
        help="random images an epoch (default 20,000; 2,048 for a convolutional "
        "network)",
    )
    parser.add_argument(
        "--rounds",
        type=int,
        default=5,
        metavar="N",
        help="epochs of each that count (default 5)",
    )
    parser.add_argument(
        "--json",
        type=_path,
        metavar="FILE",
        help="write the numbers there as well",
    )
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
