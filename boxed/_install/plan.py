"""`boxed setup`: install the launcher with its capabilities, as root.

The only part of boxed that is meant to run as root and to write outside the
sandbox.  It makes two files and nothing else: a copy of the launcher that
belongs to root and bears `cap_setuid,cap_setgid=p`, and /etc/boxed.conf, which
names the uids that are kept for sandboxes.  Each is written beside its
place, finished, tried out, and then renamed, so that at no time there is a
half-made one.  What is to be done is worked out before anything is touched:
see `Action`.
"""

from __future__ import annotations

import grp
import pwd
import stat
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from boxed._install import configuration, root_files, uid_ranges
from boxed._install.configuration import Config, ConfigError
from boxed._install.root_files import CAPABILITIES, Refused
from boxed._policy.installation import PACKAGE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from boxed._install.uid_ranges import UidRange

SOURCE = Path(PACKAGE, "python_boxed")


@dataclass(frozen=True)
class Action:
    """One change to the machine, told before or after it is made."""

    verb: str
    done: str
    what: str
    perform: Callable[[], None]


def carry_out(actions: list[Action], dry_run: bool, otherwise: str) -> None:
    """Perform the actions, or only tell them; one line for each."""
    for action in actions:
        if dry_run:
            print(f"would {action.verb} {action.what}", flush=True)
        else:
            action.perform()
            print(f"{action.done} {action.what}", flush=True)
    if not actions:
        print(otherwise)


# Installing


def install(
    *,
    dest: str | None,
    uid_range: UidRange | None,
    group: str | None,
    allow_users: Sequence[str],
    dry_run: bool,
) -> None:
    """Bring launcher and configuration to what is asked for.

    What is None stays as an earlier setup left it, or becomes the default.

    :param dest: where the launcher is to be.
    :param uid_range: the uids that are kept for sandboxes.
    :param group: the one whose members alone may run the launcher.
    :param allow_users: accounts that callers may ask for, beside those that
        they may ask for already.
    :param dry_run: say what would be done, and change nothing.

    :raises Refused: it is not done, because of what there is on the machine.
    :raises ConfigError: the present configuration is not understood.
    """
    current = configuration.read(configuration.PATH)
    wanted = with_range(uid_range, with_dest(dest, current))
    uids = frozenset(map(uid_ranges.guest_uid, allow_users))
    wanted = replace(wanted, allow_users=wanted.allow_users | uids)
    place = root_files.Place.of(wanted.launcher)
    gid, mode = wanted_access(group, place)
    actions = launcher_actions(place, gid, mode)
    actions += config_actions(current, wanted)
    if current.launcher != wanted.launcher:
        # Left behind it would be a privileged program nobody updates.
        actions += launcher_removal(current.launcher, keep_foreign=True)
    carry_out(actions, dry_run, f"nothing to change: {place.path}")
    if not dry_run:
        root_files.check_granted(place.path, gid)
        print("checked: an ordinary process that runs it gets", CAPABILITIES)


def with_dest(dest: str | None, wanted: Config) -> Config:
    """The configuration with the launcher's place, if one is asked for."""
    if dest is None:
        return wanted
    return replace(wanted, launcher=resolved(dest))


def with_range(asked: UidRange | None, wanted: Config) -> Config:
    """The configuration with the uids that are kept for sandboxes: those asked
    for, else what was decided earlier, else some that are free.  Also what
    was free once is looked at again."""
    if asked == uid_ranges.NONE or (asked is None and wanted.declined):
        return replace(wanted, uid_range=None, declined=True)
    if isinstance(asked, tuple):
        chosen = asked
    else:
        chosen = wanted.uid_range or uid_ranges.default_range()
    uid_ranges.check_range(*chosen)
    return replace(wanted, uid_range=chosen, declined=False)


def resolved(dest: str) -> str:
    """DEST without symbolic links on the way: what is checked is what will
    be used."""
    path = Path(dest).absolute()
    try:
        real = str(path.parent.resolve(strict=True) / path.name)
    except FileNotFoundError as error:
        raise Refused(f"{error.filename} does not exist") from None
    if path.name in ("", "..") or not configuration.is_plain_path(real):
        raise Refused(f"--dest {dest!r}: not a plain path of a file")
    return real


