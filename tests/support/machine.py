"""What the environments are made of.

Ordinary users with real passwd entries and 0700 homes, interpreters that such
users can run with boxed installed in them, private copies of /etc and
/usr/bin with and without an installed launcher, and the program `enter`.

They last for the session and are removed at its end; see users.py.
"""

from __future__ import annotations

import grp
import importlib.util
import os
import pwd
import shutil
import subprocess
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path

from compiling import compile_c
from environments import (
    CHECKOUT,
    CONFIGURATION,
    LAUNCHER,
    PASSED_ON,
    RECIPES,
    Environment,
    Interpreter,
    Recipe,
    Unavailable,
    interpreters,
)
from users import (
    HOMES,
    SYSTEM,
    User,
    command,
    make_folder,
    make_user,
    remove_leftovers,
    remove_user,
)

SOURCES = CHECKOUT / "tests" / "c"
# Packages of the running interpreter that guests may import.
BORROWED = (
    *("cloudpickle", "dill", "joblib", "numpy", "numpy.libs"),
    *("pytest", "_pytest", "pluggy", "iniconfig", "packaging", "pygments"),
    *("exceptiongroup", "tomli", "py.py"),
)


@dataclass(frozen=True)
class Installation:
    """What `boxed setup` installed, and how to see it.

    :param enter: the options of `enter` under which it is at its place.
    :param launcher: its place there.
    :param stored: where the same file is on the host, for root only.
    """

    enter: tuple[str, ...]
    launcher: Path
    stored: Path
    output: str


def variables(home: Path, name: str) -> dict[str, str]:
    passed = {key: os.environ[key] for key in PASSED_ON if key in os.environ}
    return {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "HOME": str(home),
        "LANG": "C.UTF-8",
        "LOGNAME": name,
        "USER": name,
        **passed,
    }


def compile_program(name: str, *sources: str, to: Path) -> Path:
    """Build one of the C programs of tests/c into directory TO."""
    paths = [SOURCES / source for source in sources]
    compile_c("-O1", "-Wall", "-Wextra", *paths, "-o", to / name)
    return to / name


