"""Each environment is what it says: a refusal that is not there, or one that
is there by accident, would make every test run in it worthless."""

from __future__ import annotations

import json
import os
import shutil
import struct
from pathlib import Path

import pytest
from environments import CONFIGURATION, CORE, LAUNCHER, RECIPES
from security.attacks.calls import number

# Capability numbers as masks: what the launcher's file bears.
SETUID_SETGID = 0xC0
DOCKER = 0xA80425FB

PROGRAMS = Path(__file__).parent / "programs"
NUMBERS = {
    name: number(name)
    for name in (
        *("unshare", "clone", "clone3", "mount", "keyctl"),
        "landlock_create_ruleset",
    )
}


def attempts(environment) -> dict[str, int]:
    program, numbers = PROGRAMS / "attempts.py", json.dumps(NUMBERS)
    done = environment.script(program, numbers, check=True)
    return json.loads(done.stdout)


def statuses(environment) -> list[dict[str, str]]:
    done = environment.script(PROGRAMS / "statuses.py", check=True)
    parts = done.stdout.split("=====")
    return [
        {
            line.split(":", 1)[0]: line.split(":", 1)[1].strip()
            for line in part.strip().splitlines()
        }
        for part in parts
    ]


def capabilities(status: dict[str, str]) -> set[int]:
    names = ("CapPrm", "CapEff", "CapInh", "CapAmb")
    return {int(status[name], 16) for name in names}


def test_ids(environment):
    """All four uids and gids are the user's, over an exec as well."""
    for status in statuses(environment):
        assert status["Uid"].split() == [str(environment.uid)] * 4
        assert status["Gid"].split() == [str(environment.gid)] * 4


def test_ordinary_user_has_no_capability(environment):
    """Permitted, effective, inheritable and ambient are empty, before and
    after one more exec (KEEPCAPS would show here)."""
    if environment.uid == 0:
        expected = {"root": True, "docker-root": False}[environment.name]
        for status in statuses(environment):
            assert (int(status["CapEff"], 16) != DOCKER) == expected
            assert int(status["CapEff"], 16) & SETUID_SETGID == SETUID_SETGID
            assert int(status["CapInh"], 16) == 0
        return
    for status in statuses(environment):
        assert capabilities(status) == {0}


def test_groups(make_environment):
    """The plain user is in other groups, as members of adm or docker are;
    the rest are not."""
    groups = statuses(make_environment("user"))[1]["Groups"].split()
    assert len(groups) == 2
    assert statuses(make_environment("docker-user"))[1]["Groups"] == ""


@pytest.mark.parametrize(
    ("name", "bounding", "no_new_privs"),
    [
        ("docker-root", DOCKER, "0"),
        ("docker-user", DOCKER, "0"),
        ("kubernetes", 0, "1"),
    ],
)
def test_containers(make_environment, name, bounding, no_new_privs):
    """The bounding set is the container's; no_new_privs is on in Kubernetes
    only, and so a filter without it still grants file capabilities."""
    if os.geteuid() != 0:
        pytest.skip("only root can take from the bounding set")
    for status in statuses(make_environment(name)):
        assert int(status["CapBnd"], 16) == bounding
        assert status["NoNewPrivs"] == no_new_privs
        assert status["Seccomp"] == "2"


@pytest.mark.parametrize("name", ["root", "user", "rootless"])
def test_open_environments(make_environment, name):
    """Nothing is taken away where nothing is said to be."""
    environment = make_environment(name)
    for status in statuses(environment):
        assert status["NoNewPrivs"] == "0"
        assert status["Seccomp"] == "0"
        assert int(status["CapBnd"], 16) & SETUID_SETGID == SETUID_SETGID
    found = attempts(environment)
    assert found.pop("clone3") == 22  # EINVAL: it exists
    assert set(found.values()) == {0}


@pytest.mark.parametrize(
    "name", ["docker-root", "docker-user", "docker-bare", "kubernetes"]
)
def test_refused_calls(make_environment, name):
    """What a container engine's filter refuses is refused with its errno,
    and what programs live on is not."""
    assert attempts(make_environment(name)) == {
        "unshare": 1,
        "unshare and mount": 1,
        "clone": 1,
        "plain clone": 0,
        "clone3": 38,
        "keyctl": 1,
        "landlock": 0,
    }


def test_old_kernel(make_environment):
    """Landlock is said not to exist, everything else is there."""
    found = attempts(make_environment("old-kernel"))
    assert found.pop("landlock") == 38
    assert found.pop("clone3") == 22
    assert set(found.values()) == {0}


