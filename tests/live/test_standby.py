"""Workers that are forked before they are needed: the call that takes one
must not differ from any other, and no request is lost or run twice."""

from __future__ import annotations

from core import check
from standbys import program


def test_demand_decides_how_many(environment):
    """None after one call, one after two; more where more are wanted at once
    or one after the other, and never more than the bound."""
    check(
        environment,
        program(
            """
before = descriptors()
run(abs, (-1,))
assert not waiting()
run(abs, (-1,))
(first,) = waiting()
assert run(abs, (-2,)) == 2
assert first not in waiting()
assert waiting()
for _ in range(8):
    crowd = [threading.Thread(target=run, args=(abs, (-1,)))
             for _ in range(24)]
    for one in crowd:
        one.start()
    for one in crowd:
        one.join()
    assert len(waiting()) <= prefork.MOST
assert len(waiting()) > 1
for _ in range(20):
    run(abs, (-1,))
    assert len(waiting()) <= prefork.MOST
registry.close_all()
assert descriptors() == before
"""
        ),
    )


def test_all_sandboxes_share_a_bound(environment):
    """The standbys of many policies are no more than those of a few."""
    check(
        environment,
        program(
            """
prefork.MOST_OF_ALL = 3
for name in ("abc", "bdb", "cmd", "csv", "dis"):
    for _ in range(3):
        run(abs, (-1,), imports=[name])
slots = registry.shared.slots.values()
every = [len(slot.box.standbys._waiting) for slot in slots]
assert sum(every) == 3, every
# Those that have ended by themselves count no more.
prefork.STANDBY_SECONDS = 0.1
time.sleep(0.2)
for _ in range(3):
    run(abs, (-1,), imports=["glob"])
*_, slot = registry.shared.slots.values()
assert slot.box.standbys._waiting
"""
        ),
    )


def test_a_call_on_a_standby_is_like_any_other(environment):
    """What a function can see of its process is the same in a worker that was
    forked for it and in one that stood by; and in a sandbox's first call, but
    for the modules that the zygote imports after it."""
    check(
        environment,
        program(
            """
look = '''(lambda os, sys, gc, signal: [
    sorted(sys.modules), dict(os.environ), os.getcwd(), sys.argv, sys.path,
    os.listdir("/tmp") if os.getcwd() == "/tmp" else None,
    [str(signal.getsignal(n)) for n in range(1, 65)],
    signal.pthread_sigmask(0, []), os.umask(0o77), sys.stdout.closed,
    gc.isenabled(), gc.get_freeze_count(), sys.exc_info(),
    sorted(globals()), sorted(vars(sys.modules["builtins"])),
    [__import__("resource").getrlimit(n) for n in range(16)],
    hasattr(sys, "last_value"), sys.gettrace(), sys.getrecursionlimit(),
])(*map(__import__, ("os", "sys", "gc", "signal")))'''
for options in ({}, {"serializer": "json"}, {"serializer": "cloudpickle"}):
    source = f"[repr(one) for one in {look}]"
    first = run(eval, (source,), **options)
    fresh = run(eval, (source,), **options)
    modules = [set(eval(names)) for names in (first.pop(0), fresh[0])]
    assert modules[0] <= modules[1]
    # Nor has anything been frozen for the first, and limits of memory are
    # counted from what the zygote has.
    differs = [one for one, other in zip(first, fresh[1:]) if one != other]
    assert len(differs) <= 2, differs
    slots = list(registry.shared.slots.values())
    until(lambda: slots[-1].box.standbys._waiting)
    time.sleep(0.2)
    assert run(eval, (source,), **options) == fresh
"""
        ),
    )


def test_each_standby_has_random_numbers_of_its_own(environment):
    """Two that were forked from one zygote draw different ones, numpy's
    global generator included."""
    check(
        environment,
        program(
            """
draw = ("[__import__('random').random(),"
        " float(__import__('numpy').random.random()),"
        " __import__('os').urandom(8).hex()]")
options = {"imports": ["random", "numpy.random"]}
warm(2, **options)
time.sleep(0.3)
drawn = [run(eval, (draw,), **options) for _ in range(4)]
assert len({value for values in drawn for value in values}) == 12, drawn
"""
        ),
    )


def test_waiting_is_no_part_of_the_call(environment):
    """The timeout and the limit of processor time begin with the request."""
    check(
        environment,
        program(
            """
from boxed import Limits
limits = Limits(cpu_time=1)
warm(limits=limits)
time.sleep(1.5)
assert run(abs, (-1,), limits=limits, timeout=0.9) == 1
error = refused(CallTimeout, run, time.sleep, (30,), limits=limits,
                timeout=0.2)
assert run(abs, (-1,), limits=limits, timeout=30) == 1
"""
        ),
    )
