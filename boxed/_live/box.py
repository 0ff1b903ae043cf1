"""One live sandbox: its start, and calls on it.

The launcher's process and its sockets are a _boxed.Box's, from the moment in
which there are any: a start that is interrupted leaves nothing behind.
"""

from __future__ import annotations

import marshal
import os
import sys
import time
from _struct import Struct

from .. import _boxed
from .._calls.timing import step_done
from .._errors import SetupError
from .._policy import installation, mounts, tiers
from . import log
from .launch_order import encode
from .prefork import Standbys
from .zygote_configuration import PROGRAM, check, setting

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .._policy.policy import Policy

#: Seconds that launcher, interpreter and imports may take together.
SETUP_SECONDS = 120
#: Bytes of what the sandbox printed that an error quotes.
MAX_LOG = 4096
#: Seconds that a launcher which failed has to tell why.
END_SECONDS = 5
#: Seconds that a killed worker has to be gone.
KILL_SECONDS = 2

_STATUS = Struct("=IIiI")
# Sent when the zygote is ready: when it was done with each step, and what
# bounds a call's memory, with the errno for which that is no cgroup.
_READY = Struct("=c4Q")
_ZYGOTE_STEPS = (
    "launcher: raise walls; the interpreter starts",
    "zygote: import what the policy asks for",
)
_SECOND = 1_000_000_000
# Stages whose status has the index of an entry as its detail.
_NAME_AN_ENTRY = frozenset({"collect", "trees", "landlock"})


def read_status(record: bytes) -> tuple[str, int, int]:
    """Stage name, errno and detail of a struct boxed_status.

    :raises ValueError: it is none.
    """
    if len(record) != _STATUS.size:
        raise ValueError("a status record has another size")
    magic, stage, number, detail = _STATUS.unpack(record)
    if magic != _boxed.STATUS_MAGIC or stage >= len(_boxed.STAGES):
        raise ValueError("a status record has another form")
    return _boxed.STAGES[stage], number, detail


def kill_limit() -> int:
    """When a worker that is killed now is to be gone."""
    return time.monotonic_ns() + KILL_SECONDS * _SECOND


class BoxGone(Exception):
    """The sandbox ended between calls; nothing of the call has run."""


def _arguments() -> list[str]:
    """The interpreter, clean: no environment, no site, no bytecode written."""
    optimize = "-" + "O" * sys.flags.optimize if sys.flags.optimize else ""
    flags = ["-I", "-S", "-B", "-X", "utf8"] + ([optimize] if optimize else [])
    return [installation.executable(), *flags, "-c", PROGRAM]


