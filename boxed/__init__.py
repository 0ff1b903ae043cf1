"""Run an untrusted Python function in a sandbox and get its value back.

>>> from boxed import run
>>> from math import sqrt
>>> run(sqrt, args=(4,), serializer='json')
2.0

The function runs in a fresh process that the Linux kernel confines: another
user, no capabilities, namespaces, Landlock, a system call filter.  See
docs/design.rst for the walls, docs/answers.rst for what comes back.
"""

import sys as _sys

# Nothing is in the __init__ of a room, so that none need be looked for and
# read, which would take a tenth of the time of this import.
for _room in ("_answers", "_calls", "_live", "_policy", "_wire"):
    _package = type(_sys)(f"{__name__}.{_room}")
    _package.__path__ = [f"{__path__[0]}/{_room}"]
    _sys.modules[_package.__name__] = globals()[_room] = _package
del _package, _room

from ._errors import (
    BoxedError,
    CallCancelled,
    CallTimeout,
    LimitExceeded,
    ProtocolError,
    RemoteError,
    SerializationError,
    SetupError,
    UnsafeResultError,
    WorkerDied,
)
from ._limits import Limits
from ._run import call, run

__all__ = [
    "BoxedError",
    "CallCancelled",
    "CallTimeout",
    "LimitExceeded",
    "Limits",
    "Outcome",
    "ProtocolError",
    "RemoteError",
    "Sandbox",
    "SandboxExecutor",
    "SerializationError",
    "SetupError",
    "UnsafeResultError",
    "Usage",
    "WorkerDied",
    "__version__",
    "call",
    "run",
    "run_source",
    "sandboxed",
]

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ._decorator import sandboxed
    from ._executor import SandboxExecutor
    from ._outcome import Outcome, Usage
    from ._sandbox import Sandbox
    from ._source import run_source
    from ._version import __version__

# What a program that only calls run() need not load, and where it is.
_LATER = {
    "Outcome": "_outcome",
    "Sandbox": "_sandbox",
    "SandboxExecutor": "_executor",
    "Usage": "_outcome",
    "__version__": "_version",
    "run_source": "_source",
    "sandboxed": "_decorator",
}


def __getattr__(name: str) -> object:
    if name in _LATER:
        module = __import__(f"{__name__}.{_LATER[name]}", fromlist=[name])
        found = globals()[name] = getattr(module, name)
        return found
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
