"""What each call may have of its own, on whatever sandbox it runs."""

from __future__ import annotations

from .input import read_input
from .output import CAPTURE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from .._limits import Limits
    from .._policy.declared import Option
    from .host_calls import HostFunctions
    from .output import Target

#: The options that are a call's, and no sandbox's.
NAMES = ("timeout", "stdin", "stdout", "stderr")


class Terms:
    """What a call may use, what it reads, and where it prints.

    :ivar timeout: seconds of wall clock, or None.
    :ivar limits: what it may use up.
    :ivar stdin: what is on its descriptor 0, or None for nothing.
    :ivar streams: where stdout and stderr go.
    :ivar exposed: functions that it may call here, or None.
    """

    __slots__ = ("exposed", "limits", "stdin", "streams", "timeout")

    def __init__(
        self,
        limits: Limits,
        *,
        timeout: float | None = None,
        stdin: bytes | None = None,
        streams: tuple[Target, Target] = (None, None),
        exposed: HostFunctions | None = None,
    ) -> None:
        self.limits = limits
        self.timeout = timeout
        self.stdin = stdin
        self.streams = streams
        self.exposed = exposed

    @property
    def names(self) -> Mapping[int, str]:
        """Of the functions that it may call here, by their ids."""
        return {} if self.exposed is None else self.exposed.names

    def changed(
        self, given: Mapping[str, Any], table: Mapping[str, Option]
    ) -> Terms:
        """These, but for what is given.

        :raises: what an option's impossible value raises.
        :raises ValueError: a limit is wider than it is here.
        :raises LimitExceeded: there is more to read than a request may have.
        """
        if not given:
            return self
        checked = {
            name: table[name].check(name, value)
            for name, value in given.items()
        }
        limits, stdin = self.limits, self.stdin
        if "limits" in checked:
            limits = checked["limits"]._within(limits)
        if "stdin" in checked:
            stdin = read_input(checked["stdin"], limits.request)
        return Terms(
            limits,
            timeout=checked.get("timeout", self.timeout),
            stdin=stdin,
            streams=(
                checked.get("stdout", self.streams[0]),
                checked.get("stderr", self.streams[1]),
            ),
            exposed=self.exposed,
        )

    def capturing(self) -> Terms:
        """These, with what no option sends elsewhere kept."""
        out, err = self.streams
        return Terms(
            self.limits,
            timeout=self.timeout,
            stdin=self.stdin,
            streams=(
                CAPTURE if out is None else out,
                CAPTURE if err is None else err,
            ),
            exposed=self.exposed,
        )

    def sent(
        self, sandbox: Limits, ruler: int
    ) -> tuple[bytes | None, int, int, tuple[int, ...] | None]:
        """What goes with the request: what to read, microseconds of processor
        time and bytes of memory that the zygote is to see to, and limits that
        are tighter than the sandbox's; as ``_boxed.Call.request()`` has them.

        :param ruler: what bounds a call's memory, of _boxed.MEMORY_RULERS.
        """
        # Not before a call: a program may import boxed and never make one.
        from .. import _boxed

        limits = self.limits
        cpu = limits.cpu_time
        micros = 0 if cpu is None else int(cpu * 1e6) or 1
        memory = limits.memory if ruler == _boxed.MEMORY_WATCHED else 0
        if limits is sandbox or limits == sandbox:
            return self.stdin, micros, memory, None
        from .._live.zygote_configuration import worker_limits

        if limits.memory < sandbox.memory:
            memory = limits.memory
        own = limits.result, *worker_limits(limits)
        return self.stdin, micros, memory, own
