"""Sandbox: its options and its life, in this process."""

from __future__ import annotations

import errno
import gc
import struct
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
from environments import CHECKOUT, sleep_until
from here import completed_here
from proc import own_children, own_descriptors

import boxed
from boxed import (
    CallCancelled,
    Limits,
    Sandbox,
    SetupError,
    _boxed,
)
from boxed._calls.attempt import Attempt, Unread
from boxed._options import OPTIONS, SANDBOX_OPTIONS


def pids(sandbox: Sandbox) -> set[int]:
    return {slot.box.pid for slot in sandbox._boxes.slots.values() if slot.box}


@pytest.mark.parametrize(
    "kind, options",
    [
        (ValueError, {"serializer": "marshal"}),
        (ValueError, {"timeout": -1}),
        (ValueError, {"isolation": "none"}),
        (PermissionError, {"user": "root"}),
        (FileNotFoundError, {"read": ["/no/such/file"]}),
        (ValueError, {"write": ["/tmp"]}),
        (ValueError, {"env": {"a=b": ""}}),
        (TypeError, {"allow": ["Point"]}),
        (TypeError, {"imports": "numpy"}),
        (TypeError, {"preload": "numpy"}),
        (TypeError, {"color": "red"}),
    ],
)
def test_options_are_checked_when_it_is_made(kind, options):
    """As run() does, which starts nothing either."""
    with pytest.raises(kind):
        Sandbox(**options)
    with pytest.raises(kind):
        if "preload" in options:
            options = {"imports": options["preload"]}
        boxed.run(abs, (1,), **options)


def test_run_has_no_option_that_it_lacks():
    """Its options are run()'s and preload; so are their defaults."""
    ours = {name: one.default for name, one in SANDBOX_OPTIONS.items()}
    runs = {name: one.default for name, one in OPTIONS.items()}
    assert ours == {**runs, "preload": ()}


def test_it_starts_nothing_before_a_call():
    """Neither made nor entered; so one that was never used needs no end."""
    before = own_children(), own_descriptors()
    sandbox = Sandbox()
    with sandbox:
        assert (own_children(), own_descriptors()) == before
    Sandbox()


def test_a_closed_one_refuses():
    """Whatever is asked of it; closing it again is no error."""
    sandbox = Sandbox()
    with sandbox:
        assert sandbox.run(abs, (-1,)) == 1
        results = sandbox.map(abs, range(100))
        assert next(results) == 0
    with pytest.raises(RuntimeError, match="closed"):
        sandbox.run(abs, (1,))
    with pytest.raises(RuntimeError, match="closed"):
        sandbox.map(abs, [1])
    with pytest.raises(RuntimeError, match="closed"), sandbox:
        pass
    with pytest.raises((RuntimeError, CallCancelled)):
        list(results)
    sandbox.close()


def test_one_made_before_an_error_is_closed_by_the_block():
    """__exit__ closes it whatever happened."""
    sandbox = Sandbox()
    with pytest.raises(ZeroDivisionError), sandbox:
        sandbox.run(divmod, (1, 0))
    with pytest.raises(RuntimeError, match="closed"):
        sandbox.run(abs, (1,))


def test_closing_during_a_call_ends_it():
    """By another thread; nothing is started again."""
    sandbox = Sandbox()
    sandbox.run(abs, (-1,))
    (box,) = pids(sandbox)
    caught: list[BaseException] = []

    def work() -> None:
        try:
            while True:
                sandbox.run(time.sleep, (0.05,))
        except Exception as error:
            caught.append(error)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    time.sleep(0.1)
    sandbox.close()
    assert not Path(f"/proc/{box}").exists()
    for thread in threads:
        thread.join(20)
    assert len(caught) == 8
    assert {type(error) for error in caught} <= {CallCancelled, RuntimeError}
    assert not pids(sandbox)


def test_a_shortage_while_walls_are_raised_is_no_missing_wall():
    """It passes, and nothing has run, so another worker may be had."""
    attempt = object.__new__(Attempt)
    attempt._box = SimpleNamespace(tier="full")
    worker = _boxed.STAGES.index("worker")
    shortage = (errno.EAGAIN, Unread)
    for number, kind in (shortage, (errno.EPERM, SetupError)):
        record = struct.pack("=IIiI", _boxed.STATUS_MAGIC, worker, number, 0)
        told = attempt._setup_failure(record)
        assert type(told) is kind, told
        assert getattr(told, "error", told).errno == number


def test_closing_waits_for_one_that_starts():
    """A start in another thread ends before close() does."""
    for _ in range(5):
        before = own_children()
        sandbox = Sandbox(imports=["asyncio"])
        results: list[object] = []

        def work(sandbox=sandbox, results=results) -> None:
            try:
                results.append(sandbox.run(abs, (-1,)))
            except (CallCancelled, RuntimeError, SetupError) as error:
                results.append(error)

        thread = threading.Thread(target=work)
        thread.start()
        sleep_until(lambda sandbox=sandbox: sandbox._boxes.slots)
        sandbox.close()
        thread.join(20)
        assert results and not own_children() - before, results


def test_a_forgotten_one_is_closed():
    """By the collector, in a cycle too, with a ResourceWarning."""
    for in_cycle in (False, True):
        sandbox = Sandbox()
        sandbox.run(abs, (-1,))
        (box,) = pids(sandbox)
        if in_cycle:
            sandbox.itself = sandbox
        with pytest.warns(ResourceWarning, match="unclosed Sandbox"):
            del sandbox
            gc.collect()
        assert not Path(f"/proc/{box}").exists()


@pytest.mark.parametrize("left", ["sandbox", "results"])
def test_one_left_to_the_end_of_the_program(left):
    """It is closed, with a ResourceWarning; calls in a map end too."""
    code = """
import time
from boxed import Sandbox
sandbox = Sandbox()
sandbox.run(abs, (-1,))
(slot,) = sandbox._boxes.slots.values()
print(slot.box.pid)
results = sandbox.map(time.sleep, [0] + [60] * 5)
if LEFT == "results":
    next(results)
"""
    code = f"LEFT = {left!r}\n{code}"
    done = completed_here("-W", "default", "-c", code)
    assert done.stderr.count("ResourceWarning: unclosed Sandbox") == 1
    assert "Traceback" not in done.stderr, done.stderr
    assert not Path(f"/proc/{done.stdout.strip()}").exists()


def test_two_hundred_leave_nothing():
    """No descriptor, process, thread or entry in a table."""
    from boxed._live import registry

    def one() -> None:
        with Sandbox() as sandbox:
            assert sandbox.run(abs, (-1,)) == 1

    one()
    before = own_descriptors(), own_children(), len(registry._tables)
    for _ in range(200):
        one()
    gc.collect()
    assert (own_descriptors(), own_children(), len(registry._tables)) == before
    assert threading.active_count() == 1


def test_the_example():
    """What the README points to does what it says."""
    done = completed_here(str(CHECKOUT / "examples" / "columns.py"))
    kinds = [line.split(": ")[1] for line in done.stdout.splitlines()]
    assert kinds[3:] == [
        "RemoteNameError",
        "RemoteFileNotFoundError",
        "CallTimeout",
    ], done.stdout
    assert all(map(float, kinds[:3]))


def test_limits_of_two_do_not_mix():
    """Each has its own policy while both are open."""
    with (
        Sandbox(limits=Limits(result=100)) as small,
        Sandbox(limits=Limits(result=1000)) as large,
    ):
        assert len(large.run(bytes, (500,))) == 500
        with pytest.raises(boxed.LimitExceeded):
            small.run(bytes, (500,))
        assert len(large.run(bytes, (500,))) == 500
