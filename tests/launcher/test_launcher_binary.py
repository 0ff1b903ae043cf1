"""The launcher as it was built: hardened by the linker, and made of nothing
that reads variables, accounts, locales or formats."""

from __future__ import annotations

import os
import re
import struct
import subprocess
from pathlib import Path

import pytest
from compiling import compile_c, compiler
from environments import CHECKOUT

LAUNCHER = CHECKOUT / "boxed" / "python_boxed"
SOURCES = [
    path
    for part in ("shared", "confine", "launcher")
    for path in sorted((CHECKOUT / "src" / part).glob("*.c"))
]
HARDENING = [
    *("-O2", "-fPIE", "-std=c11", "-D_GNU_SOURCE", "-D_FORTIFY_SOURCE=2"),
    *("-fstack-protector-strong", "-fstack-clash-protection"),
]

# All that the launcher's sources call.  What is not here is a surprise: a
# name belongs on this list only if it neither reads the environment nor an
# account, and neither formats nor depends on a locale.
ALLOWED = {
    "system calls": """
        flock fstatfs geteuid mkdirat unlinkat
        alarm chdir close dup2 execve fchdir fcntl fork fstat getgid
        getgroups getppid getpid getrandom getresgid getresuid getrlimit
        getsockopt getuid kill mkdir mknod mount nanosleep open pivot_root poll
        prctl read recv
        openat fstatat readlink writev pwrite sendfile lseek ftruncate mmap
        munmap memfd_create futimens
        recvmsg send sendmsg setgroups sethostname setitimer setresgid
        setresuid setrlimit setsid signalfd sigprocmask socketpair symlink
        syscall umask umount2 unshare waitpid write _exit clock_gettime
        sigaction open64 fcntl64 fstat64 getrlimit64 setrlimit64
    """,
    "memory and strings": """
        strcspn strspn strsep
        memcpy memchr memset memmove strchr strrchr strstr strlen strncmp
        strcmp
    """,
    "signal sets": "sigemptyset sigfillset sigaddset signal",
    "libcap": """
        cap_init cap_free cap_get_proc cap_set_proc cap_set_flag cap_get_flag
        cap_compare
    """,
    "the compiler's own": """
        __errno_location __stack_chk_fail _GLOBAL_OFFSET_TABLE_ __poll_chk
        __read_chk __recv_chk __memcpy_chk __memset_chk __memmove_chk
        __open_2 __open64_2 __openat_2 __openat64_2 __readlink_chk
        __strncpy_chk __getgroups_chk
    """,
}

# Only die_explaining prints, a text that is fixed.
FORBIDDEN = re.compile(
    r"getenv|environ|printf|scanf|locale|iconv|get(pw|gr(?!oups)|host|serv|addr)"
    r"|nss|dlopen|system|popen|exec[lv]p|malloc|realloc|strto|ato[il]|syslog"
    r"|perror|strerror|fopen|tmp"
)


@pytest.fixture(scope="module")
def objects(tmp_path_factory) -> dict[str, set[str]]:
    """The undefined symbols of each source of the launcher, compiled."""
    folder = tmp_path_factory.mktemp("objects")
    found = {}
    for source in SOURCES:
        made = folder / f"{source.parent.name}-{source.stem}.o"
        compile_c(*HARDENING, "-c", source, "-o", made)
        found[f"{source.parent.name}/{source.name}"] = symbols(made, "U")
    return found


def symbols(path: Path, kinds: str) -> set[str]:
    done = subprocess.run(
        ["nm", path], capture_output=True, text=True, check=True
    )
    lines = [line.split() for line in done.stdout.splitlines()]
    return {words[-1] for words in lines if words[-2] in kinds}


def defined_by_launcher() -> set[str]:
    return symbols(LAUNCHER, "TtDdBbRr")


def test_sources_call_nothing_else(objects):
    """Every symbol that an object needs is its neighbour's or on the list."""
    allowed = {word for text in ALLOWED.values() for word in text.split()}
    assert not [word for word in allowed if FORBIDDEN.search(word)]
    own = set()
    for source in SOURCES:
        text = source.read_text()
        own |= set(re.findall(r"^(\w+)\(", text, re.MULTILINE))
        own |= set(
            re.findall(r"^const .*?(\w+)(?:\[\])? =", text, re.MULTILINE)
        )
    for name, needed in objects.items():
        assert needed - own - allowed == set(), name


def test_control_a_forbidden_call_is_seen(tmp_path):
    """An object that reads a variable and prints it needs both by name."""
    source = tmp_path / "wrong.c"
    source.write_text(
        "#include <stdio.h>\n#include <stdlib.h>\n"
        'int main(void) { return printf("%d %s", rand(), getenv("PATH")); }\n'
    )
    made = tmp_path / "wrong.o"
    compile_c(*HARDENING, "-c", source, "-o", made)
    needed = symbols(made, "U")
    assert {word for word in needed if FORBIDDEN.search(word)} >= {"getenv"}
    assert any("printf" in word for word in needed)


