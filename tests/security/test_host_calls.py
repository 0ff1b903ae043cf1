"""Nothing that a guest makes of a host call hurts the caller, or reaches more
of it than the functions that were exposed.

The guests here speak on their call socket themselves, byte by byte.
"""

from __future__ import annotations

import os
import pickle
import resource
import time

import pytest
from security.speech import SPEAK, caller_is_well

from boxed import (
    CallTimeout,
    LimitExceeded,
    Limits,
    ProtocolError,
    RemoteError,
    WorkerDied,
    call,
    run,
    run_source,
)
from boxed._calls.request import encode

SECRET = "hunter2"


def add(left, right=0):
    return left + right


def speak(source, functions=None, **options):
    """What becomes of a guest that asks by itself."""
    return call(
        exec,
        (f"import pickle\n{SPEAK}{source}",),
        expose={"add": add} if functions is None else functions,
        **options,
    )


def asked(name="'add'", args="(1, 2)", kwargs="{}"):
    return f"pickle.dumps(({name}, {args}, {kwargs}), 5)"


def told(source, **options):
    """What a guest was told, which it prints."""
    outcome = speak(f"print(pickle.loads(ask({source})))", **options)
    assert outcome.cause == "returned", outcome
    return outcome.stdout.strip()


def test_a_function_that_is_exposed_is_called():
    """The control of what follows."""
    assert told(asked()) == "('', 3)"
    assert told(asked(args="(1,)", kwargs="{'right': 5}")) == "('', 6)"


@pytest.mark.parametrize(
    "name",
    [
        "other",
        "add.__globals__",
        "add.__call__",
        "__import__",
        "eval",
        "",
        "0",
        "__main__.add",
        "functions",
        "a" * 100_000,
    ],
)
def test_no_other_function_is(name):
    answer = told(asked(repr(name)))
    assert answer.startswith("('NameError', ("), answer
    assert "no host function" in answer
    assert len(answer) < 300


class Runs:
    """Runs code where it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (self.path,)


def test_arguments_run_nothing(tmp_path):
    """A pickle that runs code where it is loaded, as it does here."""
    mark = tmp_path / "ran"
    body = pickle.dumps(("add", (Runs(str(mark)),), {}), 5)
    pickle.loads(body)
    assert mark.exists()
    mark.rmdir()
    answer = told(repr(body))
    assert answer.startswith("('TypeError', ('a posix.mkdir cannot be given")
    assert not mark.exists()


def test_arguments_are_plain_data_though_results_are_trusted(tmp_path):
    """trust_result= is a word on results."""
    mark = tmp_path / "ran"
    body = pickle.dumps(("add", (Runs(str(mark)),), {}), 5)
    answer = told(repr(body), trust_result=True)
    assert answer.startswith("('TypeError'")
    assert not mark.exists()


@pytest.mark.parametrize(
    "body",
    [
        "pickle.dumps(None)",
        "pickle.dumps(('add', (1, 2)), 5)",
        "pickle.dumps(['add', (1, 2), {}], 5)",
        "pickle.dumps(('add', [1, 2], {}), 5)",
        "pickle.dumps((b'add', (1, 2), {}), 5)",
        "pickle.dumps(('add', (1, 2), {1: 2}), 5)",
        "pickle.dumps(('add', (1, 2), None), 5)",
    ],
)
def test_what_is_no_host_call_ends_the_call(body):
    outcome = speak(f"ask({body})")
    assert outcome.cause == "protocol", outcome
    assert isinstance(outcome.exception, ProtocolError)
    caller_is_well()


@pytest.mark.parametrize(
    "body",
    [
        "b''",
        "b'.'",
        "b'nothing'",
        "pickle.dumps(('add', (1, 2), {}), 5)[:-1]",
        "b'(' * 100_000",
        "b'\\x80\\x05' + b']' * 100_000 + b'a' * 99_999 + b'.'",
        # It says that there are more bytes than there are.
        "b'\\x80\\x05\\x8e' + b'\\xff' * 7 + b'\\x7f' + b'x.'",
    ],
)
def test_what_cannot_be_read_is_told(body):
    answer = told(body)
    assert answer.startswith("('ValueError', ('what a host function was")
    assert len(answer) < 500


@pytest.mark.parametrize(
    "frames",
    [
        # To another call.
        "frame(HOST_CALL, b'', id=CALL + 1)",
        # With more behind it: who asks waits.
        "frame(HOST_CALL, body) + b'x'",
        "frame(HOST_CALL, body) + frame(VALUE, b'\\x80\\x05K\\x07.')",
        "frame(HOST_CALL, body) * 2",
        # The caller's own word.
        "frame(HOST_ANSWER, body)",
    ],
)
def test_frames_that_are_none(frames):
    outcome = speak(
        f"body = {asked()}\nsend({frames})\nos.read(3, 1)",
        limits=Limits(host_bytes="1M"),
    )
    assert outcome.cause == "protocol", outcome
    caller_is_well()


@pytest.mark.parametrize("size", [(1 << 20) + 1, 2**63, 2**64 - 1])
def test_a_length_that_is_too_much(size):
    """Nothing is allocated for it."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    outcome = speak(
        f"send(header(HOST_CALL, {size}) + b'x' * 100)\nos.read(3, 1)",
        limits=Limits(host_bytes="1M"),
    )
    assert outcome.cause == "host_bytes", outcome
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < 32 * 1024
    caller_is_well()


