"""What a guest sees of the places that the caller imports from."""

from __future__ import annotations

import pytest
from core import check
from core import program as core_program
from places import project

NAMESPACES = ["root", "user", "rootless"]


def test_modules_and_nothing_beside_them(environment):
    """Of a place, modules and packages; secrets by none of the ways that lead
    to them.  What the caller can read, and a guest with `read=`, is there."""
    check(
        environment,
        project(
            """
        import socket
        base = fresh()
        sys.path.insert(0, base)
        put(base, "ways.py")
        put(base, "pack/__init__.py")
        inner = put(base, "pack/inner/data.txt", text="data")
        put(base, "other-1.0.dist-info/METADATA", text="data")
        secrets = [put(base, name, text="secret") for name in (
            ".env", "expected.txt", "data.csv", ".git/config", ".ssh/id_rsa",
            "results/expected.txt", "secret", "ways.py.bak", "pack/.env",
            "pack/.cache/token", ".hidden.py", "config.so.d/secret",
            ".venv2/lib/code.py", "docs/conf.txt")]
        # By the name of a module, or of a package's data.
        os.symlink("expected.txt", base + "/leak.py")
        os.symlink("../expected.txt", base + "/pack/leak.txt")
        os.symlink(".env", base + "/pack/inside.txt")
        os.symlink("../.git", base + "/pack/folder")
        os.symlink("..", base + "/pack/loop")
        links = [base + name for name in (
            "/leak.py", "/pack/leak.txt", "/pack/inside.txt",
            "/pack/folder/config", "/pack/loop/expected.txt",
            "/pack/loop/.env")]
        os.mkfifo(base + "/fifo.py")
        socket.socket(socket.AF_UNIX).bind(base + "/socket.py")
        with open(os.fsencode(base) + b"/odd\\xff.py", "w"):
            pass
        import ways, pack
        assert see(inner, ways.read)
        assert see(ways.__file__, pack.read)
        for path in secrets + links:
            assert open(path).read() in ("secret", pack_text := open(
                pack.__file__).read()), path
            assert not see(path, ways.read), path
            assert see(path, ways.read, read=[base]), path
        shutil.rmtree(base)
        """
        ),
    )


@pytest.mark.parametrize("name", NAMESPACES)
def test_nothing_beside_is_there(make_environment, name):
    """Where there are mounts, the names are not there either."""
    check(
        make_environment(name),
        project(
            """
        base = fresh()
        sys.path.insert(0, base)
        put(base, "ways.py")
        put(base, "pack/__init__.py")
        put(base, ".env")
        put(base, "pack/.env")
        put(base, "notes.txt")
        put(base, "pack/notes.txt")
        import ways
        seen = set(run(os.listdir, (base,)))
        assert seen - {"__pycache__"} == {"pack", "ways.py"}, seen
        assert sorted(run(os.listdir, (base + "/pack",))) == [
            "__init__.py", "notes.txt"]
        assert run(os.listdir, (os.path.dirname(base),)) == [
            os.path.basename(base)]
        shutil.rmtree(base)
        """
        ),
    )


@pytest.mark.parametrize(
    ("name", "parent"),
    [
        *((name, "/tmp") for name in NAMESPACES),
        ("user", "home"),
        ("rootless", "home"),
        ("root", "/dev/shm"),
        ("root", "/"),
    ],
)
def test_a_script_where_much_else_is(machine, make_environment, name, parent):
    """A sibling module of a script in a home, in /tmp or in / is imported; a
    secret there, and what else is there, cannot be read."""
    if parent == "home":
        machine.need_root("a home outside of /tmp")
    check(
        make_environment(name),
        project(
            """
        parent = sys.argv[1]
        place = os.environ["HOME"] if parent == "home" else parent
        name = f"boxed_sibling_{os.getpid()}"
        made = put(place, name + ".py", mode=0o600)
        inner = put(place, name + "_pack/__init__.py", mode=0o600)
        secret = put(place, f".{name}", text="secret")
        os.environ["HOME"] = place
        sys.path.insert(0, place)
        ways = __import__(name)
        pack = __import__(name + "_pack")
        try:
            assert see(pack.__file__, pack.read) or place in (
                "/tmp", "/dev/shm")
            assert run(ways.read, ("/dev/null",)) == b""
            assert open(secret).read() == "secret"
            for path in (secret, "/etc/hostname", "/etc/shadow"):
                assert not see(path, ways.read), path
            assert see(secret, ways.read, read=[secret])
        finally:
            os.unlink(made)
            os.unlink(secret)
            shutil.rmtree(os.path.dirname(inner))
        """
        ),
        parent,
    )


