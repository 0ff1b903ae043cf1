"""Run by test_seccomp_python."""

import asyncio
import socket


async def main():
    async def echo(reader, writer):
        writer.write(await reader.read(9))
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(echo, "127.0.0.1", 0)
    address = server.sockets[0].getsockname()
    reader, writer = await asyncio.open_connection(*address)
    writer.write(b"x")
    assert await reader.read(9) == b"x"
    writer.close()
    server.close()


asyncio.run(main())
assert socket.getaddrinfo("127.0.0.1", 80)
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
    one.bind(("127.0.0.1", 0))
    one.sendto(b"x", one.getsockname())
    assert one.recv(9) == b"x"
print("done")
