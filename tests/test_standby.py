"""Workers that are forked before they are needed: the call that takes one
must not differ from any other, and no request is lost or run twice."""

from __future__ import annotations

import pytest
from core import check

# Every environment that tests of the machinery need; as root, a caller may
# look at the processes of its sandbox and kill them.
HELPERS = """
import threading, time
from boxed import _boxes, _setting, _standby

def box():
    (slot,) = _boxes.shared.slots.values()
    return slot.box

def waiting():
    return box().standbys._waiting

def warm(wanted=1, **options):
    "Calls until so many workers stand by."
    for _ in range(20):
        assert run(abs, (-1,), **options) == 1
        if len(waiting()) >= wanted:
            return
        box().standbys._wanted = wanted
    raise AssertionError("no standby after 20 calls")

def until(predicate):
    limit = time.monotonic() + 20
    while not predicate():
        assert time.monotonic() < limit, predicate
        time.sleep(0.002)

def children(pid):
    with open(f"/proc/{pid}/task/{pid}/children") as file:
        return [int(word) for word in file.read().split()]

def zygote():
    "The last of the line of only children."
    (pid,) = children(box().pid)
    (pid,) = children(pid)
    return pid

def workers():
    return children(zygote())

def kill_all():
    "Whether all are gone; one may be about to be forked."
    for pid in workers():
        try:
            os.kill(pid, 9)
        except ProcessLookupError:
            pass
    return not workers()

def descriptors():
    return len(os.listdir("/proc/self/fd"))
"""
# A function whose runs can be counted.
TALLY = """
import tempfile
tally = tempfile.NamedTemporaryFile(dir="/var/tmp")
os.chmod(tally.name, 0o666)
add = f"open({tally.name!r}, 'a').write('x')"
def count():
    return os.stat(tally.name).st_size
def call():
    return run(eval, (add,), write=[tally.name])
"""


@pytest.fixture
def root(make_environment):
    """A caller that sees its sandbox from outside."""
    return make_environment("root")


def program(code: str, *before: str) -> str:
    return "".join((HELPERS, *before)) + "\n" + code


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
    assert len(waiting()) <= _standby.MOST
assert len(waiting()) > 1
for _ in range(20):
    run(abs, (-1,))
    assert len(waiting()) <= _standby.MOST
_boxes.close_all()
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
_standby.MOST_OF_ALL = 3
for name in ("abc", "bdb", "cmd", "csv", "dis"):
    for _ in range(3):
        run(abs, (-1,), imports=[name])
slots = _boxes.shared.slots.values()
every = [len(slot.box.standbys._waiting) for slot in slots]
assert sum(every) == 3, every
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
    slots = list(_boxes.shared.slots.values())
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


def test_one_that_is_killed_is_replaced(root):
    """A standby killed before its turn costs its call nothing: the function
    runs, once."""
    check(
        root,
        program(
            """
for turn in range(10):
    warm(write=[tally.name])
    if not kill_all() and turn % 2:
        until(kill_all)
    before = count()
    assert call() == 1
    assert count() == before + 1
""",
            TALLY,
        ),
    )


def test_one_that_is_killed_at_any_moment(root):
    """However a worker's death and the request meet: the function has run
    once where there is a value, and at most once where there is none."""
    check(
        root,
        program(
            """
def killer(pids, seconds):
    time.sleep(seconds)
    for pid in pids:
        try:
            os.kill(pid, 9)
        except ProcessLookupError:
            pass
values = 0
for turn in range(60):
    warm(write=[tally.name])
    thread = threading.Thread(
        target=killer, args=(workers(), turn / 60 * 0.003))
    before = count()
    thread.start()
    try:
        assert call() == 1
        assert count() == before + 1
        values += 1
    except WorkerDied as error:
        assert error.signal == 9, error
        assert count() <= before + 1
    thread.join()
assert values > 0
""",
            TALLY,
        ),
    )


def test_idle_ones_end_by_themselves(root):
    """After a while there is no worker, and nobody but the worker had to do
    anything; the next call runs once."""
    check(
        root,
        program(
            """
_setting.STANDBY_SECONDS = 0.5
# None is wanted but for those that are missing.
_standby.YOUTH = 0
for _ in range(3):
    warm(2, write=[tally.name])
    until(lambda: len(workers()) >= 2)
    until(lambda: not workers())
    before, wanted = count(), box().standbys._wanted
    assert call() == 1
    assert count() == before + 1
    # Half as many as nobody wanted.
    assert len(waiting()) == wanted // 2 == box().standbys._wanted
""",
            TALLY,
        ),
    )


