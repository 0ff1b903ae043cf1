"""Sandbox: one policy and a sandbox of its own, in every environment."""

from __future__ import annotations

import copy
import pickle
from pathlib import Path

import pytest
from core import check, check_file, check_script

from boxed import Sandbox

PROGRAMS = Path(__file__).parent / "programs"

# The launcher's processes of a Sandbox, as the caller has them.
PIDS = """
        def pids(sandbox):
            return {slot.box.pid for slot in sandbox._boxes.slots.values()}
        def is_there(pid):
            return os.path.exists(f"/proc/{pid}")
"""


def test_the_first_calls_with_each_serializer(environment):
    """One process for each call, one zygote for all."""
    check(
        environment,
        PIDS
        + """
        from math import sqrt
        for serializer in ("json", "pickle", "cloudpickle", "dill"):
            with Sandbox(serializer=serializer, timeout=30) as sandbox:
                assert sandbox.run(sqrt, (4,)) == 2.0
                (box,) = pids(sandbox)
                assert sandbox.run(int, ("ff",), {"base": 16}) == 255
                assert list(sandbox.map(abs, [-1, 2])) == [1, 2]
                assert pids(sandbox) == {box} and is_there(box)
            assert not is_there(box)
        """,
    )


def test_each_sandbox_is_one_of_its_own(environment):
    """Equal options share nothing, with each other nor with run()."""
    check(
        environment,
        PIDS
        + """
        from boxed._live import registry
        one, two = Sandbox(), Sandbox()
        for calls in (one.run, two.run, run):
            assert calls(abs, (-1,)) == 1
        (slot,) = registry.shared.slots.values()
        (a,), (b,) = pids(one), pids(two)
        assert len({a, b, slot.box.pid}) == 3
        one.close()
        assert not is_there(a) and is_there(b) and is_there(slot.box.pid)
        two.close()
        assert not is_there(b) and run(abs, (-2,)) == 2
        """,
    )


def test_preload_imports_once(environment):
    """A module is there before every call, and was imported once for all;
    the control is the module imported by each call."""
    check_file(environment, PROGRAMS / "preload_imports_once.py")


def test_the_policy_holds_for_every_call(environment):
    """timeout, limits, env and allow are those it was made with; a timeout
    can be another one for a call."""
    check_file(environment, PROGRAMS / "the_policy_holds_for_every_call.py")


def test_functions_of_main_and_others(environment):
    """The first of __main__ starts a second sandbox, which ran the script."""
    output = check_script(
        environment,
        """
        print("script", flush=True)
        def double(x):
            return 2 * x

        if __name__ == "__main__":
            with Sandbox() as sandbox:
                assert sandbox.run(abs, (-1,)) == 1
                assert len(sandbox._boxes.slots) == 1
                assert sandbox.run(double, (21,)) == 42
                assert list(sandbox.map(double, [1, 2])) == [2, 4]
                assert len(sandbox._boxes.slots) == 2
                boxes = [s.box.pid for s in sandbox._boxes.slots.values()]
            assert not any(os.path.exists(f"/proc/{p}") for p in boxes)
        """,
    )
    assert output == "script\n"


def test_a_forked_child_cannot_use_it(environment):
    """Not even close it; the parent's goes on, and a new one works."""
    check(
        environment,
        PIDS
        + """
        with Sandbox() as sandbox:
            assert sandbox.run(abs, (-1,)) == 1
            (box,) = pids(sandbox)
            results = sandbox.map(abs, range(100), chunksize=2)
            assert next(results) == 0
            child = os.fork()
            if child == 0:
                status = 1
                try:
                    text = "another process's"
                    for use in (sandbox.run, sandbox.map):
                        assert text in str(refused(RuntimeError, use, abs))
                    assert text in str(refused(RuntimeError,
                                               sandbox.__enter__))
                    assert next(results) == 1
                    error = refused(RuntimeError, next, results)
                    assert "forked" in str(error), error
                    del results
                    sandbox.close()
                    del sandbox
                    with Sandbox() as own:
                        assert own.run(abs, (-2,)) == 2
                    status = 0
                finally:
                    os._exit(status)
            assert os.waitpid(child, 0)[1] == 0
            assert list(results) == list(range(1, 100))
            assert sandbox.run(abs, (-3,)) == 3 and pids(sandbox) == {box}
        assert not is_there(box)
        """,
    )


def test_a_dead_one_is_replaced(environment):
    """Between calls it goes unnoticed; during one it is a WorkerDied."""
    check_file(environment, PROGRAMS / "a_dead_one_is_replaced.py")


def test_eight_threads_at_once(environment):
    """Every answer is its own call's; there is one sandbox for all."""
    check_file(environment, PROGRAMS / "eight_threads_at_once.py")


def test_an_interrupt_leaves_nothing(environment):
    """Ctrl-C in a call, and in the middle of a map."""
    check(
        environment,
        PIDS
        + """
        import signal, time
        def interrupted(call):
            signal.setitimer(signal.ITIMER_REAL, 0.4)
            try:
                call()
            except KeyboardInterrupt:
                return
            raise AssertionError("not interrupted")
        signal.signal(signal.SIGALRM, signal.default_int_handler)
        def tasks():
            # Threads of the caller, and what is below it.
            threads = os.listdir("/proc/self/task")
            below = open(f"/proc/self/task/{os.getpid()}/children").read()
            return len(threads), below.split()
        with Sandbox() as sandbox:
            assert sandbox.run(abs, (-1,)) == 1
            before = tasks()
            interrupted(lambda: sandbox.run(time.sleep, (60,)))
            interrupted(lambda: list(sandbox.map(time.sleep, [60] * 9)))
            assert sandbox.run(abs, (-1,)) == 1
            deadline = time.monotonic() + 10
            while tasks() != before and time.monotonic() < deadline:
                time.sleep(0.01)
            assert tasks() == before
            (box,) = pids(sandbox)
        assert not is_there(box)
        """,
    )


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, pickle.dumps])
def test_there_are_no_copies(copied):
    """One that is collected would close the sandbox of the other."""
    with Sandbox() as sandbox:
        assert sandbox.run(abs, (-1,)) == 1
        with pytest.raises(TypeError, match="cannot be copied or pickled"):
            copied(sandbox)
        assert sandbox.run(abs, (-1,)) == 1
