"""Another process of the caller, at work on a start or a sandbox (P-L11,
P-L12)."""

from __future__ import annotations

import contextlib
import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from checks import BUNDLED, TAKES_UID
from environments import LAUNCHER, sleep_until
from launching import Start
from orders import FULL, NOBODY, ROOTLESS, UID, order_for
from security.processes import descendants, process

PROGRAMS = Path(__file__).parent / "programs"


def tracer_counts(machine, user, order, starts, launcher=LAUNCHER):
    """How often each attack was tried, and worked."""
    program = machine.program("tracer", "tracer.c")
    done = subprocess.run(
        [*user.enter, "--", program, launcher, str(starts)],
        input=order,
        capture_output=True,
        check=True,
        timeout=50,
    )
    lines = [line.split() for line in done.stdout.decode().splitlines()]
    return {name: (int(tried), int(worked)) for name, tried, worked in lines}


@pytest.mark.case("P-L11")
@pytest.mark.parametrize(
    ("tier", "starts"), [(FULL, 150), (UID, 150)], ids=["full", "uid"]
)
def test_p_l11_caller_cannot_get_into_a_start(machine, user, tier, starts):
    """Trace, read and open whatever comes of many starts, at any moment:
    nothing ever works."""
    order = order_for(tier, ["/usr/bin/true"])
    counts = tracer_counts(machine, user, order, starts)
    assert counts.pop("exit") == (0, 0)
    assert len(counts) == 8
    for name, (tried, worked) in counts.items():
        assert tried > starts, name
        assert worked == 0, name


@pytest.mark.case("P-L11")
def test_p_l11_control_a_guest_of_ones_own_uid_is_open(machine, user):
    """The same attacks on the tier that leaves the caller's uid work, as
    they do on any program of one's own."""
    order = order_for(ROOTLESS, ["/usr/bin/sleep", "0.05"], uid=user.uid)
    plain = machine.system / "uncapable_boxed"
    shutil.copy(BUNDLED, plain)
    missing = {"mem", "maps", "environ", "userns", "seize"}
    # Each is a race against a short life.
    for _ in range(10):
        counts = tracer_counts(machine, user, order, 10, plain)
        missing -= {name for name, (_, worked) in counts.items() if worked}
        if not missing:
            break
    assert not missing


ENTER_NAMESPACE = (PROGRAMS / "enters_a_namespace.py").read_text()


@pytest.fixture
def sandbox(user):
    """A function that starts a sandbox which stays; its pids, as on the host,
    with the zygote last."""
    with contextlib.ExitStack() as stack:

        def sandbox(tier, environment=user, **options) -> tuple[Start, list]:
            uid = NOBODY if tier in (FULL, UID) else environment.uid
            order = order_for(tier, ["/usr/bin/sleep", "30"], uid=uid)
            one = stack.enter_context(Start(environment, order, **options))

            def asleep():
                found = [process(one.pid), *descendants(one.pid)]
                found.sort(key=lambda each: each.name == "sleep")
                is_there = found[-1].name == "sleep"
                return is_there and [each.pid for each in found]

            return one, sleep_until(asleep, 10)

        yield sandbox


@pytest.mark.case("P-L12")
@TAKES_UID
def test_p_l12_caller_does_not_own_the_namespace(user, sandbox, tier):
    """The caller cannot enter the user namespace of any process of its
    sandbox, and so cannot become the target uid."""
    place = user.home / "shared"
    place.mkdir(exist_ok=True)
    place.chmod(0o777)
    every = sandbox(tier)[1]
    for pid in every:
        words = str(pid), str(NOBODY), str(place / "made")
        done = user.python(ENTER_NAMESPACE, *words)
        # Of what set the sandbox up one may just have ended.
        ended = uid_of(pid) is None
        assert ended or done.stderr == "open: Permission denied\n"
    assert len([pid for pid in every if uid_of(pid) is not None]) > 1
    assert list(place.iterdir()) == []


@pytest.mark.case("P-L12")
def test_p_l12_control_an_owner_enters(user, machine, sandbox):
    """Into the tier whose namespace the caller made itself, the same code
    gets."""
    plain = machine.system / "owned_boxed"
    shutil.copy(BUNDLED, plain)
    pid = sandbox(ROOTLESS, launcher=plain)[1][-1]
    made = str(user.home / "made")
    done = user.python(ENTER_NAMESPACE, str(pid), str(NOBODY), made)
    assert done.stdout == "in\n", done.stderr


def uid_of(pid):
    """None of a process that has ended."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return None
    return int(re.search(r"^Uid:\t(\d+)", status, re.M)[1])


@pytest.mark.case("P-L12")
@TAKES_UID
def test_p_l12_caller_reaches_no_process_of_the_sandbox(user, sandbox, tier):
    """No signal, priority or limit of the caller's reaches one, once it has
    another uid, as all have but the keeper; nothing of one is read that is not
    everybody's."""
    one, every = sandbox(tier)
    pids = [pid for pid in every if uid_of(pid) not in (None, user.uid)]
    assert len(every) - len(pids) <= 1 < len(pids), every
    program = PROGRAMS / "reaches_processes.py"
    done = user.script(program, *map(str, pids), check=True)
    told = json.loads(done.stdout)
    assert set(told) <= {"EPERM", "EACCES"}
    assert len(told) == 12 * len(pids)
    assert one.poll() is None
