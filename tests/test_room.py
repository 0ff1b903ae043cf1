"""Many calls at once, and few descriptors: calls wait for each other."""

from __future__ import annotations

import errno
import threading

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

    def open(self) -> None:
        with self.lock:
            if self.held >= self.most:
                raise OSError(errno.EMFILE, "none is left")
            self.held += 1

    def close(self) -> None:
        with self.lock:
            self.held -= 1


@pytest.fixture
def alone(monkeypatch):
    """Room without calls of other tests."""
    _room.forget()
    yield
    assert (_room._live, _room._waiting) == (0, [])


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

    _room.enter(lambda: None)
    with pytest.raises(type(error)):
        _room.enter(fail)
    _room.leave()


@pytest.mark.usefixtures("alone")
def test_an_interrupted_wait_passes_its_turn_on(monkeypatch):
    """The turn of one that was interrupted is the next one's."""
    first, second = (_room._thread.allocate_lock() for _ in range(2))
    second.acquire()
    # Both waited; the first has had its turn as it is interrupted.
    monkeypatch.setattr(_room, "_waiting", [second])
    _room._pass_on(first)
    assert not second.locked()
    assert _room._waiting == []
    # One that is interrupted before is waited for no more.
    _room._waiting.append(first)
    _room._pass_on(first)
    assert _room._waiting == []
