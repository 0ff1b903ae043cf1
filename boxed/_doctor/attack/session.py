"""What ``boxed doctor --attack`` makes to be attacked, and removes again:
files, keys, memory, queues, sockets, each with a secret that no sandbox may
show.

Runs outside the sandbox, as the caller.  All names are new ones, so that
nothing of anybody else's is touched.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import signal
import socket
import tempfile

from . import calls

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

#: In the environment of the doctor while it attacks.
VARIABLE = "BOXED_ATTACK_CANARY"

# A process that does not wait for it ignores it.
SIGNAL = signal.SIGURG


class Session:
    """A directory that everybody may enter, and names that nobody else has.

    :ivar secret: what must not be seen inside; new in each session.
    :ivar folder: the directory, below /var/tmp or another that lasts.
    :ivar token: part of the names of all that is made elsewhere.
    """

    def __init__(self) -> None:
        self.secret = secrets.token_hex(16)
        self.token = f"boxed-attack-{os.getpid()}-{secrets.token_hex(6)}"
        self.folder = ""
        self._count = 0

    @contextlib.contextmanager
    def open(self) -> Iterator[Session]:
        """Make the directory, a variable and a descriptor to inherit."""
        self.folder = tempfile.mkdtemp(prefix=self.token, dir=_place())
        os.chmod(self.folder, 0o755)
        fd = -1
        try:
            # In the environment, which no guest inherits.
            os.environ[VARIABLE] = self.secret
            fd = os.open(self.file(), os.O_RDONLY)
            os.set_inheritable(fd, True)
            yield self
        finally:
            os.environ.pop(VARIABLE, None)
            if fd >= 0:
                os.close(fd)
            shutil.rmtree(self.folder)

    def name(self) -> str:
        """A path in the directory at which there is nothing."""
        self._count += 1
        return f"{self.folder}/{self._count}"

    def file(self, mode: int = 0o600) -> str:
        """A new file with the secret in it."""
        path = self.name()
        with open(path, "w") as file:
            file.write(self.secret)
        os.chmod(path, mode)
        return path

    def open_folder(self) -> str:
        """A new directory in which everybody may do anything."""
        path = self.name()
        os.mkdir(path)
        os.chmod(path, 0o777)
        return path

    def writable_folders(self) -> list[str]:
        """Directories of the caller's, and of everybody's, to write into."""
        places = (
            self.open_folder(),
            os.path.expanduser("~"),
            os.getcwd(),
            tempfile.gettempdir(),
            "/tmp",
            "/var/tmp",
            "/dev/shm",
            "/run/lock",
        )
        real = dict.fromkeys(os.path.realpath(place) for place in places)
        return [
            place
            for place in real
            if place != "/" and os.access(place, os.W_OK | os.X_OK)
        ]

    # Targets that are neither files nor processes

    @contextlib.contextmanager
    def key(self) -> Iterator[int]:
        """A key in the doctor's session keyring."""
        serial = calls.key_add(self.token, self.secret.encode())
        try:
            yield serial
        finally:
            calls.key_remove(serial)

    @contextlib.contextmanager
    def shared_memory(self) -> Iterator[int]:
        """A System V segment that everybody may read."""
        key = secrets.randbelow(1 << 30) + 1
        number = calls.shm_make(key, self.secret.encode())
        try:
            yield key
        finally:
            calls.shm_remove(number)

    @contextlib.contextmanager
    def queue(self) -> Iterator[str]:
        """A POSIX message queue that everybody may read."""
        mask = os.umask(0)
        try:
            calls.queue_make(self.token, self.secret.encode())
        finally:
            os.umask(mask)
        try:
            yield self.token
        finally:
            calls.queue_remove(self.token)

    @contextlib.contextmanager
    def named_memory(self) -> Iterator[str]:
        """A POSIX shared memory object that everybody may read."""
        path = f"/dev/shm/{self.token}"
        with open(path, "x") as file:
            file.write(self.secret)
        try:
            os.chmod(path, 0o666)
            yield path
        finally:
            os.unlink(path)


@contextlib.contextmanager
def listener(
    family: int, kind: int, address: str | tuple[str, int]
) -> Iterator[socket.socket]:
    """A socket of the doctor's, open to everybody."""
    with socket.socket(family, kind) as one:
        one.bind(address)
        if isinstance(address, str) and not address.startswith("\0"):
            os.chmod(address, 0o777)
        if kind == socket.SOCK_STREAM:
            one.listen()
        one.settimeout(0.05)
        yield one


def received(one: socket.socket) -> bytes:
    """What somebody has sent to a listener, or nothing."""
    try:
        if one.type == socket.SOCK_STREAM:
            near, _ = one.accept()
            with near:
                near.settimeout(0.2)
                return near.recv(100)
        return one.recv(100)
    except OSError:
        return b""


@contextlib.contextmanager
def expecting_signal() -> Iterator[None]:
    """Block the signal, so that `signal_came` can ask for it."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {SIGNAL})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def signal_came() -> bool:
    """Whether one came; it is then taken."""
    return signal.sigtimedwait({SIGNAL}, 0) is not None


def _place() -> str:
    """The first that is writable of where sandboxes have no mount of their
    own, and of where files go for a while."""
    for place in ("/var/tmp", os.path.expanduser("~")):
        if os.access(place, os.W_OK | os.X_OK):
            return place
    return tempfile.gettempdir()
