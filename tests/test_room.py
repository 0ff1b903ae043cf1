"""Many calls at once, and few descriptors: calls wait for each other."""

from __future__ import annotations

import errno
import threading
import time

import pytest
from core import check

from boxed import _room

CROWD = """
        import resource, threading, time
        resource.setrlimit(resource.RLIMIT_NOFILE, ({most}, {most}))
        run(abs, (-1,))
        results = []
        def caller(number):
            try:
                results.append(run({call}, timeout=60))
            except BaseException as error:
                results.append(error)
        def crowd(size):
            callers = [threading.Thread(target=caller, args=(n,))
                       for n in range(size)]
            for each in callers:
                each.start()
            for each in callers:
                each.join()
"""


@pytest.mark.parametrize("most", [40, 128])
def test_a_crowd_under_a_low_limit(environment, most):
    """Every call is made, and their descriptors are given back."""
    check(
        environment,
        CROWD.format(most=most, call="divmod, (number, 7)")
        + """
        crowd(20)
        from boxed import _standby
        def count():
            _standby.end_all()
            return len(os.listdir("/proc/self/fd"))
        before = count()
        crowd(200)
        assert not [r for r in results if type(r) is not tuple], results
        assert sorted(a * 7 + b for a, b in results[20:]) == list(range(200))
        assert count() <= before
        """,
    )


def test_calls_that_last_wait_for_each_other(make_environment):
    """More than there are descriptors for; without the wait some fail."""
    check(
        make_environment("user"),
        CROWD.format(most=96, call="time.sleep, (0.2,)")
        + """
        crowd(60)
        assert results == [None] * 60, results
        # The control.
        from boxed import _room
        _room.EMFILE = -1
        results.clear()
        crowd(60)
        errors = [r.errno for r in results if isinstance(r, OSError)]
        assert errors and set(errors) == {24}, results
        """,
    )


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
    _room.forget()
    yield
    assert (_room._held, _room._trying, _room._waiting) == (0, 0, [])


@pytest.mark.usefixtures("alone")
def test_each_has_its_turn():
    """Fifty threads and three tickets: nobody fails, nobody is forgotten."""
    tickets, done = Tickets(3), []

    def one() -> None:
        for _ in range(20):
            _room.enter(tickets.open)
            tickets.close()
            _room.leave()
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
        _room.enter(Tickets(0).open)


@pytest.mark.usefixtures("alone")
@pytest.mark.parametrize("error", [OSError(errno.EACCES, "no"), ValueError()])
def test_other_errors_are_told_at_once(error):
    """Though there are other calls."""

    def fail() -> None:
        raise error

    _room.enter(lambda: True)
    with pytest.raises(type(error)):
        _room.enter(fail)
    _room.leave()


@pytest.mark.usefixtures("alone")
def test_waiting_is_not_trying_again_and_again():
    """One that fails wakes no other: nothing has come free."""
    tickets, attempts = Tickets(1), []

    def counted() -> bool:
        attempts.append(1)
        return tickets.open()

    def one() -> None:
        _room.enter(counted)
        tickets.close()
        _room.leave()

    _room.enter(tickets.open)
    crowd = [threading.Thread(target=one, daemon=True) for _ in range(8)]
    for thread in crowd:
        thread.start()
    time.sleep(0.5)
    assert len(attempts) == 8
    tickets.close()
    _room.leave()
    for thread in crowd:
        thread.join(60)
    assert len(attempts) <= 8 + 2 * 8, len(attempts)


@pytest.mark.usefixtures("alone")
def test_what_holds_the_descriptors_may_be_something_else(monkeypatch):
    """It is tried again though no call has ended, and given up one day."""
    monkeypatch.setattr(_room, "RETRY", 0.01)
    tickets = Tickets(0)
    timer = threading.Timer(0.2, setattr, (tickets, "most", 1))
    _room.enter(lambda: True)
    timer.start()
    _room.enter(tickets.open)
    timer.join()
    monkeypatch.setattr(_room, "PATIENCE", 0.2)
    with pytest.raises(OSError, match="none is left"):
        _room.enter(tickets.open)
    _room.leave()
    _room.leave()


@pytest.mark.usefixtures("alone")
def test_there_is_a_bound_on_open_calls(monkeypatch):
    """Beyond it calls wait too, whatever descriptors there are."""
    monkeypatch.setattr(_room, "MOST", 2)
    monkeypatch.setattr(_room, "PATIENCE", 0)
    monkeypatch.setattr(_room, "RETRY", 0.01)
    _room.enter(lambda: True)
    _room.enter(lambda: True)
    with pytest.raises(OSError, match="2 calls are open"):
        _room.enter(lambda: True)
    _room.leave()
    _room.enter(lambda: True)
    _room.leave()
    _room.leave()


@pytest.mark.usefixtures("alone")
def test_a_wait_that_is_interrupted_passes_its_turn_on():
    """The turn of one that was interrupted is the next one's."""
    first, second = (_room._thread.allocate_lock() for _ in range(2))
    second.acquire()
    # Both waited; the first has had its turn as it is interrupted.
    _room._waiting.append(second)
    _room._withdraw(first)
    assert not second.locked()
    assert _room._waiting == []
    # One that is interrupted before is waited for no more.
    _room._waiting.append(first)
    _room._withdraw(first)
    assert _room._waiting == []


def test_a_thousand_callers(make_environment):
    """By threads and by asyncio, under the usual limit of open files."""
    check(
        make_environment("user"),
        CROWD.format(most=1024, call="divmod, (number, 7)")
        + """
        crowd(1000)
        assert sorted(a * 7 + b for a, b in results) == list(range(1000))
        import asyncio
        from concurrent.futures import ThreadPoolExecutor
        async def everybody():
            loop = asyncio.get_running_loop()
            with ThreadPoolExecutor(100) as pool:
                return await asyncio.gather(*(
                    loop.run_in_executor(pool, run, divmod, (n, 7))
                    for n in range(300)))
        assert asyncio.run(everybody()) == [divmod(n, 7) for n in range(300)]
        """,
    )


def test_descriptors_of_a_call(environment):
    """Four while it runs, and four for each worker that stands by."""
    check(
        environment,
        """
        import threading, time
        from boxed import _boxes, _standby
        def count():
            return len(os.listdir("/proc/self/fd"))
        before = count()
        run(abs, (-1,))
        _standby.end_all()
        idle = count()
        assert idle - before <= 5, (before, idle)
        _standby.MOST = 0
        (slot,) = _boxes.shared.slots.values()
        slot.box.standbys._wanted = -1
        calls = [threading.Thread(target=run, args=(time.sleep, (1.5,)))
                 for _ in range(3)]
        for call in calls:
            call.start()
        time.sleep(0.7)
        assert count() - idle == 3 * 4, (idle, count())
        for call in calls:
            call.join()
        assert count() == idle
        """,
    )
