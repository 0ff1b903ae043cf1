"""What a guest sees around it: files, devices, processes, names."""

from __future__ import annotations

import pytest
from core import check

NAMESPACES = ["root", "user", "rootless"]


@pytest.mark.parametrize("name", NAMESPACES)
def test_a_small_world(make_environment, name):
    """/etc, /dev and /proc hold what programs need, and the host's nothing."""
    check(
        make_environment(name),
        """
        etc = set(run(os.listdir, ("/etc",)))
        assert {"passwd", "group", "hosts", "nsswitch.conf"} <= etc
        assert etc <= {"passwd", "group", "hosts", "nsswitch.conf", "ssl",
                       "localtime", "ld.so.cache", "pki"}, etc
        dev = set(run(os.listdir, ("/dev",)))
        assert dev == {"null", "zero", "full", "random", "urandom", "shm",
                       "fd", "stdin", "stdout", "stderr"}, dev
        proc = set(run(os.listdir, ("/proc",)))
        assert {"self", "thread-self"} <= proc
        assert len(proc) == 3, proc
        passwd = "open('/etc/passwd').read()"
        assert run(eval, (passwd,)).startswith("nobody:x:65534:65534:")
        name = "__import__('pwd').getpwuid(__import__('os').getuid()).pw_name"
        assert run(eval, (name,)) == "nobody"
        """,
    )


@pytest.mark.parametrize("name", NAMESPACES)
def test_names(make_environment, name):
    """The host's name is hidden, the home is /tmp, and so is the cwd."""
    environment = make_environment(name)
    check(
        environment,
        """
        import socket
        assert socket.gethostname() != "boxed"
        assert run(eval, ("__import__('os').uname().nodename",)) == "boxed"
        assert run(os.path.expanduser, ("~",)) == "/tmp"
        assert run(os.getcwd) == "/tmp"
        """,
    )


@pytest.mark.parametrize("name", NAMESPACES)
def test_devices(make_environment, name):
    """They work; none can be made."""
    check(
        make_environment(name),
        """
        def byte(path):
            return f"open({path!r}, 'rb').read(1)"
        assert run(eval, (byte("/dev/zero"),)) == b"\\0"
        assert len(run(eval, (byte("/dev/urandom"),))) == 1
        assert run(eval, (byte("/dev/null"),)) == b""
        assert run(eval, ("open('/dev/null', 'w').write('x')",)) == 1
        error = refused(OSError, run, eval,
                        ("open('/dev/full', 'w', 1).write('x\\\\n')",))
        assert error.errno == 28
        refused(PermissionError, run, os.mknod, ("/tmp/null", 0o20666, 259))
        """,
    )


@pytest.mark.parametrize("name", NAMESPACES)
def test_scratch_is_private_and_empty(make_environment, name):
    """/tmp and /dev/shm are writable, and every call finds them empty."""
    check(
        make_environment(name),
        """
        for folder in ("/tmp", "/dev/shm"):
            path = f"{folder}/left-{os.getpid()}"
            assert run(eval, (f"open({path!r}, 'w').write('x')",)) == 1
            assert left_in(folder) == []
            assert not os.path.exists(path)
        temporary = "__import__('tempfile').NamedTemporaryFile().name"
        assert run(eval, (temporary,)).startswith("/tmp/")
        """,
    )


@pytest.mark.parametrize("name", ["docker-user", "kubernetes"])
def test_without_mounts_nothing_is_writable(make_environment, name):
    """There is no scratch directory, and saying so is an OSError."""
    check(
        make_environment(name),
        """
        for folder in ("/tmp", "/dev/shm", "/var/tmp"):
            write = f"open({folder + '/x'!r}, 'w')"
            refused(OSError, run, eval, (write,))
        """,
    )


