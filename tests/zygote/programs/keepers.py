"""Run by test_memory where there are cgroups: none is left behind, whoever is
killed, and none of a live sandbox is taken for one that was."""

import os
import pickle
import signal
import tempfile
import time
from pathlib import Path

from cgroup_tree import made
from harness import Sandbox, run
from standby_state import box, keeper, until, workers

from boxed import _boxed
from boxed._live.prefork import end_all
from boxed._live.registry import close_all, shared

before = made()


def groups():
    return made() - before


run(abs, (-1,))
assert len(groups()) == 1
close_all()
assert groups() == set()

ready, tell = os.pipe()
child = os.fork()
if child == 0:
    run(abs, (-1,))
    os.write(tell, b"x")
    signal.pause()
os.read(ready, 1)
assert len(groups()) == 1
os.kill(child, signal.SIGKILL)
os.waitpid(child, 0)
until(lambda: not groups())

# The one that would remove it is killed itself.
run(abs, (-1,))
(killed,) = groups()
os.kill(keeper(), signal.SIGKILL)
close_all()
assert groups() == {killed}
run(abs, (-1,))
assert len(groups()) == 1 and killed not in groups()

# Of two that live, neither removes the other's.
(first,) = groups()
child = os.fork()
if child == 0:
    run(abs, (-1,))
    both = groups()
    os._exit(0 if first in both and len(both) == 2 else 1)
assert os.waitpid(child, 0)[1] == 0
assert run(abs, (-1,)) == 1 and first in groups()

# Without its keeper a sandbox makes no worker: another begins.  A call that
# has one goes on.
WAITS = """
import os, time
print("began", flush=True)
while not os.path.exists(os.path.join(PLACE, "go")):
    time.sleep(0.01)
"""
with tempfile.TemporaryDirectory(dir=Path(__file__).parent) as place:
    os.chmod(place, 0o755)
    options = {"read": [place]}
    close_all()
    shared.slots.clear()
    run(abs, (-1,), **options)
    old, limit = box(), time.monotonic_ns() + 60 * 10**9
    seat, call = _boxed.Seat(old.process), old.open_call()
    request = (exec, (f"PLACE = {place!r}\n{WAITS}",), {})
    call.request(pickle.dumps(request, 5))
    event, *_ = call.wait(limit)
    assert event == _boxed.CALL_OUTPUT, event
    os.kill(keeper(), signal.SIGKILL)
    for _ in range(9):
        assert run(abs, (-1,), **options) == 1
    assert box() is not old and keeper() is not None
    Path(place, "go").touch()
    event, *_ = call.wait(limit)
    assert event == _boxed.CALL_ANSWERED, event
    call.close()
    seat.leave()
    old.close()
close_all()
run(abs, (-1,))
close_all()
assert groups() == set()

# Whose groups another sandbox has removed meanwhile begins anew as well.
for _ in range(5):
    run(abs, (-1,))
until(lambda: not end_all() and not workers())
ended = groups()
os.kill(keeper(), signal.SIGKILL)
until(lambda: keeper() is None)
with Sandbox() as sandbox:
    assert sandbox.run(abs, (-1,)) == 1
    assert not ended & groups()
for _ in range(20):
    assert run(abs, (-1,)) == 1
