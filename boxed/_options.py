"""The options that run() and Sandbox share: checked, and what they come to."""

from __future__ import annotations

import errno
import sys

from ._answers.value import Reading
from ._calls.output import check_target
from ._calls.request import (
    checked_name,
    main_module,
    needs_main,
    standard_module,
)
from ._errors import SetupError
from ._limits import DEFAULT, Limits
from ._policy import checks

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from typing import Any

    from ._calls.output import Target
    from ._errors import RemoteError
    from ._policy.import_places import Places
    from ._policy.policy import Policy, StrPath
    from ._wire.payload import Payload

ISOLATIONS = ("auto", "full", "uid", "rootless", "landlock")


class Options:
    """The options of calls, by their names in :func:`boxed.run`.

    :ivar serializer: how function, arguments and result travel.
    :ivar timeout: seconds of wall clock for a call, or None.
    :ivar places: where guests import from.
    :ivar reading: how results are read.
    :ivar streams: where stdout and stderr go.

    :raises: what an option's impossible value raises.
    """

    def __init__(
        self,
        *,
        serializer: str,
        timeout: float | None = None,
        limits: Limits | None,
        isolation: str,
        user: str = "nobody",
        imports: Iterable[str] = (),
        preload: Iterable[str] = (),
        path: Iterable[StrPath] | None = None,
        read: Iterable[StrPath] = (),
        write: Iterable[StrPath] = (),
        network: bool = False,
        env: Mapping[str, str] | None = None,
        allow: Iterable[type] = (),
        allow_setstate: Iterable[type] = (),
        trust_result: bool = False,
        stdout: Target = None,
        stderr: Target = None,
    ) -> None:
        serializer = checked_name(serializer)
        timeout = checks.seconds("timeout", timeout)
        isolation = checks.word("isolation", isolation, ISOLATIONS)
        limits = _checked_limits(limits)
        user = checks.text("user", user)
        _check_platform()
        from ._policy.import_places import given_path
        from ._policy.policy import NOBODY, granted_paths

        uid = NOBODY
        if user != "nobody":
            from ._policy.target_user import target_uid

            uid = target_uid(user)

        self.streams = (
            check_target("stdout", stdout),
            check_target("stderr", stderr),
        )
        self.serializer = serializer
        self.timeout = timeout
        self.reading = Reading(
            allow=checks.collection("allow", "classes", allow),
            allow_setstate=checks.collection(
                "allow_setstate", "classes", allow_setstate
            ),
            trust_result=checks.flag("trust_result", trust_result),
            memory=limits.memory,
        )
        modules = _module_names(imports, preload)
        self.places = _places(given_path(path), modules)
        # Of the standard library's modules there are not many.
        self._policies: dict[Any, Policy] = {}
        self._common: dict[str, Any] = {
            "isolation": isolation,
            "uid": uid,
            "places": self.places,
            "imports": modules,
            "serializer": serializer,
            "limits": limits,
            "read": granted_paths("read", read),
            "write": granted_paths("write", write),
            "network": checks.flag("network", network),
            "env": checks.variables("env", env),
        }

    def policy(self, func: Callable[..., Any], request: Payload) -> Policy:
        """What a sandbox for this request must be.

        It depends on the function only in whether it needs the caller's
        ``__main__``: what may go without does not run the caller's script.
        """
        wants_main = needs_main(self.serializer, func, request)
        main = main_module() if wants_main else None
        ahead = standard_module(func)
        policy = self._policies.get((main, ahead))
        if policy is None:
            from ._policy.policy import Policy

            policy = Policy(main=main, ahead=ahead, **self._common)
            self._policies[main, ahead] = policy
        return policy

    def explain(self, error: RemoteError) -> None:
        """Have what a function raised say what it cannot know."""
        from ._answers.missing_modules import add_why
        from ._policy.tiers import settled

        tier = self._common["isolation"]
        if tier == "auto":
            tier = settled()
        add_why(error, self.places, tier)


# By serializer, limits, isolation and import path.
_plain: dict[Any, Options] = {}
_MOST_PLAIN = 64


def plain_options(
    serializer: str, limits: Limits | None, isolation: str
) -> Options:
    """The options of calls that name no other ones, checked once."""
    if _plain:
        key = (serializer, limits, isolation, _places())
        try:
            return _plain[key]
        except (KeyError, TypeError):
            # TypeError: what cannot be hashed is refused below.
            pass
    options = Options(
        serializer=serializer, limits=limits, isolation=isolation
    )
    if len(_plain) >= _MOST_PLAIN:
        _plain.clear()
    _plain[serializer, limits, isolation, options.places] = options
    return options


def _places(
    given: tuple[str, ...] | None = None, modules: Iterable[str] = ()
) -> Places:
    """Where guests import from now; as soon as there is a descriptor to look
    with, as for a call."""
    from ._policy.import_places import current

    try:
        return current(given, modules)
    except OSError as error:
        if error.errno != errno.EMFILE:
            raise
    from . import _boxed
    from ._live.admission import enter

    return enter(_boxed.Seat(), lambda: current(given, modules))


def _checked_limits(limits: Limits | None) -> Limits:
    """
    :raises TypeError: it is none: an empty dict would be taken for none given.
    """
    if limits is None:
        return DEFAULT
    if not isinstance(limits, Limits):
        raise checks.wrong_type("limits", "a Limits or None", limits)
    return limits


def _module_names(
    imports: Iterable[str], preload: Iterable[str]
) -> tuple[str, ...]:
    first = checks.names("imports", imports)
    return tuple(dict.fromkeys(first + checks.names("preload", preload)))


def _check_platform() -> None:
    """Here, not on import: a program may import boxed and never call it."""
    if not sys.platform.startswith("linux"):
        raise SetupError(
            f"boxed runs on Linux only, not on {sys.platform}", stage="start"
        )
    try:
        from . import _boxed
    except ImportError as error:
        from ._policy.advice import advice

        raise SetupError(
            f"the C part of boxed is not built for this interpreter: {error}",
            stage="start",
            remedy=advice("reinstall"),
        ) from error
    del _boxed
