"""What must go on working under the system call filters: Python."""

import os
import sys
from pathlib import Path

import pytest
from confine_build import (
    ENTER_WORKER,
    build,
    confined,
    outcome,
    python_in_worker,
)

# This one, the system's, and whatever pyenv has: what an interpreter asks of
# the kernel differs between versions and builds.
PYENV = Path.home() / ".pyenv/versions"
INTERPRETERS = sorted(
    {
        sys.executable,
        *filter(os.path.exists, ["/usr/bin/python3"]),
        *map(str, PYENV.glob("3.9.*/bin/python3")),
        *map(str, PYENV.glob("3.1?.*/bin/python3")),
    }
)

PROGRAM = """
import asyncio, concurrent.futures, ctypes, decimal, hashlib, os, shutil
import socket, sqlite3, ssl, tempfile, threading, zoneinfo
from multiprocessing.pool import ThreadPool

with tempfile.TemporaryDirectory() as where:
    path = os.path.join(where, "db")
    one, two = sqlite3.connect(path), sqlite3.connect(path)
    one.execute("pragma journal_mode=wal")
    one.execute("create table t (a)")
    one.execute("insert into t values (1)")
    one.commit()
    assert two.execute("select a from t").fetchall() == [(1,)]
    one.close(); two.close()
    shutil.copy2(path, path + "2")
    os.chmod(path, 0o600); os.rename(path, path + "3")
    os.mkfifo(path)

async def main():
    loop = asyncio.get_running_loop()
    await asyncio.sleep(0.001)
    return await loop.run_in_executor(None, abs, -3)

assert asyncio.run(main()) == 3
with ThreadPool(2) as pool:
    assert pool.map(abs, [-1, 2]) == [1, 2]
with concurrent.futures.ThreadPoolExecutor(2) as pool:
    assert list(pool.map(abs, [-1])) == [1]
threads = [threading.Thread(target=sum, args=([],)) for _ in range(8)]
for thread in threads: thread.start()
for thread in threads: thread.join()
callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int)(lambda x: x + 1)
assert callback(1) == 2
assert str(decimal.Decimal(1) / 8) == "0.125"
assert "Europe/Berlin" in zoneinfo.available_timezones() or True
ssl.create_default_context(); hashlib.sha256(b"x").hexdigest()
left, right = socket.socketpair()
left.settimeout(1); left.send(b"x"); assert right.recv(1) == b"x"
os.cpu_count(); os.sched_getaffinity(0); os.nice(1); os.getloadavg()
os.kill(os.getpid(), 0); os.urandom(8); os.get_terminal_size
for refused in (os.fork, lambda: os.system("true") and 1 / 0):
    try:
        refused()
    except (PermissionError, ZeroDivisionError):
        pass
    else:
        raise AssertionError("a process was made")
print("done")
"""

SUBPROCESS = """
import os, signal, subprocess, sys
ran = subprocess.run(["/bin/echo", "hi"], capture_output=True)
assert ran.stdout == b"hi\\n"
with subprocess.Popen(["/bin/sleep", "60"], start_new_session=True) as sleep:
    sleep.terminate()
assert sleep.returncode == -signal.SIGTERM
pid = os.fork()
if pid == 0:
    os._exit(3)
assert os.waitpid(pid, 0)[1] >> 8 == 3
print("done")
"""

NETWORK = """
import asyncio, socket
async def main():
    async def echo(reader, writer):
        writer.write(await reader.read(9)); await writer.drain()
        writer.close()
    server = await asyncio.start_server(echo, "127.0.0.1", 0)
    address = server.sockets[0].getsockname()
    reader, writer = await asyncio.open_connection(*address)
    writer.write(b"x")
    assert await reader.read(9) == b"x"
    writer.close(); server.close()
asyncio.run(main())
assert socket.getaddrinfo("127.0.0.1", 80)
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
    one.bind(("127.0.0.1", 0)); one.sendto(b"x", one.getsockname())
    assert one.recv(9) == b"x"
print("done")
"""


@pytest.mark.parametrize("interpreter", INTERPRETERS)
def test_python_works_in_a_worker(interpreter):
    """The standard library under both filters, for every CPython there is."""
    result = python_in_worker(PROGRAM, interpreter=interpreter)
    assert outcome(result) == ["done"]


