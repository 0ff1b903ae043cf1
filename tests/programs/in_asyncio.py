"""asyncio.to_thread, or what it was before Python 3.9's."""

import asyncio

from boxed import RemoteError, run


def invert(x):
    return 1 / x


async def guarded(x):
    try:
        return await asyncio.to_thread(run, invert, (x,), timeout=30)
    except ZeroDivisionError as error:
        assert isinstance(error, RemoteError)
        return None


async def main():
    return await asyncio.gather(*map(guarded, [4, 0, 2]))


if __name__ == "__main__":
    print(asyncio.run(main()))
