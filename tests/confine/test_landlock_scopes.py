"""What else a Landlock domain closes: TCP, signals, sockets, mounts."""

import errno
import os
import signal
import socket
import subprocess

import pytest
from landlock_actions import ABI, ROOT, interpreter_grants, python


@pytest.mark.skipif(ABI < 4, reason="kernel older than the rights of TCP")
def test_tcp_is_closed_unless_asked_for():
    done, refused = (
        f"connect {word}\nbind {word}\n" for word in ("done", "refused")
    )
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = str(server.getsockname()[1])
        assert python([], "tcp", port).stdout == done
        for step in ("landlock", "landlock,nofs"):
            grants = interpreter_grants() if step == "landlock" else []
            held = python([*grants, step], "tcp", port)
            assert held.stdout == refused, held.stderr
            free = python([*grants, f"{step},network"], "tcp", port)
            assert free.stdout == done, free.stderr


@pytest.mark.skipif(ABI < 6, reason="kernel older than scopes")
@pytest.mark.parametrize("step", ["landlock,nofs", "landlock,nofs,network"])
def test_signals_stay_inside(step):
    """A process outside gets none, a child gets them; also with network."""
    for steps, word in (([step], "refused"), ([], "sent")):
        with subprocess.Popen(["/bin/sleep", "60"]) as other:
            result = python(steps, "signals", str(other.pid))
            assert result.stdout.split() == [word, "9"], result.stderr
            assert (other.poll() is None) == (word == "refused")
            other.kill()
        wanted = signal.SIGKILL if word == "refused" else signal.SIGTERM
        assert other.returncode in (-wanted, -signal.SIGTERM)


@pytest.mark.skipif(ABI < 6, reason="kernel older than scopes")
def test_abstract_sockets_stay_inside():
    name = f"confine-{os.getpid()}"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("\0" + name)
        server.listen()
        for steps, word in (([], "done"), (["landlock,nofs"], "refused")):
            result = python(steps, "abstract_sockets", name)
            assert result.stdout == f"{word}\n"


@pytest.mark.skipif(ABI < 4, reason="no domain without files before ABI 4")
def test_no_process_outside_can_be_traced():
    """Nor, which is the same rule, its memory or descriptors opened."""
    for steps, word in ((["landlock,nofs"], "refused"), ([], "attached")):
        with subprocess.Popen(["/bin/sleep", "60"]) as other:
            assert (
                python(steps, "ptrace", str(other.pid)).stdout.strip() == word
            )
            other.kill()


@ROOT
def test_mounting_works_until_files_are_handled(tmp_path):
    """What the workers of a zygote need, and what a worker must not have."""
    where = str(tmp_path)
    assert python([], "mounts", where).stdout == "mounted\n"
    free = python(["landlock,nofs"], "mounts", where)
    assert free.stdout == "mounted\n", free.stderr
    steps = [*interpreter_grants(), f"w:{where}", "landlock"]
    held = python(steps, "mounts", where)
    assert held.stdout == f"{errno.EPERM}\n", held.stderr


def test_no_new_privs_is_set():
    assert python([], "no_new_privs").stdout == "0\n"
    steps = [*interpreter_grants(), "r:/proc", "landlock"]
    assert python(steps, "no_new_privs").stdout == "1\n"
