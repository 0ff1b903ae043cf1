"""The units of C that need no Python, by tests in C (tests/c/test_*.c).

Each runs twice: as it is compiled for users, and with AddressSanitizer, leak
detection and UndefinedBehaviorSanitizer.
"""

from __future__ import annotations

import functools
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from compiling import compile_c
from environments import CHECKOUT
from users import command

pytestmark = pytest.mark.fast

ROOT = CHECKOUT
SRC = ROOT / "src"
# What needs neither Python nor libcap is a library, of which the linker takes
# what a program does not define itself.
NEEDS_MORE = ("extension/python", "extension/decoder", "extension/install")
PROGRAMS = sorted(
    path.stem[len("test_") :] for path in ROOT.glob("tests/c/test_*.c")
)
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


def flags(flavour: str) -> list[str]:
    """What all of it is compiled with."""
    return [*WARNINGS.split(), *FLAVOURS[flavour]]


@pytest.fixture(scope="session")
def library(tmp_path_factory) -> Callable[[str], Path]:
    """A function from a flavour to the library of the units."""

    @functools.cache
    def build(flavour: str) -> Path:
        made = tmp_path_factory.mktemp(flavour)
        for room in sorted({path.parent for path in SRC.rglob("*.c")}):
            name = str(room.relative_to(SRC))
            if name.startswith(NEEDS_MORE):
                continue
            sources = [
                path
                for path in sorted(room.glob("*.c"))
                if "sys/capability.h" not in path.read_text()
            ]
            objects = made / name
            objects.mkdir(parents=True)
            compile_c(*flags(flavour), "-c", *sources, cwd=objects)
        command("ar", "rcs", made / "units.a", *sorted(made.rglob("*.o")))
        return made / "units.a"

    return build


@pytest.mark.parametrize("flavour", FLAVOURS)
@pytest.mark.parametrize("name", PROGRAMS)
def test_unit(name, flavour, library, tmp_path):
    """All its checks pass, and no sanitizer has anything to say."""
    source = ROOT / "tests" / "c" / f"test_{name}.c"
    words = [*flags(flavour), source, library(flavour), "-o", name]
    compile_c(*words, cwd=tmp_path)
    done = subprocess.run(
        [tmp_path / name],
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stderr == ""


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
    compile_c(f"-I{ROOT}/tests/c", source, "-o", program)
    done = subprocess.run(
        [program], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "fails.c:2: 1 + 1: 2, not 3" in done.stderr
    assert done.stdout == "FAIL one\nok   two\n"
