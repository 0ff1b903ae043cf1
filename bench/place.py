"""Where contenders run: an interpreter and packages that every uid can read.

Two tiers run the guest, and two the caller, as another user than root, who
cannot enter root's home; so one interpreter that everybody can read serves
all contenders, with a copy of the packages beside it.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import stat
import subprocess
import sys
import sysconfig
import tempfile
from dataclasses import dataclass
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
BORROWED = (
    *("numpy", "numpy.libs", "pandas", "pandas.libs", "dateutil"),
    *("cloudpickle", "loky", "pebble"),
)
# Of their own: what is on the path of a program's own code is copied into its
# sandbox, and the programs that are measured as a whole need boxed alone.
BESIDE = "borrowed"
SOABI = "import sysconfig; print(sysconfig.get_config_var('SOABI'))"


def open_to_all(path: Path) -> bool:
    """Whether another user can reach and read it."""
    real = path.resolve()
    for folder in real.parents:
        if not folder.stat().st_mode & stat.S_IXOTH:
            return False
    return bool(real.stat().st_mode & stat.S_IROTH)


def _same_build(path: Path) -> bool:
    done = subprocess.run(
        [path, "-I", "-c", SOABI], capture_output=True, text=True, check=False
    )
    return done.stdout.strip() == sysconfig.get_config_var("SOABI")


def find_interpreter() -> str:
    """The running interpreter, or one like it that everybody can read."""
    own = Path(getattr(sys, "_base_executable", sys.executable))
    if open_to_all(own):
        return str(own)
    name = "python{}.{}".format(*sys.version_info[:2])
    for folder in ("/usr/bin", "/usr/local/bin"):
        path = Path(folder, name)
        if path.exists() and open_to_all(path) and _same_build(path):
            return str(path)
    return str(own)


@dataclass(frozen=True)
class Place:
    """Paths of one benchmark run, removed at its end."""

    interpreter: str
    packages: Path

    @property
    def path(self) -> str:
        """For PYTHONPATH."""
        return f"{self.packages}:{self.packages / BESIDE}"

    @property
    def shared(self) -> bool:
        return open_to_all(Path(self.interpreter))

    def close(self) -> None:
        shutil.rmtree(self.packages)


def make_place() -> Place:
    """Copies of this checkout's packages and of the peers'.

    Not below /tmp, which a sandbox covers with its own.
    """
    packages = Path(tempfile.mkdtemp(prefix="boxed-bench-", dir="/var/tmp"))
    packages.chmod(0o755)
    skip = shutil.ignore_patterns("__pycache__", "tests", "*.c")
    for name in ("boxed", "bench"):
        shutil.copytree(CHECKOUT / name, packages / name, ignore=skip)
    for name in BORROWED:
        spec = importlib.util.find_spec(name.partition(".")[0])
        if spec is None or spec.origin is None:
            continue
        source = Path(spec.origin).parent.parent / name
        if source.is_dir():
            shutil.copytree(source, packages / BESIDE / name, ignore=skip)
    interpreter = find_interpreter()
    # Bytecode, which root can write there and the others cannot.
    subprocess.run(
        [interpreter, "-I", "-m", "compileall", "-q", packages],
        check=False,
        stdout=subprocess.DEVNULL,
    )
    return Place(interpreter, packages)


def ordinary_ids() -> dict[str, object]:
    """What makes a subprocess an ordinary user's, where this one is root."""
    if os.geteuid() != 0:
        return {}
    return {"user": 12345, "group": 12345, "extra_groups": []}
