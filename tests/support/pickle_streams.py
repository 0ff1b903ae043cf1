"""Pickle streams written by hand, and the ways to run them."""

import os
import pathlib
import resource
import struct
import subprocess
import sys

import pytest

from boxed import _boxed

decode = _boxed.decode

HEAD = b"\x80\x04"


# For programs of run_python.  Not ru_maxrss, which begins at the peak of the
# process that was before exec.
PEAK = """
def peak():
    with open("/proc/self/status") as file:
        fields = dict(line.split(":", 1) for line in file)
    return int(fields["VmHWM"].split()[0]) * 1024
def forget_peak():
    with open("/proc/self/clear_refs", "w") as file:
        file.write("5")
"""


def text(value):
    raw = value.encode("utf-8", "surrogatepass")
    return b"X" + struct.pack("<I", len(raw)) + raw


def octets(value):
    return b"B" + struct.pack("<I", len(value)) + value


def number(value):
    raw = value.to_bytes(value.bit_length() // 8 + 1, "little", signed=True)
    return b"\x8b" + struct.pack("<i", len(raw)) + raw


def name(module, qualname):
    return text(module) + text(qualname) + b"\x93"


def call(module, qualname, *args):
    return name(module, qualname) + b"(" + b"".join(args) + b"tR"


def refuses(data, reason=None, type_name=None, **options):
    """Decoding `data` fails as documented; returns the error."""
    with pytest.raises(_boxed.DecodeError) as caught:
        decode(data, **options)
    error = caught.value
    assert isinstance(error.reason, str)
    if reason is not None:
        assert error.reason == reason, error
    if type_name is not None:
        assert error.type_name == type_name
    return error


def run_python(program, stdin=b"", cpu=None, memory=None):
    """A program in an interpreter of its own, limited where that is asked."""

    def limit():
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        if cpu is not None:
            resource.setrlimit(resource.RLIMIT_CPU, (cpu, cpu))
        if memory is not None:
            resource.setrlimit(resource.RLIMIT_AS, (memory, memory))

    root = str(pathlib.Path(_boxed.__file__).parents[1])
    return subprocess.run(
        [sys.executable, "-c", program],
        input=stdin,
        capture_output=True,
        preexec_fn=limit,
        env={**os.environ, "PYTHONPATH": root},
        check=False,
    )
