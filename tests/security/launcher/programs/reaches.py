"""Run by reaching: what an order can do to another process."""

import os
import resource
import signal
import sys
from errno import errorcode

pid = int(sys.argv[1])
proc = f"/proc/{pid}/"


def send(fd):
    signal.pidfd_send_signal(fd, 0)


for name, call in {
    "kill": lambda: os.kill(pid, 0),
    "kill as a group": lambda: os.killpg(pid, 0),
    "pidfd": lambda: send(os.pidfd_open(pid)),
    "given pidfd": lambda: send(os.open(proc, os.O_RDONLY)),
    "prlimit": lambda: resource.prlimit(pid, resource.RLIMIT_CPU, (9, 9)),
    "setpriority": lambda: os.setpriority(os.PRIO_PROCESS, pid, 19),
    "affinity": lambda: os.sched_setaffinity(pid, {0}),
    "mem": lambda: open(proc + "mem", "rb"),
    "environ": lambda: open(proc + "environ", "rb"),
    "maps": lambda: open(proc + "maps").read(1),
    "exe": lambda: os.readlink(proc + "exe"),
    "root": lambda: os.listdir(proc + "root"),
    "fd": lambda: os.readlink(proc + "fd/0"),
    "oom": lambda: open(proc + "oom_score_adj", "w"),
}.items():
    try:
        call()
    except OSError as error:
        print(name, errorcode[error.errno or 0], sep=": ")
    else:
        print(name, "done", sep=": ")
