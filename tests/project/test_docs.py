"""The documentation agrees with the tree: every file has its line, every file
and word that is named exists, and README's code runs as pasted."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent

import pytest
from environments import CHECKOUT
from here import run_here

pytestmark = pytest.mark.fast
DOCS = CHECKOUT / "docs"
PAGES = sorted(
    [
        *DOCS.glob("*.rst"),
        *CHECKOUT.glob("*.rst"),
        CHECKOUT / "fuzz/README.rst",
    ]
)
# Whose files have a line each in docs/files.rst.
LISTED = ("boxed", "src", "fuzz", "examples", "bench")


def tables(text: str) -> Iterator[tuple[str, str]]:
    """Of docs/files.rst, each room's heading and its table."""
    sections = re.split(r"\n([^\n]+)\n-+\n", text)
    return zip(sections[1::2], sections[2::2])


def listed(text: str, checkout: Path = CHECKOUT) -> list[str]:
    """The files that have a line, by their paths."""
    return [
        f"{room}/{name}"
        for room, table in tables(text)
        if (checkout / room).is_dir()
        for name in re.findall(r"^``([^`]+)``  ", table, re.MULTILINE)
    ]


def needs_a_line(path: Path) -> bool:
    if path.suffix == ".h":
        return not path.with_suffix(".c").exists()
    empty = path.name == "__init__.py" and path.stat().st_size == 0
    return path.suffix in (".py", ".pyi", ".c") and not empty


def test_each_file_has_its_line():
    """And each line its file; none has two."""
    lines = listed((DOCS / "files.rst").read_text())
    files = {
        str(path.relative_to(CHECKOUT))
        for folder in LISTED
        for path in (CHECKOUT / folder).rglob("*")
        if needs_a_line(path)
    }
    mine = {line for line in lines if not line.startswith("tests/")}
    assert sorted(files - mine) == []
    assert sorted(mine - files) == []
    assert len(lines) == len({*lines}) > 150


def test_each_folder_of_tests_has_its_line():
    """Their files open with what they are about."""
    lines = listed((DOCS / "files.rst").read_text())
    tests = CHECKOUT / "tests"
    folders = {
        str(path.parent.relative_to(CHECKOUT))
        for path in tests.rglob("*")
        if path.suffix in (".py", ".c") and path.parent != tests
    }
    # Of what a room's tests run the page speaks once.
    wanted = {
        folder
        for folder in folders
        if "/programs/" not in folder
        and (folder == "tests/programs" or not folder.endswith("/programs"))
    }
    assert sorted(wanted - {*lines}) == []
    for line in lines:
        assert (CHECKOUT / line).exists(), line


def test_steps_of_the_launcher_have_their_numbers():
    """Those with which the files themselves open."""
    text = (DOCS / "files.rst").read_text()
    rows = dict(tables(text))["src/launcher"]
    said = re.findall(r"^``(\w+\.c)`` +steps? ([\d, ]+):", rows, re.MULTILINE)
    assert len(said) > 15
    for name, numbers in said:
        opening = (CHECKOUT / "src/launcher" / name).read_text().split(".")[0]
        own = re.findall(r"\d+", opening.split(":")[0])
        assert re.findall(r"\d+", numbers) == own, name


def test_a_line_is_told_from_text():
    """The control: what the test above reads of a page."""
    text = "\nboxed\n-----\n\n``no.py`` no\n\n``a.py``  what\n\nnone\n----\n"
    assert listed(text) == ["boxed/a.py"]


def named_paths(text: str) -> set[str]:
    """Files and folders of this project that a page names by their paths."""
    tops = "boxed|src|tests|docs|bench|fuzz|examples"
    return set(re.findall(rf"``((?:{tops})/[\w./]+)``", text))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_what_a_page_names_is_there(page):
    """Files and folders, and pages."""
    text = page.read_text()
    gone = {one for one in named_paths(text) if not (CHECKOUT / one).exists()}
    assert gone == set()
    for name in re.findall(r":doc:`(\w+)`", text):
        assert (DOCS / f"{name}.rst").exists(), name
    tests = {path.name for path in CHECKOUT.glob("tests/**/test_*.*")}
    assert set(re.findall(r"``(test_\w+\.(?:py|c))``", text)) <= tests


