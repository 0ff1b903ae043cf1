"""Programs in C for the tests: the compiler of $CC, as src is compiled."""

from __future__ import annotations

import os
import subprocess

from environments import CHECKOUT

Word = "str | os.PathLike[str]"


def compiler(*words: Word) -> list[Word]:
    """The command for these flags, sources and -o TO."""
    language = ["-std=c11", "-D_GNU_SOURCE", f"-I{CHECKOUT / 'src'}"]
    return [*os.environ.get("CC", "cc").split(), *language, *words]


def compile_c(*words: Word, cwd: Word | None = None) -> None:
    """It must work; what the compiler says of it is the failed test's."""
    done = subprocess.run(
        compiler(*words),
        capture_output=True,
        text=True,
        check=False,
        timeout=50,
        cwd=cwd,
    )
    assert done.returncode == 0, done.stderr
