"""What can be typed. Imports no array library, so that --help answers at once."""

import argparse
import dataclasses
from pathlib import Path
from typing import Any, NoReturn

from vae_lib import __version__
from vae_lib._files import as_path
from vae_lib.training.config import TrainConfig

MODEL = ["network", "latent_dim", "likelihood", "variance", "beta", "n_samples"]
TRAINING = [
    "epochs",
    "batch_size",
    "learning_rate",
    "lr_warmup",
    "kl_warmup",
    "input_dropout",
    "encoder_l2",
    "batch_norm",
    "seed",
    "precision",
]
BACKENDS = ("tensorflow", "jax", "torch")
SPLITS = ("val", "test", "train")


class Parser(argparse.ArgumentParser):
    """An argument parser whose errors take one line."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
            **kwargs,
        )

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message}. See {self.prog} --help.\n")


def build_parser() -> Parser:
    """The parser of ``python -m vae_lib``; ``command`` is None if none is given.

    What it returns has the keyword arguments of the command's ``run``, and ``quiet``.
    """
    parser = Parser(prog="python -m vae_lib", description=_explanation("main")[0])
    parser.add_argument("--version", action="version", version=f"vae_lib {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    for name, add_options, summary in (
        ("train", _add_train, "train a VAE"),
        ("evaluate", _add_evaluate, "measure a trained VAE"),
        ("figures", _add_figures, "draw the figures of a run, or of the report"),
        ("bench", _add_bench, "measure how fast this machine trains"),
    ):
        before, after = _explanation(name)
        add_options(
            commands.add_parser(name, help=summary, description=before, epilog=after)
        )
    return parser


def _explanation(name: str) -> tuple[str, str]:
    """The texts before and after the list of options, from the folder ``help``."""
    text = Path(__file__).with_name("help").joinpath(f"{name}.txt").read_text("utf-8")
    before, _, after = text.partition("\n[options]\n\n")
    return before, after


def _add_train(parser: Parser) -> None:
    _add_settings(parser.add_argument_group("the model"), MODEL)
    _add_settings(parser.add_argument_group("the training"), TRAINING)
    group = parser.add_argument_group("the images")
    _add_data(group)
    _add_number(
        group,
        "--train-images",
        "use only the first N training images: for cheap trial runs",
    )
    group = parser.add_argument_group("the run")
    _add_backend(group)
    _add_path(
        group,
        "--out",
        "run folder (default runs/NETWORK-D-seedS); it must be new or empty",
        "FOLDER",
    )
    group.add_argument(
        "--resume",
        action="store_true",
        help="continue the run in the folder; options left out are read from there, "
        "options given must be the same",
    )
    _add_quiet(group)
    _add_processes(parser.add_argument_group("several devices or processes (on JAX)"))


def _add_processes(group: Any) -> None:
    _add_number(
        group,
        "--devices",
        "devices of a single process: GPUs, or on a machine without them as many "
        "virtual devices of the processor (default 1)",
    )
    group.add_argument(
        "--coordinator",
        metavar="HOST:PORT",
        help="where process 0 runs, and a free port there; mpiexec and srun find both "
        "by themselves",
    )
    _add_number(
        group,
        "--processes",
        "number of processes, where neither mpiexec nor srun has started them",
    )
    _add_number(
        group,
        "--process-id",
        "number of this process then, 0 to N - 1; 0 writes the folder",
        "K",
    )


def _add_evaluate(parser: Parser) -> None:
    _add_run(parser)
    parser.add_argument(
        "--split", choices=SPLITS, default="val", help="which images (default val)"
    )
    _add_number(
        parser,
        "--images",
        "only N images of the split, always the same random ones (default all)",
    )
    _add_number(
        parser,
        "--iwae",
        "also the importance-weighted bound with K samples, such as 50",
        "K",
    )
    parser.add_argument(
        "--quadrature",
        action="store_true",
        help="also log p(x) by numerical integration; needs 2 latent dimensions",
    )
    _add_data(parser, "the set that the run was trained on")
    _add_number(
        parser,
        "--batch-size",
        "images computed at once: memory, not results (default 500)",
        "B",
        default=500,
    )
    _add_number(parser, "--seed", "of the noise (default 0)", "S", default=0)
    _add_path(
        parser,
        "--json",
        "where to write the numbers (default RUN_FOLDER/evaluation-SPLIT.json)",
    )
    _add_backend(parser)
    _add_quiet(parser)


def _add_figures(parser: Parser) -> None:
    _add_run(parser, nargs="?", text="; left out, the fourteen figures of the report")
    _add_path(
        parser,
        "--out",
        "where to write the files (default RUN_FOLDER/figures, or report_figures)",
        "FOLDER",
    )
    _add_data(parser, "the set that the run was trained on")
    _add_backend(parser)
    _add_quiet(parser)


def _add_bench(parser: Parser) -> None:
    _add_settings(
        parser,
        ["network", "latent_dim", "batch_size", "precision"],
        network="what to train",
        precision="as in train",
    )
    _add_number(
        parser,
        "--train-images",
        "random images an epoch (default 20,000; 2,048 for a convolutional network)",
    )
    _add_number(parser, "--rounds", "epochs of each that count (default 5)", default=5)
    _add_path(parser, "--json", "write the numbers there as well")
    _add_backend(parser)
    _add_quiet(parser)


def _add_settings(group: Any, names: list[str], **texts: str) -> None:
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


def _add_number(
    group: Any, flag: str, text: str, metavar: str = "N", default: int | None = None
) -> None:
    group.add_argument(flag, type=int, metavar=metavar, default=default, help=text)


def _add_path(group: Any, flag: str, text: str, metavar: str = "FILE") -> None:
    group.add_argument(flag, type=_path, metavar=metavar, help=text)


def _path(text: str) -> Path:
    """A path that was typed; ``--out=~/runs`` leaves the ``~`` to us."""
    try:
        return as_path(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _add_run(parser: Parser, nargs: str | None = None, text: str = "") -> None:
    help_text = f"what train has written{text}"
    parser.add_argument(
        "run_folder", type=_path, metavar="RUN_FOLDER", nargs=nargs, help=help_text
    )


def _add_data(group: Any, default: str = "see above") -> None:
    source = group.add_mutually_exclusive_group()
    text = "Keras's mnist.npz, or images of your own: a folder, or an .npz file"
    _add_path(source, "--data", f"{text} (default: {default})", "PATH")
    source.add_argument(
        "--sample",
        action="store_true",
        help="the 5,000 digits in the package: 4,000 train, 500 val, 500 test",
    )


def _add_backend(group: Any) -> None:
    group.add_argument(
        "--backend",
        choices=BACKENDS,
        help="what computes (default: KERAS_BACKEND, else Keras's own setting)",
    )


def _add_quiet(group: Any) -> None:
    group.add_argument(
        "--quiet", action="store_true", help="no progress, only the result"
    )