def test_objects_are_hardened(objects):
    """The stack protector is in where there is a buffer on the stack."""
    assert "__stack_chk_fail" in objects["launcher/collector.c"]
    assert "__stack_chk_fail" in objects["shared/directories.c"]


# The linked program


class Elf:
    """Header, segments and dynamic entries of a 64-bit little-endian ELF."""

    def __init__(self, path: Path) -> None:
        self.data = path.read_bytes()
        assert self.data[:6] == b"\x7fELF\x02\x01"
        self.type = struct.unpack_from("<H", self.data, 16)[0]
        offset = struct.unpack_from("<Q", self.data, 32)[0]
        size, count = struct.unpack_from("<HH", self.data, 54)
        self.segments = [
            struct.unpack_from("<IIQQQQ", self.data, offset + i * size)
            for i in range(count)
        ]

    def segment(self, kind: int):
        return next((s for s in self.segments if s[0] == kind), None)

    def dynamic(self) -> dict[int, int]:
        _, _, offset, _, _, size = self.segment(2)
        pairs = struct.iter_unpack("<QQ", self.data[offset : offset + size])
        return dict(pairs)


PT_INTERP, PT_GNU_STACK, PT_GNU_RELRO = 3, 0x6474E551, 0x6474E552
DT_NEEDED, DT_TEXTREL, DT_RPATH, DT_RUNPATH = 1, 22, 15, 29
DT_FLAGS, DT_FLAGS_1 = 30, 0x6FFFFFFB
DF_BIND_NOW, DF_1_NOW, DF_1_PIE = 8, 1, 0x08000000


def weaknesses(path: Path) -> set[str]:
    """What a hardened program does not have."""
    elf = Elf(path)
    found = set()
    if elf.type != 3:
        return {"no PIE"}
    dynamic = elf.dynamic()
    stack = elf.segment(PT_GNU_STACK)
    if stack is None or stack[1] & 1:
        found.add("executable stack")
    if elf.segment(PT_GNU_RELRO) is None:
        found.add("no RELRO")
    now = dynamic.get(DT_FLAGS, 0) & DF_BIND_NOW
    if not now and not dynamic.get(DT_FLAGS_1, 0) & DF_1_NOW:
        found.add("lazy binding")
    if not dynamic.get(DT_FLAGS_1, 0) & DF_1_PIE:
        found.add("a library")
    if DT_RPATH in dynamic or DT_RUNPATH in dynamic:
        found.add("a search path")
    if DT_TEXTREL in dynamic:
        found.add("text relocations")
    if any(s[0] == 1 and s[1] & 3 == 3 for s in elf.segments):
        found.add("a segment to write and execute")
    return found


def test_launcher_is_hardened():
    """PIE, full RELRO, no search path, nothing both writable and code."""
    assert weaknesses(LAUNCHER) == set()


def can_link_static(tmp_path: Path) -> bool:
    source = tmp_path / "static.c"
    source.write_text(
        "#include <sys/capability.h>\nint main(void){return !cap_init();}\n"
    )
    to = tmp_path / "static"
    command = compiler("-static-pie", "-fPIE", source, "-o", to, "-lcap")
    done = subprocess.run(command, capture_output=True, check=False)
    return done.returncode == 0


def test_launcher_is_static_where_it_can_be(tmp_path):
    """No loader and no library is between the kernel and main, where the
    archives are there; else the C library is all there is."""
    elf = Elf(LAUNCHER)
    if can_link_static(tmp_path) and not os.environ.get("BOXED_SANITIZE"):
        assert elf.segment(PT_INTERP) is None
        assert DT_NEEDED not in elf.dynamic()
    else:
        assert elf.segment(PT_INTERP) is not None


@pytest.mark.parametrize(
    ("flags", "weakness"),
    [
        (["-fPIE", "-pie", "-Wl,-z,norelro", "-Wl,-z,now"], "no RELRO"),
        (["-fPIE", "-pie", "-Wl,-z,lazy"], "lazy binding"),
        (["-fPIE", "-pie", "-Wl,-z,execstack"], "executable stack"),
        (["-fPIE", "-pie", "-Wl,-rpath,/tmp"], "a search path"),
        (["-fno-pie", "-no-pie"], "no PIE"),
        (["-fPIC", "-shared"], "a library"),
    ],
)
def test_control_each_weakness_is_seen(tmp_path, flags, weakness):
    """A program linked without one of them is told from the launcher."""
    source = tmp_path / "weak.c"
    source.write_text("int main(void) { return 0; }\n")
    to = tmp_path / "weak"
    compile_c(*flags, source, "-o", to)
    assert weakness in weaknesses(to)
