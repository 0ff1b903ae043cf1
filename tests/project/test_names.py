"""What comments, docstrings and pages name is there: files, folders and
functions.  And files are of a readable length, and say what they are for."""

from __future__ import annotations

import ast
import builtins
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest
from environments import CHECKOUT

pytestmark = pytest.mark.fast

FOLDERS = ("boxed", "src", "bench", "fuzz", "examples", "tests")
SUFFIXES = (".py", ".pyi", ".c", ".h")
MOST_LINES = 400
# Whose files are named as its sources have them.
KERNEL = ("fs/", "kernel/", "linux/", "net/")
# Elsewhere than in this project, or made by what is read there.
ELSEWHERE = {"Python.h", "faults.py"}
# Functions and settings of the kernel, of C, Python and pandas.
FOREIGN = {
    "all_suffixes",
    "cap_setgid",
    "cap_setuid",
    "cgroup1_procs_write",
    "cgroup_procs_write_start",
    "check_process_timers",
    "core_pattern",
    "cpu_clock_sample",
    "file_setattr",
    "mount_too_revealing",
    "sem_open",
    "suid_dumpable",
    "to_pydatetime",
    "unix_stream_sendmsg",
}


def sources() -> list[Path]:
    return sorted(
        path
        for folder in FOLDERS
        for path in (CHECKOUT / folder).rglob("*")
        if path.suffix in SUFFIXES
    )


def pages() -> list[Path]:
    found = [*CHECKOUT.glob("*.rst"), *CHECKOUT.glob("docs/*.rst")]
    return sorted({path.resolve() for path in found})


def comments(text: str, suffix: str) -> str:
    """What of a file is for its readers alone."""
    if suffix in (".c", ".h"):
        return "\n".join(re.findall(r"/\*.*?\*/", text, re.DOTALL))
    if suffix == ".rst":
        return text
    found = [
        token.string
        for token in tokenize.generate_tokens(io.StringIO(text).readline)
        if token.type == tokenize.COMMENT
    ]
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef)):
            found.append(ast.get_docstring(node) or "")
    return "\n".join(found)


def names(text: str, suffix: str) -> set[str]:
    """The words of a file's code."""
    if suffix in (".c", ".h"):
        code = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
        return {*re.findall(r"\w+", code)}
    return {
        token.string
        for token in tokenize.generate_tokens(io.StringIO(text).readline)
        if token.type == tokenize.NAME
    }


def named_files(text: str) -> set[str]:
    """Words that end as a file of the project's does, or begin with a folder
    of it."""
    files = re.findall(r"[\w./-]*\w\.(?:pyi?|c|h|rst)\b(?![\w/*])", text)
    tops = "|".join((*FOLDERS, "docs"))
    folders = re.findall(rf"(?<![\w./-])(?:{tops})/[\w./]*\w(?![\w*$-])", text)
    return {name for name in (*files, *folders) if name[0] != "."}


def is_there(name: str, paths: set[str]) -> bool:
    return (
        name in ELSEWHERE
        or name.startswith(KERNEL)
        or f"/{name.strip('/')}" in paths
    )


def ends(path: Path) -> Iterator[str]:
    """The names that a file or folder can be called by."""
    parts = path.relative_to(CHECKOUT).parts
    for begin in range(len(parts)):
        yield "/" + "/".join(parts[begin:])


@pytest.fixture(scope="module")
def paths() -> set[str]:
    tops = [*pages(), CHECKOUT / "setup.py", CHECKOUT / "docs"]
    tops += [CHECKOUT / name for name in FOLDERS]
    below = [one for top in tops if top.is_dir() for one in top.rglob("*")]
    return {end for path in [*tops, *below] for end in ends(path)}


def test_files_that_are_named_are_there(paths):
    gone = [
        f"{path.relative_to(CHECKOUT)}: {name}"
        for path in [*sources(), *pages()]
        for name in named_files(comments(path.read_text(), path.suffix))
        if not is_there(name, paths)
    ]
    assert gone == []


def test_a_name_is_seen(paths):
    """The control."""
    text = '"""Says _wire/gone.py and by call.c."""\n# in boxed/_gone\n'
    named = named_files(comments(text, ".py"))
    assert named == {"_wire/gone.py", "call.c", "boxed/_gone"}
    gone = {name for name in named if not is_there(name, paths)}
    assert gone == {"_wire/gone.py", "boxed/_gone"}


def named_functions(text: str, suffix: str) -> set[str]:
    """Words with parentheses; in C those with an underscore too, but no
    file, no folder, and no page of a manual: name(2)."""
    found = {*re.findall(r"\b([a-z]\w+)\(\)", text)}
    if suffix in (".c", ".h"):
        word = r"(?<![\w.*/-])([a-z]+_\w+)\b(?!\.\w|\([1-9]\)|/)"
        found |= {*re.findall(word, text)}
    return found


def test_functions_that_are_named_are_there():
    known = {*FOREIGN, *dir(builtins), *(path.stem for path in sources())}
    for path in sources():
        known |= names(path.read_text(), path.suffix)
    gone = [
        f"{path.relative_to(CHECKOUT)}: {name}"
        for path in sources()
        for name in named_functions(
            comments(path.read_text(), path.suffix), path.suffix
        )
        if name not in known
    ]
    assert gone == []


def test_a_function_is_seen():
    """The control."""
    text = "/* As gone_by() does, or has_gone; see old_file.c, epoll_ctl(2) */"
    assert named_functions(text, ".c") == {"gone_by", "has_gone"}
    assert named_functions(text, ".py") == {"gone_by"}


@pytest.mark.parametrize("folder", FOLDERS)
def test_files_are_of_a_readable_length(folder):
    long = [
        str(path.relative_to(CHECKOUT))
        for path in (CHECKOUT / folder).rglob("*")
        if path.suffix in SUFFIXES
        and path.read_text().count("\n") > MOST_LINES
    ]
    assert long == []


def opening(text: str, suffix: str) -> str:
    if suffix in (".c", ".h"):
        return text[2 : text.find("*/")] if text.startswith("/*") else ""
    return ast.get_docstring(ast.parse(text)) or ""


def test_files_open_with_what_they_are_for():
    """In a sentence."""
    silent = [
        str(path.relative_to(CHECKOUT))
        for path in sources()
        if (text := path.read_text()).strip()
        and not re.search(r"\w[.:)]", opening(text, path.suffix))
    ]
    assert silent == []
