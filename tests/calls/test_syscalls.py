"""What a call costs, counted in system calls: no clock decides here.

A caller is run under strace, and marks on standard error say which of its
calls belong to what.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from cgroups import nobody_beside
from core import check_file
from environments import CHECKOUT
from guest_code import guest_code

PROGRAMS = Path(__file__).parent / "programs"

#: System calls of the caller for one warm call, with those that make the next
#: standby: 27 when this was written, five of them for entries of sys.path.
CALLER = 35
#: Of zygote and workers together, which run inside: 154, of them 41 to empty
#: the bounding set.
INSIDE = 175
#: The same for a first call: 410, half of them stat(2) of paths and for
#: imports; and 1,261 of launcher, interpreter and worker, with what the zygote
#: puts off.  525 and 1,583 where a tier is tried first that is not there.
COLD_CALLER, COLD_INSIDE = (470, 1500) if os.getuid() == 0 else (600, 1800)
#: Of the worker, from its request to its end: 4 or 5.
SERVING = 6
#: What time.sleep() is, by version and C library.
SLEEPS = {"clock_nanosleep", "nanosleep", "pselect6", "select"}

LINE = re.compile(r"(\d+) +(?:<\.\.\. )?(\w+)")
MARK = re.compile(r'write\(2, "mark (\w+)\\n"')


@pytest.fixture
def traced(tmp_path):
    """A function: the system calls of a program, by mark and by process.

    Answers {mark: {is the caller's: Counter of names}}.
    """
    strace = shutil.which("strace")
    if strace is None:
        pytest.skip("strace is not installed")

    def trace(name: str, *args: str) -> dict[str, dict[bool, Counter[str]]]:
        log = tmp_path / "log"
        program = guest_code(PROGRAMS / f"{name}.py")
        # -I: what is counted must not depend on where the tests were started.
        path = f"import sys; sys.path.insert(0, {str(CHECKOUT)!r})"
        command = [sys.executable, "-I", "-c", f"{path}\n{program}", *args]
        with nobody_beside() as alone:
            done = subprocess.run(
                [*alone, strace, "-f", "-o", log, *command],
                capture_output=True,
                text=True,
                check=False,
                timeout=50,
            )
        assert done.returncode == 0, done.stdout + done.stderr
        return counted(log.read_text(errors="replace").splitlines())

    return trace


def total(counter: Counter[str]) -> int:
    return sum(counter.values())


def counted(lines):
    """The lines of a trace, by mark; the first process is the caller."""
    caller = LINE.match(lines[0])[1]
    found: dict[str, dict[bool, Counter[str]]] = {}
    section = {True: Counter(), False: Counter()}
    for line in lines:
        mark = MARK.search(line)
        if mark:
            section = found[mark[1]] = {True: Counter(), False: Counter()}
            continue
        match = LINE.match(line)
        # The second half of an interrupted line, a signal or an exit.
        if match is None or "resumed>" in line:
            continue
        section[match[1] == caller][match[2]] += 1
    return found


def test_a_warm_call(traced):
    """Its system calls are few, on both sides, and no more each time."""
    found = traced("warm_calls")
    first, second = found["first"], found["second"]
    assert 0 < total(first[True]) <= CALLER, first[True]
    assert 0 < total(first[False]) <= INSIDE, first[False]
    assert abs(total(first[True]) - total(second[True])) <= 3
    assert abs(total(first[False]) - total(second[False])) <= 10
    # One message out, one in; one fork, for a call to come.
    assert first[True]["recvmsg"] == 1
    assert first[True]["sendmsg"] == 2
    assert first[False]["clone"] + first[False]["clone3"] == 1


def serving(tmp_path, traced, *options: str) -> list[str]:
    """A standby's system calls, from its request to its end."""
    traced("serves", *options)
    lines = (tmp_path / "log").read_text(errors="replace").splitlines()
    marks = [at for at, line in enumerate(lines) if MARK.search(line)]
    before, during = lines[: marks[0]], lines[marks[0] : marks[1]]
    known = {line.split()[0] for line in before}
    ended = [line.split()[0] for line in during if "+++ exited" in line] or [
        line.split()[0] for line in during if "+++ killed" in line
    ]
    (worker,) = set(ended) & known
    return [
        match[2]
        for match in map(LINE.match, during)
        if match and match[1] == worker and "resumed>" not in match.string
    ]


def test_a_standby_has_done_it_all(tmp_path, traced):
    """From the request to its end the worker makes hardly a call: neither a
    wall nor an import is left for then, nor memory to be asked for.  Its end
    is not its own to choose the time of."""
    seen = []
    while not seen or seen[-1][-1] != "poll":
        # It may be ended on its way there, by a zygote that has waited for
        # long enough; but not each time.
        assert len(seen) < 4, seen
        seen.append(serving(tmp_path, traced))
        assert len(seen[-1]) <= SERVING, seen


@pytest.mark.parametrize("options", ["write", "network"])
def test_what_others_may_meet_ends_at_once(tmp_path, traced, options):
    """A worker that may hold a lock or a port does not linger."""
    calls = serving(tmp_path, traced, options)
    assert len(calls) <= SERVING, calls
    # Or it was ended by the zygote on its way there.
    assert calls[-1] in ("exit_group", "sendto"), calls


def test_an_idle_sandbox_does_nothing(traced):
    """Nobody polls: not a system call in a second, in any process."""
    found = traced("is_idle")
    assert total(found["idle"][False]) == 0, found["idle"][False]
    assert set(found["idle"][True]) <= SLEEPS, found["idle"][True]


def test_waiting_costs_no_system_calls(traced):
    """A call that sleeps for a second makes as many in the caller as one
    that returns at once; so does one with a deadline."""
    found = traced("waits")
    short, long, timed = (
        total(found[name][True]) for name in ("short", "long", "timed")
    )
    assert long <= short + 8, (found["short"], found["long"])
    assert timed <= short + 8, (found["short"], found["timed"])


def test_a_standard_function_is_imported_once(traced):
    """Its module is the zygote's, so that a worker opens no file for it."""
    found = traced("imports_once")
    opened = {name: found[name][False]["openat"] for name in ("dumps", "len")}
    assert opened["dumps"] == opened["len"], opened


def test_a_cold_call(traced):
    """The first call of a program, with a sandbox made for it."""
    found = traced("cold_call")
    cold = found["cold"]
    assert 0 < total(cold[True]) <= COLD_CALLER, (
        total(cold[True]),
        cold[True],
    )
    inside = total(cold[False])
    assert 0 < inside <= COLD_INSIDE, (inside, cold[False])
    assert sum(cold[False][name] for name in ("clone", "clone3", "fork")) <= 5


def test_context_switches_of_a_warm_call(make_environment):
    """The caller waits once, for the answer, and the worker once, for the
    request; a wait that is not theirs adds one now and then."""
    check_file(
        make_environment("root"),
        PROGRAMS / "context_switches_of_a_warm_call.py",
    )


def test_context_switches_of_a_cold_call(make_environment):
    """Of the caller, and of the launcher, the process that watches and the
    zygote together: each waits for the others a few times, and none polls."""
    check_file(
        make_environment("root"),
        PROGRAMS / "context_switches_of_a_cold_call.py",
    )