def test_none_is_permitted_where_nothing_is_exposed():
    outcome = call(exec, (f"import pickle\n{SPEAK}ask({asked()})",))
    assert outcome.cause == "protocol", outcome


def test_they_are_counted():
    """An endless loop of them ends; and one less is no error."""
    calls = []
    expose = {"add": calls.append}
    text = "for i in range(n): add(i)"
    for most, cause in ((20, "returned"), (19, "host_calls")):
        calls.clear()
        outcome = run_source(
            text, {"n": 20}, expose=expose, limits=Limits(host_calls=most)
        )
        assert outcome.cause == cause
        assert calls == list(range(most))
    assert isinstance(outcome.exception, LimitExceeded)
    assert (outcome.exception.resource, outcome.exception.limit) == (
        "host_calls",
        19,
    )


def test_their_bytes_are_counted():
    text = "while True: add(b'x' * 10_000)"
    calls: list[bytes] = []
    outcome = run_source(
        text,
        expose={"add": lambda data: calls.append(data)},
        limits=Limits(host_bytes=100_000),
    )
    assert outcome.cause == "host_bytes"
    assert len(calls) == 9


@pytest.mark.parametrize(
    ("value", "cause"),
    [
        ("'x' * 900_000", "returned"),
        ("'x' * 1_100_000", "host_bytes"),
        ("2 ** 3_000_000", "raised"),
        ("functools.reduce(lambda a, b: [a], range(900))", "raised"),
    ],
)
def test_arguments_are_bounded_by_what_the_call_may_have(value, cause):
    """As a result is: by its length, and in memory."""
    outcome = run_source(
        f"import functools\nadd({value})",
        expose={"add": lambda one: None},
        limits=Limits(host_bytes="1M", memory="64M"),
    )
    assert outcome.cause == cause, outcome
    caller_is_well()


class LookupFailed(LookupError):
    """Of the caller's own."""


def test_an_exception_is_told_without_the_callers_code():
    """Its class, if it is the interpreter's, and plain args."""

    def failing(how):
        secret = SECRET
        try:
            raise KeyError(secret)
        except KeyError:
            if how == "own":
                error: Exception = LookupFailed("not there")
            elif how == "object":
                error = ValueError(failing, 3)
            elif how == "long":
                error = ValueError("x" * 100_000)
            else:
                error = FileNotFoundError(2, "No such file", "/etc/secret")
            error.add_note(secret) if hasattr(error, "add_note") else None
            raise error  # noqa: B904  its context is not to be told

    text = (
        "try: failing(how)\n"
        "except Exception as error: told = error\n"
        "import traceback\n"
        "[type(told).__name__, str(told), told.args,"
        " ''.join(traceback.format_exception(type(told), told,"
        " told.__traceback__)), getattr(told, 'filename', None)]"
    )
    for how, kind, shown in (
        ("own", "LookupError", "LookupFailed: not there"),
        ("object", "ValueError", "function"),
        ("long", "ValueError", "xxx"),
        ("file", "FileNotFoundError", "No such file"),
    ):
        name, message, _, trace, filename = run_source(
            text, {"how": how}, expose={"failing": failing}
        ).unwrap()
        assert (name, shown in message) == (kind, True)
        assert len(message) < 2000
        assert SECRET not in trace
        assert "test_host_calls" not in trace
        assert filename is None


