"""The options of calls, checked, and what they come to: a policy for the
sandbox, a way to read the answer, places for the output."""

from __future__ import annotations

import errno
import sys

from .._answers.value import Reading
from .._errors import SetupError
from .input import read_input
from .serializers import (
    AUTO,
    is_standard,
    main_module,
    needs_main,
    standard_modules,
)
from .terms import Terms

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from typing import Any

    from .._errors import RemoteError
    from .._limits import Limits
    from .._policy.declared import Option
    from .._policy.import_places import Places
    from .._policy.policy import Policy
    from .host_calls import HostFunctions
    from .request import Request


class Settings:
    """What the calls of one run(), or of one Sandbox, have in common.

    :param options: those that are given, by their names.
    :param table: the options that there are.

    :ivar serializer: how function, arguments and result travel.
    :ivar terms: what each call has where it has nothing of its own.
    :ivar places: where guests import from.

    :raises: what an option's impossible value raises.
    """

    def __init__(
        self,
        options: Mapping[str, Any],
        table: Mapping[str, Option],
    ) -> None:
        _check_platform()
        checked = {
            name: option.check(name, options.get(name, option.default))
            for name, option in table.items()
        }
        self.serializer: str = checked.get("serializer", AUTO)
        limits: Limits = checked["limits"]
        self.terms = Terms(
            limits,
            timeout=checked["timeout"],
            stdin=read_input(checked["stdin"], limits.request),
            streams=(checked["stdout"], checked["stderr"]),
            exposed=self._exposed(checked),
        )
        self._allow = checked["allow"]
        self._read: dict[str, Any] = {
            "allow_setstate": checked["allow_setstate"],
            "trust_result": checked["trust_result"],
            "memory": limits.memory,
            "serializer": self.serializer,
        }
        self._reading = Reading(allow=self._allow, **self._read)
        # By the ids of the classes that they allow besides.
        self._readings: dict[tuple[int, ...], Reading] = {}
        imports = tuple(
            dict.fromkeys(checked["imports"] + checked.get("preload", ()))
        )
        self.places = _places(checked["path"], imports)
        self._policies: dict[Any, Policy] = {}
        self._common: dict[str, Any] = {
            "isolation": checked["isolation"],
            "uid": checked["user"],
            "places": self.places,
            "imports": imports,
            "limits": limits,
            "read": checked["read"],
            "write": checked["write"],
            "network": checked["network"],
            "env": checked["env"],
            "exposed": tuple(sorted(checked["expose"])),
        }

    def _exposed(self, checked: Mapping[str, Any]) -> HostFunctions | None:
        if not checked["expose"]:
            return None
        if self.serializer in ("cloudpickle", "dill"):
            raise ValueError(
                f"expose= with serializer={self.serializer!r}, which sends"
                f" functions as code, host functions too; {AUTO!r} does not"
            )
        from .host_calls import HostFunctions

        reading = Reading(
            allow=checked["allow"], allow_setstate=checked["allow_setstate"]
        )
        return HostFunctions(checked["expose"], reading)

    def policy(self, func: Callable[..., Any], request: Request) -> Policy:
        """What a sandbox for this request must be.

        It depends on the function only in whether it needs the caller's
        ``__main__``, and in what it refers to where it goes by value.
        """
        codec = request.codec
        main = main_module() if needs_main(codec, func, request) else None
        if request.modules:
            referred = tuple(
                one for one in request.modules if not is_standard(one)
            )
            standard = tuple(
                one for one in request.modules if is_standard(one)
            )
            standard += standard_modules(func)
        else:
            referred, standard = (), standard_modules(func)
        key = (codec, main, referred, standard)
        policy = self._policies.get(key)
        if policy is None:
            from .._policy.policy import Policy

            if len(self._policies) >= _MOST_KEPT:
                self._policies.clear()
            policy = self._policies[key] = Policy(
                serializer=codec,
                main=main,
                referred=referred,
                standard_modules=standard,
                **self._common,
            )
        return policy

    def reading(self, func: Callable[..., Any]) -> Reading:
        """How the function's result is read."""
        if self.serializer != AUTO or type(func) is _Builtin:
            return self._reading
        from .returned import returned_classes

        classes = returned_classes(func)
        if not classes:
            return self._reading
        # They stay what they are as long as they are kept with the reading.
        key = tuple(map(id, classes))
        reading = self._readings.get(key)
        if reading is None:
            if len(self._readings) >= _MOST_KEPT:
                self._readings.clear()
            reading = self._readings[key] = Reading(
                allow=(*self._allow, *classes), **self._read
            )
        return reading

    def explain(self, error: RemoteError) -> None:
        """Have what a function raised say what it cannot know."""
        from .._answers.missing_modules import add_why
        from .._policy.tiers import settled

        tier = self._common["isolation"]
        if tier == "auto":
            tier = settled()
        add_why(error, self.places, tier)


# They have no annotations.
_Builtin = type(len)
# Policies and readings: of functions sent by value there may be many.
_MOST_KEPT = 64
# Those that a sandbox for each combination of would not be too many of.
_SHARED = frozenset({"serializer", "limits", "isolation"})
# By the values of these, and the import path.
_shared: dict[Any, Settings] = {}
_MOST_SHARED = 64
_LEFT_OUT = object()


def settings_for(
    given: Mapping[str, Any], table: Mapping[str, Option]
) -> Settings:
    """The settings for the options of one run(), which are checked once where
    they are the same as an earlier call's.

    :param given: without ``timeout``, in which calls differ.
    """
    if not _SHARED.issuperset(given):
        return Settings(given, table)
    # One that is left out is not one that is None.
    values = tuple([given.get(name, _LEFT_OUT) for name in _SHARED])
    if _shared:
        key = (*values, _places())
        try:
            return _shared[key]
        except (KeyError, TypeError):
            # TypeError: what cannot be hashed is refused below.
            pass
    settings = Settings(given, table)
    if len(_shared) >= _MOST_SHARED:
        _shared.clear()
    _shared[(*values, settings.places)] = settings
    return settings


def _places(
    given: tuple[str, ...] | None = None, modules: Iterable[str] = ()
) -> Places:
    """Where guests import from now; as soon as there is a descriptor to look
    with, as for a call."""
    from .._policy.import_places import current

    try:
        return current(given, modules)
    except OSError as error:
        if error.errno != errno.EMFILE:
            raise
    from .. import _boxed
    from .._live.admission import enter

    return enter(_boxed.Seat(), lambda: current(given, modules))


def _check_platform() -> None:
    """Here, not on import: a program may import boxed and never call it."""
    if not sys.platform.startswith("linux"):
        raise SetupError(
            f"boxed runs on Linux only, not on {sys.platform}", stage="start"
        )
    try:
        from .. import _boxed
    except ImportError as error:
        from .._policy.advice import advice

        raise SetupError(
            f"the C part of boxed is not built for this interpreter: {error}",
            stage="start",
            remedy=advice("reinstall"),
        ) from error
    del _boxed
