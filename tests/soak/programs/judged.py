"""A call of the soak, by whichever way there is, and whether what came of it
is what had to come."""

from __future__ import annotations

import errno
import os
import random
import time
from collections.abc import Callable
from typing import Any

import cloudpickle
import soak_guests
from harness import ISOLATION

import boxed
from boxed import BoxedError, Outcome, Sandbox, WorkerDied

# Not by name: some tiers' guests cannot read what is in a user's home.
cloudpickle.register_pickle_by_value(soak_guests)

#: Seconds for what must come: only what hangs takes as long.
PLENTY = 100.0
#: Seconds until all are gone whom a killed process of a sandbox takes along.
WAKE = 5.0

Way = Callable[..., "Outcome[Any]"]


class Wrong(Exception):
    """A call came to something else than it had to."""


class Soak:
    """What all threads of a round share, and their signals' handlers: nothing
    is locked.

    :ivar seen: each cause, and whatever else is counted.
    :ivar sandboxes: that live for the round, of the options in `KEPT`.
    """

    def __init__(self) -> None:
        self.seen: list[str] = []
        self.sandboxes: list[Sandbox] = []
        self._killed = 0.0

    def count(self, what: str) -> None:
        self.seen.append(what)

    def kill(self, kill: Callable[[], None]) -> None:
        """Note that processes are killed, before and after it."""
        self._killed = time.monotonic() + WAKE
        kill()
        self._killed = time.monotonic() + WAKE
        self.count("killed from outside")

    def is_excused(self, error: BaseException | None, begun: float) -> bool:
        """Whether it may be that processes were killed which the call needed.

        :param begun: when the call began.
        """
        if begun > self._killed or error is None:
            return False
        if isinstance(error, WorkerDied):
            is_theirs = error.exitcode is None and error.signal in (None, 9)
        else:
            # Of a fork, where the process that permits them was killed, and
            # does not yet take the others along.
            is_theirs = getattr(error, "errno", None) == errno.ENOSYS
        if not is_theirs:
            return False
        self.count("excused by a kill")
        return True


#: Sandboxes that live for a round.
KEPT: tuple[dict[str, Any], ...] = (
    {"serializer": "cloudpickle"},
    {"serializer": "cloudpickle", "imports": ["numpy"], "timeout": PLENTY},
)
OF_ONE_CALL = {"timeout", "limits", "stdin", "stdout", "stderr"}
_PER_SANDBOX = {"processes", "tmp_size"}


def by_run(run: Callable[..., Any]) -> Way:
    """run() as if it were call()."""

    def way(func: Any, args: Any, **options: Any) -> Outcome[Any]:
        streams = {"stdout": "capture", "stderr": "capture", **options}
        try:
            value = run(func, args, **{**options, **streams})
        except BoxedError as error:
            if error.outcome is None:
                raise
            return error.outcome
        return Outcome(cause="returned", value=value)

    return way


def _way(soak: Soak, rng: random.Random, options: dict[str, Any]) -> Way:
    """run() or call(), or those of a Sandbox where the options permit it."""
    limits = options.get("limits")
    named = limits._named if limits is not None else frozenset()
    is_any = OF_ONE_CALL.issuperset(options) and not named & _PER_SANDBOX
    choice = rng.randrange(4)
    if is_any and choice >= 2 and soak.sandboxes:
        sandbox = rng.choice(soak.sandboxes)
        return sandbox.call if choice == 2 else by_run(sandbox.run)
    if rng.random() < 0.5:
        options.setdefault("serializer", "cloudpickle")
    options["isolation"] = ISOLATION
    return boxed.call if choice % 2 else by_run(boxed.run)


def expect(
    soak: Soak,
    rng: random.Random,
    cause: str | tuple[str, ...],
    func: Any,
    args: tuple[Any, ...] = (),
    *,
    value: Any = None,
    error: type[BaseException] | None = None,
    signal: int | None = None,
    exitcode: int | None = None,
    out: str | None = "",
    err: str | None = "",
    **options: Any,
) -> bool:
    """Call, and compare; false: what came of it is excused.

    :param cause: or several that there can be.
    :param error: what the exception must be too.
    :param out: what it must have printed; None for anything.
    """
    options.setdefault("timeout", PLENTY)
    way = _way(soak, rng, options)
    begun = time.monotonic()
    outcome = way(func, args, **options)
    soak.count(outcome.cause)
    if soak.is_excused(outcome.exception, begun):
        return False
    causes = (cause,) if isinstance(cause, str) else cause
    found: list[object] = []
    if outcome.cause not in causes:
        found.append(f"no {cause}")
    if outcome.value != value:
        found.append("another value")
    if error is not None and not isinstance(outcome.exception, error):
        found.append(f"no {error}")
    if (outcome.signal, outcome.exitcode) != (signal, exitcode):
        found.append(f"no signal {signal} or status {exitcode}")
    # run() that has a value gives no outcome, and so no streams.
    if outcome.tier:
        if out is not None and outcome.stdout != out:
            found.append(f"not printed: {out[:200]!r}")
        if err is not None and outcome.stderr != err:
            found.append(f"not printed aside: {err[:200]!r}")
    if found:
        told = (outcome, outcome.exception, outcome.signal, outcome.exitcode)
        raise Wrong(func, str(args)[:200], str(options)[:500], found, told)
    return True


def in_child(soak: Soak, work: Callable[[], None]) -> None:
    """Do work in a fork of this process; it must come to its end."""
    child = os.fork()
    if child == 0:
        import signal
        import traceback

        status = 1
        try:
            signal.signal(signal.SIGALRM, signal.SIG_DFL)
            signal.alarm(int(PLENTY))
            work()
            status = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(status)
    _, status = os.waitpid(child, 0)
    soak.count("forked")
    if status != 0:
        raise Wrong("a fork ended with wait status", status)
