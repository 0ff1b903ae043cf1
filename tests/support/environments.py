"""The environments boxed must work in, made on one Linux machine.

Each row of `TABLE` says how to make one; `machine.Machine` makes it with the
C program `enter` (tests/c), and a test gets it as an `Environment`, in which
it runs code in a fresh process:

    def test_sum(environment):
        assert environment.check("print(1 + 1)").stdout == "2\\n"

Nothing on the host changes but a few ordinary users and two directories: an
environment that has (or must not have) an installed launcher sees private
copies of /etc and /usr/bin, bound there in a mount namespace of its own.
"""

from __future__ import annotations

import contextlib
import functools
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
SUPPORT = CHECKOUT / "tests" / "support"
LAUNCHER = Path("/usr/bin/python_boxed")
CONFIGURATION = Path("/etc/boxed.conf")

# The bounding set of a container under Docker's default profile.
DOCKER_BOUNDING = "a80425fb"
DOCKER = ("--bounding", DOCKER_BOUNDING, "--refuse-userns", "--refuse-keyring")
KUBERNETES = ("--bounding", "0", *DOCKER[2:], "--no-new-privs")

# What `boxed setup` reserves where it is not told.
RESERVED = range(60578, 60578 + 606)
NO_RANGE = ("--uid-range", "none")

# What a command may need from the environment of the tests to run at all.
PASSED_ON = ("ASAN_OPTIONS", "LD_PRELOAD", "UBSAN_OPTIONS")


@dataclass(frozen=True)
class Recipe:
    """How to make an environment and what to expect in it.

    :param options: what `enter` takes away, beside uid and groups.
    :param tier: the best tier boxed can reach there, "none" for none.
    :param ordinary: run as an ordinary user, not as root.
    :param setup: the options `boxed setup` was run with; None: not run.
    :param python: whose interpreter runs the code. "caller": the one running
        the tests, with this checkout; "home": a virtual environment inside
        the user's 0700 home; "shared": one that everybody can read, for tiers
        where the guest opens it under another uid.
    :param groups: give the user supplementary groups (adm and another's), as
        the members of adm or docker have.
    :param core: whether the core suite runs in it.
    """

    name: str
    options: tuple[str, ...]
    tier: str
    ordinary: bool = True
    setup: tuple[str, ...] | None = None
    python: str = "home"
    groups: bool = False
    core: bool = True


TABLE = (
    Recipe("root", (), "full", ordinary=False, python="caller"),
    Recipe("user", (), "full", setup=(), groups=True),
    Recipe("rootless", (), "rootless"),
    Recipe("docker-root", DOCKER, "uid", ordinary=False, python="shared"),
    Recipe("docker-user", DOCKER, "uid", setup=(), python="shared"),
    Recipe("kubernetes", KUBERNETES, "landlock", python="shared"),
    Recipe(
        "user-range",
        (),
        "full",
        setup=("--uid-range", "70000:64"),
        core=False,
    ),
    Recipe(
        "docker-range",
        DOCKER,
        "uid",
        setup=("--uid-range", "70000:64"),
        python="shared",
        core=False,
    ),
    # No uids are reserved: guests of all users are `nobody`.
    Recipe("user-nobody", (), "full", setup=NO_RANGE, groups=True, core=False),
    Recipe(
        "docker-nobody",
        DOCKER,
        "uid",
        setup=NO_RANGE,
        python="shared",
        core=False,
    ),
    # Whose guest can be of another tier than its own: everybody can read the
    # interpreter.
    Recipe(
        "user-shared", (), "full", setup=NO_RANGE, python="shared", core=False
    ),
    # Nothing was set up and nothing is allowed to an ordinary user, but file
    # capabilities would be granted: the case in which a remedy is to be told.
    Recipe("docker-bare", DOCKER, "landlock", python="shared", core=False),
    Recipe(
        "range-of-one",
        DOCKER,
        "uid",
        setup=("--uid-range", "70100:1"),
        python="shared",
        core=False,
    ),
    Recipe(
        "range-of-two",
        DOCKER,
        "uid",
        setup=("--uid-range", "70110:2"),
        python="shared",
        core=False,
    ),
    Recipe(
        "old-kernel",
        ("--refuse-landlock",),
        "none",
        setup=(),
        core=False,
    ),
)
RECIPES = {recipe.name: recipe for recipe in TABLE}
CORE = tuple(recipe.name for recipe in TABLE if recipe.core)


