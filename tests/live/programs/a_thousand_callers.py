"""Run by test_room."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

from crowds import crowd, dividing, limit, results
from harness import run

limit(1024)
crowd(1000, divmod, dividing)
assert sorted(a * 7 + b for a, b in results) == list(range(1000))


async def everybody():
    loop = asyncio.get_running_loop()
    with ThreadPoolExecutor(100) as pool:
        return await asyncio.gather(
            *(
                loop.run_in_executor(pool, run, divmod, (n, 7))
                for n in range(300)
            )
        )


assert asyncio.run(everybody()) == [divmod(n, 7) for n in range(300)]
