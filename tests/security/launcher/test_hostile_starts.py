"""Limits, masks and signals of who starts it (P-L08)."""

from __future__ import annotations

from pathlib import Path

import pytest
from checks import CHANGE, NO_VERIFY, STATUS, assert_runs
from launching import FAILED, start
from orders import FULL, UID, order_for
from proc import faults, status_of
from security.attacks.calls import number

PROGRAMS = Path(__file__).parent / "programs"

LIMITS = {
    "NOFILE=0": "nothing can be opened",
    "NOFILE=3": "",
    "NOFILE=5": "",
    "NOFILE=8": "",
    "FSIZE=0": "",
    "FSIZE=1": "",
    "AS=8388608": "",
    "AS=1000000": "",
    "DATA=0": "",
    "STACK=65536": "",
    "STACK=4096": "",
    "CPU=0": "",
    "CPU=1": "",
    "NPROC=0": "",
    "NPROC=1": "",
    "MEMLOCK=0": "",
    "CORE=unlimited": "",
    "CORE=0": "",
}


@pytest.mark.case("P-L08")
@pytest.mark.parametrize("limit", LIMITS)
def test_p_l08_under_hard_limits(user, limit):
    """It works, or fails and says so; no guest runs with other credentials
    than it must have."""
    for tier in (FULL, UID):
        ended = start(user, order_for(tier, STATUS), enter=("--rlimit", limit))
        if "CapPrm" in ended.printed:
            assert faults(ended.printed) == []
            # A limit may end the supervisor before it tells.
            how = [record[:2] for record in ended.records]
            assert how == [("zygote", 0)] or (not how and ended.status), ended
            continue
        # 127: not even the launcher could be executed.
        told = ended.records or ended.status in (127, FAILED)
        assert told or ended.status < 0, ended


@pytest.mark.case("P-L08")
@pytest.mark.parametrize("limit", ["CORE=unlimited", "MEMLOCK=0", "CPU=1"])
def test_p_l08_harmless_limits_do_no_harm(user, limit):
    """Limits that leave room enough leave a working sandbox."""
    ended = start(user, order_for(FULL, STATUS), enter=("--rlimit", limit))
    assert_runs(ended)


@pytest.mark.case("P-L08")
def test_p_l08_guest_leaves_no_core(user):
    """Whatever the starter's limit, the guest's core limit is 1: not 0,
    under which a core_pattern that is a pipe would still run."""
    argv = ["/usr/bin/cat", "/proc/self/limits"]
    enter = ("--rlimit", "CORE=unlimited")
    printed = start(user, order_for(FULL, argv), enter=enter).printed
    line = next(x for x in printed.splitlines() if "core file" in x)
    assert line.split()[4:6] == ["1", "1"]


@pytest.mark.case("P-L08")
def test_p_l08_control_an_unchecked_drop_would_run(user, variants):
    """A launcher that goes on when setresuid fails runs a guest with the
    caller's uid: the check of its status sees that."""
    edits = [
        ("identity.c", f"{CHANGE} != 0", "(setresuid(-2, -2, -2), 0)"),
        NO_VERIFY,
    ]
    launcher = variants.build("unchecked-drop", edits)
    ended = start(user, order_for(UID, STATUS), launcher=launcher)
    assert any(f.startswith("Uid") for f in faults(ended.printed)), ended


HOSTILE_STARTS = {
    "umask": ("--umask", "777"),
    "no umask": ("--umask", "0"),
    "blocked": tuple(w for n in range(1, 32) for w in ("--block-signal", n)),
    "ignored": tuple(
        w
        for n in (1, 2, 3, 13, 14, 15, 17, 18, 20, 21, 22, 24, 25, 34, 64)
        for w in ("--ignore-signal", n)
    ),
}


@pytest.mark.case("P-L08")
@pytest.mark.parametrize("kind", HOSTILE_STARTS)
def test_p_l08_inherited_state_is_reset(user, kind):
    """umask, blocked and ignored signals of the starter end with it, the two
    that the C library keeps to itself included."""
    enter = list(map(str, HOSTILE_STARTS[kind]))
    for tier in (FULL, UID):
        ended = start(user, order_for(tier, STATUS), enter=enter)
        assert_runs(ended)
        status = status_of(ended.printed)
        assert int(status["SigBlk"], 16) == int(status["SigIgn"], 16) == 0
        assert status["Umask"] == "0022"


@pytest.mark.case("P-L08")
def test_p_l08_signals_that_the_c_library_hides(user):
    """Signals 32 and 33, which signal(2) cannot name, are not ignored."""
    program = (PROGRAMS / "ignores_hidden_signals.py").read_text()
    through = [*user.enter, "--", "/usr/bin/python3", "-I", "-c", program]
    through += [str(number("rt_sigaction"))]
    ended = start(user, order_for(FULL, STATUS), through=through)
    assert_runs(ended)
    assert int(status_of(ended.printed)["SigIgn"], 16) == 0
