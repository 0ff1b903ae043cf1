"""Calls of a Sandbox, encoded, for whatever drives them."""

from __future__ import annotations

from .call import Exchange
from .request import encode, encode_columns, for_many

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

    from .settings import Settings
    from .terms import Terms


def exchange(
    settings: Settings,
    func: Callable[..., Any],
    arguments: tuple[Sequence[Any], Mapping[str, Any]],
    terms: Terms,
    *,
    of: Callable[..., Any] | None = None,
    measured: bool = False,
) -> Exchange:
    """One call.

    :param of: the function whose result it is, if that is another.
    :param measured: whether an outcome is to be made of it.
    """
    request = encode(
        settings.serializer,
        func,
        *arguments,
        most=terms.limits.request,
        exposed=terms.names,
    )
    if measured:
        from .outcomes import exchange_of

        return exchange_of(settings, func, request, terms)
    return Exchange(
        settings.policy(func, request),
        request,
        terms,
        settings.reading(of or func),
    )


def encoding_chunks(
    settings: Settings,
    func: Callable[..., Any],
    terms: Terms,
    *,
    of: Callable[..., Any] | None = None,
) -> Callable[[list[list[Any]]], Exchange]:
    """A function that encodes a chunk, a list of arguments for each parameter,
    and returns its call.

    :param of: as above.
    """
    reading = settings.reading(of or func)
    # The function as it is sent, from the first chunk on.
    sent: list[Callable[..., Any]] = []

    def encoded(columns: list[list[Any]]) -> Exchange:
        if not sent:
            sent.append(for_many(settings.serializer, func, terms.names))
        request = encode_columns(
            settings.serializer,
            sent[0],
            columns,
            most=terms.limits.request,
            exposed=terms.names,
        )
        policy = settings.policy(sent[0], request)
        return Exchange(policy, request, terms, reading)

    return encoded
