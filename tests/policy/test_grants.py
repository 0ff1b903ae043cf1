"""Each grant opens what it names, and nothing else, in every environment."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest
from core import check, check_file

PROGRAMS = Path(__file__).parent / "programs"

SCRATCH = """
        import stat, tempfile, textwrap
        folder = tempfile.mkdtemp(dir="/var/tmp")
        os.chmod(folder, 0o777)
        def make(name, text="t", mode=0o666):
            path = os.path.join(folder, name)
            with open(path, "w") as file:
                file.write(text)
            os.chmod(path, mode)
            return path
        def read(path):
            return "open(%r).read()" % path
        def write(path):
            return "open(%r, 'w').write('new')" % path
        def content(path):
            with open(path) as file:
                return file.read()
        beside = make("beside")
"""


def test_read_opens_a_file_and_not_its_neighbour(environment):
    """A granted file can be read, not written; one beside it neither."""
    check(
        environment,
        SCRATCH
        + """
        granted = make("granted")
        assert run(eval, (read(granted),), read=[granted]) == "t"
        refused(OSError, run, eval, (write(granted),), read=[granted])
        refused(OSError, run, eval, (read(beside),), read=[granted])
        refused(OSError, run, eval, (read(granted),))
        assert content(granted) == "t"
        """,
    )


def test_write_opens_a_file_and_not_its_neighbour(environment):
    """A granted file can be changed; one beside it not, nor its folder."""
    check(
        environment,
        SCRATCH
        + """
        granted = make("granted")
        refused(OSError, run, eval, (write(granted),))
        assert run(eval, (write(granted),), write=[granted]) == 3
        assert content(granted) == "new"
        refused(OSError, run, eval, (write(beside),), write=[granted])
        refused(OSError, run, eval,
                (write(os.path.join(folder, "x")),), write=[granted])
        assert content(beside) == "t"
        """,
    )


def test_write_opens_a_directory(environment):
    """Files can be made, renamed and removed in it, not above it; their modes
    changed where the guest owns nothing else that it could change so: with
    mounts, or with a uid of its own."""
    has_own_uid = environment.name == "docker-user"
    has_mounts = environment.tier_expected in ("full", "rootless")
    keeps_modes = not (has_own_uid or has_mounts)
    check(
        environment,
        SCRATCH
        + f"""
        KEEPS_MODES = {keeps_modes}"""
        + """
        granted = os.path.join(folder, "out")
        os.mkdir(granted)
        os.chmod(granted, 0o777)
        inside = os.path.join(granted, "a", "b")
        source = textwrap.dedent(f'''
        import os
        os.mkdir({os.path.dirname(inside)!r})
        open({inside!r}, "w").write("made")
        try:
            os.chmod({os.path.dirname(inside)!r}, 0o777)
        except PermissionError:
            assert {KEEPS_MODES}
        else:
            assert {not KEEPS_MODES}
        ''')
        run(exec, (source,), write=[granted])
        assert content(inside) == "made"
        refused(OSError, run, eval, (write(beside),), write=[granted])
        refused(OSError, run, os.rename, (inside, folder + "/c"),
                write=[granted])
        run(os.unlink, (inside,), write=[granted])
        assert not os.path.exists(inside)
        """,
    )


def test_write_inside_what_is_readable(environment):
    """A writable folder in a tree that the guest sees anyway."""
    check(
        environment,
        SCRATCH
        + """
        out = os.path.join(folder, "out")
        os.mkdir(out)
        os.chmod(out, 0o777)
        options = {"read": [folder], "write": [out]}
        path = os.path.join(out, "x")
        assert run(eval, (write(path),), **options) == 3
        assert content(path) == "new"
        assert run(eval, (read(beside),), **options) == "t"
        refused(OSError, run, eval, (write(beside),), **options)
        """,
    )


def test_a_link_is_followed_once(environment):
    """The guest sees what it led to, under the link's own name."""
    check(
        environment,
        SCRATCH
        + """
        target = make("target", "there")
        link = os.path.join(folder, "link")
        os.symlink(target, link)
        assert run(eval, (read(link),), read=[link]) == "there"
        assert run(eval, (write(link),), write=[link]) == 3
        assert content(target) == "new" and os.path.islink(link)
        """,
    )


