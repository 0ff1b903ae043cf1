"""Programs as users write them, in tests/programs, give what they should.

Each is run by root and by an ordinary user for whom nothing was set up, where
boxed was installed and where it is an editable installation of a checkout in
the user's home.  What counts is the last line printed.
"""

from __future__ import annotations

import json
import shutil
import sysconfig
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from environments import CHECKOUT, Environment, Unavailable, describe
from users import HOMES, command

PROGRAMS = CHECKOUT / "tests" / "programs"
EXAMPLES = CHECKOUT / "examples"
# What each of the grader's submissions deserves.
VERDICTS = {
    "AC": "ada ben carla dan eva finn gina hugo ines",
    "WA": "jan kim lea max nora otto",
    "TLE": "pia quin rosa sam",
    "MLE": "tara udo vera",
    "OLE": "will xena",
    "RE": "yann zoe adam bea cleo dora",
}

# Program: its last line.
LAST_LINES = {
    "arrays.py": "(2, 3) 2.0",
    "as_written.py": "2 4.0 True 6.0 32 24 6.0 True True 7 [0, 1, 2]"
    " [0, 1, 4, 9] 0 [0.0, 2.0, 4.0] [[0], [0, 1]] ['a', 'b']",
    "before_a_timeout.py": "stopped after started",
    "closures.py": "6",
    "code_of_a_stranger.py": "4 WorkerDied",
    "exceptions.py": "not JSON: Expecting property name enclosed in double"
    " quotes: line 1 column 2 (char 1)",
    "first_call.py": "2.0",
    "harmless.py": "held: read write connect start signal",
    "in_a_signal_handler.py": "handled {2.0}",
    "in_asyncio.py": "[0.25, None, 0.5]",
    "in_processes.py": "129",
    "in_threads.py": "506",
    "limited.py": "hoard scribble answer",
    "many_rows.py": "2476.0 0.25",
    "newcomer.py": "6",
    "own_class.py": "4 RED",
    "own_function.py": "43",
    "printing.py": "2 bob",
    "secret_beside.py": "refused",
    "typo_in_a_grant.py": "refused 5",
    "with_a_module.py": "3",
}
# Modules that programs import.
MODULES = {"grading.py", "key.py", "reader.py"}
# Not to be collected with ours.
THEIRS = "theirs/checks.py"
INSTALLATIONS = ("root, plain", "root, editable", "user, plain",
                 "user, editable")  # fmt: skip


@dataclass(frozen=True)
class Project:
    """A user's copy of the programs, and the means to run them."""

    environment: Environment
    folder: Path

    @property
    def python(self) -> str:
        return self.environment.interpreter

    def run(self, *argv: str | Path, input: str = "") -> str:
        """The last line that a command prints, or says on stderr."""
        done = self.environment.run(argv, cwd=self.folder, input=input)
        lines = done.stdout.split("\n")
        if done.returncode != 0 or len(lines) < 2:
            pytest.fail(describe(self.environment.name, done))
        return lines[-2]


def make_editable(home: Path, plain: Path) -> Path:
    """An interpreter like the plain one, with an editable installation: what
    pip wrote for the tests' own, of a copy of what that is of."""
    checkout = home / "boxed-checkout"
    shutil.copytree(CHECKOUT / "boxed", checkout / "boxed")
    shutil.copytree(plain.parent.parent, home / "editable", symlinks=True)
    (packages,) = home.glob("editable/lib/*/site-packages")
    shutil.rmtree(packages / "boxed")
    written = [
        *Path(sysconfig.get_path("purelib")).glob("__editable__*boxed*")
    ]
    if not written:
        raise Unavailable("no editable installation, as of `make build`")
    for path in written:
        text = path.read_text().replace(str(CHECKOUT), str(checkout))
        (packages / path.name).write_text(text)
    return home / "editable" / "bin" / "python"


@pytest.fixture(scope="session")
def editable(machine, users):
    """A function from an environment to an editable installation in it."""
    made: dict[Path, Path] = {}

    def get(environment: Environment) -> str:
        home = environment.home
        if home not in made:
            user = users[0] if environment.uid else None
            plain = Path(machine.python(user))
            made[home] = make_editable(home, plain)
            own(home / "boxed-checkout", environment)
            own(home / "editable", environment)
        return str(made[home])

    return get


def own(path: Path, environment: Environment) -> None:
    ids = f"{environment.uid}:{environment.gid}"
    command("chown", "-R", "--no-dereference", ids, path)


@pytest.fixture(params=INSTALLATIONS)
def project(request, machine, users, make_environment, editable):
    """The programs in a folder of the user's."""
    who, _, how = request.param.partition(", ")
    environment = make_environment("root" if who == "root" else "rootless")
    machine.need_root("another user's programs")
    plain = machine.python(None if who == "root" else users[0])
    python = plain if how == "plain" else editable(environment)
    variables = {**environment.variables}
    variables.pop("PYTHONPATH", None)
    environment = replace(environment, interpreter=python, variables=variables)
    # Not among the system's programs, where the machine's root is at home.
    home = environment.home if environment.uid else machine.folder(HOMES)
    folder = home / "project"
    shutil.copytree(PROGRAMS, folder)
    own(folder, environment)
    yield Project(environment, folder)
    shutil.rmtree(folder)


@pytest.mark.parametrize("name", LAST_LINES)
def test_a_script(project, name):
    """By its path, as its user would."""
    assert project.run(project.python, name) == LAST_LINES[name]


