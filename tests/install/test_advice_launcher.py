"""Advice about the launcher and its configuration, carried out."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from advising import carries, failed, works
from carrying import carry_out, commands
from environments import CHECKOUT, DOCKER, KUBERNETES, old_landlock
from variants import Variants, grant


@carries("set up")
def test_set_up(place):
    """And the program that was told need not be started anew."""
    with place.program() as program:
        works(program.call(), "rootless")
        text = failed(program.call("isolation='full'"), "set up")
        carry_out(text, place.root)
        works(program.call("isolation='full'"))
        works(program.call("imports=['colorsys']"), "full")


@carries("set up or landlock")
def test_set_up_or_landlock(place):
    with place.program(*DOCKER) as program:
        text = failed(program.call(), "set up or landlock")
        works(program.call("isolation='landlock'"))
        carry_out(text, place.root)
        works(program.call(), "uid")


@carries("landlock", "automatic")
def test_only_landlock_is_left(place):
    """Where set-up would not help it is not advised."""
    with place.program(*KUBERNETES) as program:
        failed(program.call("isolation='full'"), "automatic")
        text = failed(program.call(), "landlock")
        assert commands(text) == []
        works(program.call("isolation='landlock'"))


@carries("set up again")
def test_a_launcher_of_another_version(place, tmp_path):
    edit = ("order.c", "wire->magic == ORDER_MAGIC", "wire->magic == 1")
    other = Variants(tmp_path).build("other", [edit])
    shutil.copy(other, place.system.launcher)
    grant(place.system.launcher)
    with place.program() as program:
        carry_out(failed(program.call(), "set up again"), place.root)
        works(program.call(), "full")


@carries("set up anew")
@pytest.mark.parametrize("spoilt", ["uid-range many\n", "writable"])
def test_a_configuration_that_is_not_understood(place, spoilt):
    place.setup()
    if spoilt == "writable":
        place.system.configuration.chmod(0o666)
    else:
        place.system.configuration.write_text(spoilt)
    with place.program() as program:
        carry_out(failed(program.call(), "set up anew"), place.root)
        works(program.call(), "full")


@carries("reserve")
def test_reserve(place):
    """From a setup of a version that reserved no uids."""
    place.setup()
    place.system.configuration.write_text("allow-user 1\n")
    with place.program(*DOCKER, through=old_landlock(3)) as program:
        carry_out(failed(program.call(), "reserve"), place.root)
        works(program.call(), "uid")


@carries("reserve after all")
def test_reserve_after_all(place):
    """A decision that root took earlier is not forgotten by a plain run."""
    place.setup("--uid-range", "none")
    with place.program(*DOCKER, through=old_landlock(3)) as program:
        text = failed(program.call(), "reserve")
        assert "--uid-range" in text
        carry_out(text, place.root)
        works(program.call(), "uid")


@carries("reserve more")
def test_reserve_more(place):
    place.setup("--uid-range", "70120:1")
    with place.program() as program:
        works(program.call(), "full")
        text = failed(program.call("imports=['colorsys']"), "reserve more")
        carry_out(text, place.root)
        works(program.call("imports=['colorsys']"))


@carries("allow")
def test_allow(place):
    place.setup()
    with place.program() as program:
        carry_out(failed(program.call("user='daemon'"), "allow"), place.root)
        works(program.call("user='daemon'"))


@carries("account")
def test_an_account_for_guests(place):
    place.setup()
    stranger = place.machine.user("b").name
    with place.program() as program:
        text = failed(program.call(f"user={stranger!r}"), "account")
        carry_out(text, place.root, name="guests")
        works(program.call("user='guests'"))


def make_wheel(folder: Path, name: str, files: Path, more: str = "") -> None:
    """A wheel of a package, as version 9, for an index that is a folder."""
    path = folder / f"{name}-9-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as wheel:
        for path in sorted(files.rglob("*")):
            if path.is_file() and path.suffix != ".pyc":
                wheel.write(path, path.relative_to(files.parent))
        about = {
            "METADATA": "Metadata-Version: 2.1\n"
            f"Name: {name}\nVersion: 9\n{more}",
            "WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\n"
            "Generator: test\nTag: py3-none-any\n",
            "RECORD": "",
        }
        for one, text in about.items():
            wheel.writestr(f"{name}-9.dist-info/{one}", text)


@carries("reinstall", "package")
def test_install(place, tmp_path):
    """From an index that has what this checkout is."""
    make_wheel(tmp_path, "boxed", CHECKOUT / "boxed")
    spec = importlib.util.find_spec("dill")
    make_wheel(tmp_path, "dill", Path(spec.origin).parent)
    folder = tmp_path / "venv"
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    (library,) = folder.glob("lib/python3*/site-packages")
    shutil.copytree(CHECKOUT / "boxed", library / "boxed")
    (library / "boxed" / "python_boxed").unlink()
    index = ["/usr/bin/env", "PIP_NO_INDEX=1", f"PIP_FIND_LINKS={tmp_path}"]
    python = str(folder / "bin" / "python")
    with place.program(root=True, python=python) as program:
        text = failed(program.call(), "reinstall")
        carry_out(text, [*place.root, *index])
        works(program.call(), "full")
        text = failed(program.call("serializer='dill'"), "package")
        carry_out(text, [*place.root, *index])
        works(program.call("serializer='dill'"))
