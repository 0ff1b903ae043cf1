"""The units of C that need no Python, by tests in C (tests/c/test_*.c).

Each runs twice: as it is compiled for users, and with AddressSanitizer, leak
detection and UndefinedBehaviorSanitizer.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
CALL = [
    "extension/caller/call.c",
    "extension/caller/call_ends.c",
    "extension/caller/call_receive.c",
    "extension/caller/call_send.c",
    "extension/wire/store.c",
    "shared/deadline.c",
    "shared/rights.c",
    "shared/shortage.c",
]
# Program: what of src is linked to it; some include the unit itself.
UNITS = {
    "prefork": ["extension/zygote/prefork.c", "shared/deadline.c"],
    "deadline": ["shared/deadline.c"],
    "order": ["launcher/order.c"],
    "configuration": [],
    "frame": [
        "extension/wire/frame.c",
        "shared/deadline.c",
        "shared/rights.c",
        "shared/shortage.c",
    ],
    "call": CALL,
    "call_unanswered": CALL,
    "call_output": CALL,
    "call_ends": CALL,
    "process_limit": [],
    "children": [
        "extension/worker/cpu_clock.c",
        "extension/zygote/children.c",
        "extension/zygote/events.c",
        "shared/deadline.c",
        "shared/shortage.c",
    ],
    "request": [
        "extension/worker/request.c",
        "shared/deadline.c",
        "shared/shortage.c",
    ],
    "rights": ["shared/rights.c"],
    "call_send": CALL,
    "store": ["extension/wire/store.c"],
    "tmpfs": ["shared/directories.c", "confine/id_map.c"],
    "seccomp": [
        "confine/seccomp.c",
        "confine/syscall_table.c",
        "confine/syscall_known.c",
    ],
}
FLAVOURS = {
    "plain": ["-O2", "-D_FORTIFY_SOURCE=2", "-Werror"],
    "sanitized": [
        "-O1",
        "-g",
        "-fsanitize=address,undefined",
        "-fno-sanitize-recover=all",
        "-fno-omit-frame-pointer",
    ],
}
WARNINGS = "-Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes"


def compile_unit(name: str, flavour: str, to: Path) -> Path:
    """Build the test program of a unit."""
    compiler = os.environ.get("CC", "cc").split()
    flags = ["-std=c11", "-D_GNU_SOURCE", *WARNINGS.split()]
    flags += [*FLAVOURS[flavour], f"-I{ROOT}/src"]
    sources = [f"{ROOT}/tests/c/test_{name}.c"]
    sources += [f"{ROOT}/src/{source}" for source in UNITS[name]]
    program = to / name
    done = subprocess.run(
        [*compiler, *flags, *sources, "-o", program],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return program


@pytest.mark.parametrize("flavour", FLAVOURS)
@pytest.mark.parametrize("name", UNITS)
def test_unit(name, flavour, tmp_path):
    """All its checks pass, and no sanitizer has anything to say."""
    program = compile_unit(name, flavour, tmp_path)
    done = subprocess.run(
        [program], capture_output=True, text=True, timeout=50, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stderr == ""


def test_every_program_is_run():
    """No test in C is left out of the table."""
    found = {path.stem for path in Path(ROOT, "tests/c").glob("test_*.c")}
    assert found == {f"test_{name}" for name in UNITS}


def test_a_failed_check_is_a_failed_test(tmp_path):
    """It is printed with its place, and the exit status is 1."""
    source = tmp_path / "fails.c"
    source.write_text(
        '#include "test.h"\n'
        "static void one(void) { CHECK_EQUAL(1 + 1, 3); }\n"
        "static void two(void) { CHECK(true); }\n"
        "TEST_MAIN(TEST(one), TEST(two))\n"
    )
    program = tmp_path / "fails"
    include = f"-I{ROOT}/tests/c"
    subprocess.run(["cc", include, source, "-o", program], check=True)
    done = subprocess.run(
        [program], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "fails.c:2: 1 + 1: 2, not 3" in done.stderr
    assert done.stdout == "FAIL one\nok   two\n"
