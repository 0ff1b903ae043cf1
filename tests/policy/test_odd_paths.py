"""An import path, an interpreter and a current directory as odd programs have
them: it works, or is told as what it is."""

from __future__ import annotations

import pytest
from core import check, check_script
from places import project

ODD = ["root", "kubernetes"]


@pytest.mark.parametrize("name", ODD)
def test_entries_of_every_kind(make_environment, name):
    """What Python's own import passes over is passed over."""
    check(
        make_environment(name),
        project(
            """
        import pathlib
        base = fresh()
        put(base, "real/ways.py")
        os.symlink("loop2", base + "/loop1")
        os.symlink("loop1", base + "/loop2")
        os.symlink("nowhere", base + "/dangling")
        os.symlink(".", base + "/self")
        os.symlink("real", base + "/linked")
        os.mkfifo(base + "/fifo")
        put(base, "plain.txt")
        sys.path[:0] = [
            None, 1, b"/x", pathlib.Path(base), "", "a" * 5000,
            "/" + "a" * 300, base + "/loop1", base + "/dangling",
            base + "/fifo", base + "/plain.txt", base + "/self/self/self",
            base + "/../../.." + base + "/linked", "/dev/null", "/proc",
            "/" + base, "/" + base + "/linked", "//", "///", "//proc",
            base + "/odd\\udcff", "/dev/shm", "/dev",
        ]
        os.mkdir(os.fsencode(base) + b"/odd\\xff")
        import ways
        sys.path.append("a\\0b")
        assert run(ways.read, ("/dev/null",)) == b""
        refused(OSError, run, ways.read, (base + "/plain.txt/x",))
        shutil.rmtree(os.fsencode(base))
        """
        ),
    )


@pytest.mark.parametrize("name", ODD)
def test_hundreds_of_places(make_environment, name):
    """They are shown; of thousands, or very long ones, the error says what to
    do, and that does it."""
    check(
        make_environment(name),
        project(
            """
        base = fresh()
        places = [base + f"/place{number}" for number in range(1300)]
        for place in places:
            os.mkdir(place)
        put(places[499], "ways.py")
        sys.path += places[:500]
        import ways
        assert run(ways.read, ("/dev/null",)) == b""
        def mended():
            error = refused(SetupError, run, ways.read, ("/dev/null",))
            assert error.stage == "order" and "path=" in error.remedy, error
            only = [os.path.dirname(ways.__file__)]
            assert run(ways.read, ("/dev/null",), path=only) == b""
        sys.path += places[500:]
        mended()
        del sys.path[-800:]
        for place in places[:300]:
            os.makedirs(place + "/" + "/".join(["long" * 50] * 4))
            sys.path.append(place + "/" + "/".join(["long" * 50] * 4))
        mended()
        shutil.rmtree(base)
        """
        ),
    )


def test_more_grants_than_mounts(make_environment):
    """Each needs a mount of its own; the error says how many there can be."""
    check(
        make_environment("root"),
        project(
            """
        base = fresh()
        folders = [base + f"/folder{number}" for number in range(150)]
        for folder in folders:
            os.mkdir(folder)
        error = refused(SetupError, run, abs, (-1,), read=folders)
        assert "128" in str(error) and "fewer" in error.remedy, error
        assert run(abs, (-1,), read=folders[:90]) == 1
        assert run(abs, (-1,), read=[base]) == 1
        shutil.rmtree(base)
        """
        ),
    )


@pytest.mark.parametrize("name", ODD)
def test_without_a_current_directory(make_environment, name):
    """Removed under the program, with '' on its path."""
    check(
        make_environment(name),
        project(
            """
        base = fresh()
        os.chdir(base)
        os.rmdir(base)
        sys.path[:0] = ["", "relative"]
        refused(FileNotFoundError, os.getcwd)
        assert run(abs, (-1,)) == 1
        """
        ),
    )


@pytest.mark.parametrize("name", ODD)
def test_places_that_go(make_environment, name):
    """Between the moment in which they are listed and that in which they are
    shown; and while they are."""
    check(
        make_environment(name),
        project(
            """
        import threading
        from boxed._live import registry
        from boxed._policy import mounts
        base = fresh()
        put(base, "goes/ways.py")
        put(base, "goes/pack/__init__.py")
        sys.path.insert(0, base + "/goes")
        listed = mounts.entries
        def entries(*args, **options):
            found = listed(*args, **options)
            shutil.rmtree(base)
            return found
        mounts.entries = entries
        assert run(abs, (-1,)) == 1
        mounts.entries = listed
        registry.close_all()
        # Files that come, grow, shrink and go while they are copied.
        sys.path.insert(0, base)
        ended = threading.Event()
        def change():
            number = 0
            while not ended.is_set():
                number += 1
                put(base, f"m{number % 50}.py", text="#" * (number * 7 % 9999))
                if number % 3 == 0:
                    os.unlink(base + f"/m{number % 50}.py")
        thread = threading.Thread(target=change)
        thread.start()
        try:
            for _ in range(5):
                assert run(abs, (-1,)) == 1
                registry.close_all()
        finally:
            ended.set()
            thread.join()
        shutil.rmtree(base)
        """
        ),
    )


