"""Advice about what runs out, carried out."""

from __future__ import annotations

import errno
import json
import subprocess
import sys

import pytest
from advising import carries, failed, works
from carrying import commands
from environments import SUPPORT, apart

from boxed._live.remedies import explain


@carries("open files", "processes")
@pytest.mark.parametrize(
    ("limit", "name"), [("NOFILE=20", "open files"), ("NPROC=1", "processes")]
)
def test_limits_of_the_programs(place, limit, name):
    """By whoever starts it: only root raises a hard limit again."""
    # A uid that has no other programs.
    ids = ("--uid", "53123", "--gid", "53123")
    with place.program("--rlimit", limit, *ids) as program:
        (line,) = commands(failed(program.call(), name))
    program = place.program(*ids)
    program.argv = [*line.removesuffix(" PROGRAM").split(), *program.argv]
    program.argv[0] = "/usr/bin/prlimit"
    with program:
        works(program.call())


@pytest.mark.parametrize("number", [errno.ENOMEM, errno.ENFILE, errno.EDQUOT])
def test_what_nobody_can_mend_is_named_and_nothing_promised(number):
    error = explain("rootless", "namespaces", number)
    assert error.errno == number and error.remedy == ""
    assert "namespaces" not in str(error).partition(": ")[2]


def carried_out_apart(place, *options: str) -> list[dict[str, object]]:
    """What a call came to before and after its remedy, both in a user
    namespace of their own."""
    program = place.program()
    given = {"argv": program.argv, "env": program.env, "root": place.root}
    tool = str(SUPPORT / "carrying.py")
    done = subprocess.run(
        [*apart(*options), sys.executable, tool, json.dumps(given)],
        stdout=subprocess.PIPE,
        check=True,
    )
    return json.loads(done.stdout)


@carries("namespaces off", "namespaces")
@pytest.mark.parametrize("name", ["namespaces off", "namespaces"])
def test_namespaces(place, name):
    limit = 0 if name.endswith("off") else 3
    options = [f"--set=max_user_namespaces={limit}"]
    if limit:
        options.append(f"--pin={place.user.uid}={limit}")
    before, after = carried_out_apart(place, *options)
    failed(before, name)
    works(after, "rootless")


@carries("reserve others")
def test_uids_that_a_container_does_not_have(place):
    """As in an image that was set up elsewhere."""
    place.setup("--uid-range", "70000:100")
    before, after = carried_out_apart(place)
    failed(before, "reserve others")
    works(after, "full")


@carries("reserve")
def test_namespaces_of_nobody(place):
    """Where other users can have used them up, uids of one's own mend it."""
    place.setup()
    place.system.configuration.write_text("allow-user 1\n")
    options = ("--set=max_user_namespaces=3", "--pin=65534=3")
    before, after = carried_out_apart(place, *options)
    failed(before, "reserve")
    works(after, "full")
