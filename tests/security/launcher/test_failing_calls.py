"""Each of its calls made to fail (P-L09)."""

from __future__ import annotations

import errno
import shutil
from dataclasses import dataclass

import pytest
from cgroups import nobody_beside
from checks import BUNDLED, NO_VERIFY, STATUS, TAKES_UID, assert_runs
from launching import Ended, start
from orders import FULL, UID, order_for
from proc import faults
from variants import grant

# Every call of the launcher that can fail, whether or not it is a wall.
CALLS = (
    "capget capset chdir clone close_range dup2 execve fchdir fcntl fsconfig"
    " fsmount fsopen getresgid getresuid getsockopt keyctl"
    " landlock_add_rule landlock_create_ruleset landlock_restrict_self mkdir"
    " mount mount_setattr move_mount open_tree openat pivot_root poll prctl"
    " prlimit64 recvfrom recvmsg seccomp sendmsg setgroups sethostname"
    " setresgid setresuid setsid signalfd4 socketpair symlink umount2 unshare"
    " write"
).split()

# What may fail without a wall missing; everything else must end the start.
HARMLESS = (
    # Container profiles refuse it to the launcher and to the guest alike; the
    # guest's own filter has no keyctl either.
    "keyctl(KEYCTL_JOIN_SESSION_KEYRING",
    # libcap asks which version of the call there is, and goes by its own.
    "capget({version=_LINUX_CAPABILITY_VERSION_3, pid=0}, NULL",
    # The same before main: how many capabilities the kernel knows.
    "prctl(PR_CAPBSET_READ",
    # Soft limits go up where they may; a step that finds one too low fails.
    "prlimit64(0, RLIMIT_",
    # An entry that the order calls optional: the guest sees less.
    'open_tree(AT_FDCWD, "/etc/ld.so.cache"',
    'openat(AT_FDCWD, "/etc/ld.so.cache"',
    "mount_setattr(",
    # The keeper's: where it can make no cgroup, limits of each process stay.
    'openat(AT_FDCWD, "/proc/self/cgroup"',
    'openat(AT_FDCWD, "/sys/fs/cgroup',
    'openat(1, "cgroup.',
    'openat(1, "..',
    # The supervisor's: where nobody can look, limits of each process stay;
    # and no zygote asks any more.
    'openat(AT_FDCWD, "/proc", ',
    "recvfrom(7, ",
    # The C library's, before main, and the launcher's, which then ends.
    "fcntl(0, F_GETFD)",
    "fcntl(1, F_GETFD)",
    "fcntl(2, F_GETFD)",
    # The supervisor's: it ends the sandbox, which may have run by then; there
    # the zygote is killed by its pid, and what it has left by this.
    'openat(AT_FDCWD, "/proc/thread-self/children"',
    "poll([{fd=3, events=POLLIN}, {fd=",
)


@dataclass(frozen=True)
class Traced:
    """A start under strace: what came of it, and the lines of its log that
    are the launcher's own, before it executes the guest."""

    ended: Ended
    lines: list[str]

    @property
    def injected(self) -> list[str]:
        return [line for line in self.lines if "(INJECTED)" in line]

    @property
    def refused(self) -> set[str]:
        """The calls that fail with EPERM by themselves, arguments and all."""
        return {
            line.partition(" = -1 EPERM")[0].rstrip()
            for line in self.lines
            if " = -1 EPERM" in line and "(INJECTED)" not in line
        }


CUT, RESUMED = "<unfinished ...>", " resumed>"


def own_lines(log: str) -> list[str]:
    """Each call as one line, though others' came between its two halves."""
    executed = set()
    begun: dict[str, str] = {}
    lines = []
    for line in log.splitlines():
        pid, _, call = line.partition(" ")
        if call.endswith(CUT):
            call = call[: -len(CUT)].rstrip()
            begun[pid] = f"{call} " if call.endswith(",") else call
            continue
        if pid in begun and RESUMED in call:
            call = begun.pop(pid) + call.partition(RESUMED)[2].lstrip()
        if pid not in executed:
            lines.append(call.strip())
        guest = call.strip().startswith(f'execve("{STATUS[0]}"')
        if guest and call.endswith(" = 0"):
            executed.add(pid)
    return lines


