"""A process of nobody's on the host, and guests that try to reach it."""

from __future__ import annotations

import contextlib
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

from checks import python
from environments import sleep_until
from launching import Ended
from orders import NOBODY, UID, order_for

PROGRAMS = Path(__file__).parent / "programs"

REACH = (PROGRAMS / "reaches.py").read_text()
SIGNALS = {"kill", "kill as a group", "pidfd", "given pidfd"}


@contextlib.contextmanager
def a_victim(uid: int = NOBODY) -> Iterator[int]:
    """The pid of a process of that uid, the leader of its group."""
    ids = (f"--reuid={uid}", f"--regid={uid}", "--clear-groups")
    victim = subprocess.Popen(
        ["/usr/bin/setpriv", *ids, "/usr/bin/sleep", "60"],
        start_new_session=True,
    )
    try:
        comm = Path(f"/proc/{victim.pid}/comm")
        sleep_until(lambda: comm.read_text() == "sleep\n")
        yield victim.pid
    finally:
        victim.send_signal(signal.SIGKILL)
        victim.wait()


def order_to_reach(pid: int, tier: int = UID, uid: int = NOBODY) -> bytes:
    """An order whose program tries all of it on a process."""
    more = [] if tier == UID else [(b"r/proc",)]
    return order_for(tier, python(REACH, str(pid)), more, uid)


def reached(ended: Ended) -> dict[str, str]:
    """What came of each attempt: 'done', or the errno's name."""
    lines = ended.printed.splitlines()
    printed = dict(line.split(": ") for line in lines)
    assert len(printed) == REACH.count("lambda"), ended
    return printed
