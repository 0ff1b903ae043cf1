"""Run by landlock_actions: each action in a directory; prints "name:errno"."""

import os
import socket
import sys

where = sys.argv[1]


def at(*names):
    return os.path.join(where, *names)


def create(path):
    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY))


def execute(path):
    pid = os.fork()
    if pid == 0:
        try:
            os.execv(path, ["true"])
        except OSError as error:
            os._exit(error.errno or 255)
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
