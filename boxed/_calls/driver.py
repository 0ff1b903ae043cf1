"""The thread that has the calls of executors under way: one for the process,
with an event loop in it.

It starts with the first call and lasts as long as the process.  A forked child
has none of it, and starts one of its own.
"""

from __future__ import annotations

import asyncio
import os
import threading

from .. import _boxed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

_loop: asyncio.AbstractEventLoop | None = None
_starting = _boxed.Latch()


def loop() -> asyncio.AbstractEventLoop:
    """The loop, which runs."""
    while _loop is None:
        _starting.run(_start)
        _starting.wait()
    return _loop


def _start() -> None:
    global _loop
    if _loop is None:
        made = asyncio.new_event_loop()
        # A daemon: what is to be finished before the program ends is waited
        # for by executors.
        threading.Thread(
            target=made.run_forever, name="boxed", daemon=True
        ).start()
        _loop = made


def do(function: Callable[..., Any], *args: Any) -> None:
    """Have a function called by the thread, soon."""
    loop().call_soon_threadsafe(function, *args)


def _forget() -> None:
    global _loop, _starting
    _loop = None
    _starting = _boxed.Latch()


os.register_at_fork(after_in_child=_forget)
