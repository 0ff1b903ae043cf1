"""Calls by steps: one event loop for many, and no thread that waits."""

from __future__ import annotations

import resource
import selectors
import threading
import time
from collections.abc import Iterator

import pytest
from proc import own_descriptors

from boxed import _boxed
from boxed._calls.request import encode
from boxed._calls.settings import settings_for
from boxed._live import prefork, registry
from boxed._live.box import Box
from boxed._options import OPTIONS

NEVER = (1 << 63) - 1
IN, OUT = selectors.EVENT_READ, selectors.EVENT_WRITE
#: Of poll(2).
POLLIN, POLLOUT = 1, 4


class Loop:
    """An event loop: steps through calls, and notes what each came to."""

    def __init__(self) -> None:
        self.selector = selectors.DefaultSelector()
        self.watched: dict[_boxed.Call, set[int]] = {}
        self.events: dict[_boxed.Call, list[tuple[int, object]]] = {}

    def step(self, call: _boxed.Call) -> None:
        for fd in self.watched.pop(call, ()):
            self.selector.unregister(fd)
        while True:
            event, kind, body = call.step(NEVER)
            if event == _boxed.CALL_WAITING:
                break
            self.events.setdefault(call, []).append((event, body))
            if event != _boxed.CALL_OUTPUT:
                return
        assert kind == NEVER
        for fd, events in body:
            wanted = (IN if events & POLLIN else 0) | (
                OUT if events & POLLOUT else 0
            )
            self.selector.register(fd, wanted, call)
        self.watched[call] = {fd for fd, _ in body}

    def turn(self) -> None:
        """Wait, and step through the calls for which something came."""
        ready = {key.data for key, _ in self.selector.select()}
        for call in ready - {None}:
            self.step(call)

    def run(self) -> None:
        """Until nothing is watched any more."""
        while self.watched:
            self.turn()

    def open(self, box: Box) -> _boxed.Call:
        """A call, as soon as the sandbox has room for one more that it has
        not taken in yet."""
        while True:
            try:
                return box.open_call()
            except BlockingIOError:
                self.selector.register(box.process.server, OUT)
                self.turn()
                self.selector.unregister(box.process.server)


@pytest.fixture
def loop() -> Iterator[Loop]:
    made = Loop()
    yield made
    made.selector.close()


@pytest.fixture
def box():
    """A live sandbox."""
    settings = settings_for({}, OPTIONS)
    request = encode("pickle", abs, (-1,), {}, most=1 << 20)
    yield registry.shared.box(settings.policy(abs, request))
    registry.close_all()


def send(call: _boxed.Call, function, *args) -> None:
    request = encode("pickle", function, args, {}, most=1 << 20)
    call.request(request.stream())


@pytest.fixture
def descriptors():
    """As many as may be had."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (before[1], before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


@pytest.mark.usefixtures("descriptors")
def test_a_thousand_calls_and_one_thread(box, loop):
    """At once, by one selector: each has its own answer, and its own
    output."""
    prefork.end_all()
    before, threads = own_descriptors(), threading.active_count()
    calls = []
    for number in range(1000):
        call = loop.open(box)
        source = f"print({number}); result = 1 / ({number} % 2)"
        send(call, exec, source)
        loop.step(call)
        calls.append(call)
    loop.run()
    assert threading.active_count() == threads
    for number, call in enumerate(calls):
        *printed, (event, _) = loop.events[call]
        text = b"".join(body for _, body in printed)
        assert (text, event) == (b"%d\n" % number, _boxed.CALL_ANSWERED)
        call.close()
    prefork.end_all()
    assert own_descriptors() == before


def test_what_a_step_says_to_watch_is_enough(box, loop):
    """For a request larger than the socket, and an answer too: nothing wakes
    the loop but these descriptors."""
    call, large = box.open_call(), bytes(900_000)
    send(call, bytes.__add__, large, b"x")
    loop.step(call)
    loop.run()
    (event, body), *more = loop.events[call]
    assert (event, more) == (_boxed.CALL_ANSWERED, [])
    assert len(body) > len(large)
    call.close()


def test_a_killed_worker_by_steps(box):
    """Its end is one event, and no step waits for it."""
    call = box.open_call()
    send(call, time.sleep, 1000)
    event, until, watched = call.step(NEVER)
    assert (event, until) == (_boxed.CALL_WAITING, NEVER)
    assert len(watched) == 4
    event, _, watched = call.step_end(NEVER)
    assert event == _boxed.CALL_WAITING
    assert [events for _, events in watched] == [POLLIN]
    call.kill()
    with selectors.PollSelector() as selector:
        selector.register(watched[0][0], IN)
        while event == _boxed.CALL_WAITING:
            assert selector.select()
            event, _, _ = call.step_end(NEVER)
    assert event == _boxed.CALL_ENDED
    assert call.step(NEVER)[0] == _boxed.CALL_ENDED
    call.close()


def test_a_step_at_its_deadline(box):
    """A deadline in the past is told before anything is taken; one to come is
    what the step says to wait for."""
    call = box.open_call()
    later = time.monotonic_ns() + 10**15
    assert call.step(later)[:2] == (_boxed.CALL_WAITING, later)
    assert call.step(0)[0] == _boxed.CALL_TIMEOUT
    assert call.step_end(0)[0] == _boxed.CALL_TIMEOUT
    call.close()
    assert call.step(NEVER)[0] != _boxed.CALL_WAITING
