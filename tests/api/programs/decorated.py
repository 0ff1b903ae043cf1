"""@sandboxed, on whatever people decorate."""

import asyncio
import os
import threading
from typing import Any

from harness import ISOLATION, refused, run
from harness import sandboxed as tested

import boxed
from boxed import SetupError
from boxed import sandboxed as plain

sandboxed: Any = tested
CALLS: list[int] = []


@sandboxed(timeout=30)
def factorial(number):
    """Calls itself."""
    CALLS.append(number)
    return 1 if number < 2 else number * factorial(number - 1)


@sandboxed(timeout=30)
def twice(number):
    """Calls another one."""
    return factorial(number) * 2


@sandboxed(timeout=0.2)
def endless():
    while True:
        pass


@sandboxed()
async def awaited(number):
    await asyncio.sleep(0)
    return number + 1


class Account:
    def __init__(self, balance):
        self.balance = balance

    @sandboxed()
    def after(self, rate):
        self.balance *= rate
        return self.balance

    @staticmethod
    @sandboxed()
    def fee(amount):
        return amount // 100

    @classmethod
    @sandboxed()
    def kind(cls):
        return cls.__name__


def of_functions():
    assert factorial(5) == 120 and CALLS == []
    assert factorial.unboxed(1) == 1 and CALLS == [1]
    assert factorial.__name__ == "factorial"
    assert factorial.__doc__ == "Calls itself."
    assert factorial.__wrapped__ is factorial.unboxed
    assert twice(4) == 48
    outcome = factorial.call(3)
    assert (outcome.cause, outcome.value) == ("returned", 6)
    assert factorial.submit(4).result() == 24
    assert endless.call().cause == "timeout"
    refused(TimeoutError, endless)
    assert run(twice, (3,)) == 12
    one = sandboxed()(lambda x, *, y: x - y)
    assert one(3, y=1) == 2
    assert sandboxed()(os.getpid)() != os.getpid()


def of_methods():
    account = Account(200)
    assert account.after(3) == 600
    assert account.balance == 200
    assert account.after.submit(2).result() == 400
    assert Account.fee(1000) == 10
    assert Account.kind() == "Account"


def of_coroutines():
    async def main():
        return await asyncio.gather(awaited(1), awaited(2))

    assert asyncio.run(main()) == [2, 3]
    assert awaited.call(4).value == 5


def of_threads():
    found = []
    threads = [
        threading.Thread(target=lambda n=n: found.append(factorial(n)))
        for n in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8


def a_forked_child():
    child = os.fork()
    if child == 0:
        try:
            assert factorial(4) == 24
            os._exit(0)
        finally:
            os._exit(1)
    assert os.waitpid(child, 0)[1] == 0


def what_is_none():
    refused(TypeError, plain, 3)
    refused(TypeError, plain, colour=1)
    refused(TypeError, plain, staticmethod(abs))
    refused(TypeError, plain, int)
    error = refused(ValueError, plain(timeout=-1)(abs), 1)
    assert str(error).startswith("timeout=")


if __name__ == "__main__":
    of_functions()
    of_methods()
    of_coroutines()
    of_threads()
    a_forked_child()
    what_is_none()
    if ISOLATION == "auto":
        # Without options too.
        try:
            assert boxed.sandboxed(lambda: 5)() == 5
        except SetupError:
            assert os.environ["TESTED_ISOLATION"] != "auto"
