"""What the entries of an order can show, and make writable (P-L03)."""

from __future__ import annotations

import os

import pytest
from checks import STATUS, assert_refused, assert_runs
from launching import start
from orders import FULL, NOBODY, UID, encode, host_programs, order_for
from proc import faults, status_of


@pytest.mark.case("P-L03")
def test_p_l03_collector_opens_nothing_that_the_caller_cannot(user):
    """A tree that only root can enter is not shown, in no kind of entry; the
    status record tells which it was."""
    closed = user.home.parent / "closed"
    (closed / "in").mkdir(parents=True, mode=0o755)
    closed.chmod(0o700)
    secret = closed / "in" / "secret"
    secret.write_text("secret\n")
    more = [(b"r" + bytes(secret),)]
    argv = ["/usr/bin/cat", bytes(secret)]
    order = order_for(FULL, argv, more)
    ended = start(user, order)
    assert_refused(ended, "collect", 13)
    assert ended.records[0][2] == len(host_programs())
    optional = order_for(FULL, argv, [(b"o" + bytes(secret),)])
    assert "No such file" in start(user, optional).printed
    closed.chmod(0o755)
    assert start(user, order).printed == "secret\n"


@pytest.mark.case("P-L03")
def test_p_l03_everything_shown_is_read_only(user, machine):
    """A directory that everybody may write is shown, and cannot be written,
    in the kinds of entries there are; nor can its attributes."""
    place = machine.system / "writable"
    place.mkdir(mode=0o777)
    place.chmod(0o777)
    for kind in (b"r", b"o", b"d"):
        script = f"cd {place} && touch made; chmod 0700 .; ls -A"
        order = order_for(
            FULL, ["/bin/sh", "-c", script], [(kind + bytes(place),)]
        )
        printed = start(user, order).printed
        assert printed.count("Read-only file system") == 2, printed
    assert list(place.iterdir()) == []


@pytest.mark.case("P-L03")
@pytest.mark.parametrize("place", ["/", "/proc", "/tmp", "/dev/shm", "/bin"])
def test_p_l03_entries_over_the_launchers_own_places(user, place):
    """Entries may not take the place of what it makes itself, to any effect:
    the guest is confined, or there is none."""
    for entry in (
        (b"l" + place.encode(), b"/usr"),
        (b"f" + place.encode(), b"x"),
        (b"r" + place.encode(),),
        (b"d" + place.encode(),),
    ):
        order = encode(STATUS, [entry, *host_programs()])
        ended = start(user, order)
        if "CapPrm" in ended.printed:
            assert faults(ended.printed) == []
            status = status_of(ended.printed)
            assert int(status["NSpid"].split()[-1]) <= 3
        else:
            assert ended.records, (entry, ended)


@pytest.mark.case("P-L03")
def test_p_l03_writable_is_what_nobody_could_write(user):
    """A tree that an order shows writable is so as far as the guest's uid
    may, and nothing with a set-id bit is left in it."""
    folder = user.home.parent / "granted"
    folder.mkdir()
    os.chown(folder, user.uid, user.gid)
    for name, mode in (("all", 0o777), ("own", 0o755)):
        (folder / name).mkdir()
        (folder / name).chmod(mode)
        os.chown(folder / name, user.uid, user.gid)
    script = (
        f"cd {folder}; touch own/made; cp /usr/bin/id all/made;"
        " chmod 4755 all/made; chmod 2755 all/made; install -m 4755 "
        "/usr/bin/id all/other"
    )
    for tier in (FULL, UID):
        entry = (b"w" + bytes(folder),)
        order = order_for(tier, ["/bin/sh", "-c", script], [entry])
        printed = start(user, order).printed
        assert "'own/made': Permission denied" in printed
        assert list((folder / "own").iterdir()) == []
        for made in (folder / "all").iterdir():
            seen = made.stat()
            assert seen.st_uid == NOBODY
            assert seen.st_mode & 0o7000 == 0
            made.unlink()


@pytest.mark.case("P-L03")
def test_p_l03_entries_that_would_block(user):
    """A FIFO below a tree that is shown, and shown itself, holds nobody up:
    what hangs there would be nobody's process, and nobody could end it."""
    folder = user.home.parent / "pipes"
    folder.mkdir()
    os.mkfifo(folder / "fifo", 0o666)
    more = [(b"r" + bytes(folder),), (b"r" + bytes(folder / "fifo"),)]
    for tier in (FULL, UID):
        assert_runs(start(user, order_for(tier, STATUS, more)))
