"""Below Landlock's scopes (Linux 5.13 to 6.11) nobody's processes are safe
from what an order runs (P-L03).

Where no pid namespace parts them, a uid of its own must.
"""

from __future__ import annotations

import contextlib
import errno
from pathlib import Path

import pytest
from checks import BUNDLED, STATUS, assert_refused, assert_runs, python
from core import check_file
from environments import old_landlock, sleep_until
from launching import Start, start
from orders import FULL, UID, order_for
from proc import descendants
from reaching import SIGNALS, a_victim, order_to_reach, reached
from security.attacks.calls import number

PROGRAMS = Path(__file__).parent / "programs"

OLD = (1, 3, 5)
FIRST, COUNT = 70000, 64


def start_old(abi: int, environment, order: bytes, **options):
    through = [*old_landlock(abi), *environment.enter, "--"]
    return start(environment, order, through=through, **options)


@pytest.mark.case("P-L03")
@pytest.mark.parametrize("abi", OLD)
def test_p_l03_a_uid_that_others_have_is_refused(user, abi):
    """Nothing is executed, and the step has a name of its own."""
    with a_victim() as victim:
        ended = start_old(abi, user, order_to_reach(victim))
    assert_refused(ended, "shared", errno.ENOTUNIQ)


@pytest.mark.case("P-L03")
@pytest.mark.parametrize("abi", OLD)
def test_p_l03_the_same_order_of_root_signals_everybody(make_environment, abi):
    """The control: root, who can do so anyway, is not refused, and then the
    signals arrive; from version 6 on they do not."""
    root = make_environment("root")
    with a_victim() as victim:
        order = order_to_reach(victim)
        told = reached(start_old(abi, root, order, launcher=BUNDLED))
        assert {name for name in told if told[name] == "done"} == SIGNALS
        scoped = reached(start_old(6, root, order, launcher=BUNDLED))
    assert "done" not in scoped.values()


@pytest.mark.case("P-L03")
@pytest.mark.parametrize("abi", OLD)
def test_p_l03_a_uid_of_its_own_reaches_nobody(make_environment, abi):
    """With a range reserved the order runs, and reaches neither nobody's
    processes nor those of another uid of the range."""
    environment = make_environment("docker-range")
    for uid in (65534, FIRST + COUNT):
        with a_victim(uid) as victim:
            ended = start_old(abi, environment, order_to_reach(victim))
        assert set(reached(ended).values()) <= {"EPERM", "EACCES"}, ended


@pytest.mark.case("P-L03")
@pytest.mark.parametrize("abi", OLD)
def test_p_l03_a_pid_namespace_is_enough(user, abi):
    """In the full tier the host's processes cannot be named, not even by the
    host's own /proc, and its user namespace keeps their memory closed."""
    with a_victim() as victim:
        ended = start_old(abi, user, order_to_reach(victim, FULL))
    told = reached(ended)
    assert "done" not in told.values(), told
    assert_runs(start_old(abi, user, order_for(FULL, STATUS)))


KILLER = (PROGRAMS / "ends_others.py").read_text()
STOPPER = KILLER.replace("SIGKILL", "SIGSTOP")
# Wears a uid long enough to be met.
SLOW = (
    "pool.c",
    "const struct rlimit two =",
    "usleep(50000); const struct rlimit two =",
)
CARELESS = ("pool.c", "carefully && !looks_free(uid)", "false")
HEEDLESS = ("pool.c", "&status, WUNTRACED", "&status, 0")


@contextlib.contextmanager
def at_large(environment, attack: str):
    """A guest that does that to all processes that it can, all the time; of
    two uids it has one, and launchers put both on."""
    through = [*old_landlock(5), *environment.enter, "--"]
    order = order_for(UID, python(attack))
    with Start(environment, order, through=through) as guest:
        assert guest.server.recv(10) == b"on"
        yield
        guest.hang_up()
        guest.finish()


def starting(environment, launcher) -> Start:
    through = [*old_landlock(5), *environment.enter, "--"]
    order = order_for(UID, python("print('through')"))
    return Start(environment, order, through=through, launcher=launcher)


def ends_of_starts(environment, launcher, attack: str) -> list[str]:
    """Of eight starts beside such a guest."""
    with at_large(environment, attack):
        return [
            starting(environment, launcher).finish().printed for _ in range(8)
        ]


def is_held_up(start: Start) -> bool:
    """Whether it waits for a process that somebody has stopped."""
    for pid in descendants(start.pid):
        with contextlib.suppress(OSError):
            stat = Path(f"/proc/{pid}/stat").read_text()
            if stat.rpartition(") ")[2][0] == "T":
                return True
    return False


@pytest.mark.case("P-L03")
def test_p_l03_a_killer_of_the_range_ends_no_other_start(
    make_environment, variants
):
    """Launchers put uids on for a moment to see whether they are free."""
    environment = make_environment("range-of-two")
    slow = variants.build("slow", [SLOW])
    assert ends_of_starts(environment, slow, KILLER) == ["through\n"] * 8
    # The control: where the launcher itself asks, it is killed.
    careless = variants.build("careless", [SLOW, CARELESS])
    assert "" in ends_of_starts(environment, careless, KILLER)


@pytest.mark.case("P-L03")
def test_p_l03_a_stopper_of_the_range_holds_up_no_other_start(
    make_environment, variants
):
    """Nor for ever, which a launcher has no deadline against."""
    environment = make_environment("range-of-two")
    slow = variants.build("slow", [SLOW])
    assert ends_of_starts(environment, slow, STOPPER) == ["through\n"] * 8
    # The control: one that does not hear of it waits, though the guest ends.
    heedless = variants.build("heedless", [SLOW, HEEDLESS])
    with at_large(environment, STOPPER), contextlib.ExitStack() as started:
        for _ in range(40):
            one = started.enter_context(starting(environment, heedless))
            sleep_until(lambda: one.poll() is not None or is_held_up(one), 20)  # noqa: B023
            if is_held_up(one):
                break
        kept = started.pop_all()
    with kept:
        assert is_held_up(one) and one.poll() is None


@pytest.mark.case("P-L03")
@pytest.mark.parametrize(
    ("name", "tier"), [("docker-range", "uid"), ("user-range", "full")]
)
def test_p_l03_calls_work_on_old_kernels(make_environment, name, tier):
    """A range is all that it takes."""
    program = PROGRAMS / "works_on_an_old_kernel.py"
    through = old_landlock(3)
    check_file(make_environment(name), program, tier, through=through)


@pytest.mark.case("P-L03")
def test_p_l03_calls_without_a_range_name_the_remedy(make_environment):
    """And a caller that has none is told so."""
    program = PROGRAMS / "names_the_remedy.py"
    environment = make_environment("docker-nobody")
    check_file(environment, program, through=old_landlock(3))


@pytest.mark.case("P-L03")
@pytest.mark.parametrize("name", ["docker-range", "kubernetes"])
def test_p_l03_guests_signal_only_themselves_on_old_kernels(
    make_environment, name
):
    """Where neither a pid namespace nor a scope is there, the filter of a
    worker knows its own pid: its zygote, its caller and whatever else has its
    uid are refused, in every way there is to send a signal."""
    names = ("tgkill", "tkill", "rt_sigqueueinfo", "pidfd_open")
    check_file(
        make_environment(name),
        PROGRAMS / "signals_only_itself.py",
        *(str(number(one)) for one in names),
        through=old_landlock(3),
    )