@pytest.mark.parametrize("name", NAMESPACES)
def test_whatever_its_mode(make_environment, name):
    """A project made under umask 077 is shown: the caller may read it."""
    check(
        make_environment(name),
        project(
            """
        os.umask(0o077)
        base = tempfile.mkdtemp(dir="/var/tmp")
        sys.path.insert(0, base)
        put(base, "ways.py", mode=0o600)
        data = put(base, "pack/data.txt", text="data", mode=0o600)
        put(base, "pack/__init__.py", mode=0o600)
        large = put(base, "pack/large.py", mode=0o400,
                    text=READ + "x = 1\\n" * 100_000)
        secret = put(base, "pack/.env", mode=0o600)
        assert os.stat(base).st_mode & 0o077 == 0
        import ways, pack.large
        assert see(data, ways.read)
        assert see(large, pack.large.read)
        assert open(secret).read()
        assert not see(secret, ways.read)
        shutil.rmtree(base)
        """
        ),
    )


def test_a_thousand_modules_cost_no_mount(make_environment):
    """They are copied; of those too large for that, each has one."""
    check(
        make_environment("root"),
        project(
            """
        base = fresh()
        sys.path.insert(0, base)
        put(base, "ways.py")
        import ways
        mounts = "len(open('/proc/self/mounts').readlines())"
        few = run(eval, (mounts,))
        for number in range(1000):
            put(base, f"module{number}.py", text=f"number = {number}")
        last = "__import__('module999').number"
        assert run(eval, (last,)) == 999
        assert run(eval, (mounts,)) == few
        put(base, "large.py", text=READ + "#" * (1 << 20))
        import large
        assert see(large.__file__, large.read)
        assert run(eval, (mounts,)) == few + 1
        shutil.rmtree(base)
        """
        ),
    )


def test_more_than_can_be_copied(make_environment):
    """The error names the place, and its remedy mends it."""
    check(
        make_environment("root"),
        project(
            """
        base, other = fresh(), fresh()
        sys.path[:0] = [base, other]
        put(other, "ways.py")
        for number in range(3):
            path = put(base, f"large{number}.py", text="", mode=0o600)
            os.truncate(path, 60 << 20)
        import ways
        error = refused(SetupError, run, ways.read, ("/dev/null",))
        assert base in str(error) and "path=" in error.remedy, error
        assert run(ways.read, ("/dev/null",), path=[other]) == b""
        assert run(ways.read, ("/dev/null",), read=[base]) == b""
        shutil.rmtree(base), shutil.rmtree(other)
        """
        ),
    )


def test_a_limit_on_the_size_of_files(make_environment):
    """Where it leaves no room for all modules, none is left out silently."""
    check(
        make_environment("root"),
        project(
            """
        import resource
        base = fresh()
        sys.path.insert(0, base)
        put(base, "ways.py")
        for number in range(20):
            put(base, f"other{number}.py", text="#" * 20000)
        import ways
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
        error = refused(SetupError, run, ways.read, ("/dev/null",))
        assert base in str(error) and "too large" in str(error), error
        assert run(ways.read, ("/dev/null",), read=[base]) == b""
        shutil.rmtree(base)
        """
        ),
    )


def test_copies_that_are_made_are_let_go(make_environment):
    """No process of a sandbox keeps what its modules came in (control: that
    it is found where one does)."""
    check(
        make_environment("root"),
        project(
            """
        def children(pid):
            return [int(one) for task in os.listdir(f"/proc/{pid}/task")
                    for one in open(
                        f"/proc/{pid}/task/{task}/children").read().split()]
        def keeps(pid):
            fds = f"/proc/{pid}/fd/"
            links = [os.readlink(fds + one) for one in os.listdir(fds)
                     if os.path.lexists(fds + one)]
            text = "".join(links) + open(f"/proc/{pid}/maps").read()
            return "memfd:boxed (deleted)" in text
        base = fresh()
        sys.path.insert(0, base)
        put(base, "ways.py")
        import ways
        with boxed.Sandbox() as sandbox:
            assert sandbox.run(ways.read, ("/dev/null",)) == b""
            found = children(os.getpid())
            for pid in found:
                found += children(pid)
            assert len(found) >= 3
            assert not any(map(keeps, found))
        if os.fork() == 0:
            os.memfd_create("boxed")
            assert keeps(os.getpid())
            os._exit(0)
        assert os.wait()[1] == 0
        shutil.rmtree(base)
        """
        ),
    )


