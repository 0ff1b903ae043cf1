"""Functions of the caller's, for the guest to call: each sends its arguments
out, and waits.

Nothing here is a wall.  What a guest sends is looked at by the caller, who
takes one host call at a time.
"""

from __future__ import annotations

import _pickle
import builtins
import sys
from _thread import allocate_lock, get_ident

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable

# A guest may take away from the builtins what this needs.
globals()["__builtins__"] = dict(vars(builtins))

_KNOWN = dict(vars(builtins))
# Sends what is asked, and waits; of the worker's call.
_ask: list[Callable[[bytes], bytes]] = []
_turn = allocate_lock()
_holder: list[int] = []


def expose(names: list[str]) -> None:
    """Have functions of these names where every module finds them."""
    for name in names:
        setattr(builtins, name, _function(name))


def begin(ask: Callable[[bytes], bytes]) -> None:
    """The worker's call begins."""
    _ask[:] = [ask]


def _function(name: str) -> Callable[..., Any]:
    def function(*args: Any, **kwargs: Any) -> Any:
        return _call(name, args, kwargs)

    function.__name__ = function.__qualname__ = name
    function.__module__ = "builtins"
    function.__doc__ = "A function of the program that started the sandbox."
    return function


def _call(name: str, args: Any, kwargs: Any) -> Any:
    asked = _pickle.dumps((name, args, kwargs), 5)
    raised, value = _pickle.loads(_exchanged(asked))
    if raised:
        raise _KNOWN[raised](*value)
    return value


def _exchanged(asked: bytes) -> bytes:
    if _holder == [get_ident()]:
        # As a signal's handler may, or a destructor.
        raise RuntimeError("this thread is making a host call already")
    with _turn:
        _holder[:] = [get_ident()]
        try:
            _flush()
            return _ask[0](asked)
        finally:
            _holder.clear()


def _flush() -> None:
    """What was printed before the host call is told before it."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except Exception:
            continue  # The guest may have closed or replaced it.
