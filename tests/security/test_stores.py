"""P-C: a large answer lies in memory that the guest could write to.

The caller makes it, of the size that the guest asks for; the guests here ask,
write and hold on to it in every way but the intended one.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from security.speech import SPEAK, caller_is_well, descriptors, speak

from boxed import (
    CallTimeout,
    Limits,
    ProtocolError,
    RemoteError,
    SerializationError,
    WorkerDied,
    _boxed,
    run,
)
from boxed._live import registry
from boxed._wire.payload import read_store

# An answer in a store, as it should be; `s` is the store.
STORE = "s = want(5)\nos.write(s, b'\\x80\\x05K\\x07.')\n"
TELL = "send(frame(STORED, sizes(5)))\n"


def stores() -> bool:
    """Whether this kernel has memory that is never executable (6.3)."""
    try:
        os.close(_boxed.new_store(1))
    except OSError:
        return False
    return True


pytestmark = pytest.mark.skipif(
    not stores(), reason="needs MFD_NOEXEC_SEAL, Linux 6.3"
)


def test_the_control():
    """What is refused below is an answer when it is done as it should be."""
    assert speak(STORE + TELL) == 7
    assert speak(STORE + "os.close(s)\n" + TELL) == 7
    assert speak(STORE + "import fcntl\nfcntl.fcntl(s, 1033, 8)\n" + TELL) == 7
    assert speak("want(5)\nsend(frame(VALUE, b'\\x80\\x05K\\x08.'))") == 8
    parts = b"\x80\x05\x97\x97\x86.".ljust(64) + b"ab".ljust(64) + b"c"
    source = f"s = want(129)\nos.write(s, {parts!r})\n"
    found = speak(source + "send(frame(STORED, sizes(6, 2, 1)))")
    assert [*map(bytes, found)] == [b"ab", b"c"]


@pytest.mark.case("P-C01")
@pytest.mark.parametrize("size", [0, 64 * 2**20 + 1, 2**63, 2**64 - 1, -1])
def test_p_c01_a_store_of_no_size(size):
    """More than a result may take, or nothing: refused, and none is made."""
    with pytest.raises(ProtocolError):
        speak(f"want({size})")
    caller_is_well()


@pytest.mark.case("P-C03")
@pytest.mark.parametrize(
    "source",
    [
        TELL,
        "want(5)\nwant(5)",
        "send(header(WANT, 5, limit=5) + b'x' * 5)",
        "send(header(WANT, 0, limit=5, id=CALL ^ 1))",
        "send(frame(GIVEN, b''))",
        "send(frame(REQUEST_STORED, sizes(5)))",
        STORE + "send(frame(STORED, b''))",
        STORE + "send(frame(STORED, b'\\3'))",
        STORE + "send(frame(STORED, sizes(5) + b'\\0' * 7))",
        STORE + "send(frame(STORED, sizes(4)))",
        STORE + "send(frame(STORED, sizes(6)))",
        STORE + "send(frame(STORED, sizes(5, 0)))",
        STORE + "send(frame(STORED, sizes(5, 2**64 - 5)))",
        STORE + "send(frame(STORED, sizes(2**64 - 1)))",
        STORE + "send(frame(STORED, sizes(*[0] * 4095, 5) * 2))",
        STORE + "send(header(STORED, 2**40) + b'x' * 100)",
        STORE + "send(frame(STORED, sizes(5), id=CALL ^ 1))",
        STORE + "send(b'x' + frame(STORED, sizes(5)))",
        STORE + "send(frame(STORED, sizes(5))[:35])",
    ],
)
def test_p_c03_what_is_no_store(source):
    """Asked for twice or never, and sizes that are not those of its parts."""
    with pytest.raises(ProtocolError):
        speak(source)
    caller_is_well()


@pytest.mark.case("P-C03")
@pytest.mark.parametrize(
    "source",
    [
        "want(5)\n",
        STORE.replace("want(5)", "want(8192)"),
        STORE + "libc.fallocate(s, 3, *map(ctypes.c_long, (0, 4096)))\n",
        STORE + "fcntl.fcntl(s, 1033, 1)\n",
        STORE + "held = mmap.mmap(s, 5)\n",
        STORE + "r, w = os.pipe()\nassert os.sendfile(w, s, 0, 5) == 5\n",
    ],
    ids=["unwritten", "half", "punched", "sealed", "mapped", "pinned"],
)
def test_p_c03_a_store_that_cannot_be_sealed(source):
    """With a part that was not written, or in somebody's hands still."""
    imports = "import ctypes, fcntl, mmap\nlibc = ctypes.CDLL(None)\n"
    size = 8192 if "8192" in source else 5
    with pytest.raises(ProtocolError, match="not as it was announced"):
        # Alive: its mappings and pipes would end with it.
        tell = f"send(frame(STORED, sizes({size})))\ntime.sleep(60)"
        speak(imports + source + tell)
    caller_is_well()


