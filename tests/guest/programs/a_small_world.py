"""Run by test_world."""

import os

from harness import run

etc = set(run(os.listdir, ("/etc",)))
assert {"passwd", "group", "hosts", "nsswitch.conf"} <= etc
assert etc <= {
    "passwd",
    "group",
    "hosts",
    "nsswitch.conf",
    "ssl",
    "localtime",
    "ld.so.cache",
    "pki",
}, etc
dev = set(run(os.listdir, ("/dev",)))
assert dev == {
    "null",
    "zero",
    "full",
    "random",
    "urandom",
    "shm",
    "fd",
    "stdin",
    "stdout",
    "stderr",
}, dev
proc = set(run(os.listdir, ("/proc",)))
assert {"self", "thread-self"} <= proc
assert len(proc) == 3, proc
passwd = "open('/etc/passwd').read()"
assert run(eval, (passwd,)).startswith("nobody:x:65534:65534:")
name = "__import__('pwd').getpwuid(__import__('os').getuid()).pw_name"
assert run(eval, (name,)) == "nobody"