class Machine:
    """The session's users, interpreters and installations, made when first
    asked for.  Without root only what needs none of them is there."""

    def __init__(self, scratch: Path) -> None:
        self.root = os.geteuid() == 0
        self.scratch = scratch
        self.folders: list[Path] = []
        self._users: dict[str, User] = {}
        self._pythons: dict[object, str] = {}
        self._installations: dict[object, Installation] = {}
        self._programs: dict[str, Path] = {}
        self._base: Interpreter | None = None
        self._system: Path | None = None
        if self.root:
            remove_leftovers()

    def close(self) -> None:
        """Remove all that was made."""
        for user in self._users.values():
            remove_user(user.name)
        for folder in self.folders:
            shutil.rmtree(folder)

    def need_root(self, what: str) -> None:
        if not self.root:
            raise Unavailable(f"{what}: only root can make that")

    def folder(self, where: Path) -> Path:
        """A root-owned directory of this session that everyone can enter."""
        self.folders.append(make_folder(where))
        return self.folders[-1]

    @property
    def system(self) -> Path:
        """The session's directory on the file system of the programs."""
        if self._system is None:
            self.need_root("a directory beside the system's programs")
            self._system = self.folder(SYSTEM)
        return self._system

    def program(self, name: str, *sources: str) -> Path:
        if name not in self._programs:
            to = self.system if self.root else self.scratch
            self._programs[name] = compile_program(name, *sources, to=to)
        return self._programs[name]

    @property
    def enter(self) -> str:
        return str(self.program("enter", "enter.c", "enter_plan.c"))

    # Users

    def user(self, letter: str) -> User:
        """The session's ordinary user of that letter, a 0700 home included."""
        if letter not in self._users:
            self.need_root("an ordinary user")
            self._users[letter] = make_user(letter, self.folder(HOMES))
        return self._users[letter]

    def ids(self, user: User, groups: bool = False) -> tuple[str, ...]:
        """The options of `enter` that make a process this user's."""
        options = ("--uid", str(user.uid), "--gid", str(user.gid))
        if groups:
            more = f"{grp.getgrnam('adm').gr_gid},{self.user('b').gid}"
            options += ("--groups", more)
        return options

    # Interpreters

    def can_run(self, user: User, path: str | Path) -> bool:
        argv = [self.enter, *self.ids(user), "--", path, "-I", "-c", ""]
        done = subprocess.run(
            argv, cwd="/", capture_output=True, check=False, timeout=30
        )
        return done.returncode == 0

    @property
    def base(self) -> Interpreter:
        """A CPython that ordinary users can run and that loads the extension
        built for the one running the tests."""
        if self._base is None:
            self._base = self._find_base()
        return self._base

    def _find_base(self) -> Interpreter:
        user = self.user("a")
        soabi = sysconfig.get_config_var("SOABI")
        same = [one for one in interpreters() if one.soabi == soabi]
        for one in same:
            if self.can_run(user, one.path):
                return one
        return self._copy_base(user, same[0])

    def _copy_base(self, user: User, one: Interpreter) -> Interpreter:
        """Without one in reach, as with pyenv in the home of root, a copy:
        CPython finds its library beside wherever it is."""
        to = self.system / "python"
        if to.exists():
            raise Unavailable(f"no CPython {one.name} for ordinary users")
        names = ("site-packages", "test", "idlelib", "__pycache__", "share")
        shutil.copytree(
            one.prefix,
            to,
            symlinks=True,
            ignore=shutil.ignore_patterns(*names),
        )
        path = to / "bin" / f"python{one.version[0]}.{one.version[1]}"
        for binary in (path, *(to / "lib").glob("libpython*.so*")):
            make_relocatable(binary, one.prefix)
        if not self.can_run(user, path):
            raise Unavailable(f"no CPython {one.name} for ordinary users")
        return Interpreter(str(path), one.version, one.soabi, str(to))

    def python(self, user: User | None) -> str:
        """An interpreter with boxed in it: in the user's home, or shared."""
        key = user and user.name
        if key not in self._pythons:
            self._pythons[key] = self._make_python(user)
        return self._pythons[key]

    def _make_python(self, user: User | None) -> str:
        parent = user.home if user else self.system
        to = parent / "venv"
        # Copies: what the user executes is in the home too.
        how = "--copies" if user else "--symlinks"
        command(self.base.path, "-m", "venv", "--without-pip", how, to)
        library = f"python{self.base.version[0]}.{self.base.version[1]}"
        install_package(to / "lib" / library / "site-packages")
        if user:
            for shared in Path(self.base.prefix, "lib").glob("libpython*.so*"):
                shutil.copy(shared, to / "lib")
            ids = f"{user.uid}:{user.gid}"
            command("chown", "-R", "--no-dereference", ids, to)
        return str(to / "bin" / "python")

    # Installations

    def installation(self, setup: tuple[str, ...]) -> Installation:
        """The launcher as `boxed setup` with these options installs it."""
        if setup not in self._installations:
            self.need_root("an installed launcher")
            self._installations[setup] = self._install(setup)
        return self._installations[setup]

    def _install(self, setup: tuple[str, ...]) -> Installation:
        binds, bin_copy = self.copy_system(f"setup{len(self._installations)}")
        argv = [self.enter, *binds, "--", sys.executable, "-m", "boxed"]
        env = {**variables(Path("/root"), "root"), "PYTHONPATH": str(CHECKOUT)}
        done = subprocess.run(
            [*argv, "setup", *setup],
            env=env,
            cwd="/",
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=50,
        )
        if done.returncode != 0:
            raise RuntimeError(f"boxed setup {setup}: {done.stdout}")
        stored = bin_copy / LAUNCHER.name
        return Installation(binds, LAUNCHER, stored, done.stdout)

    def copy_system(self, name: str) -> tuple[tuple[str, ...], Path]:
        """Copies of /etc and of /usr/bin (hard links where they can be), with
        nothing of boxed in them, and the options that put them in place."""
        states = self.system / "states"
        # Closed: links to set-id programs are not for everyone to keep.
        states.mkdir(mode=0o700, exist_ok=True)
        etc, programs = states / name / "etc", states / name / "bin"
        (states / name).mkdir(exist_ok=True)
        copy_tree("/etc", etc, "-a")
        try:
            copy_tree(LAUNCHER.parent, programs, "-al")
        except RuntimeError:
            copy_tree(LAUNCHER.parent, programs, "-a")
        (etc / CONFIGURATION.name).unlink(missing_ok=True)
        (programs / LAUNCHER.name).unlink(missing_ok=True)
        binds = ("--bind", f"{etc}:/etc")
        return (*binds, "--bind", f"{programs}:{LAUNCHER.parent}"), programs

    def bare(self) -> tuple[str, ...]:
        """The options under which no launcher is installed."""
        if not LAUNCHER.exists() and not CONFIGURATION.exists():
            return ()
        self.need_root("hiding the launcher this machine has")
        if None not in self._installations:
            binds, programs = self.copy_system("bare")
            nothing = Installation(binds, LAUNCHER, programs, "")
            self._installations[None] = nothing
        return self._installations[None].enter

    # Environments

    def environment(self, name: str) -> Environment:
        """The environment of that name; `Unavailable` where it cannot be."""
        recipe = RECIPES[name]
        if not self.root:
            return self._own_environment(recipe)
        user = self.user("a") if recipe.ordinary else None
        if recipe.setup is None:
            options = self.bare()
        else:
            options = self.installation(recipe.setup).enter
        if user:
            options += self.ids(user, recipe.groups)
        home = user.home if user else self.system
        env = variables(home, user.name if user else "root")
        if recipe.python == "caller":
            python, env["PYTHONPATH"] = sys.executable, str(CHECKOUT)
        else:
            python = self.python(user if recipe.python == "home" else None)
        return Environment(
            name=name,
            enter=(self.enter, *options, *recipe.options),
            uid=user.uid if user else 0,
            gid=user.gid if user else 0,
            home=home,
            tier_expected=recipe.tier,
            needs_setup=recipe.setup is not None,
            interpreter=python,
            variables=env,
        )

    def _own_environment(self, recipe: Recipe) -> Environment:
        """The environment for an ordinary developer, who stays who they are:
        what they have already, or what only takes away."""
        if not recipe.ordinary:
            raise Unavailable("needs root")
        installed = LAUNCHER.exists()
        if recipe.setup is None:
            self.bare()
        elif recipe.setup or not installed:
            raise Unavailable("needs root, or a launcher set up before")
        if recipe.options and "--no-new-privs" not in recipe.options:
            raise Unavailable("needs root: a filter without no_new_privs")
        options = list(recipe.options)
        if "--bounding" in options:
            at = options.index("--bounding")
            del options[at : at + 2]
        entry = pwd.getpwuid(os.getuid())
        env = variables(self.scratch, entry.pw_name)
        return Environment(
            name=recipe.name,
            enter=(self.enter, *options),
            uid=os.getuid(),
            gid=os.getgid(),
            home=self.scratch,
            tier_expected=recipe.tier,
            needs_setup=recipe.setup is not None,
            interpreter=sys.executable,
            variables={**env, "PYTHONPATH": str(CHECKOUT)},
        )


