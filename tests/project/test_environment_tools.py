"""What environments are made and used with does what it says."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
from alone import Alone
from environments import SUPPORT, host_scan, interpreters, sleep_until

PROGRAMS = Path(__file__).parent / "programs"


def test_python_passes_arguments_and_input(environment):
    """Arguments, standard input, exit code and both outputs get through."""
    code = """
import sys
print(sys.argv[1:], sys.stdin.read())
print("said", file=sys.stderr)
sys.exit(3)
"""
    done = environment.python(code, "a", "b c", input="text")
    assert done.stdout == "['a', 'b c'] text\n"
    assert done.stderr == "said\n"
    assert done.returncode == 3


def test_check_fails_with_the_output(environment):
    """A failed check shows what the process said."""
    with pytest.raises(AssertionError, match=r"exit code 1[\s\S]*KeyError"):
        environment.check("{}[1]")


def test_script_is_main_of_a_file(environment):
    """A script has a file and a directory of its own."""
    done = environment.script(PROGRAMS / "named.py", check=True)
    assert done.stdout.endswith("/named.py\n")


def test_environment_variables_are_few(environment, monkeypatch):
    """Nothing of the session's variables reaches the environment."""
    monkeypatch.setenv("SECRET", "1")
    code = "import os; print('SECRET' in os.environ, os.environ['MORE'])"
    done = environment.check(code, env={"MORE": "yes"})
    assert done.stdout == "False yes\n"


@pytest.mark.parametrize(
    "options",
    [
        ("--refuse", "no_such_call"),
        ("--rlimit", "NOFILE"),
        ("--uid", "-1"),
        ("--unknown",),
    ],
)
def test_enter_refuses_what_it_does_not_know(machine, options):
    """A mistyped environment is an error and never a weaker one."""
    done = subprocess.run(
        [machine.enter, *options, "--", "/bin/true"],
        capture_output=True,
        check=False,
    )
    assert done.returncode == 125


def test_closed_descriptors(machine):
    """Standard descriptors can be missing, and the variables too."""
    argv = [machine.enter, "--close", "0", "--close", "1", "--empty-env", "--"]
    code = """
import os, sys
missing = sys.stdin is None and sys.stdout is None
sys.exit(3 if missing and len(os.environ) < 2 else 4)
"""
    done = subprocess.run(
        [*argv, sys.executable, "-I", "-c", code], check=False
    )
    assert done.returncode == 3


def test_host_scan(make_environment):
    """Processes are found by their uid, and not found when they are gone."""
    environment = make_environment("kubernetes")
    sleeper = subprocess.Popen([*environment.argv_prefix, "/bin/sleep", "60"])
    try:
        sleep_until(
            lambda: "sleep" in {p.name for p in host_scan(environment.uid)},
            what="the sleeper is seen",
        )
    finally:
        sleeper.kill()
        sleeper.wait()
    assert sleeper.pid not in {p.pid for p in host_scan(environment.uid)}


def test_sleep_until():
    """It returns the value as soon as it is there, and fails after."""
    start = time.monotonic()
    assert sleep_until(lambda: time.monotonic() - start > 0.05) is True
    with pytest.raises(AssertionError, match="the moon: not within 0 s"):
        sleep_until(lambda: False, 0, "the moon")


def test_interpreters():
    """Every interpreter that is listed runs, is a CPython and listed once."""
    found = interpreters()
    assert found[0].version == sys.version_info[:3]
    assert len({one.path for one in found}) == len(found)
    code = "import sys; print(sys.version_info[:3])"
    for one in found:
        done = subprocess.run(
            [one.path, "-I", "-c", code],
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stdout.strip() == str(one.version)
        assert one.version >= (3, 9)


SKIPPING = """
import pytest
def test_skips():
    pytest.skip("a reason")
@pytest.mark.xfail(strict=True)
def test_expected():
    assert False
"""


@pytest.mark.parametrize(("ci", "code"), [("true", 1), ("", 0)])
def test_ci_denies_skips(tmp_path, ci, code):
    """With CI set a skip is a failure that tells the reason; an expected
    failure is none."""
    folders = f"{SUPPORT.parent}:{SUPPORT}"
    (tmp_path / "test_it.py").write_text(SKIPPING)
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-p", "no:cacheprovider"),
            *("-p", "conftest", "--rootdir", tmp_path, tmp_path),
        ],
        env={**os.environ, "CI": ci, "PYTHONPATH": folders},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code, done.stdout
    assert "a reason" in done.stdout or not ci
    assert "1 xfailed" in done.stdout


