"""The honest caller: a program that calls what it is told, in a sandbox or
as it is, one JSON object a line.  Runs in an environment, as its user."""

from __future__ import annotations

import contextlib
import json
import os
import resource
import socket
import sys
import threading
import time
import traceback
from functools import partial

import attacks
from attacks.calls import call
from attacks.ipc import KEYCTL, add_key

import boxed
from boxed import run
from boxed._doctor.attack.guest import CHANGED


class Recorder:
    """Stands for sys.stdout or sys.stderr: counts, and keeps the head."""

    def __init__(self) -> None:
        self.size = 0
        self.head = ""
        self.lock = threading.Lock()

    def write(self, text: str) -> int:
        with self.lock:
            self.size += len(text)
            if len(self.head) < 4096:
                self.head += text
        return len(text)

    def flush(self) -> None:
        pass


def outcome_of(function) -> dict[str, object]:
    """What a call gave: its value, or its exception as data."""
    begun = time.monotonic()
    try:
        value = function()
    except Exception as error:
        return {
            "error": type(error).__name__,
            "boxed": isinstance(error, boxed.BoxedError),
            "message": str(error)[:2000],
            "traceback": traceback.format_exc()[-3000:],
            "seconds": time.monotonic() - begun,
            **{
                name: getattr(error, name)
                for name in ("signal", "exitcode", "resource", "type_name")
                if hasattr(error, name)
            },
        }
    return {"value": value, "seconds": time.monotonic() - begun}


def in_sandbox(name: str, args: list, options: dict) -> dict[str, object]:
    function = getattr(attacks, name)
    options = {**OPTIONS, **options}
    if "limits" in options:
        options["limits"] = boxed.Limits(**options["limits"])
    return outcome_of(lambda: runner(options)(function, args))


SANDBOXES: dict[str, boxed.Sandbox] = {}


def runner(options: dict):
    """run() with the options, or that of a Sandbox, kept under the name that
    one of them is."""
    name = options.pop("sandbox", None)
    if name is None:
        return partial(run, **options)
    timeout = options.pop("timeout")
    if name not in SANDBOXES:
        SANDBOXES[name] = boxed.Sandbox(**options)
    return partial(SANDBOXES[name].run, timeout=timeout)


def as_it_is(name: str, args: list) -> dict[str, object]:
    """In a fork, for the control: one attack must not arm the next."""
    r, w = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.close(r)
            done = outcome_of(lambda: getattr(attacks, name)(*args))
            with os.fdopen(w, "w") as file:
                json.dump(done, file)
        finally:
            os._exit(0)
    os.close(w)
    with os.fdopen(r) as file:
        text = file.read()
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    if not text:
        signal = -status if status < 0 else None
        return {"error": "Died", "signal": signal, "exitcode": status}
    return json.loads(text)


def here(name: str, args: list) -> dict[str, object]:
    return outcome_of(lambda: globals()[name](*args))


# Run in the caller itself


def make_world(folder: str) -> dict[str, object]:
    """Files of the caller's, with content that shows when it was read."""
    place = os.path.join(folder, "trees")
    os.mkdir(place, 0o755)
    for name in (*CHANGED, "write", "source", "over"):
        make_file(place, name)
    os.setxattr(os.path.join(place, "mode"), "user.secret", b"canary")
    os.mkdir(os.path.join(place, "empty"))
    private = os.path.join(folder, ".ssh")
    os.mkdir(private, 0o700)
    make_file(private, "id_ed25519", 0o600)
    make_file(folder, "private", 0o600)
    public = make_file(folder, "public", 0o644)
    os.setxattr(public, "user.secret", b"canary")
    os.symlink(public, os.path.join(folder, "link"))
    os.chmod(folder, 0o755)
    return {"uid": os.getuid()}


def make_file(folder: str, name: str, mode: int = 0o644) -> str:
    path = os.path.join(folder, name)
    with open(path, "w") as file:
        file.write(f"canary {name}\n")
    os.chmod(path, mode)
    return path