def copy_tree(source: str | os.PathLike[str], to: Path, how: str) -> None:
    """Copy a directory in use: a file that vanished meanwhile, such as the
    lock of another session's useradd, is met by copying again."""
    for attempts_left in reversed(range(5)):
        try:
            command("cp", how, source, to)
            return
        except RuntimeError:
            shutil.rmtree(to, ignore_errors=True)
            if not attempts_left:
                raise


def make_relocatable(binary: Path, prefix: str) -> None:
    """Let a program find its shared libpython beside itself, where the path
    in it leads to a directory that only root can enter."""
    data = binary.read_bytes()
    old, new = f"{prefix}/lib\0".encode(), b"$ORIGIN/../lib"
    if len(new) < len(old):
        binary.write_bytes(data.replace(old, new.ljust(len(old), b"\0")))


def install_package(to: Path) -> None:
    """Put this checkout's boxed, as built, and what guests may import of the
    running interpreter's packages into site directory TO."""
    skip = shutil.ignore_patterns("tests")
    shutil.copytree(CHECKOUT / "boxed", to / "boxed", ignore=skip)
    for name in BORROWED:
        spec = importlib.util.find_spec(name.partition(".")[0])
        if spec is None or spec.origin is None:
            continue
        if name.endswith(".py"):
            shutil.copy(spec.origin, to / name)
            continue
        source = Path(spec.origin).parent.parent / name
        if source.is_dir():
            shutil.copytree(source, to / name, ignore=skip)