def test_a_result_is_plain_data_or_ends_the_call():
    """Else a pickle would bring the guest what the function never meant to
    give; the control is what pickle itself makes of it."""

    class Account:
        def __init__(self):
            self.balance, self.password = 3, SECRET

    globals()["Account"] = Account
    Account.__qualname__ = "Account"
    assert SECRET.encode() in pickle.dumps(Account())
    outcome = run_source("account()", expose={"account": Account})
    assert outcome.cause == "serialization"
    assert "'account' returned a" in str(outcome.exception)
    outcome = run_source("f()", expose={"f": lambda: {"a": (1, [b"2", None])}})
    assert outcome.value == {"a": (1, [b"2", None])}


def test_a_function_is_never_sent():
    """By value it would take along what it refers to: the control."""
    import cloudpickle

    secret = SECRET

    def search(query):
        return len(query + secret)

    def agent(function):
        return function("a"), search("ab")

    assert SECRET.encode() in cloudpickle.dumps(agent)
    seen = call(agent, (search,), expose={"search": search})
    assert seen.value == (8, 9)

    sent = encode(
        "auto",
        agent,
        (search,),
        {},
        most=1 << 20,
        exposed={id(search): "search"},
    )
    assert SECRET.encode() not in sent.stream()


def test_a_guest_that_ends_meanwhile():
    """The function has run once, and the call ends as it ends."""
    calls = []

    def slow():
        calls.append(1)
        return 1

    text = "import os, threading\n{how}\nslow()\nwhile True: pass\n"
    leaves = "threading.Timer(0.05, os._exit, (3,)).start()"
    outcome = run_source(text.format(how=leaves), expose={"slow": slow})
    assert (outcome.cause, outcome.exitcode) == ("exit", 3)
    assert isinstance(outcome.exception, WorkerDied)
    outcome = run_source(
        "slow()\nimport os\nos.kill(os.getpid(), 9)", expose={"slow": slow}
    )
    assert (outcome.cause, outcome.signal) == ("signal", 9)
    assert calls == [1, 1]


def test_a_guest_that_answers_in_place_of_waiting():
    """While the function runs, another thread sends a value."""
    source = (
        "import threading\n"
        f"body = {asked(args='()')}\n"
        "send(frame(HOST_CALL, body))\n"
        "time.sleep(0.05)\n"
        "send(frame(VALUE, b'\\x80\\x05K\\x07.'))\n"
        "time.sleep(100)\n"
    )
    outcome = speak(source, {"add": lambda: time.sleep(0.2)})
    # It is an answer, and the first is told to nobody.
    assert (outcome.cause, outcome.value) == ("returned", 7)


def test_time_of_the_function_is_not_the_guests():
    """But all other is: asking often gains nothing."""
    expose = {"slow": lambda: time.sleep(0.1)}
    text = "for i in range(5): slow()"
    assert run_source(text, expose=expose, timeout=0.4).cause == "returned"
    outcome = run_source(
        "import time\nwhile True:\n    time.sleep(0.01); quick()",
        expose={"quick": lambda: None},
        timeout=0.3,
    )
    assert isinstance(outcome.exception, CallTimeout)


def test_what_is_no_exception_ends_the_call_here():
    """A KeyboardInterrupt is the caller's own."""

    def interrupted():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_source("f()", expose={"f": interrupted})
    caller_is_well()


def test_a_function_that_raises_is_the_guests_to_catch():
    with pytest.raises(RemoteError, match="no number"):
        run(eval, ("f(1)",), expose={"f": lambda x: int("no number")})
