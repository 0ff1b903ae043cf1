"""For programs of test_shared_counts: what a guest takes of what the kernel
counts for a uid.  Outside the same functions take much more."""

from __future__ import annotations


def waiting(most):
    """Signals that wait."""
    import os
    import signal

    one = signal.SIGRTMIN + 5
    signal.pthread_sigmask(signal.SIG_BLOCK, [one])
    for _ in range(most):
        os.kill(os.getpid(), one)
    count = 0
    while signal.sigtimedwait([one], 0) is not None:
        count += 1
    return count


def watched(numbers):
    """One file under so many numbers, in two instances of epoll."""
    import os
    import select

    count, sets = 0, [select.epoll() for _ in range(2)]
    keeper = os.eventfd(0) if hasattr(os, "eventfd") else os.pipe()[0]
    for number in range(50, 50 + numbers):
        os.dup2(keeper, number)
        for one in sets:
            one.register(number, 1)
            count += 1
        os.close(number)
    return count


def pages():
    """Pipes, and the pages that they hold."""
    import fcntl
    import os

    ends, held = [], 0
    try:
        while True:
            ends.append(os.pipe())
            held += fcntl.fcntl(ends[-1][0], 1032) // 4096
            try:
                fcntl.fcntl(ends[-1][0], 1031, 1 << 20)
                held += 240
            except PermissionError:
                pass
    except OSError:
        return len(ends), held


def selector():
    """Which one an event loop has, that does something."""
    import asyncio
    import selectors

    async def main():
        await asyncio.sleep(0)
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(None, abs, -5)

    assert asyncio.run(main()) == 5
    return str(selectors.DefaultSelector)