@pytest.fixture(scope="session")
def trace(machine, user):
    """A function that starts the launcher as the user, under root's strace.

    The launcher is a copy outside of /usr/bin, since strace looks the user up
    in the machine's own /etc.
    """
    plain = machine.system / "traced_boxed"
    shutil.copy(BUNDLED, plain)
    grant(plain)
    log = machine.system / "strace.log"

    def trace(
        tier: int, call: str, *options: str, launcher=plain, more=()
    ) -> Traced:
        """With calls that are the same each time."""
        log.unlink(missing_ok=True)
        name = user.variables["USER"]
        through = ["/usr/bin/strace", "-f", "-u", name, "-o", str(log)]
        through += ["-e", f"trace={call},execve", "-e", "signal=none"]
        order = order_for(tier, STATUS, more)
        with nobody_beside() as alone:
            through = [*alone, *through, *options]
            ended = start(user, order, launcher=launcher, through=through)
        return Traced(ended, own_lines(log.read_text()))

    return trace


def injections(trace, tier, call, **options):
    """Starts in which the first, second, ... call of that name fails, until
    there are no more of them."""
    for number in range(1, 200):
        fault = ("-e", f"inject={call}:error=EPERM:when={number}")
        traced = trace(tier, call, *fault, **options)
        if not traced.injected:
            return
        yield traced


@pytest.mark.case("P-L09")
@TAKES_UID
@pytest.mark.parametrize("call", CALLS)
def test_p_l09_no_call_may_fail(trace, tier, call):
    """With any call of the launcher failing, nothing is executed and nobody
    survives; but for the harmless ones, and those that must fail."""
    plain = trace(tier, call)
    assert_runs(plain.ended)
    for traced in injections(trace, tier, call):
        ended = traced.ended
        expected = all(
            line.startswith(HARMLESS)
            or line.partition(" = -1 EPERM")[0].rstrip() in plain.refused
            for line in traced.injected
        )
        if expected and "CapPrm" in ended.printed:
            assert faults(ended.printed) == [], traced
            continue
        assert "CapPrm" not in ended.printed, traced
        assert expected or ended.status != 0 or ended.records, traced
        assert ended.stage != "zygote", traced


@pytest.mark.case("P-L09")
@pytest.mark.parametrize("call", ["memfd_create", "writev"])
def test_p_l09_modules_that_could_not_be_copied(trace, machine, call):
    """They are not left out as if there were none."""
    place = machine.system / "traced_place"
    place.mkdir(exist_ok=True)
    (place / "module.py").write_text("")
    more = [(b"p" + bytes(place), bytes(place))]
    assert_runs(trace(FULL, call, more=more).ended)
    failed = list(injections(trace, FULL, call, more=more))
    assert failed
    for traced in failed:
        assert traced.ended.stage == "collect", traced
        assert traced.ended.errno == errno.EPERM, traced
        assert not traced.ended.ran, traced


@pytest.mark.case("P-L09")
def test_p_l09_control_the_trace_itself_takes_nothing(trace):
    """Every step is there to fail: the calls of a plain start are seen."""
    calls = "setgroups,setresgid,setresuid,capset,unshare,seccomp"
    plain = trace(FULL, calls)
    assert_runs(plain.ended)
    seen = {line.partition("(")[0] for line in plain.lines}
    assert set(calls.split(",")) <= seen


@pytest.mark.case("P-L09")
def test_p_l09_control_an_unchecked_call_is_noticed(trace, variants):
    """A launcher that does not look whether setgroups worked goes on, with
    the caller's groups."""
    unchecked = ("setgroups(0, NULL) != 0 ||", "(setgroups(0, NULL), 0) ||")
    edits = [("identity.c", *unchecked), NO_VERIFY]
    launcher = variants.build("unchecked-setgroups", edits)
    first = next(injections(trace, UID, "setgroups", launcher=launcher))
    assert any("Groups" in fault for fault in faults(first.ended.printed))