def test_commits_are_checked_as_by_make():
    """By the same linters, of the same environment."""
    hooks = (CHECKOUT / ".pre-commit-config.yaml").read_text()
    make = (CHECKOUT / "Makefile").read_text().replace("$(VENV)", ".venv")
    for linter in re.findall(r"entry: ([.\w/-]+(?: [a-z]+)?)", hooks):
        assert linter in make, linter


def test_a_path_is_seen():
    """The control."""
    assert named_paths("``boxed/no.py``, ``boxed run``") == {"boxed/no.py"}


def test_index_leads_to_every_page():
    """But to what is a part of another."""
    text = (DOCS / "index.rst").read_text()
    linked = set(re.findall(r":doc:`(\w+)`", text))
    pages = {page.stem for page in DOCS.glob("*.rst")}
    assert linked == pages - {"index", "cases"}


def glossary() -> set[str]:
    text = (DOCS / "glossary.rst").read_text()
    return set(re.findall(r"^   (\w[\w ]*)$", text, re.MULTILINE))


def code() -> str:
    files = [
        path
        for folder in ("boxed", "src")
        for path in (CHECKOUT / folder).rglob("*.*")
        if path.suffix in (".py", ".c", ".h")
    ]
    return " ".join(" ".join(path.read_text().split()) for path in files)


def test_words_of_the_glossary_are_those_of_the_code():
    """A word that the code does not use explains nothing."""
    words = glossary()
    assert len(words) > 40
    text = code().lower()
    unused = [
        word
        for word in words
        if not re.search(rf"\b{word}(s|es|e?d)?\b|_{word}", text)
    ]
    assert unused == []


def test_names_that_contributors_are_told_are_there():
    """Functions and tables that CONTRIBUTING sends its reader to."""
    page = (CHECKOUT / "CONTRIBUTING.rst").read_text()
    names = set(re.findall(r"``(\w*[A-Z_]\w*|\w+(?=\(\)))(?:\(\))?``", page))
    mine = Path(__file__).name
    tests = [
        path for path in CHECKOUT.glob("tests/**/*.py") if path.name != mine
    ]
    text = code() + "".join(path.read_text() for path in tests)
    assert len(names) > 15
    # Those of the examples.
    gone = {name for name in names if name not in text}
    assert gone == {"FIXED_IPV4", "PR_SET_THP_DISABLE"}


def pasted(text: str) -> list[tuple[str, str]]:
    """The blocks of Python of a page, each with what it is said to print."""
    block = r"((?:    .*\n|\n)+)"
    found = re.findall(
        rf"^\.\. code-block:: python\n\n{block}prints::\n\n{block}",
        text,
        re.MULTILINE,
    )
    return [(dedent(code), dedent(printed)) for code, printed in found]


@pytest.mark.slow
@pytest.mark.parametrize(
    "page",
    [
        "README.rst",
        "docs/source.rst",
        "docs/host_calls.rst",
        "docs/executor.rst",
        "docs/loops.rst",
        "docs/integrations.rst",
    ],
)
def test_code_runs_as_pasted(tmp_path, page):
    """In a file of its own, and prints what it is said to."""
    text = (CHECKOUT / page).read_text()
    blocks = pasted(text)
    assert len(blocks) == text.count(".. code-block:: python") > 0
    for number, (code, printed) in enumerate(blocks):
        program = tmp_path / f"pasted_{number}.py"
        program.write_text(code)
        got = run_here(program)
        assert got.split("\n") == [*printed.strip("\n").split("\n"), ""]
