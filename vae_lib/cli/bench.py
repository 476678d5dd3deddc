"""``bench``: training.fit against Keras's own loop, on this machine, in turns."""

import math
import statistics
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from vae_lib._files import check_writable, write_json
from vae_lib.cli import setup
from vae_lib.cli.console import log
from vae_lib.cli.errors import at_least, reported
from vae_lib.training.config import TrainConfig

# So many images that an epoch of the faster loop takes a third of a second or so on
# two cores; a convolution needs thirty times the arithmetic of the MLP.
IMAGES = {"conv": 2_048, "conv_feature_map": 2_048}
OTHER_IMAGES = 20_000
LOOPS = ("training.fit", "Model.fit")


def run(
    *,
    train_images: int | None,
    rounds: int,
    json: Path | None,
    backend: str | None,
    **fields: Any,
) -> int:
    """The command; returns its exit status. ``fields`` are those of TrainConfig."""
    with reported():
        config = TrainConfig(**fields)
    at_least(1, rounds=rounds, train_images=train_images)
    if json:
        check_writable(json)
    n_images = train_images or IMAGES.get(config.network, OTHER_IMAGES)
    backend = setup.start_backend(backend)
    environment = {**setup.describe_environment(backend), "device": device()}
    loops = make_loops(config, n_images, 1 + rounds)
    log.info("The first epoch of each compiles and is not counted.")
    for i in range(1 + rounds):
        for loop in loops.values():
            loop.epoch()
        times = (f"{name} {loop.seconds[-1]:.2f} s" for name, loop in loops.items())
        log.info(f"{f'round {i}' if i else 'first'}: {', '.join(times)}")
    content = summarise(config, n_images, environment, loops)
    print(*table(content), sep="\n")
    if json:
        write_json(json, content)
        log.info(f"\nWritten to {json}")
    return 0


def device() -> str:
    """What computes, such as "cpu" or the name of a GPU."""
    import keras

    if keras.backend.backend() == "jax":
        import jax

        return jax.devices()[0].device_kind
    if keras.backend.backend() == "torch":
        import torch

        return torch.cuda.get_device_name() if torch.cuda.is_available() else "cpu"
    import tensorflow as tf

    for gpu in tf.config.list_physical_devices("GPU"):
        return tf.config.experimental.get_device_details(gpu).get("device_name", "GPU")
    return "cpu"


def make_loops(config: TrainConfig, n_images: int, epochs: int) -> "dict[str, Loop]":
    """The two loops over the same random images, each with a model of its own."""
    import keras
    import numpy as np

    from vae_lib import training

    # Times do not depend on what the images show.
    shape = (n_images, 28, 28, 1)
    x = np.random.default_rng(config.seed).random(shape, dtype="float32")

    def start(name: str) -> "Loop":
        vae = training.build_vae(config)
        vae.compile(optimizer=keras.optimizers.Adam(config.learning_rate))
        options: dict[str, Any] = {"epochs": epochs, "batch_size": config.batch_size}
        options["verbose"] = 0
        if name == "Model.fit":
            return Loop(lambda *hooks: vae.fit(x, callbacks=hooks, **options))
        return Loop(lambda *hooks: training.fit(vae, x, callbacks=hooks, **options))

    return {name: start(name) for name in LOOPS}


class Loop:
    """A call of ``fit`` in a thread of its own that stands still between epochs.

    Args:
        fit: a function of a Keras callback that trains.
    """

    def __init__(self, fit: Callable) -> None:
        self.fit = fit
        self.seconds: list[float] = []
        self.error: BaseException | None = None
        self.may_run = threading.Semaphore(0)
        self.has_stopped = threading.Semaphore(0)
        self.thread = threading.Thread(target=self._run, daemon=True)

    def epoch(self) -> None:
        """Run one epoch and wait for its end; what goes wrong in it is raised here."""
        if not self.thread.ident:
            self.thread.start()
        self.may_run.release()
        self.has_stopped.acquire()
        if self.error is not None:
            raise self.error

    def _run(self) -> None:
        import keras

        loop = self

        class Turns(keras.callbacks.Callback):
            def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
                loop.may_run.acquire()
                self.started = time.perf_counter()

            def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
                loop.seconds.append(time.perf_counter() - self.started)
                loop.has_stopped.release()

        try:
            self.fit(Turns())
        except BaseException as error:  # also an interrupt: the other thread waits
            self.error = error
            self.has_stopped.release()


def summarise(
    config: TrainConfig,
    n_images: int,
    environment: dict[str, Any],
    loops: dict[str, Loop],
) -> dict[str, Any]:
    """What is printed and written."""
    n_steps = math.ceil(n_images / config.batch_size)
    results: dict[str, Any] = {}
    for name, loop in loops.items():
        seconds = statistics.median(loop.seconds[1:])
        results[name] = {
            "images_per_second": n_images / seconds,
            "ms_per_step": 1000 * seconds / n_steps,
            "seconds_per_epoch": seconds,
            "all_seconds": loop.seconds,
        }
    fast, plain = (results[name]["seconds_per_epoch"] for name in LOOPS)
    return {
        "config": config.as_dict(),
        "images": n_images,
        "environment": environment,
        "loops": results,
        "ratio": plain / fast,
    }


def table(content: dict[str, Any]) -> Iterator[str]:
    """The lines to print."""
    config, environment = content["config"], content["environment"]
    rounds = len(content["loops"][LOOPS[0]]["all_seconds"]) - 1
    yield (
        f"\n{config['network']}, d = {config['latent_dim']}, batches of "
        f"{config['batch_size']}, {content['images']:,} random images, "
        f"{config['precision']}"
    )
    yield (
        f"{environment['backend']} {environment['backend_version']} on "
        f"{environment['device']}, median of {rounds}\n"
    )
    yield f"{'':<14}{'images/s':>12}{'ms a step':>12}{'s an epoch':>12}"
    for name, row in content["loops"].items():
        yield (
            f"{name:<14}{row['images_per_second']:>12,.0f}{row['ms_per_step']:>12.2f}"
            f"{row['seconds_per_epoch']:>12.3f}"
        )
    yield f"\n{LOOPS[0]} is {content['ratio']:.2f} times as fast as {LOOPS[1]}"
