"""Reads /etc/boxed.conf, the one configuration file, which only root writes.

Lines are empty, comments that begin with `#`, or `key value`:

    launcher /usr/bin/python_boxed
    uid-range 60578 606
    allow-user 998
    # 998 is judge

`uid-range none` says that root wants none.

The launcher reads the same file by itself and trusts no one else's reading;
what is read here only saves the caller from asking for what is refused.  So
that the two never disagree the form is strict: a key begins its line, and one
space is before each value.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from dataclasses import dataclass, replace

from boxed._policy.tiers import CONFIGURATION, SYSTEM_LAUNCHER

PATH, LAUNCHER = CONFIGURATION, SYSTEM_LAUNCHER
SIZE_MAX = 16 * 1024 - 1
# The last value of the kernel's type means "no uid".
UID_MAX = 2**32 - 2


class ConfigError(Exception):
    """The configuration file cannot be trusted or cannot be understood."""


@dataclass(frozen=True)
class Config:
    """What root has set up on this machine.

    :param launcher: absolute path of the launcher that bears capabilities.
    :param uid_range: first uid and number of the uids kept for sandboxes;
        None: all of them are `nobody`.
    :param declined: root does not want such a range.
    :param allow_users: uids that callers may ask for, beside `nobody`.
    """

    launcher: str = LAUNCHER
    uid_range: tuple[int, int] | None = None
    declined: bool = False
    allow_users: frozenset[int] = frozenset()


def read(path: str = PATH) -> Config:
    """Return what the file says, or the defaults where there is no file.

    Raises :exc:`ConfigError` for a file that someone other than root could
    have written, and for one with a line that is not understood: a setting
    that is silently ignored would be a wall that is silently missing.
    """
    try:
        data = read_trusted(path)
    except FileNotFoundError:
        return Config()
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}") from error
    try:
        return parse(data.decode("utf-8"))
    except (ConfigError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: {error}") from None


def read_trusted(path: str) -> bytes:
    """Return the bytes of a file that only root can write."""
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    with os.fdopen(os.open(path, flags), "rb") as file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode):
            raise ConfigError(f"{path}: not a regular file")
        if status.st_uid != 0:
            raise ConfigError(f"{path}: not owned by root")
        if status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
            raise ConfigError(f"{path}: writable by others than root")
        data = file.read(SIZE_MAX + 1)
    if len(data) > SIZE_MAX:
        raise ConfigError(f"{path}: longer than {SIZE_MAX} bytes")
    return data


def parse(text: str) -> Config:
    """Return what the lines of TEXT say."""
    config = Config()
    seen = set()
    for number, line in enumerate(text.split("\n"), 1):
        if not line or line.startswith("#"):
            continue
        key, *values = line.split(" ")
        try:
            if key not in KEYS:
                raise ConfigError(f"unknown key {key!r}")
            if key in seen and key != "allow-user":
                raise ConfigError(f"{key} is given twice")
            config = KEYS[key](config, values)
        except ConfigError as error:
            raise ConfigError(f"line {number}: {error}") from None
        seen.add(key)
    return config


def _launcher(config: Config, values: list[str]) -> Config:
    if len(values) != 1 or not is_plain_path(values[0]):
        raise ConfigError("launcher takes one absolute path without spaces")
    return replace(config, launcher=values[0])


def is_plain_path(path: str) -> bool:
    """Whether a path is absolute, and a single word of the file."""
    return path.startswith("/") and path.isprintable() and " " not in path


def _uid_range(config: Config, values: list[str]) -> Config:
    if values == ["none"]:
        return replace(config, uid_range=None, declined=True)
    if len(values) != 2:
        raise ConfigError("uid-range takes the first uid and their number")
    first, count = uid(values[0]), uid(values[1])
    if first == 0 or count == 0 or first + count - 1 > UID_MAX:
        raise ConfigError("uid-range holds uid 0, no uid, or none that exist")
    return replace(config, uid_range=(first, count))


def _allow_user(config: Config, values: list[str]) -> Config:
    if len(values) != 1:
        raise ConfigError("allow-user takes one numeric uid")
    number = uid(values[0])
    if number == 0:
        raise ConfigError("allow-user 0: never root")
    return replace(config, allow_users=config.allow_users | {number})


def uid(text: str) -> int:
    """Return the uid that plain decimal digits stand for."""
    if not (text.isascii() and text.isdigit() and len(text) <= 10):
        raise ConfigError(f"{text!r} is not a plain number")
    number = int(text)
    if number > UID_MAX:
        raise ConfigError(f"{number} is larger than any uid")
    return number


KEYS: dict[str, Callable[[Config, list[str]], Config]] = {
    "launcher": _launcher,
    "uid-range": _uid_range,
    "allow-user": _allow_user,
}
