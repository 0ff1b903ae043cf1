"""Run by test_standby_lives."""

import os
import shutil
import sys
import tempfile

from harness import refused, run
from standby_state import kill_all, until, waiting, warm, workers

from boxed import WorkerDied
from boxed._live.box import Box

folder = tempfile.mkdtemp(dir="/var/tmp")
os.chmod(folder, 0o755)
with open(folder + "/dying.py", "w") as file:
    file.write(f"""
import os
def end():
    if os.path.exists({folder!r} + "/flag"):
        os._exit(7)
os.register_at_fork(after_in_child=end)
""")
os.chmod(folder + "/dying.py", 0o644)
sys.path.append(folder)
options = {"imports": ["dying"], "read": [folder]}
opened: list[int] = []
open_call = Box.open_call
Box.open_call = lambda self: opened.append(1) or open_call(self)
try:
    warm(**options)
    open(folder + "/flag", "w").close()
    until(kill_all)
    for _ in range(5):
        opened.clear()
        error = refused(WorkerDied, run, abs, (-1,), **options)
        assert error.exitcode == 7
        assert 1 <= len(opened) <= 3
        assert not waiting()
        until(lambda: not workers())
    os.remove(folder + "/flag")
    warm(**options)
finally:
    shutil.rmtree(folder)
