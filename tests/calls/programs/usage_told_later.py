"""Run by test_outcomes: what the kernel tells is waited for by whoever asks,
and by nobody else."""

import os
import pickle
import signal
import threading
import time

from harness import call
from standby_state import (
    descriptors,
    until,
    waiting,
    warm,
    workers,
    zygote,
)

import boxed
from boxed import _boxed

NEVER = (1 << 63) - 1


def stop_zygote():
    """Once all that stand by are forked, and what has answered has ended."""

    def settled():
        if len(workers()) != len(waiting()):
            return False
        time.sleep(0.1)
        return len(workers()) == len(waiting())

    warm(2)
    until(settled)
    os.kill(zygote(), signal.SIGSTOP)


def check_that_no_call_waits():
    """With a zygote that tells nothing, a call would wait for ever."""
    stop_zygote()
    outcome = call(abs, (-2,))
    assert outcome.unwrap() == 2 and outcome.usage.wall_time > 0
    os.kill(zygote(), signal.SIGCONT)
    assert outcome.usage.measured and outcome.usage.peak_memory > 0


def check_that_threads_may_ask_at_once():
    stop_zygote()
    usage, found = call(abs, (-2,)).usage, []
    threads = [
        threading.Thread(target=lambda: found.append(usage.page_faults))
        for _ in range(8)
    ]
    for one in threads:
        one.start()
    os.kill(zygote(), signal.SIGCONT)
    for one in threads:
        one.join()
    assert found == [usage.page_faults] * 8 and usage.page_faults > 0, found


def check_that_the_end_of_the_sandbox_comes_after():
    with boxed.Sandbox() as sandbox:
        outcomes = [sandbox.call(divmod, (7, n)) for n in range(3)]
    assert [one.usage.measured for one in outcomes] == [True] * 3


def check_what_is_held():
    """No more than of workers that have not ended; nothing once asked."""
    warm()
    _boxed.await_ends(NEVER)
    first = call(abs, (-2,))
    assert pickle.loads(pickle.dumps(first)) == first
    kept = [call(abs, (-2,)) for _ in range(100)]
    _boxed.await_ends(NEVER)
    boxed._live.prefork.end_all()
    before = descriptors()
    del kept[:]
    assert descriptors() == before
    usages = [call(abs, (-2,)).usage for _ in range(20)]
    assert all(one.measured for one in usages)
    boxed._live.prefork.end_all()
    assert descriptors() == before


def check_a_forked_child():
    """It asks nobody, and its parent is told all the same."""
    usage = call(abs, (-2,)).usage
    child = os.fork()
    if child == 0:
        os._exit(usage.measured)
    _, status = os.waitpid(child, 0)
    assert status == 0 and usage.measured


if __name__ == "__main__":
    check_that_no_call_waits()
    check_that_threads_may_ask_at_once()
    check_that_the_end_of_the_sandbox_comes_after()
    check_what_is_held()
    check_a_forked_child()
