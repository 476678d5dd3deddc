"""Recorded numbers: what a run must reproduce, and how closely.

A chapter prints a measured number through a :class:`Recorder`. The number is compared
with the one recorded in ``book/results``; within the stated tolerance the *recorded*
value is printed, so the page reads the same on every machine. Outside it both are
printed, and a notebook test fails. Nobody types a result into the text.
"""

import json
import math
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from vae_lib._checks import positive
from vae_lib._files import write_json

__all__ = ["Recorder", "Table", "folder", "load"]

_RECORD = "VAE_LIB_RECORD"


def folder() -> Path:
    """The folder of recorded results: ``book/results`` of a checkout, else our own."""
    checkout = Path(__file__).resolve().parent.parent / "book" / "results"
    if checkout.is_dir():
        return checkout
    return Path(__file__).with_name("_results")


def load(name: str) -> Any:
    """Read ``<name>.json`` of the recorded results.

    Raises:
        FileNotFoundError: if nothing of that name is recorded; it lists what is.

    >>> from vae_lib import results
    >>> sorted(results.load("classifier"))[:3]
    ['batch_size', 'epochs', 'parameters']
    """
    path = folder() / f"{name}.json"
    if not path.is_file():
        known = sorted(p.name[:-5] for p in folder().iterdir() if p.suffix == ".json")
        raise FileNotFoundError(
            f"No recorded results named {name!r}; there are: {', '.join(known)}."
        )
    return json.loads(path.read_text(encoding="utf-8"))


class Recorder:
    """Prints a chapter's numbers, each checked against the recorded one.

    Args:
        name: the chapter, such as ``"06_mlp_vae"``; its file is ``<name>.json``.

    With the environment variable VAE_LIB_RECORD=1 values are written instead of
    checked; the tool that executes the notebooks does that on request.

    >>> from vae_lib import results
    >>> record = results.Recorder("03_elbo")
    >>> record("toy, probability of the right-hand mode", 0.6625, tol=0.001)
    toy, probability of the right-hand mode: 0.663
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.recording = os.environ.get(_RECORD) == "1"
        self.values = {} if self.recording else load(name)

    def __call__(self, label: str, value: float, tol: float, unit: str = "") -> None:
        """Print ``label: value unit``, the value recorded for this label.

        Args:
            label: what the number is; unique within the chapter.
            value: what this run measured.
            tol: largest accepted difference, in the number's own unit; the number is
                printed to the last digit that the tolerance leaves meaningful.
            unit: such as "nats per image".

        Raises:
            ValueError: if the value is not finite or the tolerance not positive.
            KeyError: if nothing is recorded under this label.
        """
        value = float(value)
        if not math.isfinite(value):
            raise ValueError(f"{label}: the value must be finite, got {value!r}.")
        positive(f"{label}: tol", tol)
        if self.recording:
            self._write(label, value, tol, unit)
        if label not in self.values:
            raise KeyError(
                f"Nothing is recorded for {label!r} in {self.name}.json: execute the "
                "chapter with --record first."
            )
        recorded = self.values[label]["value"]
        line = f"{label}: {_format(recorded, tol)}{_spaced(unit)}"
        if not abs(value - recorded) <= tol:
            line += f" recorded, but {_format(value, tol)} here (tolerance {tol:g})"
        print(line)

    def _write(self, label: str, value: float, tol: float, unit: str) -> None:
        self.values[label] = {"value": value, "tol": float(tol), "unit": unit}
        write_json(folder() / f"{self.name}.json", self.values)


def _format(value: float, tol: float) -> str:
    """Print to one digit below the tolerance: 0.05 gives two decimals."""
    decimals = max(0, math.ceil(-math.log10(tol)))
    text = f"{value:.{decimals}f}"
    return text.replace("-", "\N{MINUS SIGN}")


def _spaced(unit: str) -> str:
    return f" {unit}" if unit else ""


class Table:
    """Rows of a recorded result, shown as a table by Jupyter and as text by print.

    Args:
        columns: headings, each with its unit.
        rows: lists of as many cells. A string stands as it is; a number is written
            with the format of its column.
        formats: one format for each column, such as ``".2f"``; ``""`` for plain.
        sides: ``"l"`` or ``"r"`` for each column, the side it is aligned to, such as
            ``"llr"``; without it the first to the left and the others to the right.

    Raises:
        ValueError: if a row, the formats or the sides have another length than the
            columns, or a side is neither.

    >>> from vae_lib import results
    >>> rows = [["mlp", 2, 171.52], ["conv", 10, 304.9]]
    >>> results.Table(["network", "d", "ELBO, nats"], rows, ["", "", ".1f"])
    network   d  ELBO, nats
    mlp       2       171.5
    conv     10       304.9
    """

    def __init__(
        self,
        columns: Sequence[str],
        rows: Sequence[Sequence[Any]],
        formats: Sequence[str] | None = None,
        *,
        sides: str | None = None,
    ) -> None:
        formats = [""] * len(columns) if formats is None else formats
        sides = "l" + "r" * (len(columns) - 1) if sides is None else sides
        given = [("formats", formats), ("sides", sides)]
        for name, line in [*given, *(("a row", row) for row in rows)]:
            if len(line) != len(columns):
                raise ValueError(
                    f"{name} has {len(line)} entries for {len(columns)} columns: "
                    f"{line!r}."
                )
        if set(sides) - set("lr"):
            raise ValueError(f"sides must be letters l and r, got {sides!r}.")
        self.columns = list(columns)
        self.sides = sides
        self.rows = [
            [_cell(value, spec) for value, spec in zip(row, formats, strict=True)]
            for row in rows
        ]

    def __repr__(self) -> str:
        lines = [self.columns, *self.rows]
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        return "\n".join(
            "  ".join(
                cell.rjust(width) if side == "r" else cell.ljust(width)
                for cell, width, side in zip(line, widths, self.sides, strict=True)
            ).rstrip()
            for line in lines
        )

    def _repr_markdown_(self) -> str:
        rule = [":--" if side == "l" else "--:" for side in self.sides]
        lines = [self.columns, rule, *self.rows]
        return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _cell(value: Any, spec: str) -> str:
    if isinstance(value, str):
        return value
    return format(value, spec).replace("-", "\N{MINUS SIGN}")
