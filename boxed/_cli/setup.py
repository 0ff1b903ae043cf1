"""``boxed setup``: install the launcher with its capabilities, as root."""

from __future__ import annotations

import argparse
import os
import shlex
import sys
from pathlib import Path

from .._install import configuration, uid_ranges
from .._install.configuration import ConfigError
from .._install.plan import carry_out, install, removal
from .._install.root_files import Refused

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
        type=uid_ranges.parse_range,
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
            carry_out(removal(args), args.dry_run, "nothing to remove")
        else:
            install(args)
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
