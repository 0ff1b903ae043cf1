"""A guest beside another one: a victim, and all that is tried on it."""

from __future__ import annotations

import fcntl
import os
import resource
import signal
import threading

from .attempts import REACHED, outcomes
from .futexes import WORD_TO_MOVE, WORD_TO_WAKE, shared_page, wait_on
from .lifetime import take_name
from .objects import check_offer, offer, take
from .touching import touches

WATCHED = (signal.SIGCONT, signal.SIGUSR1, signal.SIGUSR2, signal.SIGIO)


def condition() -> dict[str, object]:
    """What somebody else could have changed about this process."""
    return {
        "priority": os.getpriority(os.PRIO_PROCESS, 0),
        "files": list(resource.getrlimit(resource.RLIMIT_NOFILE)),
        "processors": sorted(os.sched_getaffinity(0)),
        "scheduler": os.sched_getscheduler(0),
        "stdin flags": fcntl.fcntl(0, fcntl.F_GETFL),
    }


def victim(
    seconds: float, name: str, key: int, ready: str = ""
) -> dict[str, object]:
    """Lives with all that a sibling could want until SIGHUP, or for a while;
    tells what became of it."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGHUP})
    take_name(name)
    received = []
    for number in WATCHED:
        signal.signal(number, lambda got, _frame: received.append(got))
    held = offer(name, key)
    page = shared_page()
    woken = []

    def wait(at: int) -> None:
        woken.append(wait_on(at, seconds))

    waiters = [
        threading.Thread(target=wait, args=(page + at,), daemon=True)
        for at in (WORD_TO_MOVE, WORD_TO_WAKE)
    ]
    for waiter in waiters:
        waiter.start()
    before = condition()
    print(f"ready {os.getpid()}.", flush=True)
    if ready:
        with open(ready, "w") as file:
            file.write(f"ready {os.getpid()}.")
    signal.sigtimedwait({signal.SIGHUP}, seconds)
    # Who was woken is there in no time.
    waiters[-1].join(0.2)
    return {
        "held": held,
        "received": received,
        "changed": {
            what: [value, condition()[what]]
            for what, value in before.items()
            if condition()[what] != value
        },
        "woken": any(woken),
        "read": check_offer(name, held),
    }


def attack_sibling(pids: list[int], name: str, key: int) -> dict[str, str]:
    """All of it, against the one sibling or each of its possible numbers."""
    found = outcomes(take(name, key))
    for pid in pids:
        if pid == os.getpid():
            continue
        for what, outcome in outcomes(touches(pid)).items():
            if outcome == REACHED or what not in found:
                found[what] = outcome
    set_flags(0)
    return found


def set_flags(fd: int) -> None:
    """Flags are of the open file, which is shared by who inherited it."""
    flags = fcntl.fcntl(fd, fcntl.F_GETFL)
    fcntl.fcntl(fd, fcntl.F_SETFL, flags | os.O_NONBLOCK | os.O_APPEND)
