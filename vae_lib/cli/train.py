"""``train``: alone or with other processes, a new run or one to be continued."""

import contextlib
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vae_lib.cli import plans, ranks, setup
from vae_lib.cli.console import log
from vae_lib.cli.errors import CommandError, at_least, reported
from vae_lib.training import distributed

if TYPE_CHECKING:  # they need NumPy, which loads when the images do
    from vae_lib.data import MNIST, ImageSet

Prepared = tuple[plans.Plan, dict[str, Any], dict[str, Any]]


def run(
    *,
    out: Path | None,
    resume: bool,
    data: Path | None,
    sample: bool,
    train_images: int | None,
    backend: str | None,
    devices: int | None,
    coordinator: str | None,
    processes: int | None,
    process_id: int | None,
    **fields: Any,
) -> int:
    """The command; returns its exit status. ``fields`` are those of TrainConfig."""
    at_least(1, train_images=train_images, devices=devices)
    images = plans.Images(data, sample, train_images)
    typed = ranks.Typed(devices, coordinator, processes, process_id)
    told = ranks.read(typed, backend)
    if devices is not None or told is not None:
        backend = "jax"
    request = plans.Request(fields, out, resume, images, backend)
    if told is None:
        return train(request, typed)
    setup.start_backend(backend)
    with ranks.joined(told):
        return train(request, typed)


def train(request: plans.Request, typed: ranks.Typed) -> int:
    """Train, in the way that the main process decides; returns the exit status."""
    kept: list[MNIST | ImageSet] = []  # the main process's images, which do not travel
    with contextlib.ExitStack() as stack:
        plan, environment, recorded = ranks.from_main(
            lambda: _prepare(request, typed.devices, stack, kept)
        )
        images = environment["images"]
        found = [] if kept else _compare(request, plan, images, kept)
        ranks.agree(found)
        if distributed.is_main_process():
            if plan.resumed:
                plans.report_versions(recorded, environment)
            else:
                plan.run.create(plan.config, environment)
                stack.enter_context(plan.run.lock())
            for line in plans.headline(plan, environment):
                log.info(line)

        from vae_lib.cli import session  # needs Keras

        return session.train(plan, kept[0], images["train_images"], str(typed))


def _prepare(
    request: plans.Request,
    devices: int | None,
    stack: contextlib.ExitStack,
    kept: list["MNIST | ImageSet"],
) -> Prepared:
    """Settle everything and refuse what cannot be, before anything is written.

    The lock of a folder that is continued is held until ``stack`` is left.
    """
    plan = plans.make_plan(request)
    if plan.resumed:  # before anything in the folder is read or written
        stack.enter_context(plan.run.lock())
    recorded = plan.run.environment() if plan.resumed else {}
    mnist, n_train = plans.choose_images(request.images, recorded.get("images", {}))
    images = setup.describe_images(mnist, n_train)
    backend = plans.choose_backend(request, recorded)
    if plan.resumed:
        plans.refuse_differences(plan, request, recorded, images, backend)
    environment = setup.describe_environment(setup.start_backend(backend))
    environment |= _share(devices, plan.config.batch_size)
    if mnist.source == "images":  # where evaluate and figures find them
        path = request.images.data or recorded["images"]["path"]
        images = {**images, "path": str(Path(path).absolute())}
    environment["images"] = images
    kept.append(mnist)
    return plan, environment, recorded


def _compare(
    request: plans.Request,
    plan: plans.Plan,
    images: dict[str, Any],
    kept: list["MNIST | ImageSet"],
) -> list[str]:
    """How options and images of another process differ from the main one's."""
    asked = request.images
    if asked.n_train is None:
        asked = asked._replace(n_train=images["train_images"])
    try:
        with reported():
            config = replace(plan.config, **request.fields)
        mnist, n_train = plans.choose_images(asked, images)
    except CommandError as error:
        return [str(error)]
    kept.append(mnist)
    return [
        *plans.different(plan.config.as_dict(), config.as_dict()),
        *plans.different(images, setup.describe_images(mnist, n_train)),
    ]


def _share(devices: int | None, batch_size: int) -> dict[str, int]:
    """Set up the devices; returns the numbers that environment.json keeps."""
    from vae_lib.training import sharding

    with reported():
        if devices is not None:
            sharding.use_devices(devices)
        found = sharding.device_count()
        sharding.check_batch(batch_size, found)
    return {"processes": distributed.world_size(), "devices": found}
