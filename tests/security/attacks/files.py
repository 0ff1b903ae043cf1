"""Other people's files: read, looked at, reached by every other spelling."""

from __future__ import annotations

import ctypes
import os
import struct
from functools import partial

from boxed._doctor.attack.guest import holds, lists, other_names, read
from boxed._doctor.attack.ways import Ways

from .attempts import attack, shows
from .calls import AT_FDCWD, call


@attack
def read_files(files: dict[str, str], folders: dict[str, str]) -> Ways:
    """Contents of files (path: what must be in them) and of folders, which
    tell something when they list what only the host has there."""
    return {
        **{
            f"read {path}": partial(holds, path, files[path]) for path in files
        },
        **{
            f"list {path}": partial(lists, path, folders[path])
            for path in folders
        },
    }


@attack
def look_at(path: str, link: str) -> Ways:
    """Everything that tells of a file without opening it."""
    return {
        "stat": lambda: os.stat(path),
        "access": lambda: os.access(path, os.F_OK),
        "statvfs": lambda: os.statvfs(path),
        "readlink": lambda: os.readlink(link),
        "listxattr": lambda: os.listxattr(path),
        "getxattr": lambda: os.getxattr(path, "user.secret"),
        "chdir": lambda: os.chdir(os.path.dirname(path)),
        "open with O_PATH": lambda: os.open(path, os.O_PATH),
        "name_to_handle_at": lambda: handle_of(path),
    }


def handle_of(path: str) -> tuple[bytes, int]:
    handle = ctypes.create_string_buffer(struct.pack("Ii", 128, 0), 136)
    mount = ctypes.c_int()
    call(
        "name_to_handle_at",
        AT_FDCWD,
        os.fsencode(path),
        handle,
        ctypes.byref(mount),
        0,
    )
    return handle.raw, mount.value


def open_by_handle(path: str) -> bool:
    handle, _ = handle_of(path)
    folder = os.open("/", os.O_RDONLY)
    os.close(
        call(
            "open_by_handle_at",
            folder,
            ctypes.create_string_buffer(handle, len(handle)),
            os.O_RDONLY,
        )
    )
    return True


def openat2(folder: int, path: str) -> bool:
    how = struct.pack("QQQ", os.O_RDONLY, 0, 0)
    fd = call("openat2", folder, os.fsencode(path), how, len(how))
    os.close(fd)
    return True


@attack
def bend_paths(path: str, link: str, pids: list[int]) -> Ways:
    """One file by every other spelling; `link` is a host's link to it."""
    marker = "canary"
    folder, name = os.path.split(path)
    tail = path.lstrip("/")

    def by_dirfd() -> bool:
        fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        return os.read(os.open(name, os.O_RDONLY, dir_fd=fd), 9) != b""

    def by_handle_of_path() -> bool:
        fd = os.open(path, os.O_PATH)
        return holds(f"/proc/self/fd/{fd}", marker)

    def by_folder_of_path() -> bool:
        fd = os.open(folder, os.O_PATH | os.O_DIRECTORY)
        return os.read(os.open(name, os.O_RDONLY, dir_fd=fd), 9) != b""

    def by_chdir() -> bool:
        os.chdir(folder)
        return holds(name, marker)

    def by_hard_link() -> bool:
        place = f"/var/tmp/link-{os.getpid()}"
        os.link(path, place)
        try:
            return holds(place, marker)
        finally:
            os.unlink(place)

    spellings = {
        "plain": path,
        ".. from /usr": "/usr/lib/.." + "/.." * 4 + path,
        ".. from the library": os.path.dirname(os.__file__)
        + "/.." * 12
        + path,
        "host's link": link,
        "/proc/thread-self/root": "/proc/thread-self/root/" + tail,
        "/proc/self/cwd": "/proc/self/cwd" + "/.." * 12 + path,
        "/dev/fd/..": "/dev/fd/../root/" + tail,
    }
    for pid in pids:
        spellings[f"/proc/{pid}/cwd"] = f"/proc/{pid}/cwd{'/..' * 12}{path}"
    spelled = {how: partial(read, other) for how, other in spellings.items()}
    return {
        **{
            how: shows(marker, way)
            for how, way in {**other_names(path, pids), **spelled}.items()
        },
        "dirfd": by_dirfd,
        "O_PATH and /proc/self/fd": by_handle_of_path,
        "O_PATH folder": by_folder_of_path,
        "chdir": by_chdir,
        "openat2": partial(openat2, AT_FDCWD, path),
        "own hard link": by_hard_link,
        "open_by_handle_at": partial(open_by_handle, path),
    }
