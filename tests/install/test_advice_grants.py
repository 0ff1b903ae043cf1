"""Advice about what a guest is shown and granted, carried out."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from advising import Place, carries, failed, words, works
from carrying import carry_out
from environments import CHECKOUT, DOCKER


def own_interpreter(place: Place) -> Path:
    """A virtual environment of the user's that only the user can read."""
    to = place.user.home / "closed"
    base = place.machine.base
    subprocess.run(
        [base.path, "-m", "venv", "--without-pip", "--copies", to], check=True
    )
    (library,) = to.glob("lib/python3*/site-packages")
    skip = shutil.ignore_patterns("__pycache__")
    shutil.copytree(CHECKOUT / "boxed", library / "boxed", ignore=skip)
    for shared in Path(base.prefix, "lib").glob("libpython*.so*"):
        shutil.copy(shared, to / "lib")
    ids = f"{place.user.uid}:{place.user.gid}"
    subprocess.run(["chown", "-R", ids, to], check=True)
    subprocess.run(["chmod", "-R", "go-rwx", to], check=True)
    return to


@carries("open tree")
def test_an_interpreter_that_others_cannot_read(place):
    place.setup()
    folder = own_interpreter(place)
    python = str(folder / "bin" / "python")
    try:
        with place.program(python=python) as program:
            text = failed(program.call(), "open tree")
            carry_out(text, place.root)
            works(program.call(), "full")
    finally:
        shutil.rmtree(folder)


@carries("interpreter")
def test_an_interpreter_in_a_private_home(place):
    place.setup()
    python = place.machine.python(place.user)
    with place.program(*DOCKER, python=python) as program:
        failed(program.call(), "interpreter")
    with place.program(*DOCKER) as program:
        works(program.call(), "uid")


@pytest.fixture
def folder(place) -> Iterator[Path]:
    """The user's, with a file in it; closed to everybody else."""
    path = place.user.home.parent / "data"
    (path / "deep").mkdir(parents=True)
    (path / "deep" / "file").write_text("")
    for one in (path / "deep" / "file", path / "deep", path):
        os.chown(one, place.user.uid, place.user.gid)
        one.chmod(0o600 if one.is_file() else 0o700)
    yield path
    shutil.rmtree(path)


@carries("open")
@pytest.mark.parametrize("grant", ["read", "write"])
def test_what_others_cannot_read(place, folder, grant):
    place.setup()
    options = f"{grant}=[{str(folder)!r}]"
    for enter in ((), DOCKER):
        folder.chmod(0o700)
        with place.program(*enter) as program:
            carry_out(failed(program.call(options), "open"), place.root)
            works(program.call(options))
    # All that is in it, too.
    assert (folder / "deep" / "file").stat().st_mode & 0o004


@carries("open")
def test_root_is_told_the_same(place, folder):
    options = f"read=[{str(folder)!r}]"
    with place.program(root=True) as program:
        carry_out(failed(program.call(options), "open"), place.root)
        works(program.call(options))


@carries("own")
def test_what_is_not_the_users(place, folder):
    place.setup()
    os.chown(folder, 0, 0)
    folder.chmod(0o777)
    options = f"write=[{str(folder)!r}]"
    for enter in ((), DOCKER):
        with place.program(*enter) as program:
            failed(program.call(options), "own")
            os.chown(folder, place.user.uid, place.user.gid)
            works(program.call(options))
            os.chown(folder, 0, 0)


@carries("one process")
def test_one_process(place):
    place.setup()
    with place.program(*DOCKER) as program:
        many, one = (f"limits=Limits(processes={n})" for n in (2, 1))
        failed(program.call(many), "one process")
        works(program.call(one), "uid")


@carries("shorten")
def test_shorten(place):
    with place.program() as program:
        failed(program.call("env={'A': 'x' * 400000}"), "shorten")
        works(program.call("env={'A': 'x'}"))


@carries("fewer places")
def test_fewer_places(place, folder):
    folder.chmod(0o755)
    places = [folder / str(number) for number in range(130)]
    for one in places:
        one.mkdir()
    every, some = (f"read={list(map(str, n))}" for n in (places, places[:3]))
    with place.program(root=True) as program:
        failed(program.call(every), "fewer places")
        works(program.call(some))


@carries("fewer modules")
def test_fewer_modules(place, folder):
    """One as large as none is, which is copied since others cannot read it."""
    place.setup()
    large = folder / "large.py"
    with large.open("wb") as file:
        file.truncate(130 << 20)
    os.chown(large, place.user.uid, place.user.gid)
    large.chmod(0o600)
    import_from, show = (f"{n}=[{str(folder)!r}]" for n in ("path", "read"))
    with place.program() as program:
        failed(program.call(import_from), "fewer modules")
        works(program.call(f"path=[{str(folder / 'deep')!r}]"))
        large.chmod(0o644)
        folder.chmod(0o755)
        works(program.call(show))


@carries("guard")
def test_guard(place, folder):
    """By name, a sandbox imports the program, which must not start calls
    then."""
    folder.chmod(0o755)
    script = folder / "program.py"
    call = "print(run(three, serializer='pickle'))"
    for source, out, words_of_it in (
        (f"{call}", "", words("guard")),
        (f"if __name__ == '__main__': {call}", "3\n", ""),
    ):
        script.write_text(
            f"from boxed import run\ndef three(): return 3\n{source}\n"
        )
        program = place.program()
        done = subprocess.run(
            [*program.argv, str(script)],
            env=dict(program.env),
            cwd="/",
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.stdout == out, done
        last = done.stderr.splitlines()[-1:]
        assert words_of_it in "".join(last), done.stderr
        # Not of the tiers that this machine has not.
        assert "sudo" not in done.stderr


@carries("executable")
def test_executable(place):
    """A program in which Python is embedded does not know its interpreter."""
    change = "**(setattr(sys, 'executable', {!r}) or {{}})"
    with place.program() as program:
        python = program.argv[-1]
        # Nor does it find one.
        works(program.call("**(setattr(os, 'access', lambda *_: 0) or {})"))
        again = "imports=['colorsys'], "
        failed(program.call(again + change.format("no/such")), "executable")
        works(program.call(again + change.format(python)))


@pytest.mark.parametrize(
    ("name", "missing"), [("mount /proc", "/proc"), ("device", "/dev/full")]
)
@carries("mount /proc", "device")
def test_what_the_machine_lacks(place, name, missing):
    """In a mount namespace from which it was taken."""
    take = {
        "/proc": "while umount -l /proc 2>&-; do :; done",
        "/dev/full": "mount --bind /dev /mnt && mount -t tmpfs none /dev"
        " && for n in null zero random urandom; do cp -a /mnt/$n /dev; done",
    }
    program = place.program(root=True)
    script = f'{take[missing]} && exec "$@"'
    shell = ["/bin/sh", "-c", script, "sh"]
    program.argv = ["/usr/bin/unshare", "-m", *shell, *program.argv]
    with program:
        text = failed(program.call(), name)
        inside = ["/usr/bin/nsenter", f"--mount=/proc/{program.pid}/ns/mnt"]
        carry_out(text, inside)
        works(program.call())
