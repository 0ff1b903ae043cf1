"""Guests of the order's own choice: how they end, whom they reach (P-L03)."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

import pytest
from checks import python
from environments import sleep_until
from launching import Start, start
from orders import FULL, NOBODY, UID, order_for


@pytest.mark.case("P-L03")
def test_p_l03_hang_up_ends_every_descendant(user):
    """A guest that the order named, which leaves its session, its parent and
    its descriptors, ends with the control socket nevertheless."""
    code = """
import os, sys, time
for _ in range(3):
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            os.write(4, b"alive")
            time.sleep(600)
        os._exit(0)
time.sleep(600)
"""
    for tier in (FULL, UID):
        with Start(user, order_for(tier, python(code))) as one:
            for _ in range(3):
                assert one.server.recv(10) == b"alive"
            one.hang_up()
            assert one.finish(10).status == 0


@pytest.mark.case("P-L03")
def test_p_l03_others_of_the_same_uid_are_out_of_reach(user):
    """In the tier without a pid namespace a guest that the order named
    reaches no other process of its uid, and none of that uid's files."""
    victim = subprocess.Popen(
        [
            "/usr/bin/setpriv",
            "--reuid=65534",
            "--regid=65534",
            "--clear-groups",
            "/usr/bin/sleep",
            "60",
        ]
    )
    code = """
import os, resource, sys
from errno import errorcode
pid = int(sys.argv[1])
proc = f"/proc/{pid}/"
for name, call in {
    "kill": lambda: os.kill(pid, 0),
    "prlimit": lambda: resource.prlimit(pid, resource.RLIMIT_CPU, (9, 9)),
    "setpriority": lambda: os.setpriority(os.PRIO_PROCESS, pid, 19),
    "affinity": lambda: os.sched_setaffinity(pid, {0}),
    "mem": lambda: open(proc + "mem", "rb"),
    "environ": lambda: open(proc + "environ", "rb"),
    "maps": lambda: open(proc + "maps").read(1),
    "exe": lambda: os.readlink(proc + "exe"),
    "root": lambda: os.listdir(proc + "root"),
    "fd": lambda: os.readlink(proc + "fd/0"),
    "oom": lambda: open(proc + "oom_score_adj", "w"),
}.items():
    try:
        call()
    except OSError as error:
        print(name, errorcode[error.errno])
    else:
        print(name, "done")
"""
    try:
        sleep_until(
            lambda: Path(f"/proc/{victim.pid}/comm").read_text() == "sleep\n"
        )
        order = order_for(UID, python(code, str(victim.pid)))
        printed = dict(map(str.split, start(user, order).printed.splitlines()))
        assert len(printed) == 11
        assert set(printed.values()) <= {"EPERM", "EACCES"}, printed
    finally:
        victim.send_signal(signal.SIGKILL)
        victim.wait()


@pytest.mark.case("P-L03")
def test_p_l03_files_of_nobody_keep_their_modes(user, machine):
    """Nor does it change mode or times of a file that its uid owns, though
    the order grants it a directory to write; outside, that uid can."""
    place = machine.system / "nobodys"
    place.write_text("secret")
    os.chown(place, NOBODY, NOBODY)
    place.chmod(0o600)
    before = place.stat()
    folder = user.home.parent / "written"
    folder.mkdir()
    os.chown(folder, user.uid, user.gid)
    folder.chmod(0o777)
    code = f"""
import os
for call in (lambda: os.chmod({str(place)!r}, 0o666),
             lambda: os.utime({str(place)!r}, (1, 1))):
    try:
        call()
    except PermissionError:
        print("refused")
"""
    order = order_for(UID, python(code), [(b"w" + bytes(folder),)])
    assert start(user, order).printed == "refused\n" * 2
    after = place.stat()
    assert (after.st_mode, after.st_mtime) == (before.st_mode, before.st_mtime)
    as_nobody = ["/usr/bin/setpriv", f"--reuid={NOBODY}", "--clear-groups"]
    subprocess.run([*as_nobody, *python(code)], check=True)
    assert place.stat().st_mtime == 1