@pytest.mark.case("P-C03")
def test_p_c03_a_mapping_in_a_child():
    """Another process of the call's holds it: no answer; without it, one."""
    fork = (
        STORE + "import mmap\nheld = mmap.mmap(s, 5)\n"
        "r, w = os.pipe()\n"
        "if os.fork() == 0:\n"
        "    os.write(w, b'x')\n"
        "    time.sleep(60)\n"
        "os.read(r, 1)\nheld.close()\n"
    )
    limits = Limits(processes=2)
    with pytest.raises(ProtocolError, match="not as it was announced"):
        # The first process's end would end the other.
        speak(fork + TELL + "time.sleep(60)", limits=limits)
    alone = fork.replace("os.fork()", "os.write(w, b'x') and 1")
    assert speak(alone + TELL, limits=limits) == 7


@pytest.mark.case("P-C02")
@pytest.mark.parametrize(
    "rest",
    [
        "time.sleep(60)",
        "send(frame(STORED, sizes(5))[:-1]); time.sleep(60)",
        "[send(b'x') or time.sleep(0.2) for _ in range(10**6)]",
    ],
)
def test_p_c02_a_store_and_slow(rest):
    """The deadline covers what follows."""
    with pytest.raises((CallTimeout, ProtocolError)):
        speak(STORE + rest, timeout=1)
    caller_is_well()


@pytest.mark.case("P-C02")
def test_p_c02_a_store_and_gone():
    """Who asks and dies, has died."""
    with pytest.raises(WorkerDied):
        speak("send(header(WANT, 0, limit=2**20))")
    with pytest.raises(WorkerDied):
        speak("want(2**20)")
    caller_is_well()


@pytest.mark.case("P-C04")
@pytest.mark.parametrize(
    ("stream", "buffers"),
    [
        (b"cos\nmkdir\n(Vx\ntR.", 0),
        (b"\x80\x05\x97\x97\x86.", 1),
        (b"\x80\x05\x97.", 2),
        (b"\x80\x05K\x07.", 1),
        (b"\x80\x05\x98.", 1),
    ],
)
def test_p_c04_streams_in_a_store(stream, buffers):
    """Read by the same decoder: no call, and each buffer once, in order."""
    parts = stream.ljust(64) + b"x".ljust(64) * buffers
    parts = parts[: -63 if buffers else len(stream)]
    source = (
        f"s = want({len(parts)})\nos.write(s, {parts!r})\n"
        f"send(frame(STORED, sizes({len(stream)}, *[1] * {buffers})))"
    )
    with pytest.raises(SerializationError):
        speak(source)
    caller_is_well()