def test_refused_grants(environment):
    """Missing paths, a string for a list, and the sandbox's own places."""
    check_file(environment, PROGRAMS / "refused_grants.py")


@pytest.mark.parametrize("name", ["user", "docker-user"])
def test_a_grant_that_the_guest_could_not_use(make_environment, name):
    """A path closed to the guest's user is an error, not a surprise."""
    check(
        make_environment(name),
        SCRATCH
        + """
        closed = make("closed", mode=0o600)
        error = refused(SetupError, run, abs, (1,), read=[closed])
        assert closed in str(error) and error.stage == "grants"
        error = refused(SetupError, run, abs, (1,),
                        write=[make("only-read", mode=0o644)])
        assert "o+rw" in error.remedy
        """,
    )


@pytest.mark.parametrize("name", ["user", "docker-user"])
def test_what_is_written_must_be_the_callers(make_environment, name):
    """A guest as nobody could else write what nobody owns (control: a
    directory of the caller's own works, and so does this one for root)."""
    environment = make_environment(name)
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
        os.chmod(folder, 0o777)  # noqa: PTH101
        check(
            environment,
            f"""
            error = refused(SetupError, run, abs, (1,), write=[{folder!r}])
            assert error.stage == "grants" and "not yours" in str(error)
            from boxed._live import zygote_configuration
            zygote_configuration.check = lambda policy, tier: None
            from boxed._live import box
            box.check = zygote_configuration.check
            error = refused(SetupError, run, abs, (1,), write=[{folder!r}])
            assert error.stage == "user", error
            """,
        )
        write = f"open({folder + '/x'!r}, 'w').write('x')"
        check(
            make_environment("root"),
            f"assert run(eval, ({write!r},), write=[{folder!r}]) == 1",
        )


def test_the_environment(environment):
    """env= sets what it names, and the caller's own stays outside."""
    check_file(environment, PROGRAMS / "the_environment.py")


def test_the_network(environment):
    """network=True reaches a listener on loopback; without it none."""
    check_file(environment, PROGRAMS / "the_network.py")


def test_allowed_classes(environment):
    """allow= lets instances of a class come back, and of no other."""
    check_file(environment, PROGRAMS / "allowed_classes.py")


def test_what_guests_write_is_not_imported_outside_of_calls(environment):
    """A module that a guest puts in front of the standard library's, where it
    may write, is imported by no zygote, not even by what it puts off."""
    check(
        environment,
        SCRATCH
        + """
        import subprocess
        sys.path.insert(0, folder)
        planted = os.path.join(folder, "functools.py")
        # Each of these sandboxes has a uid of its own.
        plant = textwrap.dedent(f'''
        import os
        if os.path.exists({planted!r}):
            os.unlink({planted!r})
        with open({planted!r}, "w") as file:
            file.write("import builtins; builtins.planted = 1")
        ''')
        look = "hasattr(__import__('builtins'), 'planted')"
        for _ in range(3):
            run(exec, (plant,), write=[folder])
        assert run(eval, (look,), write=[folder]) is False
        # Nor by the zygotes of other sandboxes, and of one made anew.
        from boxed._live import registry
        registry.close_all()
        for options in ({"write": [folder]}, {}, {"serializer": "json"}):
            for _ in range(3):
                assert run(eval, (look,), **options) is False, options
        # The control: who does import it has it.
        found = subprocess.run(
            [sys.executable, "-I", "-S", "-c", "import sys;"
             f" sys.path.insert(0, {folder!r}); import functools;"
             f" print({look})"], capture_output=True, text=True)
        assert found.stdout == "True\\n", found
        os.unlink(planted)
        """,
    )
