"""How a host function is sent: as its name, wherever a request meets it.

Else it would go as any function does: by value with all that it refers to, or
as what the guest itself can import.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any


class _Builtins:
    """Stands for the guest's own, where it finds host functions."""

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[str]]:
        return __import__, ("builtins",)


def pickler(base: Any) -> Any:
    """The class of a pickler that does it.

    :param base: another one, whose instances get ``exposed``: names of host
        functions by their ids.
    """
    reduce = getattr(base, "reducer_override", None)

    class Exposing(base):  # type: ignore[misc]
        exposed: Mapping[int, str]

        def reducer_override(self, one: Any) -> Any:
            name = self.exposed.get(id(one))
            if name is not None:
                return getattr, (_Builtins(), name)
            return NotImplemented if reduce is None else reduce(self, one)

    return Exposing