def wanted_access(
    group: str | None, place: root_files.Place
) -> tuple[int, int]:
    """Group and mode of the launcher; a group given earlier stays."""
    if group is None:
        earlier = place.status()
        if earlier is not None and stat.S_IMODE(earlier.st_mode) == 0o750:
            return earlier.st_gid, 0o750
        return 0, 0o755
    try:
        return grp.getgrnam(group).gr_gid, 0o750
    except KeyError:
        raise Refused(f"there is no group {group!r}") from None


def launcher_actions(
    place: root_files.Place, gid: int, mode: int
) -> list[Action]:
    """What it takes that the launcher is at its place, if anything."""
    try:
        data = SOURCE.read_bytes()
    except FileNotFoundError:
        raise Refused(f"{SOURCE} is missing: boxed was not built") from None
    if root_files.SENTENCE not in data:
        raise Refused(f"{SOURCE} is not a launcher")
    place.check_trusted()
    place.check_grants()
    if place.holds_foreign():
        raise Refused(f"{place.path} exists and is not a launcher of boxed")
    if place.holds(data, gid, mode):
        return []

    def perform() -> None:
        place.write(data, gid, mode, capabilities=True)

    owner = f"root:{uid_ranges.group_name(gid)} {mode:04o}"
    what = f"{place.path}: {owner}, {CAPABILITIES}"
    return [Action("install", "installed", what, perform)]


def config_actions(current: Config, wanted: Config) -> list[Action]:
    """What it takes that the configuration says what is wanted."""
    if wanted == current:
        return []
    place = root_files.Place.of(configuration.PATH)
    place.check_trusted()
    text = config_text(wanted)
    if len(text) > configuration.SIZE_MAX:
        raise Refused(f"{configuration.PATH} would be too long")
    settings = [line for line in text.splitlines() if line[:1] != "#"]

    def perform() -> None:
        place.write(text.encode(), 0, 0o644, capabilities=False)

    what = f"{configuration.PATH}: {', '.join(settings)}"
    return [Action("write", "wrote", what, perform)]


def config_text(config: Config) -> str:
    """The configuration as a file; what is a default is left out."""
    lines = ["# Written by `boxed setup`, read by python_boxed."]
    if config.launcher != configuration.LAUNCHER:
        lines.append(f"launcher {config.launcher}")
    if config.uid_range is not None:
        lines.append("uid-range {} {}".format(*config.uid_range))
    elif config.declined:
        lines.append(f"uid-range {uid_ranges.NONE}")
    for uid in sorted(config.allow_users):
        lines.append(f"allow-user {uid}")
        try:
            name = pwd.getpwuid(uid).pw_name
        except KeyError:
            continue
        if name.isascii() and name.isprintable():
            lines.append(f"# {uid} is {name}")
    return "\n".join(lines) + "\n"


# Removing


def remove(*, dest: str | None, dry_run: bool) -> None:
    """Leave nothing of an earlier setup.

    :param dest: where the launcher is, if not where the configuration says.
    :param dry_run: say what would be done, and change nothing.

    :raises Refused: what is there is not boxed's.
    """
    actions = launcher_removal(installed_launcher(dest)) + config_removal()
    carry_out(actions, dry_run, "nothing to remove")


def installed_launcher(dest: str | None) -> str:
    if dest is not None:
        return resolved(dest)
    try:
        return configuration.read(configuration.PATH).launcher
    except ConfigError:
        # A configuration that cannot be read is one more reason to want it
        # gone; it has no say in what else goes.
        return configuration.LAUNCHER


def launcher_removal(path: str, keep_foreign: bool = False) -> list[Action]:
    """Remove a launcher of boxed; anything else stays, and that is refused
    unless it may be kept."""
    if not Path(path).parent.is_dir():
        return []
    place = root_files.Place.of(path)
    if place.status() is None:
        return []
    if place.holds_foreign():
        if keep_foreign:
            return []
        raise Refused(f"{path} is not a launcher of boxed: not removed")
    return [Action("remove", "removed", path, place.remove)]


def config_removal() -> list[Action]:
    place = root_files.Place.of(configuration.PATH)
    if place.status() is None:
        return []
    return [Action("remove", "removed", configuration.PATH, place.remove)]
