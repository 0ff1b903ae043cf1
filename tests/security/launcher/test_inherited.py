"""What a start inherits: variables and descriptors (P-L05, P-L06)."""

from __future__ import annotations

import fcntl
import itertools
import json
import os
import re
import shutil
from pathlib import Path

import pytest
from calling import path_with
from checks import TAKES_UID
from compiling import compile_c
from core import check_file, run_file
from launching import Start, start
from orders import order_for

PROGRAMS = Path(__file__).parent / "programs"

CANARY = """
#include <unistd.h>
__attribute__((constructor)) static void sing(void)
{ (void)!write(2, "CANARY\\n", 7); }
unsigned la_version(unsigned v) { return v; }
"""


@pytest.fixture(scope="session")
def canary(machine, tmp_path_factory) -> dict[str, str]:
    """Variables that make a program load, run or read a canary."""
    folder = machine.system / "canary"
    folder.mkdir()
    source = tmp_path_factory.mktemp("canary") / "canary.c"
    source.write_text(CANARY)
    library = folder / "canary.so"
    compile_c("-shared", "-fPIC", source, "-o", library)
    module = folder / "sitecustomize.py"
    module.write_text("import os; os.write(2, b'CANARY\\n')")
    shutil.copy(module, folder / "usercustomize.py")
    return {
        "LD_PRELOAD": str(library),
        "LD_AUDIT": str(library),
        "LD_LIBRARY_PATH": str(folder),
        "LD_DEBUG": "libs",
        "GLIBC_TUNABLES": "glibc.malloc.check=3:glibc.rtld.nns=0",
        "GCONV_PATH": str(folder),
        "LOCPATH": str(folder),
        "LANG": "xx_XX.UTF-8",
        "MALLOC_TRACE": str(folder / "trace"),
        "TMPDIR": str(folder),
        "PYTHONPATH": str(folder),
        "PYTHONSTARTUP": str(module),
        "PYTHONUSERBASE": str(folder),
        "PYTHONBREAKPOINT": "sitecustomize.f",
        "PYTHONVERBOSE": "1",
        "BASH_ENV": str(module),
        "IFS": "/",
        "SECRET": "kept",
    }


@pytest.mark.case("P-L05")
@TAKES_UID
def test_p_l05_launcher_heeds_no_variable(user, tier, canary):
    """The guest's environment is four fixed variables, whatever the
    launcher's was; outside the same variables sing."""
    argv = ["/usr/bin/env"]
    outside = user.run(argv, env={"LD_PRELOAD": canary["LD_PRELOAD"]})
    assert "CANARY" in outside.stderr
    # Set at the last moment: `enter` is no part of the attack.
    words = [f"{name}={value}" for name, value in canary.items()]
    through = [*user.enter, "--", "/usr/bin/env", *words]
    ended = start(user, order_for(tier, argv), through=through)
    assert ended.printed.splitlines() == [
        "PATH=/usr/bin:/bin",
        "HOME=/tmp",
        "TMPDIR=/tmp",
        "LANG=C.UTF-8",
    ]


@pytest.mark.case("P-L05")
def test_p_l05_nor_does_the_package(environment, canary, guests):
    """Variables that the caller sets before its first call reach neither the
    launcher nor the sandboxed interpreter; a plain child they do."""
    done = run_file(
        environment,
        PROGRAMS / "hostile_variables.py",
        json.dumps(canary),
        env=path_with(environment, guests),
        check=True,
    )
    assert set(map(str, json.loads(done.stdout).values())) == {"[]"}
    inside, _, outside = done.stderr.partition("=====\n")
    assert inside == ""
    assert "CANARY" in outside


SUBSETS = [
    subset
    for size in range(4)
    for subset in itertools.combinations((0, 1, 2), size)
]


@pytest.mark.case("P-L06")
def test_p_l06_missing_standard_descriptors(environment, guests):
    """Whichever of the three the caller lacks, the guest has its own three
    and its call socket, nothing else, and the call works."""
    for subset in SUBSETS:
        result = environment.home / "descriptors.json"
        result.unlink(missing_ok=True)
        enter = [word for fd in subset for word in ("--close", str(fd))]
        check_file(
            environment,
            PROGRAMS / "descriptors_of_a_guest.py",
            str(result),
            enter=enter,
            env=path_with(environment, guests),
        )
        found = json.loads(result.read_text())
        assert found == {"0": "null", "1": "pipe", "2": "pipe", "3": "socket"}


@pytest.mark.case("P-L06")
@TAKES_UID
def test_p_l06_launcher_fills_the_gaps(user, tier):
    """Started without the three by hand, it puts /dev/null in their place:
    no socket and no mount ever becomes one of them."""
    argv = ["/usr/bin/ls", "-l", "/proc/self/fd"]
    for subset in SUBSETS:
        enter = [word for fd in subset for word in ("--close", str(fd))]
        with Start(user, order_for(tier, argv), enter=enter) as one:
            ended = one.finish()
        assert ended.stage == "zygote", (subset, ended)
        if 2 in subset:
            continue
        links = dict(re.findall(r"(\d+) -> (\S+)", ended.printed))
        # glibc opens /dev/full where it may: no read and no write succeeds.
        assert Path(links.pop("0")).name in ("null", "full")
        assert links.pop("1").startswith("pipe:")
        assert links.pop("2").startswith("pipe:")
        assert links.pop("4").startswith("socket:")
        assert links.pop("5").startswith("socket:")
        assert links.pop("6").startswith("socket:")
        # The directory that ls is reading.
        assert [path for path in links.values() if "/fd" not in path] == []


@pytest.mark.case("P-L06")
@TAKES_UID
def test_p_l06_nothing_else_is_inherited(user, tier, tmp_path, variants):
    """A secret file that the starter has open does not get through; with a
    launcher that closes nothing it does."""
    secret = tmp_path / "secret"
    secret.write_text("secret")
    argv = ["/usr/bin/ls", "-l", "/proc/self/fd"]
    fd = os.open(secret, os.O_RDONLY)
    high = [fcntl.fcntl(fd, fcntl.F_DUPFD, 800) for _ in range(2)]
    for number in high:
        os.set_inheritable(number, True)
    try:
        ended = start(user, order_for(tier, argv))
        assert not any(f"{number} -> " in ended.printed for number in high)
        assert "4 -> socket" in ended.printed
        edit = ("guest.c", "ORDER_LOOK_FD + 1u, ~0u, 0u", "5000u, ~0u, 0u")
        launcher = variants.build("closes-nothing", [edit])
        ended = start(user, order_for(tier, argv), launcher=launcher)
        assert all(f"{number} -> " in ended.printed for number in high)
    finally:
        for number in (fd, *high):
            os.close(number)