@pytest.mark.parametrize("interpreter", INTERPRETERS)
def test_subprocesses_work_where_asked_for(interpreter):
    result = python_in_worker(SUBPROCESS, interpreter, processes=2)
    assert outcome(result) == ["done"]
    assert python_in_worker(SUBPROCESS, interpreter).returncode != 0


def test_network_works_where_asked_for():
    assert outcome(python_in_worker(NETWORK, network=True)) == ["done"]
    assert python_in_worker(NETWORK).returncode != 0


FORK_SERVER = """
import array, ctypes, os, resource, signal, socket, sys
libc = ctypes.CDLL(None, use_errno=True)
def call(name, *args):
    if getattr(libc, name)(*args) < 0:
        raise OSError(ctypes.get_errno(), name)
def raw(number, *args):
    if libc.syscall(number, *args) < 0:
        raise OSError(ctypes.get_errno(), str(number))
def write(path, text):
    with open(path, "w") as file:
        file.write(text)
def set_up():
    os.setsid()
    call("prctl", 1, 9, 0, 0, 0)
    resource.setrlimit(resource.RLIMIT_NPROC, (100, 100))
    resource.prlimit(os.getpid(), resource.RLIMIT_CORE, (0, 0))
    os.dup2(0, 9); os.dup2(0, 10, False); os.closerange(9, 12)
    uid, gid = os.getuid(), os.getgid()
    call("unshare", 0x10000000 | 0x00020000 | 0x08000000)
    write("/proc/self/setgroups", "deny")
    write("/proc/self/uid_map", f"65534 {uid} 1")
    write("/proc/self/gid_map", f"65534 {gid} 1")
    call("mount", None, b"/", None, 1 << 18 | 1 << 14, None)
    for where in (b"/tmp", b"/dev/shm"):
        call("mount", b"tmpfs", where, b"tmpfs", 14, b"size=1m,mode=1777")
    call("prctl", 28, 0x2f, 0, 0, 0)
    for capability in range(41):
        call("prctl", 24, capability, 0, 0, 0)
    call("prctl", 47, 4, 0, 0, 0)
    call("capset", (ctypes.c_uint * 2)(0x20080522, 0), (ctypes.c_uint * 6)())
    call("prctl", 4, 0, 0, 0, 0)
    assert os.getuid() == 65534 and os.listdir("/tmp") == []

ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
null = os.open("/dev/null", os.O_RDWR)
socket.send_fds(ours, [b"x"], [null, 2])
print(len(socket.recv_fds(theirs, 9, 4)[1]), flush=True)
pid = os.fork()
if pid == 0:
    library = ctypes.CDLL(LIBRARY)
    set_up()
    enter_worker()
    theirs.send(b"ready")
    signal.pause()
theirs.close()
print(ours.recv(9).decode())
fd = os.pidfd_open(pid)
signal.pidfd_send_signal(fd, signal.SIGTERM)
print(os.waitid(os.P_PIDFD, fd, os.WEXITED).si_status)
print(os.path.samefile("/tmp", os.path.dirname(LIBRARY) + "/.."))
"""


def test_fork_server_can_prepare_a_worker():
    """All that is done in C between the fork and the worker's filter."""
    library = build("confine", "-shared", "-fPIC")
    script = f"LIBRARY = {library!r}\n{ENTER_WORKER}{FORK_SERVER}"
    words = ["--", "exec", sys.executable, "-I", "-c", script]
    for steps in ([], ["zygote"]):
        result = confined(*steps, *words)
        assert outcome(result) == ["2", "ready", "15", "True"]


def test_numpy_works_in_a_worker():
    """Imported under the worker's filter, with its threads."""
    body = (
        "import numpy\n"
        "a = numpy.random.default_rng(0).random((300, 300))\n"
        "assert numpy.allclose(a @ numpy.linalg.inv(a), numpy.eye(300))\n"
        "print('done')\n"
    )
    assert outcome(python_in_worker(body)) == ["done"]


def test_python_ends_as_it_does_unconfined():
    """abort, a fault and an exit status come out the same."""
    ends = ("os.abort()", "ctypes.string_at(0)", "os._exit(3)")
    for end in ends:
        results = [
            python_in_worker(f"import os, ctypes\n{end}", zygote=zygote)
            for zygote in (True, False)
        ]
        assert results[0].returncode == results[1].returncode != 0
