"""An evaluator of seccomp filters, written from the kernel's description and
independent of src/confine, and the list of what each filter answers.

    python tests/support/confine_filter.py \
        > tests/confine/golden_syscalls_$(uname -m).txt
"""

import re
import subprocess
from functools import cache

from confine_build import confined

ARCHES = {
    "x86_64": 0xC000003E,
    "i386": 0x40000003,
    "aarch64": 0xC00000B7,
    "arm": 0x40000028,
    "none": 0,
}
STAGES = (
    "zygote",
    "worker",
    "worker,network",
    "worker,locks",
    "worker,processes",
)
LAST = 600

ALLOW = 0x7FFF0000
KILL_PROCESS = 0x80000000
ERRNO = 0x00050000
NAMES = {
    ALLOW: "allow",
    KILL_PROCESS: "kill",
    ERRNO: "feign",
    ERRNO | 1: "EPERM",
    ERRNO | 11: "EAGAIN",
    ERRNO | 38: "ENOSYS",
    ERRNO | 75: "EOVERFLOW",
    ERRNO | 95: "EOPNOTSUPP",
}
# Calls that may be newer than the headers here.
NEWER = {
    449: "futex_waitv", 450: "set_mempolicy_home_node", 451: "cachestat",
    452: "fchmodat2", 453: "map_shadow_stack", 454: "futex_wake",
    455: "futex_wait", 456: "futex_requeue", 457: "statmount",
    458: "listmount", 459: "lsm_get_self_attr", 460: "lsm_set_self_attr",
    461: "lsm_list_modules", 462: "mseal", 463: "setxattrat",
    464: "getxattrat", 465: "listxattrat", 466: "removexattrat",
    467: "open_tree_attr", 468: "file_getattr", 469: "file_setattr",
}  # fmt: skip


class Filter:
    """One compiled filter, and the pid it was made for."""

    def __init__(self, dump):
        lines = dump.splitlines()
        self.pid = int(lines[0])
        self.code = [tuple(map(int, line.split())) for line in lines[1:]]

    def run(self, number, args=(), arch="x86_64"):
        """The answer, and the offsets that were loaded."""
        args = [*args, 0, 0, 0, 0, 0, 0][:6]
        words = [number & 0xFFFFFFFF, ARCHES[arch], 0, 0]
        for arg in args:
            words += [arg & 0xFFFFFFFF, arg >> 32 & 0xFFFFFFFF]
        loaded, accumulator, place = [], 0, 0
        while True:
            code, yes, no, k = self.code[place]
            place += 1
            if code == 0x20:  # LD W ABS
                loaded.append(k)
                assert k % 4 == 0, "unaligned load"
                accumulator = words[k // 4]
            elif code == 0x54:  # ALU AND K
                accumulator &= k
            elif code == 0x05:  # JMP JA
                place += k
            elif code == 0x15:  # JMP JEQ K
                place += yes if accumulator == k else no
            elif code == 0x35:  # JMP JGE K
                place += yes if accumulator >= k else no
            elif code == 0x06:  # RET K
                return k, loaded
            else:
                raise AssertionError(f"unexpected instruction {code:#x}")

    def answer(self, number, args=(), arch="x86_64"):
        """allow, kill, an errno, or feign (success, nothing done)."""
        return NAMES[self.run(number, args, arch)[0]]

    def verdict(self, number, arch="x86_64"):
        """As answer(), or "checks" where it depends on the arguments."""
        action, loaded = self.run(number, arch=arch)
        return "checks" if max(loaded) >= 16 else NAMES[action]


@cache
def compiled(stage):
    """The filter of a stage, such as "worker,network"."""
    dump = confined("--", "dump", stage)
    assert dump.returncode == 0, dump.stderr
    return Filter(dump.stdout)


@cache
def numbers():
    """Name to number, as this machine's headers and the list above say."""
    dump = subprocess.run(
        ["cc", "-E", "-dM", "-include", "sys/syscall.h", "-x", "c", "-"],
        input="",
        capture_output=True,
        text=True,
        check=True,
    )
    macros = dict(re.findall(r"#define __(NR\w+) (\w+)$", dump.stdout, re.M))
    found = {name: number for number, name in NEWER.items()}
    for name, value in macros.items():
        value = macros.get(value.removeprefix("__"), value)
        if name.startswith("NR_") and value.isdigit():
            found[name.removeprefix("NR_")] = int(value)
    for no_call in ("syscalls", "arch_specific_syscall"):
        found.pop(no_call, None)
    return found


def listing(arch):
    """The golden list: number, name, the answer of each stage."""
    names = {number: name for name, number in numbers().items()}
    yield f"{'':4}{'':24}" + " ".join(f"{stage:>16}" for stage in STAGES)
    for number in range(LAST):
        verdicts = [compiled(s).verdict(number, arch) for s in STAGES]
        if number in names or set(verdicts) != {"ENOSYS"}:
            yield f"{number:<4}{names.get(number, '-'):24}" + " ".join(
                f"{verdict:>16}" for verdict in verdicts
            )


if __name__ == "__main__":
    import platform

    print("\n".join(listing(platform.machine())))
