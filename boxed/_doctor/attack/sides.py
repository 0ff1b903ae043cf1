"""Where ``boxed doctor --attack`` makes an attempt: outside the sandbox, to
see it work, and inside.

Outside it is a child of the doctor's, with all that a child inherits; inside
it is a call, as run() makes one.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import select
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass

from ... import _boxed
from ..._answers.value import Reading
from ..._calls.call import Exchange
from ..._calls.request import encode
from ..._calls.terms import Terms
from ..._errors import (
    BoxedError,
    CallTimeout,
    LimitExceeded,
    RemoteError,
    SetupError,
    WorkerDied,
)
from ..._limits import Limits
from ..._live import registry
from ..._live.zygote_configuration import program
from ..._policy import import_places
from ..._policy.policy import Policy
from ..._policy.tiers import NOBODY
from . import guest
from .ways import has_reached

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any, NoReturn

MIB = 1 << 20

#: Low, so that an attempt to pass one is cheap where it succeeds.
LIMITS = Limits(
    memory=64 * MIB,
    threads=8,
    open_files=64,
    file_size=MIB,
    tmp_size=MIB,
    output=64 << 10,
    result=64 << 10,
)

_SECONDS = 10
_MODULES = tuple(
    f"boxed._doctor.attack.{name}"
    for name in ("guest", "reach", "calls", "ways")
)
_GUEST = "from boxed._doctor.attack import guest; guest."


@dataclass
class Answer:
    """What an attempt came to.

    :ivar value: what its last step got.
    :ivar error: what refused it; empty where nothing did.
    :ivar exitcode: of the process, where it ended without an answer.
    :ivar output: what it printed.
    """

    value: Any = None
    error: str = ""
    exitcode: int | None = None
    output: str = ""

    @property
    def reached(self) -> bool:
        """Whether it got anything."""
        return has_reached(self.value, self.error)


@dataclass
class Trial:
    """One attempt, ready to be made.

    :ivar steps: pairs of a function's name and arguments; inside the sandbox
        each is a call of its own.
    :ivar hit: whether an answer, or what it did to the target, is a break.
    :ivar seconds: the call's timeout inside.
    :ivar pickled: a step whose raw value is sent as a pickle; it takes the
        place of ``steps`` inside.
    """

    steps: list[tuple[str, list[Any]]]
    hit: Callable[[Answer], bool] = lambda answer: answer.reached
    seconds: float = _SECONDS
    pickled: tuple[str, list[Any]] | None = None


@dataclass
class Target:
    """A process that is to be reached.

    :ivar pid: as those see it who attack it.
    :ivar address: of its secret.
    """

    pid: int
    alive: Callable[[], bool]
    address: int = 0


def _python(code: str, *args: str) -> list[str]:
    flags = ["-I", "-S", "-B", "-X", "utf8"]
    return [
        sys.executable,
        *flags,
        "-c",
        program(_MODULES, _GUEST + code),
        *args,
    ]


@contextlib.contextmanager
def victim(secret: str) -> Iterator[Target]:
    """A process of the caller's, with a secret in its memory, environment and
    command line."""
    process = subprocess.Popen(
        _python("victim(sys.argv[1])", secret),
        env={**os.environ, "BOXED_ATTACK_SECRET": secret},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert process.stdin is not None and process.stdout is not None

    def alive() -> bool:
        return process.poll() is None

    try:
        address = int(process.stdout.readline() or 0)
        yield Target(process.pid, alive, address)
    finally:
        process.kill()
        process.wait()
        process.stdin.close()
        process.stdout.close()


def _child(trial: Trial, answer: int, output: int) -> NoReturn:
    """Make the attempt in a fork, with all that a child inherits."""
    try:
        os.dup2(os.open("/dev/null", os.O_RDONLY), 0)
        for fd in (1, 2):
            os.dup2(output, fd)
        sys.stdout = os.fdopen(1, "w", closefd=False)
        came: list[Any] = []
        for step in trial.steps:
            came = guest.attempt(*step)
        sys.stdout.flush()
        os.write(answer, json.dumps(came).encode())
    finally:
        os._exit(0)


def _wait(pid: int, seconds: float) -> int:
    """The exit code of a child, which is ended after so many seconds."""
    pidfd = os.pidfd_open(pid)
    try:
        end = select.poll()
        end.register(pidfd, select.POLLIN)
        if not end.poll(seconds * 1000):
            os.kill(pid, signal.SIGKILL)
    finally:
        os.close(pidfd)
    return os.WEXITSTATUS(os.waitpid(pid, 0)[1])


class Outside:
    """The caller's own processes: there an attempt has to work."""

    is_sandbox = False

    def attempt(self, trial: Trial) -> Answer:
        """Make it in a child process."""
        with tempfile.TemporaryFile() as file, tempfile.TemporaryFile() as out:
            pid = os.fork()
            if pid == 0:
                _child(trial, file.fileno(), out.fileno())
            exitcode = _wait(pid, _SECONDS)
            for one in (file, out):
                one.seek(0)
            value, error = json.loads(file.read() or b'[null, "no answer"]')
            output = out.read().decode(errors="replace")
        return Answer(value, error, exitcode, output)

    @contextlib.contextmanager
    def sibling(self) -> Iterator[Target]:
        """Another process that is as confined: not at all."""
        with victim("") as target:
            yield target


