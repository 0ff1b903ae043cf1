"""What the zygote is started with: its program, and the one message that says
what a policy means for it.
"""

from __future__ import annotations

import math
import os
import stat
import sys

from .. import _boxed
from .._calls import request
from .._calls.serializers import BY_CLOUDPICKLE, BY_VALUE, SOURCES
from .._errors import SetupError
from .._policy import installation, mounts, tiers
from .._policy.import_places import shown_at
from . import prefork

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Any

    from .._limits import Limits
    from .._policy.mounts import Entry
    from .._policy.policy import Policy

#: Bytes of a script's source that are sent along rather than read inside.
MAX_SOURCE = 64 << 10
#: Files and directories that a worker's /tmp, and its /dev/shm, can hold.
MAX_INODES = 4096

# Of this package the interpreter gets nothing but the files named: it runs no
# __init__, and searches no directory.
_BOOTSTRAP = """\
import sys
from _frozen_importlib_external import spec_from_file_location
class Own:
    files = {files}
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        file = cls.files.get(name)
        return file and spec_from_file_location(name, file)
for name in {rooms}:
    sys.modules[name] = type(sys)(name)
    sys.modules[name].__path__ = []
sys.meta_path.insert(0, Own)
"""


def program(modules: Iterable[str], code: str) -> str:
    """For a new interpreter: code, with some modules of this package."""
    files = {"boxed._boxed": installation.absolute(_boxed.__file__)}
    rooms = {"boxed": True}
    for module in modules:
        parts = module.split(".")
        files[module] = f"{os.path.join(installation.PACKAGE, *parts[1:])}.py"
        for end in range(1, len(parts)):
            rooms[".".join(parts[:end])] = True
    return _BOOTSTRAP.format(files=files, rooms=list(rooms)) + code


_OWN = (
    "boxed._guest.codecs",
    "boxed._guest.exceptions",
    "boxed._guest.imports",
    "boxed._guest.main",
    "boxed._guest.worker",
    "boxed._wire.payload",
    "boxed._wire.exception_format",
)
#: The zygote's; what is imported later is the guest's own.
PROGRAM = program(
    _OWN,
    "from boxed._guest.main import main\n"
    "del sys.meta_path[0]\n"
    f"main({_boxed.ORDER_SERVER_FD})",
)


def setting(
    policy: Policy, tier: str, entries: Sequence[Entry]
) -> dict[str, Any]:
    """The message, ready for marshal; ``worker`` is for _boxed.serve()."""
    limits = policy.limits
    namespaces = tier in tiers.NAMESPACES
    return {
        "path": [
            shown_at(path, mounts=namespaces) for path in policy.places.path
        ],
        "found": policy.places.found,
        "exposed": list(policy.exposed),
        "imports": list(policy.imports),
        "early": [*policy.standard_modules, *policy.referred],
        "serializer": policy.serializer,
        "library": _library(policy, mounts=namespaces),
        "main": policy.main,
        "source": _main_source(policy),
        "env": [tuple(map(_bytes, pair)) for pair in policy.env],
        "rehearsal": _rehearsal(policy.serializer),
        "standby_ms": round(prefork.STANDBY_SECONDS * 1000),
        "lingers": _lingers(policy),
        "watches": policy.network or limits.processes > 1,
        "worker": {
            "namespaces": namespaces,
            "network": policy.network,
            "processes": limits.processes,
            "scratch": f"size={limits.tmp_size},nr_inodes={MAX_INODES},"
            "mode=1777",
            "kept": _kept(entries),
            "writable": list(policy.write),
            **dict(zip(_LIMITS, worker_limits(limits))),
            "answer": limits.result,
        },
    }


def _library(policy: Policy, *, mounts: bool) -> str | None:
    """Where cloudpickle is, for a zygote that reads what goes by value: it
    asks no place that a guest may have written to."""
    if policy.serializer not in BY_CLOUDPICKLE:
        return None
    file = getattr(sys.modules.get("cloudpickle"), "__file__", None) or ""
    place = os.path.dirname(os.path.dirname(installation.absolute(file)))
    return shown_at(place, mounts=mounts)


