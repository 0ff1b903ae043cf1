"""Run by test_by_hand: becomes a program, with arguments of a kind."""

import ctypes
import sys

path, what = sys.argv[1].encode(), sys.argv[2]
libc = ctypes.CDLL(None, use_errno=True)


def strings(words):
    return (ctypes.c_char_p * (len(words) + 1))(*words, None)


none = ctypes.c_void_p()
arguments = {
    "null argv": (none, strings([])),
    "null both": (none, none),
    "no argv": (strings([]), strings([])),
    "empty name": (strings([b""]), strings([])),
    "null envp": (strings([b"python_boxed"]), none),
    "two empty": (strings([b"", b""]), none),
    "long": (strings([b"x" * 100000]), none),
    "many": (strings([b"x"] * 100000), none),
    "format": (strings([b"%n%s%n", b"%n"]), strings([b"%n%s"])),
    "slashes": (strings([b"/" * 5000]), none),
}[what]
libc.execve(path, *arguments)
sys.exit(99)
