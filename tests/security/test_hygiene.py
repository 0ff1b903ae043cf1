"""What must not get from the caller into a call, or from call to call."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
from pathlib import Path

import pytest
from calling import Caller, isolation, parts, path_with
from core import check, check_file, modules_of, run_file
from environments import sleep_until

PROGRAMS = Path(__file__).parent / "programs"
SECRETS = ("SECRET_IN_ENVIRON", "secret-in-argv", "secret-in-argument")


@pytest.fixture
def caller(environment, guests):
    """A caller in each environment, with secrets among its variables."""
    env = path_with(environment, guests)
    with Caller(environment, {**env, SECRETS[0]: "1"}) as caller:
        yield caller


# P-E01: what the guest and others may know of the caller


@pytest.mark.case("P-E01")
def test_p_e01_guest_sees_no_secret_of_the_caller(environment, guests):
    """Neither variables nor arguments of the caller are anywhere in a guest's
    world; a plain child sees both."""
    secrets = [SECRETS[0], "launcher-secret-argument"]
    stdout = check_file(
        environment,
        PROGRAMS / "no_secret_of_the_caller.py",
        *secrets,
        env={**path_with(environment, guests), SECRETS[0]: "1"},
    )
    inside, outside = map(json.loads, stdout.splitlines()[:2])
    assert inside == {secret: [] for secret in secrets}
    assert "environ" in outside[secrets[0]]
    assert len(outside[secrets[1]]) > 1


@pytest.mark.case("P-E01")
def test_p_e01_arguments_of_a_call_are_in_no_command_line(machine, caller):
    """While a call runs, nothing that ps shows of it, to root even, holds an
    argument of it; nor does the environment of a process."""
    machine.need_root("a look at a sandbox's environment")
    secret = "launcher-secret-of-a-call"
    caller.ask("launcher_attacks:hold", 20, secret)
    worker = sleep_until(
        lambda: parts(caller).get("worker"), 20, "a call in progress"
    )
    seen = set()
    for pid in caller.sandbox():
        for what in ("cmdline", "environ", "comm"):
            with contextlib.suppress(OSError):
                data = Path(f"/proc/{pid}/{what}").read_bytes()
                seen.add(what)
                assert secret.encode() not in data
                assert SECRETS[0].encode() not in data
    os.kill(worker, signal.SIGHUP)
    assert seen == {"cmdline", "environ", "comm"}
    assert caller.answer()["value"] == [secret]


@pytest.mark.case("P-E01")
def test_p_e01_control_the_scan_finds_what_is_there(caller):
    """The same look sees the secret that is among the caller's variables."""
    assert caller.call("launcher_attacks:add", 1, 2) == {"value": 3}
    data = Path(f"/proc/{caller.pid}/environ").read_bytes()
    assert SECRETS[0].encode() in data


# P-E02: where the caller is


HOSTILE = "raise SystemExit('a hostile file was imported')\n"
NAMES = (
    "json tty socket sitecustomize usercustomize marshal struct _pickle os"
    " select contextlib math encodings abc runpy"
).split()
SQRT = PROGRAMS / "sqrt.py"


@pytest.fixture
def hostile_folder(environment):
    """A directory of the user's with modules and programs in the way."""
    folder = environment.home / "hostile"
    folder.mkdir(exist_ok=True)
    for name in NAMES:
        (folder / f"{name}.py").write_text(HOSTILE)
    for name in ("python_boxed", "python", "python3", "sh", "setpriv"):
        (folder / name).write_text("#!/bin/sh\necho hostile >&2\n")
        (folder / name).chmod(0o755)
    subprocess.run(
        ["chown", "-R", f"{environment.uid}:{environment.gid}", folder],
        check=True,
    )
    yield folder
    folder.chmod(0o755)
    shutil.rmtree(folder)


@pytest.mark.case("P-E02")
def test_p_e02_current_directory_is_not_searched(environment, hostile_folder):
    """Modules and programs in the current directory, and on PATH, are never
    run; where the directory is on the path they are."""
    env = {"PATH": f"{hostile_folder}:.:/usr/bin:/bin"}
    done = run_file(environment, SQRT, cwd=hostile_folder, env=env)
    assert (done.stdout, done.stderr) == ("2.0\n", "")
    done = environment.python("import json", cwd=hostile_folder)
    assert "a hostile file was imported" in done.stderr