@pytest.mark.case("P-C08")
@pytest.mark.parametrize("kind", ["file", "directory", "pipe", "store"])
def test_p_c08_a_store_of_their_own(kind):
    """Descriptors sent in place of the store's are discarded by the kernel:
    the answer is what is in the caller's."""
    source = (
        STORE + f"kind = {kind!r}\n"
        "own = {'pipe': lambda: os.pipe()[0],\n"
        "       'file': lambda: os.open('/tmp/x', os.O_RDWR | os.O_CREAT),\n"
        "       'directory': lambda: os.open('/tmp', os.O_RDONLY),\n"
        "       'store': lambda: s}[kind]()\n"
        "rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS,\n"
        "           array.array('i', [own] * 100))]\n"
        "channel = socket.socket(fileno=3)\n"
        "channel.sendmsg([frame(STORED, sizes(5))], rights)\n"
    )
    # Where there is no network, nothing can be sent along.
    with pytest.raises(RemoteError):
        speak(source)
    run(abs, (-1,), network=True)
    before = descriptors()
    assert speak(source, network=True) == 7
    assert descriptors() == before


@pytest.mark.case("P-R04")
def test_p_r04_a_store_stays_as_large_as_it_is():
    """It can be neither shrunk, which would send its reader a signal, nor
    grown (control: a file that is not sealed kills its reader)."""
    reader = (
        "import mmap, os\n"
        "fd = os.memfd_create('x')\n"
        "os.ftruncate(fd, 8192)\n"
        "view = mmap.mmap(fd, 8192, mmap.MAP_PRIVATE)\n"
        "os.ftruncate(fd, 0)\n"
        "print(view[5000])\n"
    )
    done = subprocess.run([sys.executable, "-c", reader], check=False)
    assert done.returncode == -7
    source = (
        "s = want(8192)\nfound = []\n"
        "for change in (lambda: os.ftruncate(s, 0),\n"
        "               lambda: os.ftruncate(s, 16384),\n"
        "               lambda: os.posix_fallocate(s, 0, 16384),\n"
        "               lambda: os.pwrite(s, b'x', 8192)):\n"
        "    try:\n"
        "        change()\n"
        "        found.append(0)\n"
        "    except OSError as error:\n"
        "        found.append(error.errno)\n"
        "items = b''.join(b'K%ca' % n for n in found)\n"
        "send(frame(VALUE, b'\\x80\\x05]' + items + b'.'))\n"
    )
    assert speak(source) == [1, 1, 1, 1]


@pytest.mark.case("P-F07")
def test_p_f07_a_store_cannot_be_executed():
    """Not even where the call may execute (control: a plain memfd, outside,
    by the same path)."""
    execute = (
        "program = open('/proc/self/exe', 'rb').read()\n"
        "for n in range(0, len(program), 2**20):\n"
        "    os.write(s, program[n:n + 2**20])\n"
        "os.set_inheritable(s, True)\n"
        "link = f'/proc/self/fd/{s}'\n"
        "argv = ['python', '-I', '-S', '-c', 'import os; os._exit(77)']\n"
    )
    outside = "import os\ns = os.memfd_create('x')\n" + execute
    done = subprocess.run(
        [sys.executable, "-c", outside + "os.execv(link, argv)"], check=False
    )
    assert done.returncode == 77
    inside = (
        "size = os.stat('/proc/self/exe').st_size\ns = want(size)\n" + execute
    )
    inside += (
        "found = []\n"
        "for way in (lambda: os.fchmod(s, 0o700),\n"
        "            lambda: os.chmod(link, 0o700),\n"
        "            lambda: os.execv(link, argv),\n"
        "            lambda: os.execve(s, argv, {})):\n"
        "    try:\n"
        "        way()\n"
        "    except OSError as error:\n"
        "        found.append(error.errno)\n"
        "items = b''.join(b'K%ca' % n for n in found)\n"
        "send(frame(VALUE, b'\\x80\\x05]' + items + b'.'))\n"
    )
    found = speak(inside, limits=Limits(processes=2))
    assert len(found) == 4 and set(found) <= {1, 13}, found


@pytest.fixture
def live():
    """A call that the test reads itself."""
    limits = Limits(tmp_size=5 << 20)
    run(abs, (-1,), limits=limits)
    (policy,) = (p for p in registry.shared.slots if p.limits == limits)
    box = registry.shared.box(policy)
    with registry.shared.using(box):
        live = box.open_call()
        try:
            yield live
        finally:
            live.close()


