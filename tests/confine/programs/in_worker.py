"""Runs a program in a fork of this interpreter, with the worker's filter.

Its arguments are the library that has the filters; the options, as JSON, or
"none" for no filter; and the program with its own arguments.
"""

import ctypes
import json
import os
import sys


class Options(ctypes.Structure):
    _fields_ = (
        ("network", ctypes.c_bool),
        ("locks", ctypes.c_bool),
        ("host_files", ctypes.c_bool),
        ("keep_modes", ctypes.c_bool),
        ("keep_sizes", ctypes.c_bool),
        ("processes", ctypes.c_uint),
    )


def enter(library, **options):
    confine = ctypes.CDLL(library).seccomp_confine
    rc = confine(1, ctypes.byref(Options(**options)))
    assert rc == 0, os.strerror(-rc)


def main():
    library, options, path, *args = sys.argv[1:]
    with open(path) as file:
        code = compile(file.read(), path, "exec")
    pid = os.fork()
    if pid:
        status = os.waitpid(pid, 0)[1]
        sys.exit(status >> 8 or (status and 128 + (status & 127)))
    if options != "none":
        enter(library, **json.loads(options))
    sys.argv = [path, *args]
    exec(code, {"__name__": "__main__"})


if __name__ == "__main__":
    main()
