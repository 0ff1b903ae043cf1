"""Boots a kernel of Debian's in an emulated machine, whose cgroups are of
version 2, and runs programs of the tests there.

    boot.py [--kernel VMLINUZ] [--memory MIB]

Needs qemu-system-x86_64, and apt-get where no kernel is named.  The machine is
an archive in memory: the interpreter of the system, what the C parts need,
this checkout as it is built, and the packages that the programs import.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import stat
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
BUILD = CHECKOUT / "build" / "machine"
SYSTEM_PYTHON = "/usr/bin/python3"
INSTALLED = "/usr/lib/python3/dist-packages"
PACKAGES = ("cloudpickle", "numpy", "numpy.libs", "typing_extensions.py")
LEFT_OUT = re.compile(
    r"/(__pycache__|tests?|idlelib|lib2to3|config-3\.\d+-.*)$"
)
ENDED = "MACHINE:"


def kernel() -> Path:
    """The newest of Debian's for machines in the cloud; fetched once."""
    found = sorted(BUILD.glob("boot/vmlinuz-*"))
    if found:
        return found[-1]
    BUILD.mkdir(parents=True, exist_ok=True)
    told = subprocess.run(
        ["apt-cache", "depends", "linux-image-cloud-amd64"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    (name,) = re.findall(r"Depends: (linux-image-\S+)", told)
    subprocess.run(["apt-get", "download", name], cwd=BUILD, check=True)
    (package,) = BUILD.glob("linux-image-*.deb")
    subprocess.run(["dpkg-deb", "-x", package, BUILD], check=True)
    return sorted(BUILD.glob("boot/vmlinuz-*"))[-1]


def libraries(*files: Path) -> set[Path]:
    told = subprocess.run(
        ["ldd", *files], capture_output=True, text=True, check=False
    ).stdout
    return {Path(path) for path in re.findall(r"(/\S+) \(0x", told)}


def below(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        if not LEFT_OUT.search(str(path)):
            yield path
            if path.is_dir() and not path.is_symlink():
                yield from below(path)


class Archive:
    """An initramfs, in the form of cpio that is called newc."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("wb")
        self._number = 0
        self._has: set[str] = set()

    def _put(self, name: str, mode: int, content: bytes, device=0) -> None:
        if name in self._has:
            return
        self._has.add(name)
        self._number += 1
        # inode, mode, uid, gid, links, time, size, device twice, name, check
        numbers = (self._number, mode, 0, 0, 1, 0, len(content), 0, 0)
        more = (device >> 8, device & 255, len(name) + 1, 0)
        head = "070701" + "".join(f"{one:08x}" for one in (*numbers, *more))
        self._write(head.encode() + name.encode() + b"\0")
        self._write(content)

    def _write(self, data: bytes) -> None:
        self._file.write(data + bytes(-len(data) % 4))

    def directory(self, name: str, mode: int = 0o755) -> None:
        parts = name.strip("/").split("/")
        for end in range(1, len(parts)):
            self._put("/".join(parts[:end]), stat.S_IFDIR | 0o755, b"")
        self._put("/".join(parts), stat.S_IFDIR | mode, b"")

    def device(self, name: str, major: int, minor: int) -> None:
        self._put(name, stat.S_IFCHR | 0o666, b"", major << 8 | minor)

    def text(self, name: str, content: str, mode: int = 0o644) -> None:
        self._put(name, stat.S_IFREG | mode, content.encode())

    def add(self, path: Path, name: str | None = None) -> None:
        name = (name or str(path)).strip("/")
        self.directory(str(Path(name).parent))
        if path.is_symlink():
            target = str(path.readlink()).encode()
            self._put(name, stat.S_IFLNK | 0o777, target)
            real = path.resolve()
            if real.is_file():
                self.add(real)
        elif path.is_dir():
            self.directory(name)
        elif path.is_file():
            mode = 0o755 if os.access(path, os.X_OK) else 0o644
            self._put(name, stat.S_IFREG | mode, path.read_bytes())

    def tree(self, folder: Path, name: str) -> None:
        self.directory(name)
        for path in below(folder):
            self.add(path, f"{name}/{path.relative_to(folder)}")

    def close(self) -> None:
        self._put("TRAILER!!!", 0, b"")
        self._file.close()


def fill(archive: Archive) -> None:
    told = "import sys, sysconfig; print(sysconfig.get_path('stdlib'))"
    library = Path(
        subprocess.run(
            [SYSTEM_PYTHON, "-c", told],
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
    )
    site = Path(sysconfig.get_path("purelib"))
    own = [CHECKOUT / "boxed", CHECKOUT / "tests"]
    binaries = [
        Path(SYSTEM_PYTHON),
        *library.glob("lib-dynload/*.so"),
        *(CHECKOUT / "boxed").glob("_boxed*.so"),
        *(CHECKOUT / "boxed").glob("python_boxed"),
        *(path for name in PACKAGES for path in site.glob(f"{name}/**/*.so")),
    ]
    for link in ("/bin", "/lib", "/lib64", "/sbin"):
        archive.add(Path(link))
    for path in (Path(SYSTEM_PYTHON), *libraries(*binaries)):
        archive.add(path.parent.resolve() / path.name)
    for folder in ("/proc", "/sys", "/run", "/root", "/usr/sbin"):
        archive.directory(folder)
    archive.directory("/tmp", 0o1777)
    archive.directory("/dev")
    for name, minor in (
        ("null", 3),
        ("zero", 5),
        ("full", 7),
        ("random", 8),
        ("urandom", 9),
    ):
        archive.device(f"dev/{name}", 1, minor)
    archive.device("dev/console", 5, 1)
    archive.text(
        "etc/passwd",
        "root:x:0:0::/root:/bin/sh\n"
        "nobody:x:65534:65534::/nonexistent:/usr/sbin/nologin\n"
        "ann:x:1000:1000::/home/ann:/bin/sh\n",
    )
    archive.text("etc/group", "root:x:0:\nnogroup:x:65534:\nann:x:1000:\n")
    archive.tree(library, str(library))
    for folder in own:
        archive.tree(folder, f"/checkout/{folder.name}")
    for name in PACKAGES:
        path = site / name
        if path.is_dir():
            archive.tree(path, f"{INSTALLED}/{name}")
        elif path.exists():
            archive.add(path, f"{INSTALLED}/{name}")
    init = Path(__file__).parent / "programs" / "first_process.py"
    archive.text("init", f"#!{SYSTEM_PYTHON} -u\n{init.read_text()}", 0o755)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kernel", type=Path)
    parser.add_argument("--memory", type=int, default=3072, metavar="MIB")
    parser.add_argument("--minutes", type=float, default=20)
    options = parser.parse_args()
    emulator = shutil.which("qemu-system-x86_64")
    if emulator is None:
        print("qemu-system-x86_64 is needed")
        return 2
    image = options.kernel or kernel()
    initial = BUILD / "initial"
    archive = Archive(initial)
    fill(archive)
    archive.close()
    command = [
        *(emulator, "-m", str(options.memory), "-smp", "2"),
        *("-nographic", "-no-reboot", "-nic", "none"),
        *("-kernel", image, "-initrd", initial, "-append"),
        "console=ttyS0 quiet panic=-1 random.trust_cpu=on",
    ]
    # In software: what runs this is often a machine itself.
    command += ["-accel", "tcg,thread=multi", "-cpu", "max"]
    ended = ""
    with subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        errors="replace",
    ) as machine:
        assert machine.stdout is not None
        for line in machine.stdout:
            print(line, end="", flush=True)
            if line.startswith(ENDED):
                ended = line
    return 0 if ended.split() == [ENDED, "good"] else 1


if __name__ == "__main__":
    sys.exit(main())