def test_what_changes_is_seen(environment):
    """A module that comes, goes, or is written anew; not what else a program
    writes beside it, which starts no other sandbox."""
    check(
        environment,
        project(
            """
        from boxed._live import registry
        base = fresh()
        sys.path.insert(0, base)
        def value():
            return run(eval, ("__import__('later').value",))
        refused(ModuleNotFoundError, value)
        for number in (1, 22):
            put(base, "later.py", text=f"value = {number}")
            assert value() == number
        os.replace(put(base, "new.txt", text="value = 333"),
                   base + "/later.py")
        assert value() == 333
        before = [slot.box for slot in registry.shared.slots.values()]
        for number in range(3):
            put(base, f"result{number}.txt")
            put(base, f"results{number}", "one.txt")
            assert value() == 333
        assert before == [slot.box for slot in registry.shared.slots.values()]
        os.unlink(base + "/later.py")
        refused(ModuleNotFoundError, value)
        shutil.rmtree(base)
        """
        ),
    )


HIDDEN = {"/proc": "/proc", "/dev/null": "/dev"}


@pytest.mark.parametrize("missing", HIDDEN)
def test_a_machine_without(make_environment, missing):
    """What is not there is named, and mending it as it says mends it."""
    program = """
        import subprocess
        from boxed._live import registry
        def mount(*words):
            subprocess.run(["mount", *words], check=True)
        assert run(abs, (-1,)) == 1
        registry.close_all()
        mount("-t", "tmpfs", "none", sys.argv[2])
        error = refused(SetupError, run, abs, (-1,))
        assert f"no {sys.argv[1]} on this" in str(error), error
        assert error.errno == 2
        for _ in range(6):
            try:
                assert run(abs, (-1,)) == 1
                break
            except SetupError as error:
                mended = error.remedy.split("`")[1]
                subprocess.run(mended, shell=True, check=True)
        else:
            raise AssertionError("no remedy mended it")
        """
    environment = make_environment("root")
    environment.run(
        [
            *("/usr/bin/unshare", "-m", "--", environment.interpreter, "-c"),
            *(core_program(environment, program), missing, HIDDEN[missing]),
        ],
        check=True,
    )


def test_two_changes_at_one_time(make_environment):
    """The second of two within a tick of the kernel's clock is seen, though
    the directory's time is the same."""
    check(
        make_environment("root"),
        project(
            """
        from boxed._policy import import_places
        base = fresh()
        sys.path.insert(0, base)
        when = os.stat(base).st_mtime_ns
        put(base, "one.txt")
        now = os.stat(base).st_mtime_ns
        first = import_places.current()
        # As if this had been in the same tick.
        put(base, "later.py", text="value = 1")
        os.utime(base, ns=(now, now))
        assert import_places.current() != first
        assert run(eval, ("__import__('later').value",)) == 1
        # What has been as it is for long is not looked at again.
        for path in (base, base + "/later.py"):
            os.utime(path, ns=(now - 10**10, now - 10**10))
        assert import_places.current() is import_places.current()
        shutil.rmtree(base)
        """
        ),
    )


def test_a_large_directory(make_environment):
    """Of a place with a hundred thousand files, which are no modules, the
    modules are shown."""
    check(
        make_environment("root"),
        project(
            """
        base = fresh()
        sys.path.insert(0, base)
        for number in range(100_001):
            os.mknod(f"{base}/{number}.txt")
        put(base, "ways.py")
        import ways
        assert run(ways.read, ("/dev/null",)) == b""
        assert run(os.listdir, (base,)) in (["ways.py"],
            ["ways.py", "__pycache__"], ["__pycache__", "ways.py"])
        shutil.rmtree(base)
        """
        ),
    )
