"""The options of a call: each is typed, checked and described here, once.

run(), Sandbox and ``boxed run`` are made of this table, and so is what their
documentation says of an option.  A new one is a type in CallOptions and an
entry in OPTIONS.
"""

from __future__ import annotations

from ._calls.input import check_source
from ._calls.output import check_target
from ._calls.serializers import AUTO, NAMES, checked_name
from ._limits import DEFAULT, Limits
from ._policy import checks
from ._policy.declared import Option

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from typing import Any, TypedDict

    from ._calls.input import Source
    from ._calls.output import Target
    from ._policy.policy import StrPath
else:
    from ._policy.declared import TypedDict

ISOLATIONS = ("auto", "full", "uid", "rootless", "landlock")


class OfOneCall(TypedDict, total=False):
    """The options that a Sandbox's calls take too."""

    timeout: float | None
    limits: Limits | None
    stdin: Source | None
    stdout: Target
    stderr: Target


class SourceOptions(OfOneCall, total=False):
    """The options that :func:`boxed.run_source` takes."""

    expose: Mapping[str, Callable[..., Any]]
    user: str
    imports: Iterable[str]
    isolation: str
    path: Iterable[StrPath] | None
    read: Iterable[StrPath]
    write: Iterable[StrPath]
    network: bool
    env: Mapping[str, str] | None
    allow: Iterable[type]
    allow_setstate: Iterable[type]
    trust_result: bool


class CallOptions(SourceOptions, total=False):
    """The options that :func:`boxed.run` takes."""

    serializer: str


class SandboxOptions(CallOptions, total=False):
    """The options that :class:`boxed.Sandbox` takes."""

    preload: Iterable[str]


def _user(name: str, value: Any) -> int:
    from ._policy.tiers import NOBODY

    user = checks.text(name, value)
    if user == "nobody":
        return NOBODY
    from ._policy.target_user import target_uid

    return target_uid(user)


def _limits(name: str, value: Any) -> Limits:
    # An empty dict would be taken for none given.
    if value is not None and not isinstance(value, Limits):
        raise checks.wrong_type(name, "a Limits or None", value)
    return value or DEFAULT


def _places(name: str, value: Any) -> tuple[str, ...] | None:
    from ._policy.import_places import given_path

    return given_path(value)


def _paths(name: str, value: Any) -> tuple[str, ...]:
    from ._policy.policy import granted_paths

    return granted_paths(name, value)


def _classes(name: str, value: Any) -> list[Any]:
    return checks.collection(name, "classes", value)


def _exposed(name: str, value: Any) -> dict[str, Any]:
    if value is None:
        return {}
    from ._calls.host_calls import checked_functions

    return checked_functions(name, value)


def _isolation(name: str, value: Any) -> str:
    return checks.word(name, value, ISOLATIONS)


_LIST: dict[str, Any] = {"action": "append", "metavar": "PATH"}

