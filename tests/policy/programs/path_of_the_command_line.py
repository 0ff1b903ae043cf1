"""Run by test_found."""

import os
import subprocess
import sys

from project import fresh, put

own, other = fresh(), fresh()
put(own, "mine.py", text="def f(): return 1")
put(own, "spread/mine.py", text="def f(): return 2")
put(other, "theirs.py", text="def f(): return 3")
os.chdir(own)


def boxed_run(*words):
    command = [sys.executable, "-m", "boxed", "run", *words]
    done = subprocess.run(command, capture_output=True, text=True)
    return done.stdout.strip() or done.stderr.strip().split("\n")[-1]


assert boxed_run("mine:f") == "1"
assert boxed_run("spread.mine:f") == "2"
assert "No module" in boxed_run("theirs:f")
assert boxed_run("--path", other, "theirs:f") == "3"
assert "No module" in boxed_run("--path", other, "mine:f")
assert boxed_run("--path", other, "--path", own, "mine:f") == "1"
assert "nothing" in boxed_run("--path", own + "/no", "mine:f")