@pytest.mark.case("P-C03")
def test_p_c03_no_change_after_the_check(live):
    """While the guest still runs and writes, nothing changes for the caller
    once it has sealed (control: until then it does)."""
    import pickle

    source = SPEAK + (
        "import mmap\n"
        "s = want(8192)\n"
        "again = os.open(f'/proc/self/fd/{s}', os.O_RDWR)\n"
        "os.write(s, b'a' * 8192)\n"
        "send(frame(STORED, sizes(8192)))\n"
        "def reported(change):\n"
        "    while True:\n"
        "        try:\n"
        "            change()\n"
        "        except OSError as error:\n"
        "            return error.errno\n"
        "found = [reported(lambda: os.pwrite(s, os.urandom(8192), 0)),\n"
        "         reported(lambda: os.pwrite(again, b'b', 5000)),\n"
        "         reported(lambda: mmap.mmap(s, 8192).close()),\n"
        "         reported(lambda: os.ftruncate(again, 1))]\n"
        "os._exit(42 if found == [1] * 4 else 1)\n"
    )
    live.request(pickle.dumps((exec, (source,), {}), 5))
    limit = time.monotonic_ns() + 20 * 10**9
    event, kind, sizes = live.wait(limit)
    assert (event, kind) == (_boxed.CALL_ANSWERED, _boxed.FRAME_STORED)
    store = live.store
    first = os.pread(store, 8192, 0)
    while os.pread(store, 8192, 0) == first:
        assert time.monotonic_ns() < limit
    while True:
        try:
            _boxed.seal_store(store)
            break
        except BlockingIOError:
            assert time.monotonic_ns() < limit
    view, _ = read_store(store, sizes)
    sealed = bytes(view)
    assert live.wait_end(limit) == _boxed.CALL_ENDED
    assert os.waitstatus_to_exitcode(live.report[0]) == 42
    assert bytes(view) == sealed


HOSTILE = [
    "send(frame(VALUE, b'\\xff' * 1000))",
    "send(header(VALUE, 2**20) + b'x' * 5000)",
    "send(header(VALUE, 2**63))",
    "send(os.urandom(4096))",
    "send(header(VALUE, 3, id=0) + b'K\\7.')",
    "send(frame(ERROR, b'\\xff' * 64))",
    "os._exit(1)",
    "os.kill(os.getpid(), 9)",
    "want(2**25)",
    "want(2**20)\nwant(2**20)",
    "s = want(2**20)\nos.write(s, b'x' * 2**20)\n"
    "send(frame(STORED, sizes(2**20)))",
    "want(2**25)\nsend(frame(STORED, sizes(2**25)))",
    STORE + "send(frame(STORED, sizes(*[0] * 4096)))",
    STORE + "import mmap\nheld = mmap.mmap(s, 5)\n" + TELL + "time.sleep(60)",
    STORE + "channel = socket.socket(fileno=3)\n"
    "rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS,"
    " array.array('i', [s] * 200))]\n"
    "for _ in range(20): channel.sendmsg([b'x'], rights)",
]


@pytest.mark.case("P-C08")
def test_p_c08_nothing_adds_up():
    """After hundreds of hostile answers the caller has as many descriptors as
    before, no store mapped, and is no larger."""

    def resident() -> int:
        return int(Path("/proc/self/statm").read_text().split()[1]) * 4096

    def a_round() -> None:
        for source in HOSTILE:
            with pytest.raises(
                (ProtocolError, SerializationError, WorkerDied)
            ):
                speak(source, network="sendmsg" in source)

    for _ in range(3):
        a_round()
    before = descriptors(), resident()
    for _ in range(20):
        a_round()
    assert descriptors() == before[0]
    assert "memfd:boxed" not in Path("/proc/self/maps").read_text()
    assert resident() < before[1] + (16 << 20)
    caller_is_well()
