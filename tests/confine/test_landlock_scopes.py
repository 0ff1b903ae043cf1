"""What else a Landlock domain closes: TCP, signals, sockets, mounts."""

import errno
import os
import signal
import socket
import subprocess

import pytest
from landlock_actions import ABI, ROOT, interpreter_grants, python

TCP = """
import socket, sys
def attempt(name, address):
    with socket.socket() as s:
        try:
            getattr(s, name)(address); print(name, "done")
        except PermissionError:
            print(name, "refused")
attempt("connect", ("127.0.0.1", int(sys.argv[1])))
attempt("bind", ("127.0.0.1", 0))
"""


@pytest.mark.skipif(ABI < 4, reason="kernel older than the rights of TCP")
def test_tcp_is_closed_unless_asked_for():
    done, refused = (
        f"connect {word}\nbind {word}\n" for word in ("done", "refused")
    )
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = str(server.getsockname()[1])
        assert python([], TCP, port).stdout == done
        for step in ("landlock", "landlock,nofs"):
            grants = interpreter_grants() if step == "landlock" else []
            held = python([*grants, step], TCP, port)
            assert held.stdout == refused, held.stderr
            free = python([*grants, f"{step},network"], TCP, port)
            assert free.stdout == done, free.stderr


@pytest.mark.skipif(ABI < 6, reason="kernel older than scopes")
@pytest.mark.parametrize("step", ["landlock,nofs", "landlock,nofs,network"])
def test_signals_stay_inside(step):
    """A process outside gets none, a child gets them; also with network."""
    body = (
        "import os, signal, sys\n"
        "try:\n"
        "    os.kill(int(sys.argv[1]), signal.SIGTERM); print('sent')\n"
        "except PermissionError:\n"
        "    print('refused')\n"
        "pid = os.fork()\n"
        "if pid == 0:\n"
        "    signal.pause()\n"
        "os.kill(pid, signal.SIGKILL)\n"
        "print(os.waitpid(pid, 0)[1])\n"
    )
    for steps, word in (([step], "refused"), ([], "sent")):
        with subprocess.Popen(["/bin/sleep", "60"]) as other:
            result = python(steps, body, str(other.pid))
            assert result.stdout.split() == [word, "9"], result.stderr
            assert (other.poll() is None) == (word == "refused")
            other.kill()
        wanted = signal.SIGKILL if word == "refused" else signal.SIGTERM
        assert other.returncode in (-wanted, -signal.SIGTERM)


@pytest.mark.skipif(ABI < 6, reason="kernel older than scopes")
def test_abstract_sockets_stay_inside():
    body = (
        "import socket, sys\n"
        "with socket.socket(socket.AF_UNIX) as s:\n"
        "    try:\n"
        "        s.connect('\\0' + sys.argv[1]); print('done')\n"
        "    except PermissionError:\n"
        "        print('refused')\n"
    )
    name = f"confine-{os.getpid()}"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("\0" + name)
        server.listen()
        assert python([], body, name).stdout == "done\n"
        assert python(["landlock,nofs"], body, name).stdout == "refused\n"


PTRACE = """
import ctypes, sys
libc = ctypes.CDLL(None, use_errno=True)
rc = libc.ptrace(16, int(sys.argv[1]), 0, 0)
print("attached" if rc == 0 else "refused")
"""


@pytest.mark.skipif(ABI < 4, reason="no domain without files before ABI 4")
def test_no_process_outside_can_be_traced():
    """Nor, which is the same rule, its memory or descriptors opened."""
    for steps, word in ((["landlock,nofs"], "refused"), ([], "attached")):
        with subprocess.Popen(["/bin/sleep", "60"]) as other:
            assert python(steps, PTRACE, str(other.pid)).stdout.strip() == word
            other.kill()


MOUNT = """
import ctypes, os, sys
libc = ctypes.CDLL(None, use_errno=True)
assert libc.unshare(0x00020000) == 0
assert libc.mount(b"none", b"/", None, 1 << 18 | 1 << 14, None) == 0 \
    or ctypes.get_errno() == 1
rc = libc.mount(b"tmpfs", sys.argv[1].encode(), b"tmpfs", 0, b"size=4k")
print("mounted" if rc == 0 else ctypes.get_errno())
"""


@ROOT
def test_mounting_works_until_files_are_handled(tmp_path):
    """What the workers of a zygote need, and what a worker must not have."""
    where = str(tmp_path)
    assert python([], MOUNT, where).stdout == "mounted\n"
    free = python(["landlock,nofs"], MOUNT, where)
    assert free.stdout == "mounted\n", free.stderr
    steps = [*interpreter_grants(), f"w:{where}", "landlock"]
    held = python(steps, MOUNT, where)
    assert held.stdout == f"{errno.EPERM}\n", held.stderr


def test_no_new_privs_is_set():
    body = (
        "words = open('/proc/self/status').read().split()\n"
        "print(words[words.index('NoNewPrivs:') + 1])\n"
    )
    assert python([], body).stdout == "0\n"
    steps = [*interpreter_grants(), "r:/proc", "landlock"]
    assert python(steps, body).stdout == "1\n"
