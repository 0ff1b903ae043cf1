"""run_source(): source text in a sandbox, in place of a function."""

from __future__ import annotations

from ._calls.settings import settings_for
from ._calls.terms import NAMES
from ._errors import SetupError
from ._options import SOURCE_OPTIONS
from ._policy import checks
from ._policy.declared import documented, given_options

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from typing_extensions import Unpack

    from ._calls.call import Exchange
    from ._calls.request import Request
    from ._calls.settings import Settings
    from ._calls.terms import Terms
    from ._options import SourceOptions
    from ._outcome import Outcome

    Text = tuple[str | bytes, str, Sequence[str]]

#: What tracebacks call text that is in no file.
NO_FILE = "<source>"


def run_source(
    source: str | bytes,
    inputs: Mapping[str, Any] | None = None,
    *,
    filename: str = NO_FILE,
    argv: Sequence[str] = (),
    **options: Unpack[SourceOptions],
) -> Outcome[Any]:
    """Run source text in a sandbox, as a script; return what became of it.

    >>> outcome = run_source("print(n); n * 2", {"n": 21}, timeout=5)
    >>> outcome.value, outcome.stdout
    (42, '21\\n')

    The text is the ``__main__`` of a fresh process, which ends as a script
    does.  ``await`` may stand outside of functions.  If the last statement is
    an expression, its value is the outcome's, and may be what a function may
    return; else that is None.  Errors of syntax are told as other exceptions
    are, with the lines of the text in their traceback.  ``sys.exit()`` with a
    status other than 0 has the cause ``'exit'``, and the status is in
    ``exitcode``.

    Whatever the text does, this raises nothing.

    :param source: the text; bytes may declare an encoding, as files may.
    :param inputs: values for names that it uses, sent as arguments of
        functions are.
    :param filename: what it is called in tracebacks; one that is given is its
        ``__file__`` too, though there is no such file.
    :param argv: what it finds in ``sys.argv`` after its name.
    :options:

    :raises TypeError: an argument has another type than those above.
    :raises ValueError: it has an impossible value.
    :raises: otherwise what :func:`boxed.call` raises.
    """
    from ._calls.call import carried_out
    from ._calls.outcomes import outcome_steps, unprepared

    text = (source, filename, argv)
    try:
        exchange = prepared_source(text, inputs, options)
    except SetupError as error:
        return unprepared(error)
    made: Outcome[Any] = carried_out(outcome_steps(exchange))
    return made


def prepared_source(
    text: Text, inputs: Mapping[str, Any] | None, options: SourceOptions
) -> Exchange:
    """run_source(), encoded, for whatever drives it.

    :raises SetupError: there can be no sandbox.
    """
    given = given_options("run_source()", options, SOURCE_OPTIONS)
    own = {one: given.pop(one) for one in NAMES if one in given}
    settings = settings_for(given, SOURCE_OPTIONS)
    terms = settings.terms.changed(own, SOURCE_OPTIONS)
    return source_exchange(text, inputs, settings=settings, terms=terms)


def source_exchange(
    text: Text,
    inputs: Mapping[str, Any] | None,
    *,
    settings: Settings,
    terms: Terms,
) -> Exchange:
    """
    :param text: source, file's name and arguments, as run_source() has them.
    """
    from ._calls.outcomes import exchange_of

    request = _request(text, inputs, terms)
    # exec() is what a guest calls for it, nearly.
    return exchange_of(settings, exec, request, terms)


def _request(
    text: Text,
    inputs: Mapping[str, Any] | None,
    terms: Terms,
) -> Request:
    source, filename, argv = text
    if not isinstance(source, (str, bytes)):
        raise checks.wrong_type("source", "text or bytes", source)
    # Of a class of its own it could not be read inside.
    exact = str.__str__(source) if isinstance(source, str) else bytes(source)
    from ._calls.source_request import encode

    request = encode(
        (
            exact,
            checks.text("filename", filename),
            [
                checks.text("argv", one)
                for one in checks.collection("argv", "texts", argv)
            ],
        ),
        _checked_inputs(inputs),
        most=terms.limits.request,
        exposed=terms.names,
    )
    # Which the guest needs then; a text that only mentions it loses nothing.
    if "await" in exact if isinstance(exact, str) else b"await" in exact:
        request.modules += ("asyncio",)
    return request


def _checked_inputs(inputs: Mapping[str, Any] | None) -> dict[str, Any]:
    from collections.abc import Mapping

    if inputs is None:
        return {}
    if not isinstance(inputs, Mapping):
        raise checks.wrong_type("inputs", "a dict of names", inputs)
    for name in inputs:
        if not isinstance(name, str):
            raise checks.wrong_type("inputs", "names as its keys", name)
        own = name.startswith("__") and name.endswith("__")
        if not name.isidentifier() or own:
            raise checks.impossible(
                "inputs", "names that source text may assign to", name
            )
    return {str.__str__(name): value for name, value in inputs.items()}


run_source.__doc__ = documented(run_source.__doc__, SOURCE_OPTIONS)
