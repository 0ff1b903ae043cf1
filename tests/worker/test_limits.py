"""Limits: each holds, says which it was, and the next call works."""

from __future__ import annotations

import pytest
from core import check

from boxed import Limits

MIB = 1 << 20


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("cpu_time", 0),
        ("cpu_time", float("nan")),
        ("memory", 1),
        ("threads", 0),
        ("processes", 0),
        ("open_files", 3),
        ("result", -1),
    ],
)
def test_impossible_limits(field, value):
    """Each is a ValueError that names the field."""
    with pytest.raises(ValueError, match=field):
        Limits(**{field: value})


def test_a_limit_of_a_wrong_type():
    """Bytes are counted in whole numbers."""
    with pytest.raises(TypeError, match="memory"):
        Limits(memory="1G")


def test_equal_limits_share_a_sandbox():
    """They compare and hash by value."""
    assert Limits(memory=MIB) == Limits(memory=MIB)
    assert hash(Limits(memory=MIB)) == hash(Limits(memory=MIB))
    assert Limits(memory=MIB) != Limits(memory=2 * MIB)


@pytest.mark.case("P-R02")
def test_memory(environment):
    """Beyond the limit is MemoryError; below it is room, numpy or not."""
    check(
        environment,
        """
        limits = Limits(memory=256 << 20)
        big = refused(MemoryError, run, bytes, (300 << 20,), limits=limits)
        assert isinstance(big, RemoteError)
        assert run(eval, ("len(bytes(200 << 20))",), limits=limits)
        growing = "x = []\\nwhile True: x.append(bytes(1 << 20))"
        refused(MemoryError, run, exec, (growing,), limits=limits)
        shared = "import mmap; x = [mmap.mmap(-1, 1 << 28) for _ in range(32)]"
        refused((OSError, MemoryError), run, exec, (shared,), limits=limits)
        product = ("float((lambda n: (n.ones((1000, 1000)) @"
                   " n.ones((1000, 1000)))[0, 0])(__import__('numpy')))")
        assert run(eval, (product,)) == 1000.0
        assert run(eval, (product,), limits=limits) == 1000.0
        assert run(abs, (-1,), limits=limits) == 1
        """,
    )


@pytest.mark.case("P-S06")
def test_cpu_time(environment):
    """A loop that ignores SIGXCPU ends all the same."""
    check(
        environment,
        """
        limits = Limits(cpu_time=1)
        error = refused(LimitExceeded, run, exec, ("while True: pass",),
                        limits=limits)
        assert error.resource == "cpu_time"
        stubborn = ("import signal; signal.signal(24, signal.SIG_IGN)"
                    "\\nwhile True: pass")
        error = refused(LimitExceeded, run, exec, (stubborn,), limits=limits)
        assert error.resource == "cpu_time"
        assert run(abs, (-1,), limits=limits) == 1
        """,
    )


def starting_threads(most: int, before: str = "") -> str:
    """What a guest runs to start threads; tells how many that were."""
    return f"""
import threading
{before}
event = threading.Event()
started = 0
try:
    for _ in range({most}):
        threading.Thread(target=event.wait, daemon=True).start()
        started += 1
except RuntimeError:
    pass
event.set()
raise LookupError(started)
"""


@pytest.mark.case("P-R01")
def test_threads(make_environment):
    """One more than the limit cannot start; up to it they work."""
    for name in ("root", "user", "rootless"):
        check(
            make_environment(name),
            f"""
            source = {starting_threads(40)!r}
            error = refused(LookupError, run, exec, (source,),
                            limits=Limits(threads=8))
            assert error.message == "7", error.message
            error = refused(LookupError, run, exec, (source,))
            assert error.message == "40", error.message
            """,
        )


@pytest.mark.case("P-R01")
@pytest.mark.parametrize("name", ["docker-user", "kubernetes"])
def test_threads_without_namespaces(make_environment, name):
    """All of a uid's count together there: a bound, if not an exact one."""
    source = starting_threads(5000, "threading.stack_size(65536)")
    check(
        make_environment(name),
        f"""
        error = refused(LookupError, run, exec, ({source!r},),
                        limits=Limits(threads=8))
        assert 8 <= int(error.message) < 1000, error.message
        assert run(abs, (-1,)) == 1
        """,
    )


@pytest.mark.case("P-R05")
def test_files(environment):
    """Open files, the size of one, and the room in /tmp."""
    check(
        environment,
        """
        import textwrap
        source = '''
        files = []
        try:
            while True:
                files.append(open("/dev/null"))
        except OSError as error:
            number = error.errno
        raise LookupError(len(files), number)
        '''
        error = refused(LookupError, run, exec, (textwrap.dedent(source),),
                        limits=Limits(open_files=50))
        assert "24" in error.message, error.message
        assert run(abs, (-1,), limits=Limits(open_files=50)) == 1
        """,
    )


