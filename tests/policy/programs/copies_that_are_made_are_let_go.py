"""Run by test_places."""

import os
import shutil
import sys

from project import fresh, put

import boxed


def children(pid):
    return [
        int(one)
        for task in os.listdir(f"/proc/{pid}/task")
        for one in open(f"/proc/{pid}/task/{task}/children").read().split()
    ]


def keeps(pid):
    fds = f"/proc/{pid}/fd/"
    links = [
        os.readlink(fds + one)
        for one in os.listdir(fds)
        if os.path.lexists(fds + one)
    ]
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