class Unavailable(pytest.skip.Exception):
    """This machine or user cannot make what a test asks for; the reason is
    that of the skipped test."""


def apart(*options: str) -> tuple[str, ...]:
    """What runs a command in a user namespace of its own: see apart.py."""
    return _through("apart.py", *options)


def old_landlock(abi: int) -> tuple[str, ...]:
    """What runs a command as if Landlock were older: see old_landlock.py."""
    return _through("old_landlock.py", str(abi))


def _through(program: str, *options: str) -> tuple[str, ...]:
    if os.geteuid() != 0:
        raise Unavailable(f"{program}: only root can do that")
    return (sys.executable, str(SUPPORT / program), *options, "--")


@dataclass(frozen=True)
class Environment:
    """One environment, ready to run commands in."""

    name: str
    enter: tuple[str, ...]
    uid: int
    gid: int
    home: Path
    tier_expected: str
    needs_setup: bool
    interpreter: str
    variables: Mapping[str, str]

    @property
    def argv_prefix(self) -> tuple[str, ...]:
        """What comes before a command to run it in this environment."""
        return (*self.enter, "--") if self.enter else ()

    def run(
        self,
        argv: Sequence[str | os.PathLike[str]],
        *,
        enter: Sequence[str] = (),
        through: Sequence[str] = (),
        env: Mapping[str, str] | None = None,
        cwd: str | os.PathLike[str] | None = None,
        input: str | None = None,
        timeout: float = 50,
        check: bool = False,
    ) -> subprocess.CompletedProcess[str]:
        """Run a command (an absolute path) and return it completed.

        :param enter: further options of `enter`, e.g. ("--umask", "0").
        :param through: a command that runs all this, as `apart` makes one.
        :param env: variables added to a small fixed environment.
        :param cwd: the working directory, else the user's home.
        :param check: fail with all the output unless the exit code is 0.
        """
        if enter and not self.enter:
            raise Unavailable("`enter` is not used for this environment")
        prefix = (*self.enter, *enter, "--") if self.enter else ()
        command = [*through, *prefix, *map(os.fspath, argv)]
        done = subprocess.run(
            command,
            env={**self.variables, **(env or {})},
            cwd=cwd or self.home,
            input=input if input is not None else "",
            capture_output=True,
            encoding="utf-8",
            errors="backslashreplace",
            timeout=timeout,
            check=False,
        )
        if check and done.returncode != 0:
            raise AssertionError(describe(self.name, done))
        return done

    def python(self, code: str, *args: str, **options):
        """Run `python -c CODE ARGS...`; the options are those of `run`."""
        return self.run([self.interpreter, "-c", code, *args], **options)

    def check(self, code: str, *args: str, **options):
        """Like `python`, and its exit code must be 0."""
        return self.python(code, *args, check=True, **options)

    @contextlib.contextmanager
    def copy(self, path: Path, beside: Sequence[Path] = ()) -> Iterator[Path]:
        """A copy of a program, in a directory of its own.

        Functions of a file's `__main__` can be sent to another process;
        those of `python -c` cannot.

        :param beside: files of which copies lie beside it.
        """
        with tempfile.TemporaryDirectory(dir=self.home) as folder:
            # A sandbox's guest may be another user.
            os.chmod(folder, 0o755)  # noqa: PTH101
            for file in (path, *beside):
                shutil.copy(file, folder)
            if os.geteuid() == 0:
                for file in (Path(folder), *Path(folder).iterdir()):
                    os.chown(file, self.uid, self.gid)
            yield Path(folder, path.name)

    def script(
        self, path: Path, *args: str, beside: Sequence[Path] = (), **options
    ):
        """Run a copy of a program."""
        with self.copy(path, beside) as copied:
            return self.run([self.interpreter, copied, *args], **options)


