"""Command line: ``python -m vae_lib train | evaluate | figures | bench``."""

import importlib
import sys
from collections.abc import Sequence

from vae_lib._streams import patient_output
from vae_lib.cli.errors import CommandError
from vae_lib.cli.parser import build_parser

__all__ = ["main"]


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        argv: arguments without the program's name; ``None`` reads ``sys.argv``.

    Returns:
        The exit status: 0 done, 1 the loss stopped being finite, 2 something to put
        right (one line on standard error says what), 130 interrupted by Ctrl-C.

    Raises:
        SystemExit: with status 2 for arguments that cannot be parsed, 0 after --help.
    """
    with patient_output():
        return _main(argv)


def _main(argv: Sequence[str] | None) -> int:
    parser = build_parser()
    arguments = vars(parser.parse_args(argv))
    name = arguments.pop("command")
    if name is None:
        parser.print_help()
        return 0
    # Only now, so that --help does not wait for NumPy and Keras.
    command = importlib.import_module(f"vae_lib.cli.{name}")
    from vae_lib.cli.console import messages

    try:
        with messages(arguments.pop("quiet")):
            return command.run(**arguments)
    except (CommandError, OSError) as error:
        print(f"vae_lib {name}: {error}", file=sys.stderr)
        return getattr(error, "status", 2)
    except KeyboardInterrupt:
        print(f"vae_lib {name}: interrupted.", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
