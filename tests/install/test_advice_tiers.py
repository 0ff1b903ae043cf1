"""Advice about the choice of a tier, carried out, and the doctor's."""

from __future__ import annotations

import shutil
import subprocess

from advising import carries, failed, words, works
from carrying import Program, carry_out, commands
from cgroups import delegated, writable
from environments import DOCKER, KUBERNETES
from machine import variables
from variants import Variants, grant


@carries("automatic")
def test_root_is_not_sent_to_where_root_cannot_go(place):
    with place.program(root=True) as program:
        for tier in ("rootless", "landlock"):
            text = failed(program.call(f"isolation={tier!r}"), "automatic")
            assert "rootless" not in text
        works(program.call(), "full")


@carries("automatic")
def test_no_new_privileges(place):
    """There the launcher gets nothing, and set-up is no remedy."""
    with place.program("--no-new-privs") as program:
        text = failed(program.call("isolation='uid'"), "automatic")
        assert "setup" not in text
        works(program.call(), "rootless")


@carries("without namespaces")
def test_without_namespaces(place):
    place.setup()
    with place.program(*DOCKER) as program:
        failed(program.call("isolation='full'"), "without namespaces")
        works(program.call("isolation='uid'"))
        works(program.call(), "uid")


@carries("root's capabilities")
def test_root_without_capabilities(place):
    """As with `docker run --cap-drop ALL`."""
    with place.program("--bounding", "0", root=True) as program:
        failed(program.call(), "root's capabilities")
    with place.program("--bounding", "c0", root=True) as program:
        works(program.call(), "full")
    with place.program("--bounding", "0") as program:
        works(program.call(), "rootless")


@carries("no capabilities")
def test_capabilities_of_the_programs_own(place):
    user = place.user
    ids = [f"--reuid={user.uid}", f"--regid={user.gid}", "--clear-groups"]
    own = ["--inh-caps=+chown", "--ambient-caps=+chown"]
    python = place.machine.python(None)
    argv = [*place.root, "/usr/bin/setpriv", *ids, *own, python]
    env = variables(user.home, user.name)
    with Program(argv, env) as program:
        text = failed(program.call("isolation='rootless'"), "no capabilities")
    (line,) = commands(text)
    words = line.removesuffix(" PROGRAM").split()
    assert words[0] == "setpriv"
    argv[-1:] = ["/usr/bin/setpriv", *words[1:], python]
    with Program(argv, env) as program:
        works(program.call("isolation='rootless'"))


def doctor(program: Program, status: int = 2) -> str:
    """What the doctor says in the place of a program."""
    done = subprocess.run(
        [*program.argv, "-m", "boxed", "doctor"],
        env=dict(program.env),
        cwd="/",
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    assert done.returncode == status, done.stdout
    return done.stdout


@carries("landlock", "set up again")
def test_the_doctor_names_what_is_to_be_had(place, tmp_path):
    """Where no call works that leaves the choice, some that name a tier do;
    and what the doctor says is carried out as well."""
    said = doctor(place.program(*KUBERNETES))
    assert "By name there is: isolation='landlock'\n" in said
    edit = ("order.c", "wire->magic == ORDER_MAGIC", "wire->magic == 1")
    other = Variants(tmp_path).build("other", [edit])
    shutil.copy(other, place.system.launcher)
    grant(place.system.launcher)
    said = doctor(place.program())
    assert "By name there is: isolation='rootless'" in said
    with place.program() as program:
        works(program.call("isolation='rootless'"))
        lines = {one.strip() for one in said.splitlines()}
        (mend,) = {one for one in lines if "mend: install" in one}
        carry_out(mend, place.root)
        works(program.call(), "full")


@carries("delegate")
def test_a_cgroup_for_each_call(place):
    """To a program that can make none the doctor says what would give it
    some, and then each call has one."""
    own = writable()
    said = doctor(place.program(), 1)
    assert words("delegate") in said and "cgroup v1" not in said, said
    with delegated(own, place.user.uid):
        said = doctor(place.program(), 1)
        assert words("delegate") not in said and "cgroup v1" in said, said
