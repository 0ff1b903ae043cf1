"""Which uids sandboxes may have: what `boxed setup` accepts and why not.

For `boxed setup`, as root.  The launcher has a floor of its own that no
configuration moves: never root, never the caller, never a login account.  Here
a mistake is found earlier, while there is somebody to tell.
"""

from __future__ import annotations

import grp
import pwd
from pathlib import Path

from boxed._install import configuration
from boxed._install.root_files import Refused
from boxed._policy.tiers import LOGIN, NOBODY, USUAL_RANGE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Literal, Union

    #: The first uid and how many, or NONE.
    UidRange = Union[tuple[int, int], Literal["none"]]

COUNT_MAX = 16384
# Who else takes uids without an entry in /etc/passwd to tell; see
# https://systemd.io/UIDS-GIDS and login.defs(5).
TAKEN = (
    (0, LOGIN[0] - 1, "system accounts"),
    (LOGIN[0], LOGIN[-1], "login accounts"),
    (60001, 60577, "home directories of systemd, and their users' containers"),
    (61184, 65519, "dynamic users of systemd"),
    (NOBODY, NOBODY + 1, "nobody, and the old mark for no uid"),
    (524288, 1879048191, "containers of systemd-nspawn"),
    (2147352576, 2147418111, "images of systemd"),
    (2**31, 2**32 - 1, "uids that many programs take for negative"),
)
# What `boxed setup` reserves on its own: the first of these that is free.
# The first are there in containers too, most of which have 65536 uids and no
# more; the others lie below the subordinate uids that useradd gives new
# accounts, from 100000 on.
DEFAULTS = (
    USUAL_RANGE,
    *((first, 4096) for first in range(65536, 98304, 4096)),
)
#: A range of none at all, on the command line and in the configuration.
NONE: Literal["none"] = "none"


def default_range() -> tuple[int, int]:
    """A range that nobody has.

    :raises Refused: there is none.
    """
    why = ""
    for first, count in DEFAULTS:
        try:
            check_range(first, count)
        except Refused as error:
            why = why or str(error)
        else:
            return first, count
    raise Refused(
        f"no uids are free to be reserved for sandboxes ({why}): choose some"
        f" with --uid-range FIRST:COUNT, or let all share the user nobody with"
        f" --uid-range {NONE}"
    )


def check_range(first: int, count: int) -> None:
    """Refuse a range with a uid that anything else may have, or get."""
    last = first + count - 1
    for low, high, whose in (*TAKEN, *delegated()):
        if first <= high and low <= last:
            raise Refused(
                f"uid range {first}-{last} overlaps {low}-{high}: {whose}"
            )
    for number, whose in accounts(first, last):
        raise Refused(f"uid range {first}-{last} holds {number}: {whose}")
    if not is_mapped(first, last):
        raise Refused(
            f"uid range {first}-{last} is not mapped in this container:"
            " see /proc/self/uid_map"
        )


def delegated() -> list[tuple[int, int, str]]:
    """What accounts may hand out themselves, from /etc/subuid and subgid, and
    what the kubelet gives its pods, 65536 each."""
    ranges = []
    if Path("/var/lib/kubelet").exists():
        ranges.append((65536, 111 * 65536 - 1, "pods of the kubelet"))
    for path in (Path("/etc/subuid"), Path("/etc/subgid")):
        if not path.exists():
            continue
        for line in path.read_text(errors="replace").splitlines():
            name, _, numbers = line.partition(":")
            first, _, count = numbers.partition(":")
            if first.isdecimal() and count.isdecimal():
                last = int(first) + int(count) - 1
                ranges.append((int(first), last, f"{name} in {path}"))
    return ranges


def accounts(first: int, last: int) -> list[tuple[int, str]]:
    """Users and groups with a number in the range.

    Directory services may answer for one number and list none: where there is
    one, the numbers are asked for one by one too.
    """
    found = [(u.pw_uid, f"user {u.pw_name}") for u in pwd.getpwall()]
    found += [(g.gr_gid, f"group {g.gr_name}") for g in grp.getgrall()]
    for number in range(first, last + 1) if has_directory() else ():
        try:
            found.append((number, f"user {pwd.getpwuid(number).pw_name}"))
        except KeyError:
            continue
    return [one for one in found if first <= one[0] <= last]


def has_directory() -> bool:
    """Whether accounts come from elsewhere than this machine, as far as
    nsswitch.conf(5) says; without that file, they may."""
    try:
        text = Path("/etc/nsswitch.conf").read_text(errors="replace")
    except OSError:
        return True
    lines = [line.partition("#")[0].split() for line in text.splitlines()]
    sources = [line[1:] for line in lines if line[:1] == ["passwd:"]]
    return sources == [] or not {"files", "systemd"}.issuperset(sources[0])


def is_mapped(first: int, last: int) -> bool:
    """Whether the user namespace of this process has all these uids."""
    for line in Path("/proc/self/uid_map").read_text().splitlines():
        inside, _, count = map(int, line.split())
        if inside <= first and last < inside + count:
            return True
    return False


def guest_uid(name: str) -> int:
    """The uid of an account that guests may run as."""
    try:
        if name.isascii() and name.isdigit():
            number = pwd.getpwuid(configuration.uid(name)).pw_uid
        else:
            number = pwd.getpwnam(name).pw_uid
    except KeyError:
        raise Refused(f"there is no user {name!r}") from None
    if number == 0:
        raise Refused(f"user {name} is root: no guest is ever root")
    if number in LOGIN:
        raise Refused(
            f"user {name} has uid {number}, that of a login account; make"
            f" one for guests: useradd --system --shell /usr/sbin/nologin NAME"
        )
    if number > configuration.UID_MAX:
        raise Refused(f"user {name} has a uid that means none")
    return number


def group_name(gid: int) -> str:
    try:
        return grp.getgrgid(gid).gr_name
    except KeyError:
        return str(gid)
