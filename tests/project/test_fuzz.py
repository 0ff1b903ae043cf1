"""The corpora of fuzz/ replayed: what was found once is not found again."""

from __future__ import annotations

import os
import pickle
import subprocess
from pathlib import Path

import pytest
from compiling import compile_c
from environments import CHECKOUT

from boxed import _boxed

pytestmark = pytest.mark.fast

FUZZ = CHECKOUT / "fuzz"
# What stands in for libFuzzer: every argument is an input.
REPLAY = """
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        static uint8_t data[1 << 20];
        FILE *file = fopen(argv[i], "rb");
        if (file == NULL)
            return 3;
        size_t size = fread(data, 1, sizeof(data), file);
        fclose(file);
        fprintf(stderr, "%s\\n", argv[i]);
        LLVMFuzzerTestOneInput(data, size);
    }
    return 0;
}
"""


@pytest.fixture(scope="session")
def build(tmp_path_factory):
    """A function from a target and its sources to a program that replays."""

    def build(target: str, *sources: str | Path) -> Path:
        folder = tmp_path_factory.mktemp(target)
        (folder / "replay.c").write_text(REPLAY)
        flags = ["-g", "-O1"]
        flags += ["-fsanitize=address,undefined", "-fno-sanitize-recover=all"]
        files = [folder / "replay.c", FUZZ / f"{target}.c", *sources]
        to = folder / target
        compile_c(*flags, *files, "-o", to)
        return to

    return build


def replay(program: Path, inputs: list[Path]) -> subprocess.CompletedProcess:
    env = {**os.environ, "ASAN_OPTIONS": "detect_leaks=0"}
    env.pop("LD_PRELOAD", None)
    return subprocess.run(
        [program, *inputs],
        capture_output=True,
        text=True,
        check=False,
        env=env,
        timeout=50,
    )


def test_streams():
    """No stream of the corpus is read in another way than by pickle.loads:
    with nothing allowed it is refused or means the same."""
    # Without it, arrays are refused.
    pytest.importorskip("numpy")
    inputs = sorted((FUZZ / "corpus" / "decoder").iterdir())
    assert len(inputs) > 100
    read = 0
    for path in inputs:
        data = path.read_bytes()
        try:
            value = _boxed.decode(data)
        except _boxed.DecodeError:
            continue
        read += 1
        other = pickle.loads(data)
        assert type(value) is type(other), path.name
        # NumPy forgets the byte order of an array without items, which
        # protocols below 5 hand to its __setstate__.
        shown, meant = (
            repr(one).replace("dtype='>f4'", "dtype=float32")
            for one in (value, other)
        )
        assert shown == meant, path.name
    assert read > 40


def test_orders(build):
    """No order of the corpus breaks the parser or a promise it makes."""
    inputs = sorted((FUZZ / "corpus" / "order").iterdir())
    assert len(inputs) > 30
    source = CHECKOUT / "src" / "launcher" / "order.c"
    done = replay(build("fuzz_order", source), inputs)
    assert done.returncode == 0, done.stderr[-2000:]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("part[2] == '/' || part[2] == '\\0'", "part[2] == '/'"),
        ("strlen(path) >= ORDER_MAX_PATH", "false"),
        ("path[0] != '/'", "false"),
        ("kind_has_content(word[0])", "false"),
        ("wire->argc <= ORDER_MAX_ARGC", "true"),
        ("wire->entries <= ORDER_MAX_ENTRIES", "true"),
        ("mounts > ORDER_MAX_MOUNTS", "false"),
        ("!path_is_plain(content)", "false"),
        ("wire->text_size == size - sizeof(*wire)", "true"),
        ("!kind_is_known(word[0])", "false"),
    ],
)
def test_orders_notice_a_missing_check(build, tmp_path, old, new):
    """A parser that lacks one of its checks fails on the corpus."""
    source = CHECKOUT / "src" / "launcher" / "order.c"
    text = source.read_text()
    assert text.count(old) == 1
    changed = tmp_path / "order.c"
    changed.write_text(text.replace(old, new))
    inputs = sorted((FUZZ / "corpus" / "order").iterdir())
    done = replay(build("fuzz_order", changed), inputs)
    assert done.returncode != 0
