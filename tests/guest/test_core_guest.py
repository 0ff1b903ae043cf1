"""The main job, in every environment: who the guest is and what it reaches."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from core import check
from environments import RESERVED
from orders import NOBODY


def test_the_tier_is_the_best_one(environment):
    """The doctor names the expected tier, and no other is used."""
    code = """
        import json, subprocess
        doctor = [sys.executable, "-m", "boxed", "doctor", "--json"]
        done = subprocess.run(doctor, capture_output=True, check=False)
        found = json.loads(done.stdout)
        print(done.returncode, found["tier"])
        """
    expected = {
        "full": "0 full",
        "landlock": "2 None",
    }.get(environment.tier_expected, f"1 {environment.tier_expected}")
    assert check(environment, code).strip() == expected


def test_landlock_is_never_automatic(make_environment):
    """Where nothing else works a call fails closed and says what mends it: no
    `boxed setup`, for a program that can gain no capabilities."""
    environment = make_environment("kubernetes")
    environment.check(
        """if True:
        import os
        from boxed import run, SetupError
        try:
            run(os.getuid)
        except SetupError as error:
            assert error.stage and "boxed setup" not in str(error), error
            assert "isolation='landlock'" in str(error), error
        else:
            raise AssertionError("ran without its walls")
        """
    )


def test_who_the_guest_is(environment):
    """Another uid, gid and no groups, where the tier promises them."""
    code = """
        print(run(os.getresuid), run(os.getresgid), run(os.getgroups))
        """
    found = check(environment, code).strip()
    uid = NOBODY
    if environment.name == "docker-user":
        uid = int(found[1:].partition(",")[0])
        assert uid in RESERVED
    ids = [(uid,) * 3, (NOBODY,) * 3]
    if environment.tier_expected == "landlock":
        ids = [(environment.uid,) * 3, (environment.gid,) * 3]
    assert found.startswith(f"{ids[0]} {ids[1]}")
    if environment.tier_expected in ("full", "uid"):
        assert found.endswith("[]")


def test_shadow_is_out_of_reach(environment):
    """The password file cannot be opened (control: the host's root can)."""
    if os.geteuid() == 0:
        assert Path("/etc/shadow").read_bytes()
    check(
        environment,
        """
        error = refused(OSError, run, open, ("/etc/shadow",))
        assert isinstance(error, (PermissionError, FileNotFoundError))
        assert isinstance(error, RemoteError)
        """,
    )


def test_files_of_others_are_out_of_reach(environment):
    """Not the home, not what others may read (control: the caller can)."""
    check(
        environment,
        """
        import tempfile
        homes = [os.path.expanduser("~")] if os.getuid() else []
        for place in ["/var/tmp", *homes]:
            with tempfile.NamedTemporaryFile("w", dir=place) as file:
                file.write("s")
                file.flush()
                os.chmod(file.name, 0o644)
                assert open(file.name).read() == "s"
                read = "open(%r).read()" % file.name
                error = refused(OSError, run, eval, (read,))
                assert isinstance(error, RemoteError), error
        """,
    )


def test_files_go_nowhere(environment, tmp_path):
    """What a guest writes anywhere is on no path of the host."""
    check(
        environment,
        """
        name = "boxed-canary-%d" % os.getpid()
        places = ["/", "/tmp", "/var/tmp", "/dev/shm", "/etc", os.getcwd()]
        places += map(os.path.dirname, (boxed.__file__, os.__file__))
        source = f'''
        import os
        written = []
        for place in {places!r}:
            try:
                open(os.path.join(place, {name!r}), "w").close()
                written.append(place)
            except OSError:
                pass
        raise LookupError(repr(written))
        '''
        import textwrap
        error = refused(LookupError, run, exec, (textwrap.dedent(source),))
        print(error.message)
        for place in places:
            assert not os.path.lexists(os.path.join(place, name)), place
        # The control: outside the sandbox the same code writes.
        inside = textwrap.dedent(source)
        try:
            exec(inside)
        except LookupError as error:
            outside = str(error)
        assert "/tmp" in outside, outside
        for place in places:
            path = os.path.join(place, name)
            if os.path.lexists(path):
                os.remove(path)
        """,
    )


def test_the_guest_sees_nothing_of_the_caller(environment):
    """Neither environment nor arguments nor open files."""
    check(
        environment,
        """
        os.environ["SECRET"] = "s3cret"
        secret = open(os.__file__)
        os.set_inheritable(secret.fileno(), True)
        assert run(eval, ("dict(__import__('os').environ)",)).get(
            "SECRET") is None
        probe = '''
        import os
        found = []
        for fd in range(4096):
            try:
                os.fstat(fd)
                found.append(fd)
            except OSError:
                pass
        raise LookupError(repr(found))
        '''
        import textwrap
        error = refused(LookupError, run, exec, (textwrap.dedent(probe),))
        assert error.message == "[0, 1, 2, 3]", error.message
        """,
    )


@pytest.mark.parametrize("name", ["docker-root", "docker-user"])
def test_an_interpreter_in_a_closed_home(
    make_environment, machine, users, name
):
    """Without mounts it must be readable to all: SetupError names it."""
    environment = make_environment(name)
    private = machine.python(users[0])
    done = environment.run(
        [
            private,
            "-c",
            "import os, boxed\n"
            "try: boxed.run(os.getuid)\n"
            "except boxed.SetupError as error: print(error)\n",
        ]
    )
    assert f"closed at {users[0].home})" in done.stdout, done.stdout
    assert "cannot read" in done.stdout
