"""What a start of the launcher must come to, and walls to take out of it."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

import pytest
from environments import CHECKOUT
from launching import FAILED
from orders import FULL, UID
from proc import faults

BUNDLED = CHECKOUT / "boxed" / "python_boxed"
STATUS = ("/usr/bin/cat", "/proc/self/status")
TAKES_UID = pytest.mark.parametrize("tier", [FULL, UID], ids=["full", "uid"])


def python(code: str, *args: str) -> list[str]:
    return ["/usr/bin/python3", "-I", "-S", "-c", code, *args]


def assert_refused(ended, stages, errno=None) -> None:
    """It failed at one of the stages and executed nothing."""
    assert ended.status == FAILED, ended
    assert ended.stage in stages.split(), ended
    assert errno is None or ended.errno == errno, ended
    assert not ended.ran, ended


def assert_runs(ended) -> None:
    """The order was carried out, by a guest with nothing it must not have."""
    assert ended.status == 0, ended
    assert ended.records == [("zygote", 0, 0)], ended
    assert faults(ended.printed) == []


CHANGE = "setresuid(order->uid, order->uid, order->uid)"
REMOVALS = {
    "groups": ("setgroups(0, NULL) != 0 ||\n        ", ""),
    "gid": (
        " ||\n        setresgid("
        "BOXED_NOBODY, BOXED_NOBODY, BOXED_NOBODY) != 0",
        "",
    ),
    "saved uid": (CHANGE, "setresuid(order->uid, order->uid, -1)"),
    "real uid": (CHANGE, "setresuid(-1, order->uid, order->uid)"),
    "capabilities": ("    capabilities_forget();\n", ""),
    "no_new_privs": ("prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0", "0"),
}
NO_VERIFY = ("main.c", "    identity_verify(&order, &origin);\n", "")


def sanitized(variants) -> Path:
    """A launcher that ends at the first mistake; without capabilities, since
    a sanitizer heeds the environment."""
    flags = ("-fsanitize=address,undefined", "-fno-sanitize-recover=all")
    path = variants.build("sanitized", flags=flags)
    with contextlib.suppress(OSError):
        os.removexattr(path, "security.capability")
    return path
