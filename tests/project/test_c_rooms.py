"""The layout of the C files: who may include what, the prefixes of what they
offer, and the numbers of the launcher's steps.  docs/design.rst has the rules.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from environments import CHECKOUT

pytestmark = pytest.mark.fast

SRC = CHECKOUT / "src"
# Room: the rooms that its files may include from, besides itself.
ROOMS: dict[str, set[str]] = {
    "shared": set(),
    "confine": {"shared"},
    "launcher": {"confine", "shared"},
    "extension/decoder": set(),
    "extension/install": set(),
    "extension/wire": {"shared"},
    "extension/caller": {"extension/wire", "shared"},
    "extension/worker": {"extension/wire", "confine", "shared"},
    "extension/zygote": {"extension/worker", "extension/wire", "shared"},
    "extension/python": {
        "extension/caller",
        "extension/decoder",
        "extension/install",
        "extension/wire",
        "extension/worker",
        "extension/zygote",
        "confine",
        "shared",
    },
}
KNOWS_PYTHON = ("extension/python", "extension/decoder")
# What is one unit of many files has prefixes of its own, beside its files'.
PREFIXES = {"extension/decoder": ("decoder", "op", "make", "build")}
NAMED_BY_OTHERS = {"main", "PyInit__boxed"}


def room(path: Path, src: Path = SRC) -> str:
    return str(path.parent.relative_to(src))


def files(pattern: str, src: Path = SRC) -> list[Path]:
    return sorted(src.rglob(pattern))


def wrong_includes(src: Path = SRC) -> Iterator[str]:
    """What a file includes and its room may not."""
    for path in files("*.[ch]", src):
        here = room(path, src)
        for name in re.findall(r'#include "([^"]+)"', path.read_text()):
            there = str(Path(name).parent)
            if there != here and there not in ROOMS.get(here, ()):
                yield f"{path.relative_to(src)}: {name}"
            if not (src / name).exists():
                yield f"{path.relative_to(src)}: {name} is not there"


def test_every_folder_is_a_room():
    """None is missing from the table, and none is empty."""
    assert {room(path) for path in files("*.[ch]")} == set(ROOMS)


def test_rooms_include_what_they_may():
    """And by the whole path from src on."""
    assert list(wrong_includes()) == []


@pytest.mark.parametrize(
    ("name", "includes"),
    [
        ("extension/decoder/names.c", "shared/fd.h"),
        ("extension/worker/worker.c", "extension/caller/call.h"),
        ("shared/fd.h", "launcher/launcher.h"),
        ("shared/fd.h", "order.h"),
    ],
)
def test_a_wrong_include_is_found(tmp_path, name, includes):
    """The control: one that a room should not know."""
    for file in (name, includes):
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).write_text("")
    (tmp_path / name).write_text(f'#include "{includes}"\n')
    assert list(wrong_includes(tmp_path)) == [f"{name}: {includes}"]


def test_python_is_known_in_two_rooms():
    """The mechanisms know none of its objects."""
    knowing = {
        room(path)
        for path in files("*.[ch]")
        if "#include <Python.h>" in path.read_text()
    }
    assert knowing == set(KNOWS_PYTHON)


def offered(path: Path) -> list[str]:
    """Functions of a .c file that are not static; of a header, those that it
    defines.  The type stands on the line before, as clang-format has it."""
    start = r"(?!static\b)" if path.suffix == ".c" else r"static inline "
    return re.findall(
        rf"^{start}[A-Za-z_][\w *]*\n(\w+)\(", path.read_text(), re.MULTILINE
    )


def prefixes(path: Path) -> tuple[str, ...]:
    """The first word of the file's name, in the plural or not."""
    word = path.stem.split("_")[0]
    return (word, word.removesuffix("s"), *PREFIXES.get(room(path), ()))


def test_a_name_begins_with_its_files():
    """So that who meets a function knows where it is."""
    found = 0
    wrong = []
    for path in files("*.[ch]"):
        for name in offered(path):
            found += 1
            known = (name.startswith(f"{one}_") for one in prefixes(path))
            if not any(known) and name not in {path.stem, *NAMED_BY_OTHERS}:
                wrong.append(f"{path.relative_to(SRC)}: {name}")
    assert wrong == []
    assert found > 200


def test_header_guards_name_their_files():
    """None has the guard of the file that it was copied from."""
    guards = set()
    for path in files("*.h"):
        text = path.read_text()
        (guard,) = re.findall(r"#ifndef (BOXED_\w+)\n#define \1\n", text)
        assert guard.endswith(f"_{path.stem.upper()}_H"), path
        guards.add(guard)
    assert len(guards) == len(files("*.h"))


def test_files_say_what_they_are():
    """Each opens with a comment."""
    for path in files("*.[ch]"):
        assert path.read_text().startswith("/* "), path


def steps() -> dict[str, int]:
    """The launcher's functions and the numbers of their steps, in the order
    of docs/design.rst."""
    text = (CHECKOUT / "docs" / "design.rst").read_text()
    table = re.search(r"\n==  =+  =+\n(.*?)\n==  =+  =+\n", text, re.DOTALL)
    assert table is not None
    words: dict[int, str] = {}
    number = 0
    for line in table[1].split("\n"):
        number = int(line[:2].strip() or number)
        words[number] = words.get(number, "") + line[2:27].strip()
    return {
        name: number
        for number, cell in words.items()
        for name in re.findall(r"\w+", cell.replace("````", ""))
    }


def test_main_takes_the_steps_in_order():
    """As the table has them; execve is the last."""
    text = (SRC / "launcher" / "main.c").read_text()
    body = text[text.index("\nmain(") :]
    calls: list[str] = re.findall(r"^    (\w+)\(", body, re.MULTILINE)
    assert calls == [*steps(), "die"]


def test_files_of_steps_have_their_numbers():
    """What opens with a step is the file with its function."""
    wanted: dict[str, set[int]] = {}
    for path in files("*.c"):
        mine = {steps()[name] for name in offered(path) if name in steps()}
        if room(path) == "launcher" and mine:
            wanted[path.name] = mine
    said = {}
    for path in (SRC / "launcher").glob("*.c"):
        opening = path.read_text().split("\n")[0]
        if re.match(r"/\* (S|Of s)teps? \d", opening):
            said[path.name] = {int(n) for n in re.findall(r"\d+", opening)}
    part = {name for name in said if name not in wanted}
    assert {name: said.get(name) for name in wanted} == wanted
    of_pool = {"pool.c"}
    of_keeper = {"cgroup.c", "slots.c"}
    of_supervisor = {"looks.c"}
    others = {"modules.c", "order.c", "tmp.c", "walk.c"}
    assert part == of_pool | of_keeper | of_supervisor | others