@pytest.mark.parametrize(
    "source",
    [
        "__import__('numpy').linalg.inv([[2.0, 0], [0, 4]]).tolist()",
        "__import__('pandas').DataFrame({'a': [1, 2]})['a'].sum().item()",
        "__import__('ssl').create_default_context().check_hostname",
        "__import__('sqlite3').connect('/tmp/d').execute('select 1')"
        ".fetchone()",
        "__import__('multiprocessing.pool').pool.ThreadPool(2).map(abs, [-1])",
        "__import__('asyncio').run(__import__('asyncio').sleep(0, 'done'))",
        "str(__import__('decimal').Decimal(1) / 7)",
        "str(__import__('zoneinfo').ZoneInfo('Europe/Berlin'))",
        "__import__('ctypes').CDLL(None).abs(-3)",
        "__import__('concurrent.futures').futures.ThreadPoolExecutor(1)"
        ".submit(abs, -1).result()",
        "__import__('hashlib').sha256(b'').hexdigest()",
        "__import__('lzma').compress(b'') and"
        " __import__('bz2').compress(b'') and"
        " __import__('zlib').compress(b'') and 1",
        "__import__('uuid').uuid4().version",
        "__import__('locale').setlocale(0)",
        "__import__('platform').python_implementation()",
    ],
    ids=lambda source: source.split("'")[1],
)
def test_libraries_work(source):
    """They import and do their job under the default walls, as outside."""
    from boxed import run

    assert run(eval, (source,)) is not None


@pytest.mark.parametrize("name", ["user", "rootless", "kubernetes"])
def test_modules_behind_links_of_a_tree(machine, make_environment, name):
    """A directory on the path that another one on it has only a link to, as a
    project has to its environment, over several links: shown where they lead,
    and nothing beside it."""
    # Links in /tmp itself do not come along into each call's own.
    machine.need_root("a home outside of /tmp")
    check(
        make_environment(name),
        """
        import tempfile
        base = tempfile.mkdtemp(dir=os.getcwd())
        os.chmod(base, 0o755)
        os.makedirs(base + "/project")
        os.makedirs(base + "/versions/third/lib")
        open(base + "/versions/secret", "w").write("secret")
        with open(base + "/versions/third/lib/boxed_linked.py", "w") as file:
            file.write("def where(): return __file__")
        os.symlink("../current", base + "/project/env")
        os.symlink(base + "/versions/third", base + "/current")
        sys.path[:0] = [base + "/project", base + "/project/env/lib"]
        import boxed_linked
        assert run(boxed_linked.where) == boxed_linked.__file__
        listing = "__import__('os').listdir(%r)"
        assert run(eval, (listing % (base + "/versions/third/lib"),))
        if ISOLATION != "landlock":
            shown = run(eval, (listing % (base + "/versions"),))
            assert shown == ["third"], shown
        """,
    )


def test_the_import_path_is_looked_at_before_each_call(environment):
    """What is on it, comes into being, goes, or leads elsewhere by now."""
    check(
        environment,
        """
        import shutil, tempfile
        folder = tempfile.mkdtemp(dir="/var/tmp")
        os.chmod(folder, 0o755)
        def seen(path):
            return run(eval, (f"{path!r} in __import__('sys').path",))
        later = os.path.join(folder, "later")
        sys.path.append(later)
        assert not seen(later)
        os.mkdir(later)
        assert seen(later)
        os.rmdir(later)
        assert not seen(later)
        os.symlink(folder, later)
        assert seen(later)
        # Of a home too nothing is shown but modules.
        os.environ["HOME"] = home = os.path.join(folder, "home")
        os.mkdir(home)
        secret = os.path.join(home, "secret")
        open(secret, "w").write("x")
        os.unlink(later)
        os.symlink(home, later)
        assert seen(later)
        for path in (secret, os.path.join(later, "secret")):
            assert open(path).read() == "x"
            refused(OSError, run, eval, (f"open({path!r}).read()",))
        sys.path.remove(later)
        assert not seen(later)
        # A relative one follows the current directory.
        sys.path.append("part")
        for name in ("one", "two"):
            os.makedirs(os.path.join(folder, name, "part"))
        for name in ("one", "two", "one"):
            os.chdir(os.path.join(folder, name))
            for other in ("one", "two"):
                path = os.path.join(folder, other, "part")
                assert seen(path) == (name == other), (name, other)
        os.chdir("/")
        shutil.rmtree(folder)
        """,
    )
