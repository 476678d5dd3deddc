"""The part of ``train`` that needs Keras: fit, record, summarise."""

import statistics
import sys

import keras

from vae_lib import evaluation, training
from vae_lib._streams import is_terminal, shows_bars
from vae_lib.cli.callbacks import Interrupt, RunWriter, ShortBar
from vae_lib.cli.console import progress
from vae_lib.cli.errors import CommandError
from vae_lib.cli.plans import Plan
from vae_lib.cli.runs import RunFolder
from vae_lib.data import MNIST, ImageSet
from vae_lib.evaluation import Scores
from vae_lib.models import VAE
from vae_lib.training import TrainConfig, distributed
from vae_lib.weights import save_weights


def train(plan: Plan, mnist: MNIST | ImageSet, n_train: int, options: str) -> int:
    """Train, or finish training; returns the exit status.

    ``options`` are those that a command to continue the run needs, too.
    """
    try:
        vae = _fit(plan, mnist, n_train)
        scores = evaluation.evaluate(vae, mnist.x_val, verbose=0)
    except KeyboardInterrupt:
        if is_terminal(sys.stdout):
            print()  # leave the line of the progress bar
        text = plan.run.interrupted(plan.config, options)
        raise CommandError(text, status=130) from None
    if distributed.is_main_process():
        summarise(plan.run, plan.config, scores)
    return 0


def _fit(plan: Plan, mnist: MNIST | ImageSet, n_train: int) -> VAE:
    writer, interrupt = RunWriter(plan.run, plan.resumed), Interrupt()
    try:
        with interrupt.listening():
            vae, _ = training.train(
                plan.config,
                mnist.x_train[:n_train],
                mnist.x_val,
                callbacks=[writer, *_bars(), interrupt],
                verbose=0,
            )
    except FloatingPointError as error:
        if distributed.is_main_process():
            save_weights(writer.model, plan.run.weights)
        raise CommandError(_diverged(error, plan.run), status=1) from error
    return vae


def _bars() -> list[keras.callbacks.Callback]:
    if progress() == 0 or not distributed.is_main_process():
        return []
    # In a file a bar would be drawn again and again: a line per epoch there.
    return [ShortBar(verbose=1 if shows_bars(sys.stdout) else 2)]


def _diverged(error: FloatingPointError, run: RunFolder) -> str:
    return (
        f"{error}\nThese weights are in {run.weights}; {run.epochs_done()} epochs were "
        "complete. Train anew with a smaller --learning-rate, a larger --variance or a "
        "--kl-warmup, and with another --out."
    )


def summarise(run: RunFolder, config: TrainConfig, scores: Scores) -> None:
    """Write metrics.json and print the end of the story."""
    seconds = statistics.median(run.curves()["seconds"])
    run.write(
        "metrics.json",
        {
            "split": "val",
            "unit": "nats per image",
            **scores._asdict(),
            "epochs": config.epochs,
            "seconds_per_epoch": seconds,
        },
    )
    rows = [
        f"  validation ELBO {scores.elbo:10.2f} +- {scores.elbo_se:.2f} nats per image",
        f"  rate            {scores.rate:10.2f} nats per image",
        f"  distortion      {scores.distortion:10.2f} nats per image",
    ]
    if scores.variance is not None:
        rows.append(f"  variance        {scores.variance:10.4f} per pixel")
    print(
        f"{config.epochs} epochs, {seconds:.2f} s each (median, training only)",
        *rows,
        f"Weights: {run.weights}",
        f"Next:    python -m vae_lib evaluate {run}",
        f"         python -m vae_lib figures {run}",
        sep="\n",
    )
