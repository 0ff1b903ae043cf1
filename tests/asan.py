"""Everything in C with AddressSanitizer and UndefinedBehaviorSanitizer, run
through the core suite: `make asan`.

A copy of the checkout is built with BOXED_SANITIZE=1 in build/asan, and its
tests are run there: the extension in the caller (LD_PRELOAD brings the
runtime), the launcher, from its first instruction to its exec, the supervisor
that it stays, and the extension in zygote and workers (the launcher, in such a
build alone, gives the interpreter an LD_PRELOAD).  A finding ends its process,
and so its test.

Not covered:
- leaks of these processes: CPython keeps memory until its end, and they leave
  by _exit; the programs of tests/c are run with leak detection;
- the static launcher: one with sanitizers has to be linked dynamically;
- a finding of the supervisor after the last answer, which nobody waits for;
- crashes by a guest that ASan cannot be told to leave alone, and limits that
  its own memory passes: see EXCLUDED.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
COPY = ROOT / "build" / "asan"
COPIED = ("boxed", "src", "tests", "setup.py", "pyproject.toml", "README.rst")
OPTIONS = "detect_leaks=0:handle_segv=0:allocator_may_return_null=1"

SUITES = (
    "as_it_comes",
    "buffers",
    "call_steps",
    "core",
    "decoder",
    "families",
    "grants",
    "input",
    "limits",
    "pool",
    "room",
    "soak",
    "terms",
    "world",
)
TESTS = sorted(
    str(path.relative_to(ROOT))
    for suite in SUITES
    for path in ROOT.glob(f"tests/*/test_{suite}*.py")
)
NO_PROC = (
    "ASan reads its options from /proc, which a guest without mounts of its"
    " own cannot, and so takes the guest's own crash for a finding"
)
DEATH = "test_a_workers_death_has_its_cause"
# Test: why it cannot be run with sanitizers.
EXCLUDED = {
    "tests/decoder/test_decoder_bombs.py::test_bomb": "its control has"
    " a limit of address space, which ASan's shadow alone exceeds",
    **{
        f"tests/live/test_core_lives.py::{DEATH}[{name}]": NO_PROC
        for name in ("docker-root", "kubernetes")
    },
    "tests/calls/test_terms.py::test_no_more_can_be_had": "the limit counts"
    " ASan's own memory too, so what the guest asks for is less than it has",
    "tests/soak/test_soak.py::test_soak[docker-root]": NO_PROC,
    "tests/policy/test_grants.py::test_the_environment": "the guest is given"
    " the sanitizers' own variables besides",
    "tests/worker/test_limits.py::test_all_that_a_guest_can_hold": "a cgroup's"
    " limit leaves room for what the interpreter has, and ASan has much",
    "tests/worker/test_limits.py::test_memory": "ASan's allocator ends the"
    " process where the limit makes another raise MemoryError",
    **{
        f"tests/decoder/test_decoder_memory.py::{test}": "ASan's allocator"
        " surrounds each object with memory of its own"
        for test in ("test_memory_is_bounded", "test_a_bound_of_the_callers")
    },
}

OVERFLOW = """
import ctypes
libc = ctypes.CDLL(None)
libc.malloc.restype = ctypes.c_void_p
libc.memset(ctypes.c_void_p(libc.malloc(10)), 0, 11)
"""
PROOF = f"""
import boxed
try:
    boxed.run(exec, ({OVERFLOW!r},))
except boxed.WorkerDied as error:
    assert error.exitcode == 1, error
else:
    raise SystemExit("a guest's overflow went unseen")
assert boxed.run(abs, (-3,)) == 3
"""


def environment() -> dict[str, str]:
    """The variables under which an interpreter loads the extension."""
    library = subprocess.run(
        ["gcc", "-print-file-name=libasan.so"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    return {
        **os.environ,
        "ASAN_OPTIONS": OPTIONS,
        "LD_PRELOAD": str(Path(library).resolve()),
        "PYTHONPATH": str(COPY),
    }


def build() -> None:
    """Make the copy anew; what did not change is not compiled again."""
    COPY.mkdir(parents=True, exist_ok=True)
    built = ("*.so", "python_boxed", "__pycache__")
    for name in COPIED:
        source, to = ROOT / name, COPY / name
        if source.is_dir():
            shutil.rmtree(to, ignore_errors=True)
            ignore = shutil.ignore_patterns(*built)
            shutil.copytree(source, to, ignore=ignore)
        else:
            shutil.copy2(source, to)
    subprocess.run(
        [sys.executable, "setup.py", "-q", "build_ext", "--inplace"],
        cwd=COPY,
        env={**os.environ, "CC": "gcc", "BOXED_SANITIZE": "1"},
        check=True,
    )


def prove() -> None:
    """Sanitizers are there, and at work, in all that is to be tested."""
    env = environment()
    launcher = (COPY / "boxed" / "python_boxed").read_bytes()
    for symbol in (b"__asan_report", b"__ubsan_handle"):
        assert symbol in launcher, symbol
    (extension,) = COPY.glob("boxed/_boxed*.so")
    assert b"__asan_report" in extension.read_bytes()
    done = subprocess.run(
        [sys.executable, "-c", OVERFLOW],
        env=env,
        capture_output=True,
        check=False,
    )
    assert b"heap-buffer-overflow" in done.stderr, done.stderr
    subprocess.run(
        [sys.executable, "-c", PROOF], env=env, cwd=COPY, check=True
    )


def main() -> int:
    """Build, prove, and run the tests; arguments are further pytest's."""
    build()
    prove()
    excluded = [f"--deselect={test}" for test in EXCLUDED]
    options = ["-q", "-p", "no:cacheprovider", "-k", "not docker-user"]
    options += excluded
    return subprocess.run(
        ["tests/suite", sys.executable, *options, *TESTS, *sys.argv[1:]],
        cwd=COPY,
        # With sanitizers tests compute more than they wait.
        env={"WORKERS": str(os.cpu_count()), **environment()},
        check=False,
    ).returncode


if __name__ == "__main__":
    sys.exit(main())