def test_a_request_at_the_moment_of_the_end(environment):
    """Requests that arrive just when standbys give up are run once each."""
    count = "0" if environment.tier_expected in ("uid", "landlock") else "1"
    check(
        environment,
        program(
            f"""
_setting.STANDBY_SECONDS = 0.005
for turn in range(150):
    assert run(abs, (-turn,)) == turn
    time.sleep(turn % 10 / 1000)
if {count}:
    for turn in range(150):
        assert call() == 1
        assert count() == turn + 1
        time.sleep(turn % 10 / 1000)
""",
            TALLY,
        ),
    )


def test_a_sandbox_that_ends_with_standbys_is_replaced(environment):
    """Its end takes them along, and the next call has a new one."""
    check(
        environment,
        program(
            """
for _ in range(3):
    warm()
    old = box()
    os.close(old.control)
    old.control = -1
    time.sleep(0.3)
    assert run(abs, (-5,)) == 5
    assert box() is not old and not old.standbys._waiting
"""
        ),
    )


def test_closing_takes_them_along(root):
    """No process and no descriptor is left of a closed sandbox, whose
    standbys cannot be opened any more."""
    check(
        root,
        program(
            """
before = descriptors()
warm(2)
# Those that were announced may still be about to be forked.
until(lambda: len(workers()) >= 2)
old, pids = box(), workers()
old.standbys._wanted = _standby.MOST
old.standbys.prepare()
_boxes.close_all()
old.standbys.prepare()
old.standbys.open(trusted=True)
assert not old.standbys._waiting
until(lambda: not any(map(os.path.exists, (f"/proc/{n}" for n in pids))))
assert descriptors() == before
"""
        ),
    )


def test_a_forked_caller_has_none_of_them(root):
    """A child of the caller closes its copies and leaves the workers alone;
    a call of the parent's uses the one that was there before."""
    check(
        root,
        program(
            """
import gc
few = descriptors()
warm()
time.sleep(0.1)
pids, before = workers(), list(waiting())
child = os.fork()
if child == 0:
    status = 1
    try:
        assert descriptors() == few
        gc.collect()
        assert not _boxes.shared.slots
        assert run(abs, (-2,)) == run(abs, (-2,)) == run(abs, (-2,)) == 2
        _boxes.close_all()
        status = 0
    finally:
        sys.stdout.flush()
        os._exit(status)
assert os.waitpid(child, 0)[1] == 0
assert set(pids) <= set(workers())
assert waiting() == before
guest = "int(open('/proc/self/stat').read().split()[0])"
assert run(eval, (guest,)) > 0
assert waiting() != before
assert len(set(pids) - set(workers())) <= 1
"""
        ),
    )


def test_threads_that_take_at_once(environment):
    """No standby serves two, and every answer is its own."""
    check(
        environment,
        program(
            """
from concurrent.futures import ThreadPoolExecutor
for _ in range(3):
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda n: run(abs, (-n,)), range(60)))
    assert found == list(range(60))
    assert len(waiting()) <= _standby.MOST
    time.sleep(0.1)
"""
        ),
    )


FLAG = """
import tempfile
folder = tempfile.mkdtemp(dir="/var/tmp")
os.chmod(folder, 0o755)
with open(folder + "/dying.py", "w") as file:
    file.write(f'''
import os
def end():
    if os.path.exists({folder!r} + "/flag"):
        os._exit(7)
os.register_at_fork(after_in_child=end)
''')
os.chmod(folder + "/dying.py", 0o644)
sys.path.append(folder)
options = {"imports": ["dying"], "read": [folder]}
"""


def test_what_cannot_live_is_not_made_again(root):
    """Workers that end before their request are replaced a few times and none
    is made ahead; once one lives again, there are standbys again."""
    check(
        root,
        program(
            """
from boxed._box import Box
opened = []
opening = Box.open_call
Box.open_call = lambda self: opened.append(1) or opening(self)
try:
    warm(**options)
    open(folder + "/flag", "w").close()
    until(kill_all)
    for turn in range(5):
        opened.clear()
        error = refused(WorkerDied, run, abs, (-1,), **options)
        assert error.exitcode == 7
        assert 1 <= len(opened) <= 3
        assert not waiting()
        until(lambda: not workers())
    os.remove(folder + "/flag")
    warm(**options)
finally:
    import shutil
    shutil.rmtree(folder)
""",
            FLAG,
        ),
    )


def test_a_long_call_does_not_keep_the_next_waiting(root):
    """While a function runs, the next one's worker is made."""
    check(
        root,
        program(
            """
run(abs, (-1,))
long = threading.Thread(target=run, args=(time.sleep, (2,)))
long.start()
until(waiting)
assert long.is_alive()
long.join()
"""
        ),
    )
