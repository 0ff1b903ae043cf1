"""expose=: functions of the program that the guest calls by their names."""

import signal
import sys
import threading
import time

from harness import (
    ISOLATION,
    Sandbox,
    call,
    in_threads,
    refused,
    run,
    run_source,
)

import boxed
from boxed import CallTimeout, Limits, RemoteError

HELD = threading.Lock()
ASKED: list[object] = []


def search(query, *, limit=2):
    """Refers to what cannot be sent, and so cannot have been."""
    assert not HELD.locked()
    ASKED.append(query)
    return [query] * limit


def agent(topic):
    print("about", topic)
    return search(topic), search(topic, limit=1)


def apply(function, value):
    return function(value)


def of_functions_and_source():
    found = run(agent, ("rain",), expose={"search": search})
    assert found == (["rain", "rain"], ["rain"])
    assert run(apply, (search, 5), expose={"search": search}) == [5, 5]
    assert run(eval, ("lookup(2)",), expose={"lookup": search}) == [2, 2]
    done = run_source(
        "search('a')[0] + x", {"x": "b"}, expose={"search": search}
    )
    assert done.value == "ab"
    # Without, the script's own goes along, and cannot.
    refused(boxed.SerializationError, run, agent, ("rain",))
    assert isinstance(run_source("search").exception, NameError)


def plain_data_both_ways():
    values = [None, 1.5, "ä", b"\0", [1, (2, {3})], {"a": [1]}, 1 << 70]
    for value in values:
        seen: list[object] = []

        def keep(one, seen=seen):
            seen.append(one)
            return one

        text = f"keep({value!r}) == {value!r}"
        assert run_source(text, expose={"keep": keep}).value is True
        assert seen == [value] and type(seen[0]) is type(value)
    data = bytes(3 << 20)
    assert run_source(
        "f(d) == d", {"d": data}, expose={"f": lambda d: d}
    ).value


def what_it_printed_comes_first():
    told: list[str] = []
    run_source(
        "print('before', end='')\nmark()\nprint('after')",
        expose={"mark": lambda: told.append("mark")},
        stdout=told.append,
        isolation=ISOLATION,
    )
    assert told == ["before", "mark", "after\n"]


def exceptions_reach_the_guest():
    def failing():
        raise KeyError("no key")

    text = "try: failing()\nexcept KeyError as error: told = error.args\ntold"
    assert run_source(text, expose={"failing": failing}).value == ("no key",)
    error = refused(
        RemoteError, run, eval, ("failing()",), expose={"failing": failing}
    )
    assert isinstance(error, KeyError)


def a_function_may_run_a_guest():
    def inner(number):
        return run(pow, (number, 2))

    assert run(eval, ("inner(7)",), expose={"inner": inner}) == 49


def of_a_sandbox():
    with Sandbox(expose={"search": search}) as sandbox:
        assert sandbox.run(apply, (search, 1)) == [1, 1]
        assert sandbox.call(agent, ("a",)).stdout == "about a\n"
        assert sandbox.run_source("search(3)").value == [3, 3]
        rows = list(sandbox.map(search, range(20), chunksize=3))
        assert rows == [[one, one] for one in range(20)]


def from_threads():
    def work(number):
        for _ in range(5):
            assert run(apply, (search, number), expose={"search": search})

    in_threads(8, work)


def one_thread_of_a_guest_at_a_time():
    text = (
        "import threading\n"
        "found = []\n"
        "def work(n): found.extend(search(n))\n"
        "start = lambda n: threading.Thread(target=work, args=(n,))\n"
        "threads = [start(n) for n in range(9)]\n"
        "for one in threads: one.start()\n"
        "for one in threads: one.join()\n"
        "sorted(found) == sorted([*range(9), *range(9)])\n"
    )
    assert run_source(text, expose={"search": search}).value is True


def time_of_the_function_is_its_own():
    expose = {"slow": lambda: time.sleep(0.2)}
    done = run_source("slow()\nslow()\n1", expose=expose, timeout=0.3)
    assert done.value == 1, done
    ended = run_source("slow()\nwhile True: pass", expose=expose, timeout=0.3)
    assert isinstance(ended.exception, CallTimeout)


def an_interrupt_meanwhile():
    """Ctrl-C in the function ends the call and is raised here."""

    def interrupted():
        signal.raise_signal(signal.SIGINT)

    refused(KeyboardInterrupt, run, eval, ("f()",), expose={"f": interrupted})
    assert run(abs, (-1,)) == 1


def limits():
    asked = call(
        exec,
        ("while True: f()",),
        expose={"f": lambda: None},
        limits=Limits(host_calls=10),
    )
    assert asked.cause == "host_calls", asked


def options():
    for kind, value in (
        (TypeError, ["search"]),
        (TypeError, {"search": 3}),
        (TypeError, {3: search}),
        (ValueError, {"a b": search}),
        (ValueError, {"print": search}),
        (ValueError, {"class": search}),
        (ValueError, {"__hidden": search}),
    ):
        error = refused(kind, run, abs, (1,), expose=value)
        assert str(error).startswith("expose= "), error
    for name in ("cloudpickle", "dill"):
        refused(ValueError, run, abs, (1,), expose={"f": abs}, serializer=name)
    for name in ("pickle", "json"):
        expose = {"search": search}
        assert run(eval, ("search(1)",), expose=expose, serializer=name)


if __name__ == "__main__":
    of_functions_and_source()
    plain_data_both_ways()
    what_it_printed_comes_first()
    exceptions_reach_the_guest()
    a_function_may_run_a_guest()
    of_a_sandbox()
    from_threads()
    one_thread_of_a_guest_at_a_time()
    time_of_the_function_is_its_own()
    an_interrupt_meanwhile()
    limits()
    options()
    assert threading.active_count() == 1, sys.stderr