def describe(name: str, done: subprocess.CompletedProcess[str]) -> str:
    """A completed process as the message of a failed test."""
    return (
        f"in environment {name!r}: exit code {done.returncode}\n"
        f"--- stdout ---\n{done.stdout}--- stderr ---\n{done.stderr}"
    )


# Interpreters


@dataclass(frozen=True)
class Interpreter:
    """A CPython that was found, and works."""

    path: str
    version: tuple[int, int, int]
    soabi: str
    prefix: str

    @property
    def name(self) -> str:
        return ".".join(map(str, self.version))


QUESTION = """
import json, os, platform, sys, sysconfig
path = getattr(sys, "_base_executable", sys.executable)
print(json.dumps([
    platform.python_implementation(), os.path.realpath(path),
    sys.version_info[:3], sysconfig.get_config_var("SOABI"), sys.base_prefix,
]))
"""


def candidates() -> list[Path]:
    """Every file that has the name of a Python 3."""
    folders = [Path(sys.executable).parent, Path("/usr/bin")]
    folders += map(Path, os.get_exec_path())
    if "PYENV_ROOT" in os.environ:
        versions = Path(os.environ["PYENV_ROOT"], "versions")
        folders += sorted(versions.glob("*/bin"))
    called = re.compile(r"python3(\.\d+)?")
    return [Path(sys.executable)] + [
        path
        for folder in folders
        if folder.is_dir()
        for path in sorted(folder.iterdir())
        if called.fullmatch(path.name)
    ]


@functools.cache
def interpreters() -> tuple[Interpreter, ...]:
    """All CPythons from 3.9 on this machine, each one run once to see that it
    works; the one running the tests comes first.  A virtual environment
    counts as the interpreter it was made from."""
    found: dict[str, Interpreter] = {}
    for path in dict.fromkeys(candidates()):
        with tempfile.TemporaryDirectory() as empty:
            done = subprocess.run(
                [path, "-I", "-c", QUESTION],
                cwd=empty,
                capture_output=True,
                check=False,
                timeout=30,
            )
        if done.returncode != 0:
            continue
        kind, real, version, soabi, prefix = json.loads(done.stdout)
        if kind == "CPython" and version >= [3, 9]:
            one = Interpreter(real, tuple(version), soabi, prefix)
            found.setdefault(real, one)
    return tuple(found.values())


# Looking at the host


@dataclass(frozen=True)
class HostProcess:
    """A process of the host, as the kernel described it."""

    pid: int
    name: str
    state: str


def host_scan(*uids: int | range) -> list[HostProcess]:
    """The processes any of whose four uids is one of UIDS or in one of them,
    zombies included."""
    ranges = [range(u, u + 1) if isinstance(u, int) else u for u in uids]
    found = []
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            lines = status.read_text(errors="replace").splitlines()
        except (FileNotFoundError, ProcessLookupError):
            continue
        fields = dict(line.split(":\t", 1) for line in lines if ":\t" in line)
        theirs = map(int, fields["Uid"].split())
        if any(uid in one for uid in theirs for one in ranges):
            pid = int(status.parent.name)
            found.append(HostProcess(pid, fields["Name"], fields["State"]))
    return found


def sleep_until(
    predicate: Callable[[], object], seconds: float = 5, what: str = ""
) -> object:
    """Wait for PREDICATE to return something true, and return that; fails
    after SECONDS.  A fixed sleep is no proof; this is."""
    deadline = time.monotonic() + seconds
    while True:
        value = predicate()
        if value:
            return value
        if time.monotonic() > deadline:
            what = what or getattr(predicate, "__name__", "the condition")
            raise AssertionError(f"{what}: not within {seconds} s")
        time.sleep(0.005)