# Tests side by side


APART = SUPPORT / "apart"
SEEN = "import os; print(*(p for p in os.listdir('/proc') if p.isdigit()))"


def test_processes_apart(machine):
    """No other session's processes are seen, and its number outside is
    known; without `apart` there is more to see."""
    machine.need_root("namespaces without a user namespace")
    code = f"{SEEN}; print(os.environ['BOXED_TESTS'])"
    told = subprocess.Popen(
        [APART, sys.executable, "-c", code],
        stdout=subprocess.PIPE,
        text=True,
    )
    seen, number = told.communicate()[0].splitlines()
    first, second = map(int, seen.split())
    assert first == 1 and second > 20000
    assert (int(number), told.returncode) == (told.pid, 0)
    with subprocess.Popen(["sleep", "60"]) as sleeper:
        plain = subprocess.run(
            [sys.executable, "-c", SEEN], stdout=subprocess.PIPE, text=True
        )
        sleeper.kill()
    assert str(sleeper.pid) in plain.stdout.split()


def test_what_is_orphaned_apart_is_reaped(machine):
    """A zombie would look like a process that was left.  The control is a
    first process that does not reap."""
    machine.need_root("namespaces without a user namespace")
    bare = ("unshare", "--mount", "--pid", "--fork", "--mount-proc")
    for command, said in (([APART], ""), (bare, "a zombie of mine\n")):
        done = subprocess.run(
            [*command, sys.executable, PROGRAMS / "orphan.py"],
            check=False,
            stderr=subprocess.PIPE,
            text=True,
            timeout=30,
        )
        assert done.stderr == said


def nobody_enters(folder: Path, how: int) -> bool:
    """Whether a lock of that kind cannot be had now."""
    fd = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(fd, how | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(fd)
    return False


@pytest.mark.parametrize("mark", [None, "alone"])
def test_a_test_can_be_alone(tmp_path, mark):
    """Beside any other none may be alone; beside one alone no other is."""
    for name in ("gate", "inside"):
        (tmp_path / name).mkdir()
    plugin = Alone(tmp_path / "gate", tmp_path / "inside")
    item = SimpleNamespace(get_closest_marker={mark: mark}.get)
    running = plugin.pytest_runtest_protocol(item)
    next(running)
    assert nobody_enters(tmp_path / "inside", fcntl.LOCK_EX)
    assert nobody_enters(tmp_path / "inside", fcntl.LOCK_SH) == bool(mark)
    assert not nobody_enters(tmp_path / "gate", fcntl.LOCK_EX)
    next(running, None)
    assert not nobody_enters(tmp_path / "inside", fcntl.LOCK_EX)


def test_one_who_waits_to_be_alone_lets_nobody_in(tmp_path):
    """Else those who share could keep it out for ever."""
    for name in ("gate", "inside"):
        (tmp_path / name).mkdir()
    folders = tmp_path / "gate", tmp_path / "inside"
    first, second = Alone(*folders), Alone(*folders)
    alone = second.holding(fcntl.LOCK_EX)
    with first.holding(fcntl.LOCK_SH):
        waiting = threading.Thread(target=alone.__enter__)
        waiting.start()
        sleep_until(lambda: nobody_enters(folders[0], fcntl.LOCK_EX))
    waiting.join()
    assert nobody_enters(folders[1], fcntl.LOCK_SH)
    alone.__exit__(None, None, None)