OPTIONS: dict[str, Option] = {
    "serializer": Option(
        AUTO,
        lambda name, value: checked_name(value),
        "how function, arguments and result travel.  ``'auto'`` sends by name"
        " what the guest can import, and by value, as code, what it cannot: of"
        " ``__main__`` or a notebook, lambdas, closures.  Instances of classes"
        " that the function's return annotation names may come back.  The"
        " others do one thing: ``'pickle'`` and ``'json'`` send names, and a"
        " script is then run inside too, without its ``__main__`` part;"
        " ``'cloudpickle'`` and ``'dill'`` send values.  The result is never"
        " read with the serializer's own ``loads``: a decoder builds plain"
        " data and nothing else.",
        {"choices": NAMES, "default": "json"},
    ),
    "timeout": Option(
        None,
        checks.seconds,
        "wall-clock seconds for the call, without the sandbox's set-up, and"
        " the wait for another call's descriptors where there are none left;"
        " None for no limit.",
        {"type": float, "metavar": "SECONDS"},
    ),
    "user": Option(
        "nobody",
        _user,
        "the account that the guest runs as where the tier changes it:"
        " ``'nobody'``, or one that root permitted.",
        {"metavar": "NAME"},
    ),
    "imports": Option(
        (),
        checks.names,
        "modules to import before any call, once for all calls.",
        {"action": "append", "metavar": "MODULE"},
    ),
    "limits": Option(
        None,
        _limits,
        "what the call may use up; see :class:`Limits`.",
    ),
    "isolation": Option(
        "auto",
        _isolation,
        "``'auto'``, or one of the tiers ``'full'``, ``'uid'``,"
        " ``'rootless'`` and ``'landlock'``; the last only by name, since its"
        " guest has the caller's uid.",
        {"choices": ISOLATIONS},
    ),
    "path": Option(
        None,
        _places,
        "directories and zip files that the guest imports from in place of"
        " the caller's own, which are whatever is on ``sys.path`` and no"
        " installation's; None for those.  Of either it sees modules and"
        " packages, and nothing beside them.",
        _LIST,
    ),
    "read": Option(
        (),
        _paths,
        "files and directories that the guest may read besides.",
        _LIST,
    ),
    "write": Option(
        (),
        _paths,
        "files and directories that it may change; they must exist.",
        _LIST,
    ),
    "network": Option(
        False,
        checks.flag,
        "give it the caller's network, IPv4 and IPv6.",
        {"action": "store_true"},
    ),
    "env": Option(
        None,
        checks.variables,
        "its environment, besides PATH, HOME, TMPDIR and LANG.",
        {"action": "append", "metavar": "NAME=VALUE"},
    ),
    "allow": Option(
        (),
        _classes,
        "classes of which the result may hold instances: plain classes,"
        " dataclasses, named tuples and enumerations, and"
        " ``pandas.DataFrame`` and ``pandas.Series``.",
    ),
    "allow_setstate": Option(
        (),
        _classes,
        "the same for classes with a ``__setstate__`` or ``__del__`` of their"
        " own, which will run on what the guest chose: with some classes of"
        " libraries that is as much as running its code.",
    ),
    "expose": Option(
        None,
        _exposed,
        "functions of this program that the guest can call by the names that"
        " they have here, with plain data as arguments and result.  They run"
        " in this program, as docs/host_calls.rst has it.",
    ),
    "trust_result": Option(
        False,
        checks.flag,
        "read the result with the serializer's own ``loads``, which runs"
        " whatever code the function puts into it.",
    ),
    "stdin": Option(
        None,
        check_source,
        "what the function can read on ``sys.stdin`` and descriptor 0: bytes,"
        " text, or a file object, which is read to its end before the call;"
        " None or ``subprocess.DEVNULL`` for nothing.  It may have as many"
        " bytes as ``Limits.request``.  Calls of ``Sandbox.map`` each have all"
        " of it.",
        {
            "metavar": "PATH",
            "help": "file with what the function reads on its"
            " standard input; - for this command's own; else nothing",
        },
    ),
    "stdout": Option(
        None,
        check_target,
        "where to write what the function prints: None for ``sys.stdout``,"
        " ``subprocess.DEVNULL`` for nowhere, ``'capture'`` to have it kept"
        " for the call's outcome, a file object, or a function that is called"
        " with each piece of text as it comes: mostly one line or several,"
        " seldom a part of one.  Text has control characters escaped; binary"
        " files, such as ``io.BytesIO()``, get the bytes as they are.  What a"
        " file or function raises ends the call and is raised.",
    ),
    "stderr": Option(
        None,
        check_target,
        "the same for ``sys.stderr``.",
    ),
}
#: What there is without a function.
SOURCE_OPTIONS = {
    name: option for name, option in OPTIONS.items() if name != "serializer"
}
#: What a Sandbox takes beside them.
SANDBOX_OPTIONS = {
    **OPTIONS,
    "preload": Option(
        (),
        checks.names,
        "another name of ``imports``, and added to it.",
    ),
}


class Own:
    """Stands for the option that the Sandbox was made with."""

    def __repr__(self) -> str:
        return "the Sandbox's"


OWN = Own()
#: What a Sandbox's calls take.
OF_ONE_CALL = {
    name: Option(OWN, OPTIONS[name].check, OPTIONS[name].text)
    for name in ("timeout", "stdin", "stdout", "stderr")
}
OF_ONE_CALL["limits"] = Option(
    OWN,
    _limits,
    "none wider than the Sandbox's, whose others hold too: processor time,"
    " memory, threads, open files, file size, output, result and request.",
)
