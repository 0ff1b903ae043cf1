"""Other people's files: read, looked at, reached by every other spelling."""

from __future__ import annotations

import ctypes
import os
import struct

from .attempts import attempt
from .calls import AT_FDCWD, call


def read(path: str, marker: str = "") -> bool:
    with open(path, "rb") as file:
        return marker.encode() in file.read(4096)


def read_files(
    files: dict[str, str], folders: dict[str, str]
) -> dict[str, str]:
    """Contents of files (path: what must be in them) and of folders, which
    tell something when they list what only the host has there."""
    found = {
        f"read {path}": attempt(read, path, marker)
        for path, marker in files.items()
    }
    for path, name in folders.items():
        found[f"list {path}"] = attempt(
            lambda path=path, name=name: name in os.listdir(path)
        )
    return found


def look_at(path: str, link: str) -> dict[str, str]:
    """Everything that tells of a file without opening it."""
    return {
        "stat": attempt(os.stat, path),
        "access": attempt(lambda: os.access(path, os.F_OK)),
        "statvfs": attempt(os.statvfs, path),
        "readlink": attempt(os.readlink, link),
        "listxattr": attempt(os.listxattr, path),
        "getxattr": attempt(os.getxattr, path, "user.secret"),
        "chdir": attempt(os.chdir, os.path.dirname(path)),
        "open with O_PATH": attempt(os.open, path, os.O_PATH),
        "name_to_handle_at": attempt(handle_of, path),
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


def bend_paths(path: str, link: str, pids: list[int]) -> dict[str, str]:
    """One file by every other spelling; `link` is a host's link to it."""
    marker = "canary"
    folder, name = os.path.split(path)
    tail = path.lstrip("/")

    def by_dirfd() -> bool:
        fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        return os.read(os.open(name, os.O_RDONLY, dir_fd=fd), 9) != b""

    def by_handle_of_path() -> bool:
        fd = os.open(path, os.O_PATH)
        return read(f"/proc/self/fd/{fd}", marker)

    def by_folder_of_path() -> bool:
        fd = os.open(folder, os.O_PATH | os.O_DIRECTORY)
        return os.read(os.open(name, os.O_RDONLY, dir_fd=fd), 9) != b""

    def by_chdir() -> bool:
        os.chdir(folder)
        return read(name, marker)

    def by_new_name(make, at: str) -> bool:
        place = os.path.join(at, f"{make.__name__}-{os.getpid()}")
        make(path, place)
        try:
            return read(place, marker)
        finally:
            os.unlink(place)

    spellings = {
        "plain": path,
        "//": "//" + path.replace("/", "//"),
        "/./": path.replace("/", "/./"),
        "..": "/usr/lib/.." + "/.." * 4 + path,
        ".. from the library": os.path.dirname(os.__file__)
        + "/.." * 12
        + path,
        "host's link": link,
        "/proc/self/root": "/proc/self/root" + path,
        "/proc/thread-self/root": "/proc/thread-self/root/" + tail,
        "/proc/self/cwd": "/proc/self/cwd" + "/.." * 12 + path,
        "/dev/fd/..": "/dev/fd/../root/" + tail,
    }
    for pid in pids:
        spellings[f"/proc/{pid}/root"] = f"/proc/{pid}/root/{tail}"
        spellings[f"/proc/{pid}/cwd"] = f"/proc/{pid}/cwd{'/..' * 12}{path}"
    found = {
        name: attempt(read, spelled, marker)
        for name, spelled in spellings.items()
    }
    found.update(
        {
            "dirfd": attempt(by_dirfd),
            "O_PATH and /proc/self/fd": attempt(by_handle_of_path),
            "O_PATH folder": attempt(by_folder_of_path),
            "chdir": attempt(by_chdir),
            "openat2": attempt(openat2, AT_FDCWD, path),
            "own symbolic link": attempt(by_new_name, os.symlink, "/tmp"),
            "own hard link": attempt(by_new_name, os.link, "/var/tmp"),
            "open_by_handle_at": attempt(open_by_handle, path),
        }
    )
    return found