class Box:
    """A running sandbox for one policy, on one tier.

    :ivar process: the launcher's, and what leads to it.
    :ivar ruler: what bounds the memory of a call, of _boxed.MEMORY_RULERS.
    :ivar no_cgroup: the errno for which that is no cgroup.

    :raises SetupError: it could not be set up; nothing is left behind.
    """

    ruler = no_cgroup = 0

    def __init__(self, policy: Policy, tier: str) -> None:
        self.tier = tier
        self._steps = [("begin", time.monotonic_ns())]
        self._max_answer = policy.limits.result
        takes_uid = tier in tiers.TAKES_UID
        uid = policy.uid if takes_uid else os.getuid()
        check(policy, tier)
        self._entries = mounts.entries(
            policy, as_other=takes_uid, mounts=tier in tiers.NAMESPACES
        )
        order = encode(
            tiers.NUMBERS[tier],
            uid,
            _arguments(),
            self._entries,
            network=policy.network,
        )
        self._done("list what the guest sees")
        try:
            self.process = _boxed.Box(tiers.launcher_for(tier), order)
        except OSError as error:
            from .remedies import explain

            raise explain(tier, "start", error.errno or 0) from error
        self._done("spawn the launcher")
        self.standbys = Standbys(self.process, policy.limits.result)
        try:
            self._start(policy)
        except BaseException:
            self.close()
            raise

    @property
    def pid(self) -> int:
        """The launcher's process."""
        return self.process.pid

    def _done(self, step: str, at: int | None = None) -> None:
        step_done(step, at)
        self._steps.append((step, at or time.monotonic_ns()))

    def _start(self, policy: Policy) -> None:
        deadline = time.monotonic_ns() + SETUP_SECONDS * _SECOND
        message = marshal.dumps(setting(policy, self.tier, self._entries))
        try:
            _boxed.send(self.process.server, message)
            ready = _boxed.receive(self.process.server, 1 << 20, deadline)
        except ConnectionError:
            ready = b""
        except OSError as error:
            from .._policy.advice import advice

            raise SetupError(
                f"the sandbox's settings take {len(message)} bytes",
                stage="order",
                errno=error.errno or 0,
                remedy=advice("shorten"),
            ) from error
        if ready and ready[:1] == b"R" and len(ready) == _READY.size:
            # The zygote's word, which nothing depends on.
            _, *steps, self.ruler, self.no_cgroup = _READY.unpack(ready)
            for step, at in zip(_ZYGOTE_STEPS, steps):
                self._done(step, at)
            self._done("hear that it is ready")
            log.started(self.tier, self._steps)
            return
        if ready is None:
            raise SetupError(
                f"the sandbox was not ready after {SETUP_SECONDS} s",
                stage="zygote",
            )
        if ready[:1] in (b"E", b"M"):
            raise self._import_failure(
                ready[1:], policy, in_main=ready[:1] == b"M"
            )
        raise self._launch_failure()

    def _import_failure(
        self, packed: bytes, policy: Policy, *, in_main: bool
    ) -> SetupError:
        from .._answers.missing_modules import why_missing
        from .._answers.remote_errors import error_from_texts
        from .._answers.text import unpack
        from .._policy.advice import advice
        from .._wire.exception_format import MAX_MORE

        what = "an import for the sandbox failed"
        try:
            told = error_from_texts(unpack(packed, 4, MAX_MORE))
        except ValueError as error:
            return SetupError(
                f"{what}, and what it told is malformed: {error}",
                stage="imports",
            )
        remedy = why_missing(told, policy.places, self.tier)
        if remedy is None and in_main:
            what = (
                "the program's main module, which the sandbox imports for its"
                " functions, failed there"
            )
            remedy = advice("guard")
        failure = SetupError(
            f"{what}: {told.type_name}: {told.message}",
            stage="imports",
            remedy=remedy or "",
        )
        failure.__cause__ = told.__cause__
        return failure

    def _launch_failure(self) -> SetupError:
        """What the launcher told before it died."""
        deadline = time.monotonic_ns() + END_SECONDS * _SECOND
        record = None
        # A launcher that dies with its order unread resets the connection:
        # that is told first, and once.
        for _ in range(2):
            try:
                record = _boxed.receive(
                    self.process.control, _STATUS.size, deadline
                )
                break
            except ConnectionError:
                continue
        try:
            name, number, detail = read_status(record or b"")
        except ValueError:
            return SetupError("the launcher was killed", stage="start")
        if name == "zygote":
            return SetupError(
                f"the sandboxed interpreter ended with wait status {detail}:"
                f" {self.log_text()}",
                stage=name,
            )
        path = None
        if name in _NAME_AN_ENTRY and detail < len(self._entries):
            path = self._entries[detail][1]
        shown = []
        if self.tier in tiers.NAMESPACES:
            shown = [entry[1] for entry in self._entries]
        # Here, because it imports what a first call would wait for.
        from .remedies import explain

        return explain(self.tier, name, number, path, shown)

    def log_text(self) -> str:
        """The end of what launcher, interpreter and imports printed; empty
        where another thread closed the sandbox."""
        from .._answers.text import printable

        text = self.process.log(MAX_LOG)
        return printable(text.decode(errors="replace")).strip()

    def open_call(self) -> _boxed.Call:
        """A call with a fresh worker.

        :raises BoxGone: the sandbox has ended, or was closed by a thread.
        """
        try:
            return _boxed.Call(self.process, self._max_answer)
        except (BrokenPipeError, ConnectionError) as error:
            raise BoxGone from error

    def close(self) -> None:
        """End every process of the sandbox and wait for the last."""
        # What workers have used is told before there is nobody to tell it.
        _boxed.await_ends(kill_limit())
        self.standbys.close()
        self.process.close()
