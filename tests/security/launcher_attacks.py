"""What guests do in the tests of the launcher, hygiene and recovery.

Runs inside the sandbox, and outside of it to show that it works there.  A
module of its own beside `attacks`, since workers import it in each of many
thousand calls.
"""

import contextlib
import ctypes
import os
import stat
import sys


def add(a, b):
    return a + b


def change_ids(uid, gid):
    """Every way to another identity: root's, and a given one."""
    from boxed._doctor.attack import reach
    from boxed._doctor.attack.ways import tried

    users = {
        "setuid": os.setuid,
        "seteuid": os.seteuid,
        "setreuid": lambda to: os.setreuid(to, to),
        "setresuid": reach.change_uid,
    }
    groups = {
        "setgid": os.setgid,
        "setegid": os.setegid,
        "setregid": lambda to: os.setregid(to, to),
        "setresgid": lambda to: os.setresgid(to, to, to),
        "setgroups": lambda to: reach.change_groups([to]),
    }
    return {
        f"{name} {to}": tried(way, to)[1]
        for ways, goals in ((users, (0, uid)), (groups, (0, gid)))
        for name, way in ways.items()
        for to in goals
    }


def change_fsuid(uid):
    """setfsuid tells no error: the value after it does."""
    libc = ctypes.CDLL(None)
    libc.setfsuid(uid)
    return libc.setfsuid(-1)


def descriptors():
    """What is open: the kind of each, and for the first three all of it."""
    found = {}
    for fd in range(64):
        try:
            mode = os.fstat(fd).st_mode
        except OSError:
            continue
        found[str(fd)] = (
            "null"
            if stat.S_ISCHR(mode)
            else "pipe"
            if stat.S_ISFIFO(mode)
            else "socket"
            if stat.S_ISSOCK(mode)
            else oct(mode)
        )
    return found


def world(*needles):
    """Everything that tells a guest where it runs: the variables, and each
    command line and environment of /proc; which needles are in there."""
    seen = {
        "environ": "\n".join(f"{k}={v}" for k, v in os.environ.items()),
        "argv": repr(sys.argv),
        "orig_argv": repr(getattr(sys, "orig_argv", "")),
    }
    names = []
    with contextlib.suppress(OSError):
        names = os.listdir("/proc")
    for name in [*filter(str.isdigit, names), "self"]:
        for what in ("cmdline", "environ"):
            path = f"/proc/{name}/{what}"
            with contextlib.suppress(OSError), open(path, "rb") as file:
                seen[path] = file.read().decode(errors="replace")
    return {
        needle: [place for place, text in seen.items() if needle in text]
        for needle in needles
    }


def hold(seconds, *ignored):
    """Until SIGHUP, or so long."""
    import signal

    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGHUP})
    # By this name its process is told from one that stands by.
    ctypes.CDLL(None).prctl(15, b"held", 0, 0, 0)
    signal.sigtimedwait({signal.SIGHUP}, seconds)
    return list(ignored)


def echo(value):
    return value


def die(code):
    os._exit(code)


def soil():
    """Change all that a process could leave to the next one."""
    import builtins
    import locale
    import random
    import signal

    builtins.sum = lambda _: "patched"
    sys.modules["soiled"] = sys
    os.environ["SOILED"] = "1"
    sys.path.insert(0, "/soiled")
    os.umask(0o777)
    os.nice(1)
    sys.setrecursionlimit(5000)
    random.seed(1)
    locale.setlocale(locale.LC_ALL, "C")
    for number in (signal.SIGTERM, signal.SIGUSR1):
        signal.signal(number, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR2})
    signal.setitimer(signal.ITIMER_REAL, 1000)
    add.__code__ = (lambda a, b: "patched").__code__
    with contextlib.suppress(OSError):
        os.chdir("/")
    for folder in ("/tmp", "/dev/shm"):
        with contextlib.suppress(OSError), open(f"{folder}/left", "w"):
            pass
    return inspect()


def inspect():
    """The state that `soil` changes."""
    import locale
    import random
    import signal

    umask = os.umask(0)
    os.umask(umask)
    return {
        "sum": sum([1, 2]),
        "add": add(1, 2),
        "module": "soiled" in sys.modules,
        "environ": "SOILED" in os.environ,
        "path": "/soiled" in sys.path,
        "umask": umask,
        "nice": os.nice(0),
        "recursion": sys.getrecursionlimit(),
        "random": random.Random().random() and random.random(),
        "locale": locale.setlocale(locale.LC_ALL),
        "term": str(signal.getsignal(signal.SIGTERM)),
        "usr1": str(signal.getsignal(signal.SIGUSR1)),
        "mask": sorted(map(int, signal.pthread_sigmask(signal.SIG_BLOCK, ()))),
        "timer": signal.getitimer(signal.ITIMER_REAL)[0] > 0,
        "cwd": os.getcwd(),
        "left": [
            folder
            for folder in ("/tmp", "/dev/shm")
            if os.path.exists(f"{folder}/left")
        ],
    }
