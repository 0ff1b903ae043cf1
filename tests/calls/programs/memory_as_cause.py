"""Run by test_memory_causes: guests that die of memory, and guests that would
be taken for such.  Its argument: what bounds the memory of a call."""

import os
import sys
import tempfile
import threading
from pathlib import Path

import cloudpickle
import memory_guests as guests
from harness import call, refused, run

from boxed import LimitExceeded, Limits, RemoteError, WorkerDied

cloudpickle.register_pickle_by_value(guests)
MIB = 1 << 20
SMALL = {"memory": 64 * MIB}
HAS_CGROUPS = sys.argv[1] != "watched"
HAS_NAMESPACES = call(abs, (-1,)).tier in ("full", "rootless")


def ended(what, *args, **limits):
    options = {
        name: limits.pop(name) for name in ("read", "write") if name in limits
    }
    outcome = call(
        what,
        args,
        serializer="cloudpickle",
        limits=Limits(**{**SMALL, **limits}),
        timeout=60,
        **options,
    )
    assert ("memory cgroup" in outcome.walls) == HAS_CGROUPS, outcome
    assert ("memory watch" in outcome.walls) != HAS_CGROUPS, outcome
    return outcome


def is_of_memory(outcome, kind, limit=64 * MIB):
    """Whatever its end was, it is caught as a MemoryError."""
    error = outcome.exception
    assert outcome.cause == "memory", outcome
    assert error.outcome.cause == "memory", error.outcome
    assert isinstance(error, MemoryError), outcome
    assert outcome.usage.peak_memory > limit // 2, outcome
    assert isinstance(error, kind), outcome
    assert error.resource == "memory" and error.limit == limit
    # Of a guest that says so itself, half is enough.
    said = isinstance(error.__cause__, MemoryError)
    assert error.used >= limit * (5 if said else 9) // 10, error.used


def told():
    """What the guest says itself is told, with where."""
    for step in (MIB, 4096, 10 * MIB):
        outcome = ended(guests.grow, step)
        is_of_memory(outcome, LimitExceeded)
        assert "grow" in outcome.exception.__cause__.traceback
    outcome = ended(guests.double)
    is_of_memory(outcome, LimitExceeded)
    assert isinstance(outcome.exception.__cause__, RemoteError)
    outcome = ended(guests.grow_arrays, memory=256 * MIB)
    is_of_memory(outcome, LimitExceeded, 256 * MIB)
    assert "allocate" in str(outcome.exception), outcome


def said_by_run():
    """As call() has it; of other exceptions run() does not wait for more."""
    options = {"serializer": "cloudpickle", "limits": Limits(**SMALL)}
    error = refused(LimitExceeded, run, guests.grow, **options)
    assert error.outcome.cause == "memory" and error.outcome.usage.measured
    assert isinstance(error, MemoryError)
    error = refused(
        RemoteError, run, guests.leave, (MemoryError("own"),), **options
    )
    assert error.outcome.cause == "raised"
    error = refused(RemoteError, run, divmod, (1, 0), **options)
    assert not error.outcome.usage.measured


def failed_imports():
    """Whatever the interpreter makes of it."""
    outcome = ended(guests.fill_and_import)
    assert outcome.cause == "memory", outcome
    assert isinstance(outcome.exception, MemoryError), outcome


def watched():
    """What no limit of one process counts."""
    is_of_memory(ended(guests.share), LimitExceeded)
    is_of_memory(ended(guests.make_page_tables), LimitExceeded)


def killed():
    """By the kernel, of what it alone counts."""
    if HAS_NAMESPACES:
        sizes = {"tmp_size": 200 * MIB, "file_size": 200 * MIB}
        is_of_memory(
            ended(guests.write_files, memory=16 * MIB, **sizes),
            LimitExceeded,
            16 * MIB,
        )
        outcome = ended(guests.fill_pipes, memory=4 * MIB, open_files=2000)
        is_of_memory(outcome, LimitExceeded, 4 * MIB)
    outcome = ended(guests.fill_and_exit)
    is_of_memory(outcome, LimitExceeded)
    assert outcome.exitcode == 3


def children():
    outcome = ended(guests.share_in_child, "raise", processes=3)
    is_of_memory(outcome, LimitExceeded)


def disguises():
    for error in (
        MemoryError("of its own"),
        RuntimeError("can't start new thread"),
        ImportError("cannot allocate memory"),
    ):
        outcome = ended(guests.leave, error)
        assert outcome.cause == "raised", outcome
        assert not isinstance(outcome.exception, LimitExceeded)
    assert ended(guests.leave_without_memory).cause == "raised"
    outcome = ended(guests.ask_for_much)
    assert outcome.cause == "raised", outcome
    assert isinstance(outcome.exception, MemoryError)
    outcome = ended(guests.kill_oneself)
    assert outcome.cause == "signal" and outcome.signal == 9, outcome
    assert ended(guests.fill_and_return).unwrap() == "enough"
    outcome = ended(guests.fill_and_raise)
    assert outcome.cause == "raised", outcome
    assert isinstance(outcome.exception, ValueError)
    if HAS_NAMESPACES:
        # All of a call ends together, but for version 1.
        outcome = ended(guests.share_in_child, "return", processes=3)
        together = sys.argv[1] in ("cgroup v2", "watched")
        expected = "memory" if together else "returned"
        assert outcome.cause == expected, outcome


def files():
    """What the kernel keeps of files is counted, and is no need."""
    with tempfile.TemporaryDirectory(dir=Path(__file__).parent) as folder:
        os.chmod(folder, 0o777)
        path = f"{folder}/large"
        with open(path, "wb") as file:
            for _ in range(300):
                file.write(b"x" * MIB)
        for how in ("read", "map"):
            # The kernel has forgotten it, so that the guest is charged.
            with open(path, "rb") as file:
                os.fsync(file.fileno())
                os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
            outcome = ended(guests.read_a_file, path, how, read=[path])
            assert outcome.cause == "raised", outcome
        outcome = ended(
            guests.write_and_remove_a_file,
            f"{folder}/removed",
            write=[folder],
            file_size=400 * MIB,
        )
        assert outcome.cause == "exit" and outcome.exitcode == 3, outcome


def together():
    """What one has is not taken for another's."""
    found = {"small": [], "large": []}

    def calls(which):
        for _ in range(5):
            outcome = ended(guests.small_and_large, which)
            found[which].append(outcome.cause)

    threads = [threading.Thread(target=calls, args=(one,)) for one in found]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {"small": ["raised"] * 5, "large": ["memory"] * 5}, found


def plenty():
    outcome = ended(guests.use_arrays, memory="256M")
    assert outcome.unwrap() == 100 * MIB // 8


if __name__ == "__main__":
    told()
    said_by_run()
    disguises()
    together()
    plenty()
    watched()
    if HAS_NAMESPACES:
        children()
    if HAS_CGROUPS:
        failed_imports()
        killed()
        if sys.argv[1] != "cgroup v2":
            # That is tried in a machine without a disk: its files are memory.
            files()
    else:
        outcome = ended(guests.fill_and_exit)
        assert outcome.cause == "exit", outcome
        assert isinstance(outcome.exception, WorkerDied)
        assert "memory=" in str(outcome.exception), outcome