def _rehearsal(codec: str) -> bytes:
    """A request for a harmless call."""
    if codec in SOURCES:
        from .._calls import source_request

        return source_request.encode(
            source_request.REHEARSED, {}, most=MAX_SOURCE
        ).stream()
    # What goes by value is read as any pickle is.
    written = "pickle" if codec == BY_VALUE else codec
    return request.encode(written, abs, (-1.5,), {}, most=MAX_SOURCE).stream()


_LIMITS = ("cpu_time", "memory", "threads", "open_files", "file_size")


def worker_limits(limits: Limits) -> tuple[int, ...]:
    """As a worker sets them before it runs anything of the guest's."""
    seconds = limits.cpu_time or 0
    if limits.processes == 1:
        # The zygote watches it, by a finer clock than that of ticks, which can
        # be a fifth ahead; this is for what goes wrong there.
        seconds = seconds and seconds * 5 / 4 + 1
    return (
        math.ceil(seconds),
        limits.memory,
        _tasks(limits),
        limits.open_files,
        limits.file_size,
    )


def _bytes(text: str) -> bytes:
    """As the guest's interpreter, which runs with -X utf8, has it."""
    return text.encode("utf-8", "surrogateescape")


def _main_source(policy: Policy) -> bytes | None:
    """The script's text, unless it would not fit in one message."""
    if policy.main is None or policy.main[0] != "path":
        return None
    with open(policy.main[1], "rb") as file:
        source = file.read(MAX_SOURCE + 1)
    return source if len(source) <= MAX_SOURCE else None


def _kept(entries: Sequence[Entry]) -> list[str]:
    """What a worker's own /tmp and /dev/shm must not cover, by the names in
    them."""
    shown = [
        content if kind in mounts.PLACES and content else path
        for kind, path, content in entries
        if kind not in (mounts.LINK, mounts.FILE, mounts.DEVICE)
    ]
    kept = [
        f"{folder}/{path[len(folder) + 1 :].partition('/')[0]}"
        for folder in ("/tmp", "/dev/shm")
        for path in shown
        if path.startswith(f"{folder}/")
    ]
    return list(dict.fromkeys(kept))


def _lingers(policy: Policy) -> bool:
    """Whether a worker need not end at once when it has answered: it holds no
    lock, port or process that anything outside of it could meet."""
    shares = policy.write or policy.network or policy.limits.processes > 1
    return not shares


def _tasks(limits: Limits) -> int:
    """What RLIMIT_NPROC counts: threads, the first of each process included.

    A call of several processes has two more that only look after it.
    """
    if limits.processes == 1:
        return limits.threads
    return limits.threads + limits.processes + 1


def check(policy: Policy, tier: str) -> None:
    """Whether a tier can give a guest what the policy grants it.

    :raises SetupError: it cannot, which the guest would find out only by an
        error of its own.
    """
    if policy.limits.processes > 1 and tier not in tiers.NAMESPACES:
        from .._policy.advice import advice

        raise SetupError(
            f"tier {tier!r} has no pid namespace, without which a call's"
            " processes could outlive it",
            stage="grants",
            remedy=advice("one process"),
        )
    if tier in tiers.TAKES_UID:
        _check_modes(policy)


def _check_modes(policy: Policy) -> None:
    for path, bits, letters in (
        *((path, stat.S_IROTH, "r") for path in policy.read),
        *((path, stat.S_IROTH | stat.S_IWOTH, "rw") for path in policy.write),
    ):
        seen = os.stat(path)
        mode = seen.st_mode
        if bits & stat.S_IWOTH and seen.st_uid != os.getuid() != 0:
            from .._policy.advice import advice

            raise SetupError(
                f"the guest runs as another user, and {path} is not yours to"
                " be written by it",
                stage="grants",
                remedy=advice("own"),
            )
        wanted = bits | (stat.S_IXOTH if stat.S_ISDIR(mode) else 0)
        if mode & wanted != wanted:
            from .._policy.advice import advice

            raise SetupError(
                f"the guest runs as another user, to whom {path} is closed",
                stage="grants",
                remedy=advice("open", letters=letters, path=path),
            )
