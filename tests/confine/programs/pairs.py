"""Run by test_descriptors_in_flight."""

import asyncio
import os
import signal
import socket

near, far = socket.socketpair()
near.sendall(b"x" * 1000)
assert far.recv(2000) == b"x" * 1000


got: asyncio.Event


async def talk():
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGUSR1, got.set)
    os.kill(os.getpid(), signal.SIGUSR1)
    await got.wait()
    _, writer = await asyncio.open_connection(sock=near)
    answer, _ = await asyncio.open_connection(sock=far)
    writer.write(b"hello\n")
    await writer.drain()
    assert await answer.readline() == b"hello\n"
    loop.call_soon_threadsafe(print, "called")
    return await loop.run_in_executor(None, abs, -7)


async def main():
    global got
    got = asyncio.Event()
    print(await talk())


asyncio.run(main())
