"""Walking through a piece of work: at each instruction of the package's code,
one after another, something is raised or done.

An asynchronous exception (a signal's handler that raises, as for Ctrl-C, or
PyThreadState_SetAsyncExc) comes up between two instructions, and so does what
a handler or a destructor runs.  A trace function that acts at the k-th
instruction is such an event without the chance.
"""

from __future__ import annotations

import dis
import os
import random
import sys
from collections.abc import Callable, Collection
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import boxed

_PACKAGE = f"{Path(boxed.__file__).parent}/"

#: An instruction: where, and how far into the code.
Place = tuple[CodeType, int]


class Interrupted(BaseException):
    """What is raised."""


def module_of(code: CodeType) -> str | None:
    """The name of its file in the package; of no other code."""
    if not code.co_filename.startswith(_PACKAGE):
        return None
    return code.co_filename[len(_PACKAGE) :]


def _in_destructor(frame: FrameType | None) -> bool:
    """What is raised in there is printed, and goes no further."""
    while frame is not None and frame.f_code.co_name != "__del__":
        frame = frame.f_back
    return frame is not None


def _looks_up(operation: str) -> bool:
    """Whether the interpreter looks for signals after it.  From Python 3.11
    on it does where a function begins, after calls, and where a loop goes
    back; before, after most instructions."""
    return (
        sys.version_info < (3, 11)
        or "CALL" in operation
        or "BACKWARD" in operation
        or operation == "RESUME"
    )


class _Tracer:
    """Calls `act` wherever the package's code can be interrupted."""

    def __init__(
        self, act: Callable[[Place], None], modules: Collection[str]
    ) -> None:
        self._act = act
        self._modules = modules

    def __call__(self, frame: FrameType, *_: object) -> Any:
        module = module_of(frame.f_code)
        if module is None or _in_destructor(frame):
            return None
        if self._modules and module not in self._modules:
            return None
        frame.f_trace_opcodes, frame.f_trace_lines = True, False
        before = ["RESUME"]

        def trace(frame: FrameType, event: str, _: object) -> Any:
            if event == "opcode":
                code, at = frame.f_code, frame.f_lasti
                looks, before[0] = _looks_up(before[0]), _operation(code, at)
                # After a call that raised it does not.
                if looks and before[0] != "PUSH_EXC_INFO":
                    self._act((code, at))
            return trace

        return trace

    def run(self, work: Callable[[], object]) -> None:
        before = sys.gettrace()
        sys.settrace(self)
        try:
            work()
        finally:
            sys.settrace(before)


def _operation(code: CodeType, at: int) -> str:
    return dis.opname[code.co_code[at]]


def places(
    work: Callable[[], object], modules: Collection[str] = ()
) -> list[Place]:
    """The instructions of the package's modules, all or some, that a piece of
    work comes to, in the order in which it first does."""
    seen: dict[Place, None] = {}
    _Tracer(lambda place: seen.setdefault(place), modules).run(work)
    return list(seen)


def some(every: list[Place], most: int) -> list[Place]:
    """So many of them, from all parts and others each time; by `make
    interrupts` all.  There must be some."""
    whole = os.environ.get("BOXED_EVERY_INSTRUCTION")
    step = 1 if whole else -(-len(every) // most)
    return every[random.randrange(step) :: step]


def act_at(
    place: Place,
    act: Callable[[], None],
    work: Callable[[], object],
) -> bool:
    """Do the work, and `act` when it first comes to a place; whether it
    did."""
    came = []

    def look(here: Place) -> None:
        if here == place and not came:
            came.append(here)
            act()

    _Tracer(look, ()).run(work)
    return bool(came)


def interrupt_at(place: Place, work: Callable[[], object]) -> bool:
    """Do the work, and interrupt it there; whether that came through."""

    def interrupt() -> None:
        raise Interrupted

    try:
        act_at(place, interrupt, work)
    except Interrupted:
        return True
    return False


def told(place: Place) -> str:
    """For a message."""
    code, at = place
    lines = [line for start, _, line in code.co_lines() if start <= at]
    return f"{module_of(code)}:{lines[-1]} {code.co_name}+{at}"
