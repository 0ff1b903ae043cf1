"""Descriptors that lie in a socket unread count for a uid, which others have
too: a guest has none of them."""

from __future__ import annotations

from confine_build import outcome, python_in_worker
from core import check

# Sends its own descriptors to itself, and reads none.
HOG = """
import array, os, resource, socket, _socket
many = array.array("i", [0] * 250)
rights = [(_socket.SOL_SOCKET, _socket.SCM_RIGHTS, many)]
ends, sent, why = [], 0, None
for _ in range(8):
    ends.append(socket.socketpair(socket.AF_UNIX, KIND))
    try:
        ends[-1][0].sendmsg([b"x"], rights)
        sent += 250
    except OSError as error:
        why = error.errno
"""


def test_a_guest_has_none_in_flight(make_environment):
    """However it sends; outside, the same fills what its uid may have, until
    nobody of that uid can pass a descriptor."""
    check(
        make_environment("rootless"),
        f"""
        import resource, socket
        hog = {HOG!r}
        for kind in ("socket.SOCK_STREAM", "socket.SOCK_SEQPACKET"):
            for limits in (Limits(), Limits(processes=4)):
                source = hog.replace("KIND", kind)
                source += "\\nraise LookupError(sent, why)"
                error = refused(LookupError, run, exec, (source,),
                                limits=limits)
                assert error.message == "(0, 1)", error.message
        # The control: a thousand are too many for a limit of 400.
        resource.setrlimit(resource.RLIMIT_NOFILE, (400, 400))
        near, far = socket.socketpair()
        socket.send_fds(near, [b"x"], [0])
        held = {{}}
        exec(hog.replace("KIND", "socket.SOCK_STREAM"), held)
        assert held["sent"] >= 400 and held["why"] == 109, held
        error = refused(OSError, socket.send_fds, near, [b"x"], [0])
        assert error.errno == 109
        """,
    )


PAIRS = """
import asyncio, os, select, signal, socket
near, far = socket.socketpair()
near.sendall(b"x" * 1000)
assert far.recv(2000) == b"x" * 1000
async def talk():
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGUSR1, got.set)
    os.kill(os.getpid(), signal.SIGUSR1)
    await got.wait()
    reader, writer = await asyncio.open_connection(sock=near)
    answer, back = await asyncio.open_connection(sock=far)
    writer.write(b"hello\\n")
    await writer.drain()
    assert await answer.readline() == b"hello\\n"
    loop.call_soon_threadsafe(print, "called")
    return await loop.run_in_executor(None, abs, -7)
async def main():
    global got
    got = asyncio.Event()
    print(await talk())
asyncio.run(main())
"""


def test_pairs_of_sockets_work():
    """What event loops do with them, and sending what fits."""
    assert outcome(python_in_worker(PAIRS)) == ["called", "7"]


MESSAGES = """
import socket
listener = socket.create_server(("127.0.0.1", 0))
near = socket.create_connection(listener.getsockname())
far, _ = listener.accept()
near.sendmsg([b"a", b"b"])
print(far.recv(9).decode())
"""


def test_messages_work_over_a_network():
    """Which resolvers and event loops send; not without one."""
    assert outcome(python_in_worker(MESSAGES, network=True)) == ["ab"]
    assert python_in_worker(MESSAGES).returncode != 0
