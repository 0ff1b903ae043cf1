"""A service for formulas: hundreds of tenants' at once, each with its bounds.

    python formulas.py [requests]

A request is a tenant and a formula, which may ask for the tenant's own cells.
No formula keeps the others waiting, and none finds what another has left.
"""

from __future__ import annotations

import asyncio
import sys
from collections import Counter
from typing import Any

from boxed import Limits, Outcome
from boxed.asyncio import call

SHEETS = {
    f"tenant-{n}": {"price": n + 1.0, "amount": 2.0, "secret": n}
    for n in range(40)
}
# What a formula itself may use, however many others there are; the timeout is
# for one that waits.
LIMITS = Limits(cpu_time=0.2, memory="64M", output="1K", host_calls=100)
TIMEOUT = 30
# What a tenant's formulas may look up; `secret` is another program's.
SHOWN = {"price", "amount"}
FORMULAS = (
    "cell('price') * cell('amount')",
    "round(sum(cell('price') ** k for k in range(3)), 2)",
    "math.hypot(cell('price'), cell('amount'))",
    "cell('secret')",
    "cell('price') / 0",
    "[0] * 10 ** 9",
    "(lambda f: f(f))(lambda f: f(f))",
    "max(iter(int, 1))",
    "__import__('os').system('id')",
)


def evaluate(formula: str) -> Any:
    """Runs in the sandbox only, so the formula may be anything.  ``cell`` is
    what the service exposes."""
    import builtins
    import math

    return eval(formula, {"math": math, **vars(builtins)})


class Service:
    """Evaluates formulas, each against its tenant's own sheet."""

    def __init__(self) -> None:
        self.verdicts: Counter[str] = Counter()

    async def cell(self, tenant: str, name: str) -> float:
        """What the formula asks for, as from a database."""
        await asyncio.sleep(0)
        if name not in SHOWN:
            raise PermissionError(f"{name} is not shown to formulas")
        return SHEETS[tenant][name]

    async def answer(self, tenant: str, formula: str) -> Outcome[Any]:
        """Each formula has a process of its own, and its tenant's cells."""

        async def cell(name: str) -> float:
            return await self.cell(tenant, name)

        outcome = await call(
            evaluate,
            (formula,),
            timeout=TIMEOUT,
            limits=LIMITS,
            expose={"cell": cell},
        )
        self.verdicts[outcome.cause] += 1
        return outcome


async def main(requests: int) -> None:
    service = Service()
    tenants = list(SHEETS)
    waiting = [
        asyncio.create_task(
            service.answer(tenants[n % len(tenants)], FORMULAS[n % 9])
        )
        for n in range(requests)
    ]
    # A user who has closed the page.
    given_up = asyncio.create_task(service.answer("tenant-0", FORMULAS[7]))
    await asyncio.sleep(0.1)
    given_up.cancel()

    outcomes = await asyncio.gather(*waiting)
    for formula, outcome in zip(FORMULAS, outcomes):
        shown = outcome.value if outcome.exception is None else outcome.cause
        print(f"{formula:52} {shown}")
    print(dict(sorted(service.verdicts.items())))
    assert given_up.cancelled()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 180))
