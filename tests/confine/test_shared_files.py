"""What a guest sees or steers of others through a file that both may only
read: futexes in its pages, and which of its pages are in memory."""

from __future__ import annotations

import mmap
import os
import tempfile
from pathlib import Path

import pytest
from confine_build import ROOT, outcome, python_in_worker
from core import check

# Each attack is tried outside first, where it must work.
FUTEX = '''
import ctypes, errno, mmap, os, threading
libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long
libc.mmap.restype = ctypes.c_void_p
NUMBER = {"x86_64": (202, 218), "aarch64": (98, 96)}[os.uname().machine]
def mapped(way):
    """A page of the file, by a shared or a private mapping, untouched."""
    file = os.open(FILE, os.O_RDONLY)
    at = libc.mmap(None, 4096, 1, way, file, 0)
    ctypes.string_at(at, 1)
    return at
def futex(at, op, value, limit=None):
    at, limit = ctypes.c_void_p(at), ctypes.byref(limit) if limit else None
    got = libc.syscall(NUMBER[0], at, op, value, limit, None, -1)
    return -ctypes.get_errno() if got < 0 else got
def wait(way, limit=None):
    at = mapped(way)
    return futex(at, 0, ctypes.c_uint32.from_address(at).value, limit)
def wake(way):
    return futex(mapped(way), 1, 1000)
def end_thread():
    """The kernel wakes at the address that a thread named, when it ends."""
    at = mapped(1)
    def name_it():
        libc.syscall(NUMBER[1], ctypes.c_void_p(at))
    thread = threading.Thread(target=name_it)
    thread.start()
    thread.join()
'''

WAITER = """
def waiter():
    near, far = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.write(far, b"?")
        wait(1)
        os._exit(0)
    os.read(near, 1)
    # Until it sleeps in the call, by what the kernel says.
    while f"{NUMBER[0]} " not in open(f"/proc/{pid}/syscall").read():
        os.sched_yield()
    return pid
"""


def test_no_futex_in_a_file_wakes_others(environment):
    """A guest's wake reaches nobody, by shared and by private mappings, and
    says that nobody waits; outside, the same wakes one."""
    check(
        environment,
        f"""
        FILE = os.path.join(os.path.dirname(os.__file__), "textwrap.py")
        FUTEX = {FUTEX!r}
        exec(FUTEX)
        exec({WAITER!r})
        for way in (1, 2):
            pid = waiter()
            inside = f"FILE = {{FILE!r}}\\n{{FUTEX}}\\n"
            error = refused(LookupError, run, exec,
                            (inside + f"raise LookupError(wake({{way}}))",))
            assert error.message == "0", error.message
            assert os.waitpid(pid, os.WNOHANG) == (0, 0)
            assert wake(way) == 1
            os.waitpid(pid, 0)
        """,
    )


def test_no_wait_in_a_file_is_seen_or_ended_by_others(environment):
    """A guest's wait is over at once, or an error where it has an end: so no
    waker, and no thread's end, can tell it anything.  Outside they can."""
    check(
        environment,
        f"""
        FILE = os.path.join(os.path.dirname(os.__file__), "textwrap.py")
        FUTEX = {FUTEX!r}
        inside = f"FILE = {{FILE!r}}\\n{{FUTEX}}\\n"
        again = "raise LookupError(wait({{0}}), wait({{0}}, {{1}}))"
        limit = "(ctypes.c_long * 2)(1000, 0)"
        for way in (1, 2):
            source = inside + again.format(way, limit)
            error = refused(LookupError, run, exec, (source,))
            assert error.message == "(-11, -75)", error.message
        exec(FUTEX)
        exec({WAITER!r})
        for end in (lambda: wake(1), end_thread):
            pid = waiter()
            end()
            assert os.waitpid(pid, 0) == (pid, 0)
        """,
    )


