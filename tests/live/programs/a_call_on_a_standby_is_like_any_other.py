"""Run by test_standby."""

import time

from harness import run
from standby_state import until

from boxed._live import registry

look = """(lambda os, sys, gc, signal: [
    sorted(sys.modules), dict(os.environ), os.getcwd(), sys.argv, sys.path,
    os.listdir("/tmp") if os.getcwd() == "/tmp" else None,
    [str(signal.getsignal(n)) for n in range(1, 65)],
    signal.pthread_sigmask(0, []), os.umask(0o77), sys.stdout.closed,
    gc.isenabled(), gc.get_freeze_count(), sys.exc_info(),
    sorted(globals()), sorted(vars(sys.modules["builtins"])),
    [__import__("resource").getrlimit(n) for n in range(16)],
    hasattr(sys, "last_value"), sys.gettrace(), sys.getrecursionlimit(),
])(*map(__import__, ("os", "sys", "gc", "signal")))"""
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
    until(lambda slots=slots: slots[-1].box.standbys._waiting)
    time.sleep(0.2)
    assert run(eval, (source,), **options) == fresh
