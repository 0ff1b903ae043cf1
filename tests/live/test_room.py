"""Many calls at once, and few descriptors: calls wait for each other."""

from __future__ import annotations

import errno
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import pytest
from core import check_file
from environments import sleep_until

from boxed import _boxed
from boxed._live import admission

PROGRAMS = Path(__file__).parent / "programs"

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.mark.parametrize("most", [40, 128])
def test_a_crowd_under_a_low_limit(environment, most):
    """Every call is made, and their descriptors are given back."""
    program = PROGRAMS / "a_crowd_under_a_low_limit.py"
    check_file(environment, program, str(most))


def test_calls_that_last_wait_for_each_other(make_environment):
    """More than there are descriptors for; without the wait some fail."""
    program = PROGRAMS / "calls_that_last_wait_for_each_other.py"
    check_file(make_environment("user"), program)


class Tickets:
    """Opens what there are few of."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.held = 0
        self.lock = threading.Lock()

    def open(self) -> bool:
        with self.lock:
            if self.held >= self.most:
                raise OSError(errno.EMFILE, "none is left")
            self.held += 1
        return True

    def close(self) -> None:
        with self.lock:
            self.held -= 1


@pytest.fixture
def alone(monkeypatch):
    """Room without calls of other tests."""
    assert _boxed.seats()[:2] == (0, 0)
    yield
    assert _boxed.seats()[:2] == (0, 0)


def enter(open_call: Callable[[], object]) -> _boxed.Seat:
    """Seated, with what was opened."""
    seat = _boxed.Seat()
    admission.enter(seat, open_call)
    return seat


@pytest.fixture
def others():
    """A thread that holds seats of its own, taken and left on demand.

    A call of this thread's could not end while this thread waits.
    """
    with ThreadPoolExecutor(1) as pool:

        class Others:
            seats: ClassVar[list[_boxed.Seat]] = []

            def enter(self, open_call: Callable[[], object] = bool) -> None:
                self.seats.append(pool.submit(enter, open_call).result())

            def leave(self) -> None:
                pool.submit(self.seats.pop().leave).result()

        yield Others()


@pytest.mark.usefixtures("alone")
def test_each_has_its_turn():
    """Fifty threads and three tickets: nobody fails, nobody is forgotten."""
    tickets, done = Tickets(3), []

    def one() -> None:
        for _ in range(20):
            seat = enter(tickets.open)
            tickets.close()
            seat.leave()
        done.append(1)

    crowd = [threading.Thread(target=one, daemon=True) for _ in range(50)]
    for thread in crowd:
        thread.start()
    for thread in crowd:
        thread.join(60)
    assert len(done) == 50


@pytest.mark.usefixtures("alone")
def test_nobody_to_wait_for():
    """The error is told where no other call could end."""
    with pytest.raises(OSError, match="none is left"):
        enter(Tickets(0).open)


@pytest.mark.usefixtures("alone")
@pytest.mark.parametrize("error", [OSError(errno.EACCES, "no"), ValueError()])
def test_other_errors_are_told_at_once(error, others):
    """Though there are other calls."""

    def fail() -> None:
        raise error

    others.enter()
    with pytest.raises(type(error)):
        enter(fail)
    others.leave()


@pytest.mark.usefixtures("alone")
def test_waiting_is_not_trying_again_and_again():
    """One that fails wakes no other: nothing has come free."""
    tickets, attempts = Tickets(1), []

    def counted() -> bool:
        attempts.append(1)
        return tickets.open()

    def one() -> None:
        seat = enter(counted)
        tickets.close()
        seat.leave()

    seat = enter(tickets.open)
    crowd = [threading.Thread(target=one, daemon=True) for _ in range(8)]
    for thread in crowd:
        thread.start()
    time.sleep(0.5)
    assert len(attempts) == 8
    tickets.close()
    seat.leave()
    for thread in crowd:
        thread.join(60)
    assert len(attempts) <= 8 + 2 * 8, len(attempts)


@pytest.mark.usefixtures("alone")
def test_what_holds_the_descriptors_may_be_something_else(monkeypatch, others):
    """It is tried again though no call has ended, and given up one day."""
    monkeypatch.setattr(admission, "RETRY", 0.01)
    tickets = Tickets(0)
    timer = threading.Timer(0.2, setattr, (tickets, "most", 1))
    others.enter()
    timer.start()
    seat = enter(tickets.open)
    timer.join()
    monkeypatch.setattr(admission, "PATIENCE", 0.2)
    with pytest.raises(OSError, match="none is left"):
        enter(tickets.open)
    seat.leave()
    others.leave()


@pytest.mark.usefixtures("alone")
def test_there_is_a_bound_on_open_calls(monkeypatch, others):
    """Beyond it calls wait too, whatever descriptors there are."""
    monkeypatch.setattr(admission, "MOST", 2)
    monkeypatch.setattr(admission, "PATIENCE", 0)
    monkeypatch.setattr(admission, "RETRY", 0.01)
    others.enter()
    others.enter()
    with pytest.raises(OSError, match="2 calls are open"):
        enter(bool)
    others.leave()
    enter(bool).leave()
    others.leave()


def waits(seat: _boxed.Seat, results: list[object]) -> threading.Thread:
    """A thread in line; what its wait came to is put into the list."""
    before = _boxed.seats()[1]

    def wait() -> None:
        assert seat.take(1 << 30)
        results.append(seat.wait(60))

    thread = threading.Thread(target=wait, daemon=True)
    thread.start()
    sleep_until(lambda: _boxed.seats()[1] == before + 1)
    return thread


@pytest.mark.usefixtures("alone")
def test_a_turn_that_is_not_used_is_passed_on(others):
    """By one that was called and is dropped, as by an interrupt."""
    first, second, results = _boxed.Seat(), _boxed.Seat(), []
    others.enter()
    threads = [waits(first, results), waits(second, results)]
    others.leave()
    threads[0].join(60)
    assert results == [True]
    assert threads[1].is_alive()
    del first
    threads[1].join(60)
    assert results == [True, True]
    # Used, it is not: there is nobody to pass it to, and nothing is counted.
    assert second.take(1)
    del second


@pytest.mark.usefixtures("alone")
def test_a_seat_that_is_dropped_counts_no_more():
    """Held or not, and however often it was taken."""
    for times in range(3):
        seat = _boxed.Seat()
        for _ in range(times):
            assert seat.take(1)
        assert _boxed.seats()[0] == (times > 0)
        del seat
        assert _boxed.seats()[0] == 0


@pytest.mark.usefixtures("alone")
def test_nobody_waits_for_a_call_of_its_own_thread():
    """A handler's call, inside another one of the thread; nor do two threads
    for each other, each with an open call."""
    outer = enter(bool)
    with pytest.raises(OSError, match="none is left"):
        enter(Tickets(0).open)
    results: list[object] = []

    def nested() -> None:
        seat = enter(bool)
        inner = _boxed.Seat()
        assert inner.take(10)
        results.append(inner.wait(60))
        seat.leave()

    thread = threading.Thread(target=nested, daemon=True)
    thread.start()
    sleep_until(lambda: _boxed.seats()[1] == 1)
    # The other one waits for the end of ours, so we do not for its.
    with pytest.raises(OSError, match="none is left"):
        enter(Tickets(0).open)
    assert thread.is_alive()
    outer.leave()
    thread.join(60)
    assert results == [True]


@pytest.mark.usefixtures("alone")
def test_a_wait_that_a_signal_ends(others):
    """The handler's exception comes through, and nobody is counted or
    waiting; one that raises nothing lets it try again."""
    others.enter()
    caught = signal.signal(signal.SIGALRM, lambda *_: 1 // len(errors))
    try:
        for errors in ((), (1,)):
            seat = _boxed.Seat()
            assert seat.take(10)
            signal.setitimer(signal.ITIMER_REAL, 0.1)
            with nullcontext() if errors else pytest.raises(ZeroDivisionError):
                assert seat.wait(60)
            assert _boxed.seats()[:2] == (1, 0)
    finally:
        signal.signal(signal.SIGALRM, caught)
    others.leave()


def test_a_thousand_callers(make_environment):
    """By threads and by asyncio, under the usual limit of open files."""
    check_file(make_environment("user"), PROGRAMS / "a_thousand_callers.py")


def test_descriptors_of_a_call(environment):
    """Four while it runs, and four for each worker that stands by."""
    check_file(environment, PROGRAMS / "descriptors_of_a_call.py")
