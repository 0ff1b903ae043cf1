"""Two live calls cannot touch each other, and the next finds nothing of the
last: two of one sandbox, of two sandboxes, of two ordinary users.

A Sandbox is the user's name for one; calls of run() with the same options
share one as well."""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import signal
from pathlib import Path

import pytest
from environments import sleep_until
from security.attacks.attempts import REACHED
from security.callers import FAMILY, Caller
from security.judging import judge

# Until it is told that it is enough, where a test may tell it.
LIFE = 20.0 if os.geteuid() == 0 else 3.0
OTHER = {"imports": ["attacks", "colorsys"]}
# Objects of the class Sandbox, which the caller keeps.
ONE, TWO = {"sandbox": "one"}, {"sandbox": "two"}


def new_names() -> tuple[str, int]:
    # As long as the name of a process can be.
    return f"boxed{secrets.token_hex(5)}", 0x626F0000 + secrets.randbelow(
        65536
    )


def enough(caller: Caller, name: str) -> None:
    """Nothing more is done to a victim of a caller's."""
    for one in caller.named(name):
        with contextlib.suppress(PermissionError):
            os.kill(one.pid, signal.SIGHUP)


def start_victim(
    caller: Caller, name: str, key: int, options: dict
) -> tuple[int, list[int]]:
    """A call that lives for a while; its numbers inside and outside."""
    caller.caller("fresh_streams")
    caller.sandbox("add", 1, 2, **options)
    with caller.without_standbys():
        before = caller.boxes()
        number = caller.start("victim", LIFE, name, key, **options)

        def said() -> str:
            return caller.caller("recorded")["stdout"]["head"]

        sleep_until(lambda: "ready" in said(), 20, "the victim")
        inside = int(re.search(r"ready (\d+)\.", said())[1])
        workers = [p.pid for p in caller.workers(before)]
    return number, [inside, *workers]


def fight(
    attacker: Caller, target: Caller, options: dict, targets: dict
) -> None:
    """An attack by a call with options on one with the target's."""
    name, key = new_names()
    attacker.sandbox("add", 1, 2, **options)
    number, pids = start_victim(target, name, key, targets)
    pids += [1, 2, 3]
    inside = attacker.sandbox("attack_sibling", pids, name, key, **options)
    enough(target, name)
    done = target.join(number)
    case = "siblings with processes=N" if options is FAMILY else "siblings"
    judge(attacker, case, inside, None)
    assert "value" in done, done
    # Nobody signalled it, changed it or wrote to its files.
    report = done["value"]
    assert report["received"] == []
    assert report["changed"] == {}
    assert set(report["read"].values()) <= {name}


@pytest.mark.case("siblings")
def test_siblings_of_one_sandbox(caller):
    """Two workers of one zygote."""
    fight(caller, caller, {}, {})


@pytest.mark.case("siblings")
def test_siblings_that_start_processes(caller):
    """Two workers of one zygote, the attacker with the wider filter."""
    if caller.refuses_families():
        return
    fight(caller, caller, FAMILY, FAMILY)


@pytest.mark.case("siblings")
def test_siblings_of_two_sandboxes(caller):
    """Workers of two zygotes of one caller."""
    fight(caller, caller, OTHER, {})


@pytest.mark.case("siblings")
@pytest.mark.parametrize("options", [ONE, TWO], ids=["one", "two"])
def test_siblings_of_the_class_sandbox(caller, options):
    """Two calls of one Sandbox, and of two with the same options."""
    fight(caller, caller, options, ONE)


@pytest.mark.case("siblings")
def test_siblings_of_two_users(caller_name, callers):
    """Guests of two ordinary users, who may have one uid."""
    if caller_name == "root":
        one = callers.make(callers.environment("root"))
        two = callers.make(callers.environment("user"))
    else:
        one, two = map(callers.make, callers.stranger(caller_name))
    for caller in (one, two):
        caller.name, caller.tier = caller_name, one.tier
    try:
        fight(two, one, {}, {})
    finally:
        one.close()
        two.close()


@pytest.mark.case("siblings")
def test_siblings_without_walls(caller):
    """The control: the same attack on the same victim, neither confined."""
    name, key = new_names()
    caller.caller("forget_session")
    ready = caller.make_folder() / "ready"
    number = caller.start_control("victim", LIFE, name, key, str(ready))
    text = sleep_until(lambda: ready.exists() and ready.read_text(), 20)
    pid = int(re.search(r"ready (\d+)\.", text)[1])
    try:
        outside = caller.control("attack_sibling", [pid], name, key)
        enough(caller, name)
        done = caller.join(number)["value"]
    finally:
        caller.control("remove_offer", name, key)
    judge(caller, "siblings", {}, outside)
    assert done["received"] != []
    assert done["woken"]
    assert {text[:6] for text in done["read"].values()} == {"stolen"}
    # Flags of stdin too: the caller's is shared by its children.
    assert {"priority", "files", "stdin flags"} <= set(done["changed"])


@pytest.mark.case("residue")
def test_siblings_residue(caller):
    """Nothing that one call leaves is there for the next: no object, no
    file, no variable, no setting, not even a flag of an open file."""
    secret, key = new_names()
    caller.sandbox("leave_residue", secret, key)
    inside = caller.sandbox("find_residue", secret, key)
    other = caller.sandbox("find_residue", secret, key, **OTHER)
    caller.sandbox("leave_residue", secret, key, **ONE)
    same = caller.sandbox("find_residue", secret, key, **ONE)
    another = caller.sandbox("find_residue", secret, key, **TWO)
    outside = caller.control("residue", secret, key)
    caller.control("remove_offer", secret, key)
    judge(caller, "residue", inside, outside)
    for found in (other, same, another):
        judge(caller, "residue", found, None)


@pytest.mark.case("residue")
def test_siblings_residue_in_memory(caller):
    """The memory of a call has no argument of an earlier one in it."""
    parts = [secrets.token_hex(8) for _ in range(4)]
    if not caller.has_namespaces:
        # No /proc to find the memory by; the zygote is the same program.
        assert caller.outcome("search_memory", parts)["type_name"] in (
            "PermissionError",
            "FileNotFoundError",
        )
        return
    caller.sandbox("residue_in_memory", ["".join(parts)])
    inside = caller.sandbox("search_memory", parts)
    outside = caller.control("residue_in_memory", parts)
    assert inside == {"memory": "nothing"}
    assert outside == {"memory": REACHED}


@pytest.mark.case("siblings")
def test_siblings_share_no_memory(machine, caller):
    """A worker has no memory that a write would share with the zygote."""
    machine.need_root("a look at a sandbox's memory")
    with caller.staying() as worker:
        maps = Path(f"/proc/{worker.pid}/maps").read_text()
    assert "rw-p" in maps
    assert "rw-s" not in maps
    assert "rwxs" not in maps
