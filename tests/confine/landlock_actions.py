"""Actions on files, tried in a Landlock domain or outside of one."""

import os
import sys
from pathlib import Path

import pytest
from confine_build import confined

ROOT = pytest.mark.skipif(
    os.geteuid() != 0, reason="the control needs root's capabilities"
)

ABI = int(confined("abi").stdout)

# Each action is tried in the directory WHERE; prints "name errno".
ACTIONS = """
import ctypes, os, socket, sys
where = sys.argv[1]
at = lambda *names: os.path.join(where, *names)
def create(path):
    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
def execute(path):
    pid = os.fork()
    if pid == 0:
        try:
            os.execv(path, ["true"])
        except OSError as error:
            os._exit(error.errno)
    code = os.waitpid(pid, 0)[1] >> 8
    if code:
        raise OSError(code, "exec")
def bind(path):
    with socket.socket(socket.AF_UNIX) as s:
        s.bind(path)
actions = {
    "read": lambda: open(at("file")).read(),
    "list": lambda: os.listdir(where),
    "execute": lambda: execute(at("true")),
    "stat": lambda: os.stat(at("file")),
    "write": lambda: os.close(os.open(at("file"), os.O_WRONLY)),
    "truncate": lambda: os.truncate(at("file"), 1),
    "create": lambda: create(at("new")),
    "unlink": lambda: os.unlink(at("old")),
    "mkdir": lambda: os.mkdir(at("newdir")),
    "rmdir": lambda: os.rmdir(at("olddir")),
    "symlink": lambda: os.symlink("x", at("newlink")),
    "fifo": lambda: os.mkfifo(at("newfifo")),
    "socket": lambda: bind(at("newsocket")),
    "rename": lambda: os.rename(at("a", "one"), at("b", "one")),
    "link": lambda: os.link(at("a", "two"), at("b", "two")),
    "character device": lambda: os.mknod(at("c"), 0o020600, 0x103),
    "block device": lambda: os.mknod(at("d"), 0o060600, 0x700),
}
for name, action in actions.items():
    try:
        action()
        print(f"{name}:0")
    except OSError as error:
        print(f"{name}:{error.errno}")
"""
READING = {"read", "list", "execute"}
DEVICES = {"character device", "block device"}


def interpreter_grants():
    """What the Python that runs the actions needs to read."""
    prefixes = {sys.base_prefix, sys.prefix, "/usr", "/lib", "/lib64", "/etc"}
    return [f"r:{path}" for path in sorted(prefixes) if Path(path).exists()]


def python(steps, body, *args):
    return confined(
        *steps, "--", "exec", sys.executable, "-I", "-c", body, *args
    )


def attempt(steps, where):
    """The errno of each action, 0 for success."""
    result = python(steps, ACTIONS, str(where))
    assert result.returncode == 0, result.stderr
    lines = [line.split(":") for line in result.stdout.splitlines()]
    return {name: int(error) for name, error in lines}