@pytest.mark.case("P-E02")
@pytest.mark.parametrize("mode", [0, 0o111, 0o444])
def test_p_e02_unreadable_directory(environment, hostile_folder, mode):
    """A current directory that cannot be read or entered is no matter."""
    prefix = (*environment.argv_prefix, "/bin/sh", "-c")
    script = 'cd "$1" && chmod "$2" . && shift 2 && exec "$@"'
    with environment.copy(SQRT, modules_of(SQRT)) as program:
        done = subprocess.run(
            [
                *(*prefix, script, "sh", hostile_folder, oct(mode)[2:]),
                *(environment.interpreter, program),
            ],
            env={
                **environment.variables,
                "TESTED_ISOLATION": isolation(environment),
            },
            capture_output=True,
            text=True,
            check=False,
            timeout=50,
            cwd="/",
        )
    assert (done.stdout, done.stderr) == ("2.0\n", "")


@pytest.mark.case("P-E02")
@pytest.mark.parametrize("on_path", [True, False], ids=["on path", "not"])
def test_p_e02_deleted_directory(environment, on_path):
    """A current directory that is gone is no matter, though it be on the
    path, as it is with `python -c` and in a session."""
    program = PROGRAMS / "from_a_deleted_directory.py"
    stdout = check_file(environment, program, *([""] if on_path else []))
    assert stdout == "2.0\n"


@pytest.mark.case("P-E02")
@pytest.mark.parametrize("umask", ["0", "77", "777"])
def test_p_e02_umask(environment, guests, umask):
    """Whatever the caller's umask, the guest's is the usual one."""
    enter = ("--umask", umask)
    stdout = check_file(environment, PROGRAMS / "umask.py", enter=enter)
    assert stdout == "0o22\n"


@pytest.mark.case("P-E02")
def test_p_e02_interpreter_named_from_where_one_is(environment):
    """An interpreter started by a relative path with `..` in it, as from a
    directory beside its environment, keeps that in its name: it is found all
    the same."""
    named = os.path.relpath(environment.interpreter, environment.home)
    named = Path("..", environment.home.name, named)
    assert ".." in named.parts
    with environment.copy(SQRT, modules_of(SQRT)) as program:
        done = environment.run(
            [named, program, "named"],
            env={"TESTED_ISOLATION": isolation(environment)},
            check=True,
        )
    assert done.stdout == "2.0\n"


# P-E03: what a call leaves to the next


@pytest.mark.case("P-E03")
def test_p_e03_second_call_finds_nothing_of_the_first(environment, guests):
    """All that a call can change of its process is as it was for the next;
    in one process it is not."""
    program = PROGRAMS / "one_call_and_the_next.py"
    env = path_with(environment, guests)
    stdout = check_file(environment, program, env=env)
    inside, outside = map(json.loads, stdout.splitlines())
    before, soiled, after = inside
    # Not a constant: a generator that every call began alike would be one
    # more thing that calls have in common.
    drawn = [state.pop("random") for state in (before, after)]
    assert drawn[0] != drawn[1]
    assert before == after
    soiled.pop("random")
    different = {key for key in before if before[key] != soiled[key]}
    assert different >= {
        *("sum", "add", "module", "environ", "path", "umask", "nice"),
        *("recursion", "term", "usr1", "mask", "timer"),
    }
    if "full" in environment.tier_expected:
        assert soiled["left"] == ["/tmp", "/dev/shm"]
    assert outside[2]["sum"] == outside[2]["add"] == "patched"


# P-E04: an interpreter that is not for everybody


@pytest.mark.case("P-E04")
@pytest.mark.parametrize("name", ["user", "rootless"])
def test_p_e04_interpreter_in_a_closed_home(machine, make_environment, name):
    """In a 0700 home it works where there are mounts, and shows the guest
    nothing else of the home."""
    machine.need_root("a home of that kind")
    environment = make_environment(name)
    assert environment.home.stat().st_mode & 0o777 == 0o700
    assert Path(environment.interpreter).is_relative_to(environment.home)
    secret = environment.home / "secret"
    secret.write_text("secret")
    os.chown(secret, environment.uid, environment.gid)
    secret.chmod(0o644)
    code = "import os, sys; print(run(os.listdir, (sys.argv[1],)))"
    stdout = check(environment, code, str(environment.home))
    assert "venv" in stdout
    assert "secret" not in stdout


@pytest.mark.case("P-E04")
def test_p_e04_or_the_error_names_the_path(make_environment, interpreter):
    """Without mounts it is an error, in no time, which names what is closed
    and what to do."""
    environment = make_environment("docker-user")
    closed = make_environment("rootless").interpreter
    program = (PROGRAMS / "closed_interpreter.py").read_text()
    done = environment.run([closed, "-c", program], check=True, timeout=20)
    assert "cannot read" in done.stdout
    assert str(environment.home) in done.stdout
    assert "outside of private homes" in done.stdout
