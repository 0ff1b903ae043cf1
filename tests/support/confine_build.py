"""Builds the helpers of tests/c that include src/confine, once a session."""

import functools
import json
import platform
import subprocess
import sys
import tempfile
from pathlib import Path

from compiling import compile_c
from environments import CHECKOUT as ROOT

PROGRAMS = ROOT / "tests/confine/programs"
GOLDEN = ROOT / f"tests/confine/golden_syscalls_{platform.machine()}.txt"
SCRATCH = tempfile.TemporaryDirectory(prefix="confine-")
Path(SCRATCH.name).chmod(0o755)


@functools.cache
def build(name, *flags):
    """Compile a file of tests/c with src; as a shared library with -shared."""
    where = Path(SCRATCH.name, name + "".join(flags))
    sources = [f"tests/c/{name}.c"] if name != "confine" else []
    if name != "confine_abi":
        sources += map(str, ROOT.glob("src/confine/*.c"))
    words = ["-Wall", "-Wextra", "-O2", *sources, "-o", str(where), *flags]
    compile_c(*words, cwd=ROOT)
    return str(where)


def confined(*words, **options):
    """Run confine_run: steps, then after "--" a command."""
    options = {"capture_output": True, "text": True, **options}
    return subprocess.run(
        [build("confine_run"), *map(str, words)], check=False, **options
    )


def syscall(steps, number, *args):
    """Make one call after the steps; returns its result or -errno."""
    answer = confined(*steps, "--", "syscall", number, *args)
    assert answer.returncode == 0, answer.stderr
    result, error = map(int, answer.stdout.split())
    return -error if result == -1 else result


def python_in_worker(
    program, *args, interpreter=sys.executable, zygote=True, **options
):
    """Run a program of tests/confine in a fork of a Python that started under
    the zygote's filter, with the worker's filter; without both if `zygote` is
    false."""
    steps = ["zygote" + (",network" if options.get("network") else "")]
    return confined(
        *(steps if zygote else []),
        *("--", "exec", interpreter, "-I", PROGRAMS / "in_worker.py"),
        build("confine", "-shared", "-fPIC"),
        json.dumps(options) if zygote else "none",
        PROGRAMS / f"{program}.py",
        *args,
    )


def outcome(result):
    """The words that a program printed, which must have ended well."""
    assert result.returncode == 0, result.stderr
    return result.stdout.split()