@pytest.mark.case("P-R04")
def test_tmp(make_environment):
    """/tmp has the size it was given, and is empty again in the next call."""
    for name in ("root", "rootless"):
        check(
            make_environment(name),
            """
            limits = Limits(tmp_size=1 << 20, file_size=2 << 20)
            fill = "open('/tmp/x', 'wb').write(bytes(%d))"
            assert run(eval, (fill % (1 << 19),), limits=limits) == 1 << 19
            error = refused(OSError, run, eval, (fill % (3 << 19),),
                            limits=limits)
            assert error.errno == 28, error
            assert left_in("/tmp", limits=limits) == []
            small = Limits(file_size=1 << 16)
            error = refused(OSError, run, eval, (fill % (1 << 17),),
                            limits=small)
            assert error.errno == 27, error
            many = "[open('/tmp/%d' % n, 'w').close() for n in range(10**5)]"
            error = refused(OSError, run, eval, (many,))
            assert error.errno == 28, error
            """,
        )


def test_output_and_result(environment):
    """Both are counted in the caller."""
    check(
        environment,
        """
        import contextlib, io
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            error = refused(LimitExceeded, run, print, ("x" * 1000,),
                            limits=Limits(output=100))
        assert error.resource == "output" and out.getvalue() == "x" * 100
        error = refused(LimitExceeded, run, bytes, (2000,),
                        limits=Limits(result=1000))
        assert error.resource == "result"
        assert len(run(bytes, (900,), limits=Limits(result=1000))) == 900
        """,
    )


@pytest.mark.case("P-R03")
def test_all_that_a_guest_can_hold(make_environment):
    """Memory of every kind that one call can take, in sum, has a bound
    (control: outside, the first kind alone passes it)."""
    environment = make_environment("root")
    check(
        environment,
        """
        import mmap, textwrap
        small = Limits(memory=64 << 20, tmp_size=8 << 20, open_files=64)
        hoard = textwrap.dedent('''
        import fcntl, mmap, os, socket
        held, total = [], 0
        def until_refused(take):
            global total
            while True:
                try:
                    total += take()
                except (OSError, MemoryError, ValueError):
                    return
        def private():
            held.append(bytearray(1 << 20))
            return 1 << 20
        def shared():
            block = mmap.mmap(-1, 64 << 20)
            block[::4096] = bytes(len(block[::4096]))
            held.append(block)
            return 64 << 20
        def file(folder):
            name = f"{folder}/{len(held)}"
            with open(name, "wb", 0) as out:
                put = out.write(bytes(1 << 20))
            held.append(name)
            return put or 0
        def memory_file():
            held.append(os.memfd_create("x"))
            return os.write(held[-1], bytes(64 << 20))
        def pipe():
            near, far = os.pipe()
            held.append((near, far))
            fcntl.fcntl(far, 1031, 1 << 20)
            os.set_blocking(far, False)
            return os.write(far, bytes(1 << 20))
        def pair():
            near, far = socket.socketpair()
            held.append((near, far))
            far.setblocking(False)
            return far.send(bytes(1 << 20))
        for take in (shared, lambda: file("/tmp"), lambda: file("/dev/shm"),
                     memory_file, pipe, pair, private):
            until_refused(take)
        del held
        raise LookupError(total)
        ''')
        error = refused(LookupError, run, exec, (hoard,), limits=small)
        bound = (3 * 64 << 20) + (1 << 30) + 2 * (8 << 20) + 64 * (1 << 20)
        assert 64 << 20 < int(error.message) < bound, error.message
        outside = mmap.mmap(-1, 2 * bound)
        outside.close()
        assert run(abs, (-1,)) == 1
        """,
    )


@pytest.mark.case("P-R04")
def test_files_that_are_huge_many_or_deep(make_environment):
    """A sparse petabyte, and a thousand directories deep: errors inside, and
    nothing of them is left for the next call."""
    for name in ("root", "rootless"):
        check(
            make_environment(name),
            """
            sparse = "open('/tmp/x', 'wb').truncate(1 << 50)"
            refused(OSError, run, eval, (sparse,))
            deep = ("import os\\nwhile True:\\n    os.mkdir('d')\\n"
                    "    os.chdir('d')")
            error = refused(OSError, run, exec, (deep,))
            assert error.errno == 28, error
            assert left_in("/tmp") == []
            """,
        )
