"""What a guest sees or steers of others through a file that both may only
read: futexes in its pages, and which of its pages are in memory."""

from __future__ import annotations

import ctypes
import mmap
import os
import tempfile
from pathlib import Path

import pytest
from confine_build import PROGRAMS, ROOT, outcome, python_in_worker
from core import check_file
from security.attacks.calls import number

NUMBERS = (str(number("futex")), str(number("set_tid_address")))


def test_no_futex_in_a_file_wakes_others(environment):
    """A guest's wake reaches nobody, by shared and by private mappings, and
    says that nobody waits; outside, the same wakes one."""
    program = PROGRAMS / "no_futex_in_a_file_wakes_others.py"
    check_file(environment, program, *NUMBERS)


def test_no_wait_in_a_file_is_seen_or_ended_by_others(environment):
    """A guest's wait is over at once, or an error where it has an end: so no
    waker, and no thread's end, can tell it anything.  Outside they can."""
    program = PROGRAMS / "no_wait_in_a_file_is_seen_or_ended.py"
    check_file(environment, program, *NUMBERS)


def test_threads_still_wait_for_each_other():
    """By what C libraries do with shared futexes; a wait with an end is an
    error there, and none without the filter."""
    assert outcome(python_in_worker("joins")) == ["75"]
    assert outcome(python_in_worker("joins", zygote=False)) == ["waited"]


@pytest.fixture
def cached_file():
    """A file of many pages, on the disk of the checkout, all in memory."""
    with tempfile.NamedTemporaryFile(dir=ROOT, prefix=".cached-") as file:
        file.write(os.urandom(64 * mmap.PAGESIZE))
        file.flush()
        os.fsync(file.fileno())
        Path(file.name).read_bytes()
        yield file.name


def resident(path: str) -> int:
    """How many pages of a file are in memory."""
    libc = ctypes.CDLL(None)
    libc.mmap.restype = ctypes.c_void_p
    fd, size = os.open(path, os.O_RDONLY), Path(path).stat().st_size
    at = ctypes.c_void_p(libc.mmap(None, size, 1, 1, fd, 0))
    pages = (ctypes.c_ubyte * (size // mmap.PAGESIZE))()
    assert libc.mincore(at, size, pages) == 0
    return sum(page & 1 for page in pages)


def test_no_page_of_a_file_is_pushed_out(cached_file):
    """posix_fadvise(DONTNEED) is heard outside, and not inside."""
    assert outcome(python_in_worker("drops", cached_file)) == []
    assert resident(cached_file) == 64
    assert outcome(python_in_worker("drops", cached_file, zygote=False)) == []
    assert resident(cached_file) < 64


def test_no_read_tells_whether_a_page_is_in_memory(cached_file):
    """RWF_NOWAIT does outside; inside it is what some kernels have not."""
    probe = ("probes", cached_file, str(32 * mmap.PAGESIZE))
    held = ["Operation", "Operation", "16"]
    assert outcome(python_in_worker(*probe)) == held
    assert outcome(python_in_worker(*probe, zygote=False))[0] == "16"
    fd = os.open(cached_file, os.O_RDONLY)
    os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)
    os.close(fd)
    assert outcome(python_in_worker(*probe, zygote=False))[0] == "Resource"
    assert outcome(python_in_worker(*probe)) == held
