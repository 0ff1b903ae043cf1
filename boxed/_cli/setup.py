"""``boxed setup``: install the launcher with its capabilities, as root."""

from __future__ import annotations

import argparse
import os
import shlex
import sys
from pathlib import Path

from .._install import configuration, plan, uid_ranges
from .._install.configuration import ConfigError
from .._install.root_files import Refused

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .._install.uid_ranges import UidRange

EPILOG = """\
Without options: the launcher, for all users, and some uids that nobody has,
one for each sandbox that is alive.  Options given on an earlier run stay in
force until --remove.

    boxed setup --uid-range 70000:1000   these uids, for up to 1000 sandboxes
    boxed setup --uid-range none         every sandbox is the user `nobody`
    boxed setup --group judges           only members of judges may use it
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `boxed setup`."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.description = "Install the launcher with its capabilities (root)."
    parser.epilog = EPILOG
    parser.add_argument(
        "--dest",
        metavar="PATH",
        help=f"where to install it (default: {configuration.LAUNCHER})",
    )
    parser.add_argument(
        "--uid-range",
        metavar="FIRST:COUNT",
        type=uid_range,
        help="keep these uids for sandboxes, one for each that is alive;"
        " no account may have one of them (default: some that are free)."
        " `none`: all of them are nobody, and users can take from each other"
        " what the kernel counts by uid",
    )
    parser.add_argument(
        "--group",
        metavar="NAME",
        help="only members of this group may run the launcher",
    )
    parser.add_argument(
        "--allow-user",
        metavar="NAME",
        nargs="+",
        action="extend",
        default=[],
        help="system accounts, made for guests alone, that callers may ask"
        " for instead of nobody; never root, never a login account",
    )
    parser.add_argument(
        "--dry-run",
        action="store_true",
        help="say what would be done, and change nothing",
    )
    parser.add_argument(
        "--remove",
        action="store_true",
        help="remove the launcher and the configuration",
    )


def uid_range(text: str) -> UidRange:
    """FIRST:COUNT as numbers, or `none`, for argparse."""
    if text == uid_ranges.NONE:
        return uid_ranges.NONE
    first, _, count = text.partition(":")
    try:
        values = configuration.uid(first), configuration.uid(count)
    except ConfigError as error:
        raise argparse.ArgumentTypeError(
            f"{error}; expected FIRST:COUNT, such as 70000:1000, or"
            f" {uid_ranges.NONE}"
        ) from None
    if not 1 <= values[1] <= uid_ranges.COUNT_MAX:
        raise argparse.ArgumentTypeError(
            f"COUNT is from 1 to {uid_ranges.COUNT_MAX}"
        )
    return values


def main(args: argparse.Namespace) -> int:
    """Do what the options say; return the exit status."""
    if os.geteuid() != 0 and not args.dry_run:
        complain(
            "only root can give a program capabilities. Run:\n    "
            + shlex.join(["sudo", *command_line(args)])
        )
        return 1
    try:
        if args.remove:
            plan.remove(dest=args.dest, dry_run=args.dry_run)
        else:
            plan.install(
                dest=args.dest,
                uid_range=args.uid_range,
                group=args.group,
                allow_users=args.allow_user,
                dry_run=args.dry_run,
            )
    except (Refused, ConfigError) as error:
        complain(str(error))
        return 1
    except OSError as error:
        complain(f"{error.filename or 'failed'}: {error.strerror}")
        return 1
    return 0


def complain(message: str) -> None:
    print(f"boxed setup: {message}", file=sys.stderr)


def command_line(args: argparse.Namespace) -> list[str]:
    """The command that was given, spelled out for any directory and PATH."""
    words = [sys.executable, "-m", "boxed", "setup"]
    if args.dest is not None:
        words += ["--dest", str(Path(args.dest).absolute())]
    if args.uid_range is not None:
        none = args.uid_range == uid_ranges.NONE
        text = uid_ranges.NONE if none else "{}:{}".format(*args.uid_range)
        words += ["--uid-range", text]
    if args.group is not None:
        words += ["--group", args.group]
    if args.allow_user:
        words += ["--allow-user", *args.allow_user]
    return words + (["--remove"] if args.remove else [])