class Inside:
    """Calls in a sandbox of a tier; one sandbox serves them all."""

    is_sandbox = True

    def __init__(self, isolation: str) -> None:
        self._isolation = isolation

    def _policy(self, serializer: str) -> Policy:
        return Policy(
            isolation=self._isolation,
            uid=NOBODY,
            places=import_places.current(),
            imports=_MODULES,
            serializer=serializer,
            main=None,
            limits=LIMITS,
        )

    def _call(
        self,
        serializer: str,
        function: Callable[..., Any],
        args: list[Any],
        seconds: float,
    ) -> Any:
        exchange = Exchange(
            self._policy(serializer),
            encode(serializer, function, args, {}, most=LIMITS.request),
            Terms(LIMITS, timeout=seconds),
            Reading(),
        )
        return exchange.value(registry.shared)

    def attempt(self, trial: Trial) -> Answer:
        """Make it in calls as `run` makes them.

        :raises SetupError: the sandbox cannot be set up.
        """
        answer = Answer()
        with contextlib.redirect_stdout(io.StringIO()) as output:
            try:
                if trial.pickled is not None:
                    name, args = trial.pickled
                    function = getattr(guest, name)
                    self._call("pickle", function, args, trial.seconds)
                else:
                    for step in trial.steps:
                        answer.value, answer.error = self._call(
                            "json", guest.attempt, [*step], trial.seconds
                        )
            except SetupError:
                raise
            except BoxedError as error:
                answer.value, answer.error = None, _in_short(error)
                if isinstance(error, WorkerDied):
                    answer.exitcode = error.exitcode
        answer.output = output.getvalue()
        return answer

    @contextlib.contextmanager
    def sibling(self) -> Iterator[Target]:
        """Another live call of the same sandbox."""
        policy = self._policy("json")
        most = policy.limits.request
        request = encode("json", guest.linger, (), {}, most=most).stream()
        box = registry.shared.box(policy)
        with registry.shared.using(box):
            live = box.open_call()
            try:
                live.request(request)
                deadline = time.monotonic_ns() + _SECONDS * 10**9
                event, _, told = live.wait(deadline)
                if event != _boxed.CALL_OUTPUT:
                    raise OSError(3, "the other call did not start")
                yield Target(int(told), lambda: _is_waiting(live))
            finally:
                live.close()


def _is_waiting(live: _boxed.Call) -> bool:
    """Whether nothing has come from a call, and nothing comes."""
    soon = time.monotonic_ns() + 50_000_000
    return live.wait(soon)[0] == _boxed.CALL_TIMEOUT


def _in_short(error: BoxedError) -> str:
    """In a few words, which kind of end it was."""
    if isinstance(error, CallTimeout):
        return "timeout"
    if isinstance(error, LimitExceeded):
        return f"limit: {error.resource}"
    if isinstance(error, RemoteError):
        return error.type_name
    if isinstance(error, WorkerDied) and error.signal:
        return f"killed by signal {error.signal}"
    return type(error).__name__
