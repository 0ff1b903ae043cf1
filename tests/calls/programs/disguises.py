"""Run by test_outcomes: guests that do one thing and would be taken for
another."""

import pickle
import signal

import cloudpickle
import guests
from harness import call

from boxed import CallTimeout, LimitExceeded, Limits

cloudpickle.register_pickle_by_value(guests)


class LimitExceededOfTheirs(Exception):
    """Only its name is."""

    resource = "memory"


def ended(what, *args, timeout=40.0, **limits):
    return call(
        what,
        args,
        serializer="cloudpickle",
        timeout=timeout,
        limits=Limits(**limits),
    )


def signals():
    """A limit's signal is the limit's only if the limit was reached."""
    for number in (
        signal.SIGKILL,
        signal.SIGXCPU,
        signal.SIGXFSZ,
        signal.SIGSYS,
        signal.SIGALRM,
        signal.SIGTERM,
        signal.SIGSEGV,
        signal.SIGHUP,
    ):
        outcome = ended(guests.send_oneself, number, cpu_time=1000)
        assert outcome.cause == "signal", outcome
        assert outcome.signal == outcome.exception.signal == number, outcome
        assert outcome.exitcode is None


def exits():
    """Of a worker without an answer none is a success."""
    for code in (0, 3, 111, 255):
        outcome = ended(guests.os._exit, code)
        assert outcome.cause == "exit", outcome
        assert outcome.exitcode == outcome.exception.exitcode == code


def exceptions():
    """They are what the guest said, and no more."""
    for error in (
        MemoryError("of its own"),
        TimeoutError("of its own"),
        BlockingIOError(11, "threads"),
        OSError(27, "file too large"),
        LimitExceededOfTheirs("of its own"),
        SystemExit(0),
        KeyboardInterrupt(),
    ):
        outcome = ended(guests.leave, error)
        assert outcome.cause == "raised", outcome
        kinds = (CallTimeout, LimitExceeded)
        assert not isinstance(outcome.exception, kinds), outcome


def answers():
    """An answer that is whole is the outcome, whatever comes after."""
    body = pickle.dumps("forged")
    for then in (guests.answer_and_be_killed, guests.answer_and_go_on):
        outcome = ended(then, 2, body)
        assert outcome.cause == "returned" and outcome.value == "forged"
        assert outcome.signal is None and outcome.exitcode is None
        assert ended(then, 3, b"no texts").cause == "protocol"
        assert ended(then, 2, b"no pickle").cause == "serialization"
        assert ended(then, 99, body).cause == "protocol"
    outcome = ended(guests.announce, 999, result=1000)
    assert outcome.cause == "protocol", outcome
    outcome = ended(guests.announce, 1001, result=1000)
    assert outcome.cause == "result" and outcome.exception.used == 1001
    outcome = ended(guests.answer_in_part, guests.os.abort)
    assert outcome.cause == "protocol", outcome
    assert outcome.signal == signal.SIGABRT, outcome
    outcome = ended(guests.answer_in_part, guests.spin, timeout=1)
    assert outcome.cause == "timeout", outcome


def limits():
    """A limit that was reached is the cause, however the guest then leaves."""
    outcome = ended(guests.spin_deaf, cpu_time=0.5)
    assert outcome.cause == "cpu_time", outcome
    assert outcome.exception.used >= outcome.exception.limit == 0.5
    outcome = ended(guests.spin_and_leave, cpu_time=0.5)
    assert outcome.cause == "cpu_time", outcome
    # Nothing tells it beforehand, so that it cannot leave by itself.
    assert outcome.signal == signal.SIGKILL, outcome
    outcome = ended(guests.print_and_leave, 101, output=100)
    assert outcome.cause == "output" and outcome.stdout == "x" * 100, outcome
    assert ended(guests.print_and_leave, 100, output=100).cause == "exit"


def stops():
    """The caller's clock ends what no signal wakes."""
    outcome = ended(guests.send_oneself, signal.SIGSTOP, timeout=1)
    assert outcome.cause == "timeout", outcome
    assert ended(guests.spin_deaf, timeout=1).cause == "timeout"


if __name__ == "__main__":
    for part in (signals, exits, exceptions, answers, limits, stops):
        part()
    outcome = ended(guests.fill_the_memory, memory=64 << 20)
    assert outcome.cause in ("raised", "memory"), outcome
