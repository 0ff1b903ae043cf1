"""SandboxExecutor, as users of concurrent.futures use it."""

import gc
import os
import signal
import sys
import threading
import time
import weakref
from concurrent import futures

from harness import ISOLATION, Sandbox, SandboxExecutor, call, refused

from boxed import (
    CallCancelled,
    Limits,
    RemoteError,
    SerializationError,
    WorkerDied,
    _boxed,
)

STATE = None


def spin():
    while True:
        pass


def set_state(value):
    global STATE
    STATE = value


def get_state(_=None):
    return STATE


def fails():
    raise ValueError("in the initializer")


def until(condition):
    while not condition():
        time.sleep(0.001)


def results_and_exceptions(pool):
    assert pool.submit(pow, 2, exp=10).result() == 1024
    assert pool.submit(lambda x: x + 1, 1).result() == 2
    error = pool.submit(lambda: 1 // 0).exception()
    assert isinstance(error, ZeroDivisionError)
    assert "in <lambda>" in str(error.__cause__)
    error = pool.submit(abs, threading.Lock()).exception()
    assert isinstance(error, SerializationError)
    refused(TypeError, pool.submit)


def in_order(pool):
    assert list(pool.map(pow, range(20), [2] * 20)) == [
        x * x for x in range(20)
    ]
    assert list(pool.map(abs, range(-50, 0), chunksize=7)) == [
        *range(50, 0, -1)
    ]
    assert (
        list(pool.map(abs, [])) == list(pool.map(abs, [], chunksize=5)) == []
    )
    assert list(pool.map(abs, [1])) == [1]
    for size in (1, 2):
        found = pool.map(lambda x: 6 // x, [1, 2, 0, 3], chunksize=size)
        assert [next(found), next(found)] == [6, 3]
        refused(ZeroDivisionError, next, found)
    refused(ValueError, pool.map, abs, [1], chunksize=0)
    refused(ValueError, pool.map, abs, [1], buffersize=0)
    refused(TypeError, pool.map, abs, [1], buffersize=1.5)
    slow = pool.map(time.sleep, [0, 60], timeout=0.2)
    assert next(slow) is None
    refused(futures.TimeoutError, next, slow)


def an_endless_iterable(pool):
    """With a buffer it is read as results are taken."""
    read = []

    def numbers():
        while True:
            read.append(len(read))
            yield read[-1]

    found = pool.map(abs, numbers(), buffersize=3)
    assert len(read) == 3
    assert [next(found) for _ in range(5)] == [0, 1, 2, 3, 4]
    assert len(read) == 8
    found.close()


def waiting(pool):
    some = [pool.submit(abs, -one) for one in range(100)]
    done, left = futures.wait(some)
    assert len(done) == 100 and not left
    some = [pool.submit(abs, -one) for one in range(10)]
    found = [one.result() for one in futures.as_completed(some)]
    assert sorted(found) == [*range(10)]
    slow = pool.submit(spin)
    first = pool.submit(abs, -1)
    done, left = futures.wait(
        [slow, first], return_when=futures.FIRST_COMPLETED
    )
    assert (done, left) == ({first}, {slow})
    assert slow.cancel()


def each_death_is_its_own():
    """Nobody else's future is touched, and the pool goes on."""
    with SandboxExecutor(2) as pool:
        good = [pool.submit(time.sleep, 0.05) for _ in range(3)]
        dead = [
            pool.submit(os._exit, 3),
            pool.submit(os.kill, 0, signal.SIGKILL),
            pool.submit(exec, "import ctypes; ctypes.string_at(0)"),
            pool.submit(exec, "raise SystemExit(1)"),
            pool.submit(lambda: Unsendable()),
            pool.submit(lambda: SentAndFails()),
        ]
        more = [pool.submit(abs, -one) for one in range(5)]
        assert all(one.exception() is not None for one in dead), dead
        assert isinstance(dead[0].exception(), WorkerDied)
        assert dead[0].exception().exitcode == 3
        assert [one.result() for one in good] == [None] * 3
        assert [one.result() for one in more] == [0, 1, 2, 3, 4]
        assert pool.submit(abs, -7).result() == 7


class Unsendable:
    def __reduce__(self):
        raise ValueError("cannot be sent")


class SentAndFails:
    def __reduce__(self):
        return os._exit, (3,)


def cancelling():
    with SandboxExecutor(1) as pool:
        running, waits = pool.submit(spin), pool.submit(abs, -1)
        until(running.running)
        assert not waits.running()
        assert waits.cancel() and waits.cancelled()
        called = []
        running.add_done_callback(called.append)
        assert running.cancel() and running.cancelled() and running.done()
        assert called == [running]
        refused(futures.CancelledError, running.result)
        assert running.cancel()
        done = pool.submit(abs, -2)
        assert done.result() == 2
        assert not done.cancel()
        assert futures.wait([running, waits], timeout=0).done


def running(some):
    return sum(one.running() for one in some)


def no_more_than_so_many_at_once():
    with SandboxExecutor(3) as pool:
        some = [pool.submit(spin) for _ in range(8)]
        until(lambda: running(some) == 3)
        assert _boxed.seats()[0] <= 3
        while some:
            some.pop(0).cancel()
            until(
                lambda: sum(one.running() for one in some) == min(3, len(some))
            )
    for bad in (0, -1):
        refused(ValueError, SandboxExecutor, bad)
    refused(TypeError, SandboxExecutor, "2")


def initializers():
    with SandboxExecutor(2, initializer=set_state, initargs=(7,)) as pool:
        assert [pool.submit(get_state).result() for _ in range(3)] == [7, 7, 7]
        assert list(pool.map(get_state, range(5), chunksize=2)) == [7] * 5
    with SandboxExecutor(initializer=fails) as pool:
        for _ in range(2):
            error = pool.submit(get_state).exception()
            assert isinstance(error, RemoteError)
            assert isinstance(error, ValueError)
    refused(TypeError, SandboxExecutor, initializer=3)


def shutting_down():
    with SandboxExecutor(1) as pool:
        left = [pool.submit(time.sleep, 0.02) for _ in range(5)]
    assert [one.result() for one in left] == [None] * 5
    message = refused(RuntimeError, pool.submit, abs, 1)
    assert "cannot schedule new futures after shutdown" in str(message)
    assert str(refused(RuntimeError, pool.map, abs, [1])) == str(message)
    pool.shutdown()
    pool = SandboxExecutor(1)
    left = [pool.submit(time.sleep, 0.1) for _ in range(5)]
    until(left[0].running)
    pool.shutdown(cancel_futures=True)
    assert left[0].result() is None
    assert all(one.cancelled() for one in left[1:])
    pool = SandboxExecutor(1)
    last = pool.submit(abs, -3)
    pool.shutdown(wait=False)
    assert last.result() == 3


def one_that_is_dropped():
    """It ends once its calls have."""
    pool = SandboxExecutor(2)
    future, queue = pool.submit(abs, -4), pool._queue
    del pool
    gc.collect()
    assert future.result() == 4
    queue.ended.wait()


def nothing_keeps_what_was_yielded(pool):
    class Kept(list):
        pass

    for value in pool.map(list, [(1,)]):
        kept = Kept(value)
        gone = weakref.ref(kept)
        del kept, value
        assert gone() is None
    rows = pool.map(bytearray, [10**6, 10])
    first = next(rows)
    assert sys.getrefcount(first) == 2


def no_thread_for_a_call(pool):
    some = [pool.submit(abs, -one) for one in range(200)]
    assert threading.active_count() < 8, threading.enumerate()
    assert [one.result() for one in some] == [*range(200)]


def of_a_sandbox():
    with Sandbox(limits=Limits(memory="200M")) as sandbox:
        assert sandbox.submit(pow, (2, 3)).result() == 8
        assert sandbox.submit(pow, (2,), {"exp": 4}, timeout=9).result() == 16
        ended = sandbox.submit(spin, timeout=0.1)
        assert isinstance(ended.exception(), TimeoutError)
        cancelled = sandbox.submit(spin)
        assert cancelled.cancel()
        left = sandbox.submit(spin)
        until(lambda: left._exchange.live is not None)
    assert isinstance(left.exception(), CallCancelled), left.exception()
    refused(RuntimeError, sandbox.submit, abs, (1,))


def a_forked_child():
    with SandboxExecutor(1) as pool:
        assert pool.submit(abs, -1).result() == 1
        child = os.fork()
        if child == 0:
            try:
                refused(RuntimeError, pool.submit, abs, 1)
                with SandboxExecutor(1) as own:
                    assert own.submit(abs, -2).result() == 2
                os._exit(0)
            finally:
                os._exit(1)
        assert os.waitpid(child, 0)[1] == 0
        assert pool.submit(abs, -3).result() == 3


if __name__ == "__main__":
    assert call(abs, (-1,)).value == 1 and ISOLATION
    with SandboxExecutor(timeout=30) as pool:
        results_and_exceptions(pool)
        in_order(pool)
        an_endless_iterable(pool)
        waiting(pool)
        nothing_keeps_what_was_yielded(pool)
        no_thread_for_a_call(pool)
    each_death_is_its_own()
    cancelling()
    no_more_than_so_many_at_once()
    initializers()
    shutting_down()
    one_that_is_dropped()
    of_a_sandbox()
    a_forked_child()
    # The program's end waits for these, as for other executors'.
    last = SandboxExecutor(1)
    last.submit(time.sleep, 0.2).add_done_callback(lambda _: print("done"))
    del last
