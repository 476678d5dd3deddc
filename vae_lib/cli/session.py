"""The part of ``train`` that needs Keras: fit, record, summarise."""

import statistics
import sys
import warnings

from vae_lib import evaluation, training
from vae_lib._streams import is_terminal, shows_bars
from vae_lib.cli import setup
from vae_lib.cli.callbacks import Interrupt, Recorder, ShortBar
from vae_lib.cli.errors import CommandError, reported
from vae_lib.training import distributed
from vae_lib.training.optimizer import compile_configured
from vae_lib.weights import save_weights


def train(plan, mnist, n_train, arguments):
    """Train, or finish training; returns the exit status."""
    interrupt = Interrupt()
    try:
        vae = _fit(plan, mnist, n_train, arguments, interrupt)
        scores = evaluation.evaluate(vae, mnist.x_val, verbose=0)
    except KeyboardInterrupt:
        if is_terminal(sys.stdout):
            print()  # leave the line of the progress bar
        text = plan.run.interrupted(plan.config, plan.options)
        raise CommandError(text, status=130) from None
    if distributed.is_main_process():
        summarise(plan.run, plan.config, scores)
    return 0


def _fit(plan, mnist, n_train, arguments, interrupt):
    config, run = plan.config, plan.run
    with reported():
        vae = training.build_vae(config)
        compile_configured(vae, config, n_train)
        recorder = Recorder(run)
        done = restore(recorder, vae)
    if plan.resumed and distributed.is_main_process():
        setup.say(arguments, f"Continuing after epoch {done} of {config.epochs}.")
    try:
        with interrupt.listening():
            training.fit(
                vae,
                mnist.x_train[:n_train],
                x_val=mnist.x_val,
                initial_epoch=done,
                callbacks=[recorder, *_bars(arguments), interrupt],
                verbose=0,
                **config.fit_arguments(),
            )
    except FloatingPointError as error:
        if distributed.is_main_process():
            save_weights(vae, run.weights)
        raise CommandError(_diverged(error, run), status=1) from error
    return vae


def restore(recorder, vae):
    """Load the newest whole checkpoint; bring the other files to the same state."""
    if distributed.is_main_process():
        recorder.run.clear_parts()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        done = recorder.restore(vae)
    for warning in (w for w in caught if w.category is UserWarning):
        print(warning.message, file=sys.stderr)
    recorder.write(vae)  # before the first epoch too: a run always has weights
    return done


def _bars(arguments):
    if arguments.quiet or not distributed.is_main_process():
        return []
    # In a file a bar would be drawn again and again: a line per epoch there.
    return [ShortBar(verbose=1 if shows_bars(sys.stdout) else 2)]


def _diverged(error, run):
    return (
        f"{error}\nThese weights are in {run.weights}; {run.epochs_done()} epochs were "
        "complete. Train anew with a smaller --learning-rate, a larger --variance or a "
        "--kl-warmup, and with another --out."
    )


def summarise(run, config, scores):
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
