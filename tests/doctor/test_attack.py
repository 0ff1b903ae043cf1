"""`boxed doctor --attack`: every wall holds, and a missing one is noticed."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import subprocess
from pathlib import Path

import pytest
from core import isolation

# Attempts that need nothing but an ordinary process to work outside: in no
# environment may they come to "not applicable".
ALWAYS = {
    "read a file of the caller's, mode 0644",
    "read a file of the caller's, mode 0600",
    "list a directory of the caller's",
    "make files where the caller may",
    "change a file that all may write",
    "change the mode and times of a file",
    "use a descriptor of the caller's",
    "see the caller's environment",
    "read /proc/PID/environ",
    "signal the caller",
    "end a process",
    "end another call",
    "set limits of another call",
    "set the priority of another call",
    "find what another call left",
    "connect by TCP to loopback",
    "connect to an abstract socket",
    "connect to a socket file",
    "fork",
    "become a program",
    "become a program it wrote",
    "read System V memory",
    "return a pickle that runs code",
    "print terminal escapes",
    "print without end",
    "return without end",
    "run on after the timeout",
    "eat memory",
    "open descriptors",
    "grow a file",
}
# What only root can do outside, so that root's run alone proves something.
ROOT = {
    "read /etc/shadow",
    "become another user",
    "take groups",
    "raise capabilities",
    "make a device",
    "mount",
    "chroot",
    "pivot_root",
    "join a namespace",
    "bpf",
}

# One after another, each looks for what its attack left behind.
pytestmark = [pytest.mark.usefixtures("turn"), pytest.mark.timeout(300)]

PROGRAMS = Path(__file__).parent / "programs"
DOCTOR = ("-m", "boxed", "doctor", "--attack", "--json", "--isolation")


@pytest.fixture
def turn():
    """Until the others of this file, in whichever process, have ended."""
    with Path(__file__).open() as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def attempts(output: str) -> dict[str, tuple[str, str]]:
    """Verdict and reason of each attempt in the doctor's JSON."""
    found = json.loads(output)["attack"]["attempts"]
    return {one["what"]: (one["verdict"], one["why"]) for one in found}


def made(by: int) -> set[str]:
    """Files of an attack by one process, wherever it makes some."""
    places = ("/tmp", "/var/tmp", "/dev/shm", "/run/lock", "/dev/mqueue")
    return {
        str(path)
        for place in places
        for path in Path(place).glob(f"*boxed-attack-{by or '*'}-*")
    }


def leftovers() -> set[str]:
    """What attacks made, by whomever."""
    return made(0)


def test_every_attempt_is_held(environment):
    """In each tier; what an ordinary process can do is all judged."""
    before = leftovers()
    argv = [environment.interpreter, *DOCTOR, isolation(environment)]
    done = environment.run(argv)
    assert done.returncode == 0, done.stdout + done.stderr
    found = attempts(done.stdout)
    held = {what for what, (verdict, _) in found.items() if verdict == "held"}
    assert not {verdict for verdict, _ in found.values()} - {
        "held",
        "not applicable",
    }
    assert held >= ALWAYS, {what: found[what] for what in ALWAYS - held}
    if environment.name == "root":
        assert held >= ROOT, {what: found[what] for what in ROOT - held}
    assert leftovers() <= before


@pytest.mark.parametrize("name", ["root", "rootless"])
def test_without_walls_every_attempt_breaks_out(make_environment, name):
    """The same attempts, with no sandbox where there should be one."""
    environment = make_environment(name)
    before = leftovers()
    found = attempts(
        environment.script(PROGRAMS / "unconfined.py", check=True).stdout
    )
    wanted = ALWAYS | (ROOT if name == "root" else set())
    verdicts = {what: found[what] for what in wanted}
    assert {verdict for verdict, _ in verdicts.values()} == {"BROKEN"}, found
    assert "held" not in {verdict for verdict, _ in found.values()}
    assert leftovers() <= before


def test_a_break_is_the_exit_status(make_environment):
    """4, with one line for it; the other attempts are still made."""
    environment = make_environment("root")
    done = environment.script(PROGRAMS / "breaks.py")
    assert done.returncode == 4, done.stdout + done.stderr
    assert "  BROKEN  fork (as it does outside)\n" in done.stdout


def test_a_polite_end_leaves_nothing(make_environment):
    """SIGTERM in the midst of it: what was made to be attacked is removed."""
    environment = make_environment("root")
    argv = [environment.interpreter, "-u", "-m", "boxed", "doctor", "--attack"]
    with subprocess.Popen(
        [*environment.argv_prefix, *argv],
        env=dict(environment.variables),
        cwd=environment.home,
        stdout=subprocess.PIPE,
        start_new_session=True,
        text=True,
    ) as doctor:
        for line in doctor.stdout:
            if "end a process" in line:
                break
        assert made(doctor.pid)
        os.killpg(doctor.pid, signal.SIGTERM)
        doctor.stdout.read()
    assert doctor.returncode == 128 + signal.SIGTERM
    assert not made(doctor.pid)


def test_no_tier_to_attack(make_environment):
    """Then the status is 2, and nothing is said to have held."""
    environment = make_environment("old-kernel")
    argv = [environment.interpreter, "-m", "boxed", "doctor", "--attack"]
    done = environment.run(argv)
    assert done.returncode == 2, done.stdout + done.stderr
    assert "held" not in done.stdout


def test_a_tier_needs_an_attack(make_environment):
    """`--isolation` alone is a mistake, and told as one."""
    environment = make_environment("root")
    argv = [environment.interpreter, "-m", "boxed", "doctor"]
    done = environment.run([*argv, "--isolation", os.fspath("full")])
    assert done.returncode == 2
    assert "--attack" in done.stderr
