"""The ends of workers that stand by: whatever ends them, no request is lost or
run twice."""

from __future__ import annotations

import pytest
from core import check
from standbys import TALLY, program


@pytest.fixture
def root(make_environment):
    """A caller that sees its sandbox from outside."""
    return make_environment("root")


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
prefork.STANDBY_SECONDS = 0.5
# None is wanted but for those that are missing.
prefork.YOUTH = 0
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
prefork.STANDBY_SECONDS = 0.005
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
    with socket.socket(fileno=os.dup(old.process.control)) as control:
        control.shutdown(socket.SHUT_RDWR)
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
old.standbys._wanted = prefork.MOST
old.standbys.prepare()
registry.close_all()
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
        assert not registry.shared.slots
        assert run(abs, (-2,)) == run(abs, (-2,)) == run(abs, (-2,)) == 2
        registry.close_all()
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
    assert len(waiting()) <= prefork.MOST
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
from boxed._live.box import Box
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