JOINS = """
import ctypes, multiprocessing, os, threading, time
from multiprocessing.pool import ThreadPool
libc = ctypes.CDLL(None)
# pthread_join of a thread that still runs, in C alone
kind = ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_void_p)
def nap(_):
    time.sleep(0.05)
    done.append(1)
done, body, thread = [], kind(nap), ctypes.c_ulong()
libc.pthread_create.argtypes = [ctypes.c_void_p] * 4
assert libc.pthread_create(ctypes.byref(thread), None, body, None) == 0
libc.pthread_join.argtypes = [ctypes.c_ulong, ctypes.c_void_p]
assert libc.pthread_join(thread, None) == 0
assert done == [1]
# semaphores of multiprocessing, between threads
lock, held = multiprocessing.Lock(), threading.Event()
def hold():
    with lock:
        held.set()
        time.sleep(0.05)
        done.append(2)
holder = threading.Thread(target=hold)
holder.start()
held.wait()
with lock:
    assert done == [1, 2]
holder.join()
semaphore = multiprocessing.Semaphore(0)
threading.Thread(target=semaphore.release).start()
semaphore.acquire()
with ThreadPool(4) as pool:
    assert pool.map(abs, range(-50, 0)) == list(range(50, 0, -1))
queue = multiprocessing.Queue()
queue.put("x")
assert queue.get(timeout=10) == "x"
try:
    semaphore.acquire(timeout=0.05)
    print("waited")
except OSError as error:
    print(error.errno)
"""


def test_threads_still_wait_for_each_other():
    """By what C libraries do with shared futexes; a wait with an end is an
    error there, and none without the filter."""
    assert outcome(python_in_worker(JOINS)) == ["75"]
    assert outcome(python_in_worker(JOINS, zygote=False)) == ["waited"]


@pytest.fixture
def cached_file():
    """A file of many pages, on the disk of the checkout, all in memory."""
    with tempfile.NamedTemporaryFile(dir=ROOT, prefix=".cached-") as file:
        file.write(os.urandom(64 * mmap.PAGESIZE))
        file.flush()
        os.fsync(file.fileno())
        Path(file.name).read_bytes()
        yield file.name


RESIDENT = """
import ctypes, mmap, os
def resident(path):
    libc = ctypes.CDLL(None)
    libc.mmap.restype = ctypes.c_void_p
    fd, size = os.open(path, os.O_RDONLY), os.path.getsize(path)
    at = ctypes.c_void_p(libc.mmap(None, size, 1, 1, fd, 0))
    pages = (ctypes.c_ubyte * (size // mmap.PAGESIZE))()
    assert libc.mincore(at, size, pages) == 0
    return sum(page & 1 for page in pages)
"""


def resident(path: str) -> int:
    found: dict = {}
    exec(RESIDENT, found)
    return found["resident"](path)


def test_no_page_of_a_file_is_pushed_out(cached_file):
    """posix_fadvise(DONTNEED) is heard outside, and not inside."""
    drop = (
        f"import os\nfd = os.open({cached_file!r}, os.O_RDONLY)\n"
        "os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)\n"
    )
    assert outcome(python_in_worker(drop)) == []
    assert resident(cached_file) == 64
    assert outcome(python_in_worker(drop, zygote=False)) == []
    assert resident(cached_file) < 64


PROBE = """
import os
fd = os.open({path!r}, os.O_RDONLY)
for flags in (os.RWF_NOWAIT, 128, 0):
    try:
        print(os.preadv(fd, [bytearray(16)], {place}, flags))
    except OSError as error:
        print(os.strerror(error.errno).split()[0])
"""


def test_no_read_tells_whether_a_page_is_in_memory(cached_file):
    """RWF_NOWAIT does outside; inside it is what some kernels have not."""
    probe = PROBE.format(path=cached_file, place=32 * mmap.PAGESIZE)
    held = ["Operation", "Operation", "16"]
    assert outcome(python_in_worker(probe)) == held
    assert outcome(python_in_worker(probe, zygote=False))[0] == "16"
    fd = os.open(cached_file, os.O_RDONLY)
    os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)
    os.close(fd)
    assert outcome(python_in_worker(probe, zygote=False))[0] == "Resource"
    assert outcome(python_in_worker(probe)) == held
