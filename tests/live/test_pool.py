"""A reserved range: one uid for each live sandbox, free again after it."""

from __future__ import annotations

from pathlib import Path

from core import check, check_file
from environments import host_scan, sleep_until

PROGRAMS = Path(__file__).parent / "programs"

FIRST, COUNT = 70000, 64


def test_a_sandbox_has_a_uid_of_the_range(make_environment):
    """Outside it is one of the range; inside 65534 where there is a map."""
    found = check(make_environment("docker-range"), "print(run(os.getuid))")
    assert FIRST <= int(found) < FIRST + COUNT
    check(
        make_environment("user-range"),
        f"""
        import time
        assert run(os.getuid) == 65534
        from boxed._live import registry
        (slot,) = registry.shared.slots.values()
        status = open(f"/proc/{{slot.box.pid}}/status").read()
        (uids,) = [line.split()[1:] for line in status.splitlines()
                   if line.startswith("Uid:")]
        assert len(set(uids)) == 1, uids
        assert {FIRST} <= int(uids[0]) < {FIRST + COUNT}, uids
        """,
    )


def test_without_a_range_all_are_nobody(make_environment):
    """The control: the same call where root reserved nothing."""
    found = check(make_environment("docker-nobody"), "print(run(os.getuid))")
    assert int(found) == 65534


def test_a_plain_setup_reserves_one(make_environment):
    """Nobody needs to ask for it."""
    found = check(make_environment("docker-user"), "print(run(os.getuid))")
    assert 60578 <= int(found) < 60578 + 606


def test_sandboxes_at_once_have_different_uids(make_environment):
    """Twenty started in a race, from several processes: no uid twice."""
    code = """
        import multiprocessing
        def one(barrier, out):
            barrier.wait()
            out.put(run(os.getuid))
            barrier.wait()
        context = multiprocessing.get_context("fork")
        barrier, out = context.Barrier(20), context.Queue()
        processes = [context.Process(target=one, args=(barrier, out))
                     for _ in range(20)]
        for process in processes:
            process.start()
        found = [out.get(timeout=40) for _ in processes]
        for process in processes:
            process.join()
        assert len(set(found)) == 20, sorted(found)
        """
    check(make_environment("docker-range"), code)


def test_one_too_many_is_told(make_environment):
    """One uid reserved: the second sandbox is an error, the third works."""
    environment = make_environment("range-of-one")
    check_file(environment, PROGRAMS / "one_too_many_is_told.py")
    sleep_until(lambda: not host_scan(70100), 10)


def test_a_uid_of_the_range_cannot_be_named(make_environment):
    """A caller gets one; it cannot ask for somebody's."""
    check_file(
        make_environment("docker-range"),
        PROGRAMS / "a_uid_of_the_range_cannot_be_named.py",
    )
