"""A request to run source text, in place of a function."""

from __future__ import annotations

from .request import Request, by_name, checked, written
from .serializers import SOURCE, SOURCE_BY_VALUE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

#: What a worker that waits may run.
REHEARSED = ("-1.5", "<rehearsal>", (), True)


def encode(
    text: tuple[Any, ...],
    inputs: Mapping[str, Any],
    *,
    most: int,
    exposed: Mapping[int, str] | None = None,
) -> Request:
    """A request to run source text, with values for names that it uses.

    :param text: the source, its file's name, its arguments.

    :raises SerializationError: as encode(), of a value.
    :raises LimitExceeded: as encode().
    """
    # In the order of execute() of _guest/source.py.
    content = (*text[:3], dict(inputs), *text[3:])
    names = exposed or {}
    request = by_name(content, SOURCE, names)
    if request is None:
        request = written(SOURCE_BY_VALUE, content, names)
        from .by_value import modules_of

        found: dict[str, None] = {}
        for value in inputs.values():
            found.update(dict.fromkeys(modules_of(value, names)))
        request.modules = tuple(found)
    return checked(request, content, most)