@pytest.mark.parametrize("name", ODD)
@pytest.mark.parametrize(
    "executable",
    ["'python3'", "''", "None", "'/usr/bin/env'", "'/nowhere/python3'", "'.'"],
)
def test_sys_executable(make_environment, name, executable):
    """Where a program embeds the interpreter or sets it, the one that its
    prefix has is used."""
    check_script(
        make_environment(name),
        f"""
        def add(a, b):
            return a + b
        if __name__ == "__main__":
            sys.executable = {executable}
            assert run(add, (1, 2), timeout=30) == 3
        """,
    )


def test_no_interpreter_to_be_found(make_environment):
    """It is said, with what to do, and that mends it."""
    check(
        make_environment("root"),
        """
        real = sys.executable
        prefixes = ("prefix", "exec_prefix", "base_prefix", "base_exec_prefix")
        kept = {name: getattr(sys, name) for name in prefixes}
        from boxed._policy import installation
        for name in prefixes:
            setattr(sys, name, "/nowhere")
        sys.executable = "embedding"
        found, installation._is_python = installation._is_python, (
            lambda path: False)
        error = refused(SetupError, run, abs, (-1,))
        assert "sys.executable is 'embedding'" in str(error), error
        assert "set sys.executable" in error.remedy, error
        installation._is_python = found
        for name in prefixes:
            setattr(sys, name, kept[name])
        sys.executable = real
        assert run(abs, (-1,)) == 1
        """,
    )


@pytest.mark.parametrize("name", ["root", "user", "rootless"])
def test_an_environment_in_a_project(make_environment, name):
    """Made in the project's own directory: the guest sees the environment,
    and of the project the modules."""
    environment = make_environment(name)
    check(
        environment,
        project(
            """
        import subprocess, boxed
        base = fresh()
        subprocess.run([sys.executable, "-m", "venv", "--without-pip",
                        "--system-site-packages", base], check=True)
        where = os.path.dirname(os.path.dirname(boxed.__file__))
        put(base, ".env", text="secret")
        put(base, "expected.txt", text="secret")
        put(base, "code/expected.txt", text="secret")
        put(base, "ways.py")
        put(base, "program.py", text=f'''
import sys
sys.path.append({where!r})
import boxed, ways
def see(path, **options):
    try:
        return boxed.run(ways.read, (path,), isolation={ISOLATION!r},
                         **options) == b"secret"
    except OSError:
        return False
if __name__ == "__main__":
    assert sys.prefix == {base!r}
    for name in (".env", "expected.txt", "code/expected.txt"):
        path = {base!r} + "/" + name
        assert open(path).read() == "secret"
        assert not see(path), path
        assert see(path, read=[path]), path
    print("done")
''')
        done = subprocess.run([base + "/bin/python", base + "/program.py"],
                              capture_output=True, text=True)
        assert done.stdout == "done\\n", done
        shutil.rmtree(base)
        """
        ),
    )


@pytest.mark.parametrize("name", ODD)
def test_two_slashes_at_the_beginning(make_environment, name):
    """POSIX lets them mean another place; on Linux they are one."""
    check(
        make_environment(name),
        project(
            """
        base = fresh()
        put(base, "ways.py")
        put(base, "package/__init__.py")
        text = put(base, "text.txt", text="text")
        sys.path.insert(0, "/" + base)
        import package, ways
        assert ways.__file__.startswith("//")
        for reader in (ways.read, package.read):
            assert run(reader, ("/dev/null",)) == b""
            assert not see(text, reader)
            assert see(text, reader, read=["/" + text])
            assert run(reader, (text,), read=[text],
                       path=["/" + base]) == b"text"
        refused(ValueError, run, ways.read, ("/dev/null",), read=["//"])
        sys.executable = "/" + sys.executable
        assert Sandbox().run(ways.read, ("/dev/null",)) == b""
        """
        ),
    )


@pytest.mark.parametrize("name", ODD)
def test_a_script_from_a_pipe(make_environment, name):
    """It was read, and is not there to be read again."""
    check(
        make_environment(name),
        project(
            """
        import subprocess
        code = f'''
import boxed
def own(): return 5
try:
    boxed.run(own, isolation={ISOLATION!r})
except boxed.SerializationError as error:
    assert "interactive" in str(error), error
    print(boxed.run(abs, (-5,), isolation={ISOLATION!r}))
'''
        command = [sys.executable, "/dev/stdin"]
        done = subprocess.run(command, input=code.encode(),
                              stdout=subprocess.PIPE)
        assert done.stdout == b"5\\n", done
        """
        ),
    )