@pytest.fixture(scope="session")
def capable_probe(machine):
    """A program that prints its capabilities, and is given two by its file."""
    probe = machine.program("probe", "probe.c")
    if not machine.root:
        pytest.skip("only root can set file capabilities")
    path = machine.system / "capable-probe"
    shutil.copy(probe, path)
    # struct vfs_cap_data, revision 2, no effective bit: the tests of the
    # library call that normally writes this are elsewhere.
    data = struct.pack("<5I", 0x02000000, SETUID_SETGID, 0, 0, 0)
    os.setxattr(path, "security.capability", data)
    return path


def test_file_capabilities(environment, capable_probe):
    """File capabilities are granted everywhere but under no_new_privs, and
    are never effective by themselves for an ordinary user."""
    done = environment.run([capable_probe], check=True)
    words = dict(word.split("=") for word in done.stdout.split())
    if environment.uid == 0:
        assert int(words["permitted"], 16) & SETUID_SETGID == SETUID_SETGID
        return
    granted = environment.name != "kubernetes"
    assert int(words["permitted"], 16) == (SETUID_SETGID if granted else 0)
    assert int(words["effective"], 16) == 0


def test_file_capabilities_on_nosuid(make_environment, machine, capable_probe):
    """A nosuid mount takes file capabilities away."""
    environment = make_environment("rootless")
    where = ("--nosuid-mount", str(machine.system))
    done = environment.run([capable_probe], enter=where, check=True)
    assert "permitted=0 " in done.stdout


def test_launcher_is_where_it_was_set_up(environment):
    """Installed means at its usual place; everywhere else nothing is there,
    whatever the machine itself has."""
    code = "import os, sys; print([os.path.exists(p) for p in sys.argv[1:]])"
    done = environment.check(code, str(LAUNCHER), str(CONFIGURATION))
    assert done.stdout.startswith(f"[{environment.needs_setup},")


def test_configured_range_is_seen(make_environment):
    """A configuration is the environment's own."""
    code = "print(open('/etc/boxed.conf').read())"
    seen = make_environment("user-range").check(code).stdout
    assert "uid-range 70000 64" in seen
    seen = make_environment("user").check(code).stdout
    assert "uid-range 60578 606" in seen
    done = make_environment("rootless").python(code)
    assert "FileNotFoundError" in done.stderr


def test_interpreter_in_closed_home(make_environment, users):
    """The user's interpreter is out of reach of other users."""
    user, stranger = users
    assert user.home.stat().st_mode & 0o777 == 0o700
    environment = make_environment("rootless")
    assert Path(environment.interpreter).is_relative_to(user.home)
    enter = ("--uid", str(stranger.uid))
    done = environment.python("", enter=enter, cwd="/")
    assert done.returncode == 127
    assert "Permission denied" in done.stderr


def test_shared_interpreter(make_environment):
    """In the tier where the guest opens it, any uid can run it."""
    environment = make_environment("docker-user")
    done = environment.check("", enter=("--uid", "65534"), cwd="/")
    assert done.returncode == 0


def test_packages(environment):
    """boxed as built, and the optional serializers, can be imported."""
    code = """
import os, sys, boxed._boxed, cloudpickle, dill, numpy
print(boxed._boxed.__file__)
"""
    done = environment.check(code)
    folder = Path(done.stdout.strip()).parent
    assert os.access(folder / "python_boxed", os.X_OK)


def test_hostile_starts(make_environment):
    """The further options of `enter` do what they say."""
    code = """
import os, resource, signal
print(os.umask(0), resource.getrlimit(resource.RLIMIT_NOFILE),
      signal.getsignal(signal.SIGCHLD) == signal.SIG_IGN,
      signal.SIGTERM in signal.pthread_sigmask(signal.SIG_BLOCK, ()))
"""
    enter = ("--umask", "77", "--rlimit", "NOFILE=50")
    enter += ("--ignore-signal", "17", "--block-signal", "15")
    done = make_environment("rootless").check(code, enter=enter)
    assert done.stdout == "63 (50, 50) True True\n"


def test_single_refusals(make_environment):
    """One call can be refused with a chosen errno, set*id included."""
    code = "import os; os.setresuid(-1, -1, -1)"
    enter = ("--refuse", "setresuid=EAGAIN", "--refuse", "capset")
    environment = make_environment("rootless")
    if os.geteuid() != 0:
        enter += ("--no-new-privs",)
    done = environment.python(code, enter=enter)
    assert "BlockingIOError" in done.stderr
    status = environment.run(["/bin/cat", "/proc/self/status"], enter=enter)
    assert "CapPrm:\t0000000000000000\n" in status.stdout


def test_core_covers_every_tier():
    """Each tier has an environment of the core suite."""
    tiers = {RECIPES[name].tier for name in CORE}
    assert tiers == {"full", "uid", "rootless", "landlock"}
