"""P-K: the surface of the kernel, from Python, in every tier.

The filter itself is proven over all numbers, architectures and arguments in
test_seccomp.py; here a guest calls, as any guest could.
"""

from __future__ import annotations

import os
import platform
import secrets
import signal
import socket
from pathlib import Path

import pytest
from environments import sleep_until
from security.attacks.kernel import FORBIDDEN, HARMFUL
from security.judging import both, judge
from security.processes import descendants

from boxed import run


@pytest.mark.case("P-K01")
def test_p_k01_call_what_is_forbidden(caller):
    """Every forbidden call is refused before its arguments are looked at."""
    inside = caller.sandbox("call_all", [])
    wrong = {
        name: outcome
        for name, outcome in inside.items()
        if outcome not in ("EPERM", "ENOSYS")
    }
    assert wrong == {}
    assert len(inside) == len(FORBIDDEN)
    outside = caller.control("call_all", sorted(HARMFUL))
    looked_at = [
        name
        for name, outcome in outside.items()
        if outcome not in ("EPERM", "ENOSYS")
    ]
    # To an ordinary user in a container many are refused anyway.
    least = {"root": 80, "user": 50, "rootless": 50}
    assert len(looked_at) > least.get(caller.name, 40)


@pytest.mark.case("P-K02")
@pytest.mark.parametrize("how", ["int 0x80", "x32"])
def test_p_k02_call_by_another_architecture(caller, how):
    """The 32-bit gate and the numbers of x32 end the guest."""
    if platform.machine() != "x86_64":
        # The filter's answer to them is evaluated in test_seccomp.py.
        return
    inside = caller.outcome("foreign_call", how)
    assert inside["error"] == "WorkerDied"
    assert inside["signal"] == signal.SIGSYS
    outside = caller.control_outcome("foreign_call", how)
    if how == "int 0x80":
        # Its answer is a pid, where the kernel has the gate.
        assert outside.get("value", 1) > 0
        assert outside.get("signal") in (None, signal.SIGSEGV)
    else:
        assert outside.get("signal") is None


@pytest.mark.case("P-K03")
def test_p_k03_make_namespaces(caller):
    """No namespace of any kind, by no call that makes or enters one; threads
    work all the same."""
    both(caller, "P-K03", "namespaces")
    assert caller.sandbox("use_threads") == 8


@pytest.mark.case("P-K04")
def test_p_k04_make_a_ring(caller):
    """No io_uring."""
    both(caller, "P-K04", "uring")


@pytest.mark.case("P-K05")
def test_p_k05_make_powerful_calls(caller):
    """Neither bpf, perf, userfaultfd nor ptrace, with arguments that would
    work."""
    both(caller, "P-K05", "powerful_calls")


@pytest.mark.case("P-K05")
def test_p_k05_send_urgent_data():
    """None between the ends of a socketpair, which pass other data; outside
    they do (the control)."""

    def between_ends(flags):
        import socket

        near, far = socket.socketpair()
        with near, far:
            near.send(b"ab", flags)
            return far.recv(1, flags)

    def inside(flags):
        return run(between_ends, (flags,), serializer="cloudpickle")

    urgent = int(socket.MSG_OOB)
    assert between_ends(0) == inside(0) == b"a"
    assert between_ends(urgent) == b"b"
    with pytest.raises(PermissionError):
        inside(urgent)


@pytest.mark.case("P-K06")
def test_p_k06_read_keys(callers, caller_name):
    """A key in the caller's session keyring cannot be had by number, by name
    or by listing, and no new one is made."""
    caller = callers.make(callers.environment(caller_name))
    name, payload = f"boxed-{secrets.token_hex(4)}", secrets.token_hex(8)
    try:
        if caller.name in ("docker-user", "kubernetes"):
            # The container refuses keyrings to the caller as well.
            number = 1
        else:
            number = caller.caller("make_key", name, payload)
        inside = caller.sandbox("keys", number, name, payload)
        judge(
            caller,
            "P-K06",
            inside,
            caller.control("keys", number, name, payload),
        )
    finally:
        caller.close()


@pytest.mark.case("P-K07")
def test_p_k07_share_objects_by_name(caller):
    """No shared memory, semaphore or queue, neither of System V nor of
    POSIX, that host or next call could find."""
    key, name = 0x626F0000 + secrets.randbelow(65536), secrets.token_hex(6)
    device = os.stat("/dev/shm").st_dev
    before = ipc_objects()
    inside = caller.sandbox("make_ipc", device, key, name)
    assert ipc_objects() == before
    assert not Path("/dev/shm", name).exists()
    again = caller.sandbox("make_ipc", device, key, name)
    outside = caller.control("make_ipc", device, key, name)
    caller.control("remove_ipc", key, name)
    judge(caller, "P-K07", inside, outside)
    judge(caller, "P-K07", again, outside)
    assert ipc_objects() == before


def ipc_objects() -> list[int]:
    tables = ("shm", "sem", "msg")
    return [
        sum(
            line.split()[0].startswith("0x626f")
            or 0x626F0000 <= int(line.split()[0]) <= 0x626FFFFF
            for line in Path(f"/proc/sysvipc/{name}")
            .read_text()
            .splitlines()[1:]
        )
        for name in tables
    ]


@pytest.mark.case("P-K08")
def test_p_k08_weaken_the_process(caller):
    """Nothing of the process can be set that would weaken it or a wall, and
    no_new_privs stays."""
    both(caller, "P-K08", "personality")
    assert caller.sandbox("no_new_privs") == 1
    assert caller.control("no_new_privs") in (0, 1)


@pytest.mark.case("P-K09")
def test_p_k09_run_threads_outside_the_filter(caller, callers):
    """Each thread of a worker, and of a zygote that a preloaded module made
    threads in, has the filter and no_new_privs."""
    module = callers.folder / "threaded.py"
    module.write_text(
        "import threading, time\n"
        "for _ in range(3):\n"
        "    threading.Thread(target=time.sleep, args=(300,),"
        " daemon=True).start()\n"
    )
    options = {"imports": ["attacks", "threaded"], "timeout": 30}
    before = caller.boxes()
    assert caller.sandbox("use_threads", **options) == 8
    number = caller.start("hold_threads", 2, **options)
    box = sleep_until(lambda: threads_of(caller, before, 8), 20, "threads")
    guests = [one for one in box if one[0] != "supervisor"]
    assert {one[1:] for one in guests} == {("1", "2")}
    # The control: a thread of the caller's is not filtered by boxed.
    own = descendants(os.getpid())
    assert any(one.pid == caller.pid for one in own)
    assert caller.join(number)["value"] == 3
    if caller.has_namespaces:
        shown = caller.sandbox("threads_status", **options)
        assert len(shown) == 4
        assert set(shown.values()) == {"1,2"}


def threads_of(caller, before, least: int) -> list[tuple[str, str, str]]:
    """(kind, NoNewPrivs, Seccomp) of every thread of the new sandbox, once
    there are enough."""
    found = []
    for one in caller.workers(before):
        for path in Path(f"/proc/{one.pid}/task").glob("*/status"):
            try:
                lines = path.read_text().splitlines()
            except (FileNotFoundError, ProcessLookupError):
                return []
            status = dict(
                line.split(":\t", 1) for line in lines if ":\t" in line
            )
            kind = "guest"
            if status["Name"] in ("python_boxed", "boxed_keeper"):
                kind = "supervisor"
            found.append((kind, status["NoNewPrivs"], status["Seccomp"]))
    guests = [one for one in found if one[0] == "guest"]
    return found if len(guests) >= least else []
