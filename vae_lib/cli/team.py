"""The options for several devices and processes, and what they mean together."""

import importlib.util
from typing import NamedTuple

from vae_lib.cli.errors import CommandError, reported


class Team(NamedTuple):
    """Who trains together.

    Args:
        processes: number of processes, on all machines.
        devices: devices of each process; ``None`` leaves it to JAX.
        coordinator: ``host:port`` of process 0, or ``None`` if all are on this machine.
        process_id: number of the one process on this machine, with a coordinator.
    """

    processes: int = 1
    devices: int | None = None
    coordinator: str | None = None
    process_id: int | None = None

    @property
    def is_several(self):
        """Whether there is more than this process."""
        return self.processes > 1

    @property
    def needs_jax(self):
        """Whether only the JAX backend can do it."""
        return self.is_several or self.devices is not None

    @property
    def here(self):
        """Numbers of the processes on this machine."""
        return range(self.processes) if self.coordinator is None else [self.process_id]

    @property
    def leads(self):
        """Whether the first process, which writes the run folder, is here."""
        return 0 in self.here

    def local_devices(self, process_id):
        """Numbers of the devices that a process may use; ``None`` for all."""
        if self.coordinator is not None:
            return None if self.devices is None else [*range(self.devices)]
        each = self.devices or 1
        return [*range(process_id * each, (process_id + 1) * each)]

    def options(self):
        """The options that were given, for a command that continues the run."""
        text = f" --processes {self.processes}" if self.is_several else ""
        text += f" --devices {self.devices}" if self.devices is not None else ""
        if self.is_several and self.coordinator is not None:
            text += f" --coordinator {self.coordinator} --process-id {self.process_id}"
        return text


def add_options(group):
    """Add the options to a group of the parser of ``train``."""
    group.add_argument(
        "--processes",
        type=int,
        default=1,
        metavar="N",
        help="train with N processes, which share each batch (default 1); without "
        "--coordinator all of them run on this machine",
    )
    group.add_argument(
        "--devices",
        type=int,
        metavar="N",
        help="devices of each process: GPUs, or on a machine without them as many "
        "virtual devices of the processor (default 1; with --coordinator all GPUs)",
    )
    group.add_argument(
        "--coordinator",
        metavar="HOST:PORT",
        help="for several machines: where process 0 runs, and a free port there; "
        "start one process on each machine, with its own --process-id",
    )
    group.add_argument(
        "--process-id",
        type=int,
        metavar="K",
        help="number of the process on this machine, 0 to N - 1; 0 writes the folder",
    )


def read(arguments):
    """The team that the options describe.

    Raises:
        CommandError: if an option is out of range, or needs another one.
    """
    team = Team(*(getattr(arguments, field) for field in Team._fields))
    for name in ("processes", "devices"):
        value = getattr(team, name)
        if value is not None and value < 1:
            raise CommandError(f"--{name} must be at least 1, got {value}.")
    _check_address(team)
    if team.needs_jax:
        asked = "--processes" if team.is_several else "--devices"
        if arguments.backend not in (None, "jax"):
            raise CommandError(
                f"{asked} needs the JAX backend, got --backend {arguments.backend}: "
                "leave --backend out."
            )
        if importlib.util.find_spec("jax") is None:
            raise CommandError(
                f"{asked} needs JAX, which is not installed: pip install jax"
            )
    return team


def _check_address(team):
    """Refuse half an address, and a number that no process can have."""
    if (team.coordinator is None) != (team.process_id is None):
        given, other = "--coordinator HOST:PORT", "--process-id K"
        if team.coordinator is None:
            given, other = other, given
        raise CommandError(f"{given.split()[0]} needs {other}, too.")
    if team.coordinator is None:
        return
    if not team.is_several:
        raise CommandError(
            "--coordinator needs --processes N, the number of processes on all "
            "machines, at least 2."
        )
    from vae_lib.training import rendezvous

    try:
        rendezvous.parse_address(team.coordinator)
        rendezvous.check_process(team.processes, team.process_id)
    except ValueError as error:
        text = str(error).replace("process_id ", "--process-id ", 1)
        raise CommandError(text.replace("coordinator ", "--coordinator ", 1)) from error


def check_batch(team, batch_size):
    """Refuse a batch that the devices cannot share equally, where they are known."""
    from vae_lib.training.shares import check_batch

    if team.needs_jax:
        with reported():
            check_batch(batch_size, team.processes * (team.devices or 1))