def open_all(path: str) -> dict[str, int]:
    """What a caller may have open, all of it inheritable."""
    import select

    near, far = socket.socketpair()
    epoll = select.epoll()
    opened = {
        "file": os.open(path, os.O_RDONLY),
        "folder": os.open(os.path.dirname(path), os.O_RDONLY),
        "socket": near.detach(),
        "epoll": os.dup(epoll.fileno()),
    }
    globals()["kept"] = far
    # High ones too: not only the first numbers are closed.
    moved = {}
    for place, (what, fd) in enumerate(opened.items()):
        moved[what] = 200 + place
        os.dup2(fd, moved[what], inheritable=True)
        os.close(fd)
    return moved


def close_all(fds: dict[str, int]) -> None:
    for fd in fds.values():
        os.close(fd)


def stop_standbys() -> None:
    """Open none any more, but use those that are there."""
    from boxed._live.prefork import Standbys

    globals().setdefault("missing", Standbys._missing)
    Standbys._missing = lambda self: 0


def allow_standbys() -> None:
    from boxed._live.prefork import Standbys

    Standbys._missing = missing  # noqa: F821  set above


def end_standbys() -> None:
    from boxed._live.prefork import end_all

    end_all()


def waiting() -> list[int]:
    from boxed._live.prefork import every

    return [id(call) for each in every() for call, _ in each._waiting]


def start_victim() -> int:
    """A process of the caller's that does nothing."""
    pid = os.fork()
    if pid == 0:
        while True:
            time.sleep(60)
    return pid


def end_victim(pid: int) -> int:
    """The signal that ended it; 9 when nothing had, before."""
    os.kill(pid, 9)
    return os.waitpid(pid, 0)[1]


def make_key(name: str, payload: str) -> int:
    """A session keyring of this program's own, with a key in it."""
    call("keyctl", KEYCTL["join"], None)
    return add_key(name, payload)


def st_devices(places: list[str]) -> dict[str, int]:
    return {p: os.stat(p).st_dev for p in places if os.path.isdir(p)}


def library() -> str:
    return os.path.dirname(boxed.__file__)


def count_fds() -> int:
    return len(os.listdir("/proc/self/fd"))


def peak() -> int:
    """The most memory this process had, in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def forget_session() -> None:
    """A session keyring of this program's own, where there can be one."""
    with contextlib.suppress(OSError):
        call("keyctl", KEYCTL["join"], None)


def first_from_thread(options: dict) -> list[object]:
    """A sandbox that is started by a thread which then ends."""
    done = []
    thread = threading.Thread(
        target=lambda: done.append(in_sandbox("parent_pid", [], options))
    )
    thread.start()
    thread.join()
    time.sleep(0.2)
    done.append(in_sandbox("parent_pid", [], options))
    done.append(in_sandbox("add", [1, 2], options))
    return done


def recorded() -> dict[str, object]:
    return {
        name: {
            "size": getattr(sys, name).size,
            "head": getattr(sys, name).head,
        }
        for name in ("stdout", "stderr")
    }


def fresh_streams() -> None:
    sys.stdout, sys.stderr = Recorder(), Recorder()


def main() -> None:
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    null = os.open("/dev/null", os.O_RDWR)
    orders = os.fdopen(os.dup(0), "r")
    for fd in (0, 1, 2):
        os.dup2(null, fd)
    fresh_streams()
    started: dict[int, tuple] = {}
    for line in orders:
        order = json.loads(line)
        what, name, args = order["where"], order["name"], order["args"]
        if what == "sandbox":
            reply = in_sandbox(name, args, order["options"])
        elif what == "control":
            reply = as_it_is(name, args)
        elif what == "caller":
            reply = here(name, args)
        elif what in ("start", "start control"):
            start(started, order)
            reply = {"value": None}
        else:
            thread, done = started.pop(order["id"])
            thread.join()
            reply = done[0]
        answers.write(json.dumps(reply) + "\n")
    for sandbox in SANDBOXES.values():
        sandbox.close()


def start(started: dict[int, tuple], order: dict) -> None:
    done: list[object] = []

    def work() -> None:
        if order["where"] == "start":
            options = order["options"]
            done.append(in_sandbox(order["name"], order["args"], options))
        else:
            done.append(as_it_is(order["name"], order["args"]))

    thread = threading.Thread(target=work)
    started[order["id"]] = thread, done
    thread.start()


if __name__ == "__main__":
    OPTIONS = {
        "serializer": "json",
        "imports": ("attacks",),
        "timeout": 30,
        "isolation": sys.argv[1],
    }
    main()
