"""What a guest sees around it: files, devices, processes, names."""

from __future__ import annotations

from pathlib import Path

import pytest
from core import check_file

PROGRAMS = Path(__file__).parent / "programs"

NAMESPACES = ["root", "user", "rootless"]


@pytest.mark.parametrize("name", NAMESPACES)
def test_a_small_world(make_environment, name):
    """/etc, /dev and /proc hold what programs need, and the host's nothing."""
    check_file(make_environment(name), PROGRAMS / "a_small_world.py")


@pytest.mark.parametrize("name", NAMESPACES)
def test_names(make_environment, name):
    """The host's name is hidden, the home is /tmp, and so is the cwd."""
    environment = make_environment(name)
    check_file(environment, PROGRAMS / "names.py")


@pytest.mark.parametrize("name", NAMESPACES)
def test_devices(make_environment, name):
    """They work; none can be made."""
    check_file(make_environment(name), PROGRAMS / "devices.py")


@pytest.mark.parametrize("name", NAMESPACES)
def test_scratch_is_private_and_empty(make_environment, name):
    """/tmp and /dev/shm are writable, and every call finds them empty."""
    check_file(
        make_environment(name), PROGRAMS / "scratch_is_private_and_empty.py"
    )


@pytest.mark.parametrize("name", ["docker-user", "kubernetes"])
def test_without_mounts_nothing_is_writable(make_environment, name):
    """There is no scratch directory, and saying so is an OSError."""
    check_file(
        make_environment(name),
        PROGRAMS / "without_mounts_nothing_is_writable.py",
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
    check_file(
        make_environment(name), PROGRAMS / "modules_behind_links_of_a_tree.py"
    )


def test_the_import_path_is_looked_at_before_each_call(environment):
    """What is on it, comes into being, goes, or leads elsewhere by now."""
    check_file(
        environment,
        PROGRAMS / "the_import_path_is_looked_at_before_each_call.py",
    )