def test_every_program_is_run():
    """None is only there to be looked at."""
    found = {path.name for path in PROGRAMS.glob("*.py")}
    assert found == {*LAST_LINES, *MODULES}


@pytest.mark.parametrize("name", ["first_call.py", "newcomer.py"])
@pytest.mark.parametrize(
    "options", [("-c",), ("-",), ("-i", "-q"), ("-I", "-"), ("-O", "-")]
)
def test_without_a_file(project, options, name):
    """A line in the shell, standard input, and what is typed at a prompt;
    with a function of a library's, and with one of its own."""
    source = (project.folder / name).read_text()
    if options == ("-c",):
        assert (
            project.run(project.python, *options, source) == LAST_LINES[name]
        )
    else:
        found = project.run(project.python, *options, input=source)
        assert found == LAST_LINES[name]


def test_a_module(project):
    """`python -m package`."""
    assert project.run(project.python, "-m", "package") == "3.0 1.5"


def test_from_another_folder(project):
    """By a relative path, with the working directory elsewhere."""
    elsewhere = replace(project, folder=project.folder / "package")
    assert elsewhere.run(project.python, "../with_a_module.py") == "3"


def test_beside_a_clone(project):
    """Whose directory has the name of the package."""
    (project.folder / "boxed").mkdir()
    assert project.run(project.python, "first_call.py") == "2.0"


def test_tests_of_theirs(project):
    """Under pytest, with a module in its tmp_path."""
    options = ("-q", "-p", "no:cacheprovider")
    line = project.run(project.python, "-m", "pytest", *options, THEIRS)
    assert line.startswith("4 passed"), line


def test_a_zip_file(project):
    """One file with all its modules."""
    project.run(project.python, "-c", "import zipapp as z\n"
                "z.create_archive('zipped', 'p.pyz'); print()")  # fmt: skip
    assert project.run(project.python, "p.pyz") == "4"


def test_a_command(project):
    """`python -m boxed run`."""
    argv = (project.python, "-m", "boxed", "run", "math:sqrt", "4")
    assert project.run(*argv) == "2.0"


def test_the_grader(project):
    """Every submission gets the verdict that it deserves, with its time and
    memory, and what it printed before it failed."""
    folder = project.folder / "examples"
    shutil.copytree(EXAMPLES, folder)
    own(folder, project.environment)
    argv = (project.python, "grader.py")
    done = project.environment.run(argv, cwd=folder, check=True)
    rows = [line.split(maxsplit=7) for line in done.stdout.splitlines()]
    verdicts = {name: verdict for name, verdict, *_ in rows}
    assert len(rows) == len(verdicts) == 30
    for verdict, names in VERDICTS.items():
        assert {verdicts[name] for name in names.split()} == {verdict}, done
    for name, verdict, passed, seconds, _, memory, _, *_ in rows:
        assert (passed == "10") == (verdict == "AC"), name
        assert 0 < float(seconds) < 5 and 4 < float(memory) < 120, name
    said = dict(line.split(maxsplit=1) for line in done.stdout.splitlines())
    assert "look out" in said["adam"] and "signal 11" in said["adam"]
    assert "thinking" in said["quin"] and "is this it?" in said["will"]
    assert "No such file" in said["cleo"]


def test_the_service_for_formulas(project):
    """Each formula gets what it deserves, whatever the others do."""
    (*shown, counts) = lines_of(project, "formulas.py", "90")
    got = {line[:52].strip(): line[52:].strip() for line in shown}
    assert got["cell('price') * cell('amount')"] == "2.0"
    assert got["cell('secret')"] == got["cell('price') / 0"] == "raised"
    assert got["max(iter(int, 1))"] == "cpu_time"
    assert counts == "{'cpu_time': 10, 'raised': 40, 'returned': 40}"


def test_the_pipeline(project):
    """Each bad row fails alone, with its own reason."""
    first, *bad = lines_of(project, "pipeline.py")
    assert first == "30 rows, mean of means 15.5"
    assert dict(line.split() for line in bad) == {
        "endless": "CallTimeout",
        "exit": "WorkerDied",
        "memory": "MemoryError",
        "nested": "SyntaxError",
        "nothing": "ZeroDivisionError",
        "signal": "PermissionError",
        "text": "TypeError",
    }


def lines_of(project, name, *args) -> list[str]:
    """What an example prints."""
    folder = project.folder / "examples"
    shutil.copytree(EXAMPLES, folder)
    own(folder, project.environment)
    argv = (project.python, name, *args)
    done = project.environment.run(argv, cwd=folder, check=True)
    return done.stdout.splitlines()


def test_a_cheat_has_the_answers_outside(project):
    """The control: where the grader's own files can be read."""
    folder = project.folder / "examples"
    shutil.copytree(EXAMPLES, folder)
    own(folder, project.environment)
    grading = folder / "grading"
    test = json.loads((grading / "tests.json").read_text())[8]
    text = (grading / "submissions.txt").read_text()
    source = text.split("==== cleo\n")[1].split("====")[0]
    argv = (project.python, "-c", source)
    done = project.environment.run(
        argv, cwd=folder, input=test["input"], check=True
    )
    assert done.stdout.strip() == test["expected"]


def test_the_installation(project):
    """What is run is what was said."""
    code = "import boxed; print(boxed.__file__)"
    where = project.run(project.python, "-c", code)
    editable = "editable" in project.python
    assert ("boxed-checkout" in where) == editable
    assert ("site-packages" in where) != editable
