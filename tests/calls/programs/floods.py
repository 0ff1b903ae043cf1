"""Run by test_flood: the caller's peak of memory while a guest prints much
more than that, to each kind of target."""

import io
import os
import sys
import tempfile
from functools import partial

import cloudpickle
import guests
from harness import by_value, call

from boxed import Limits

keeping = partial(call, serializer="cloudpickle")
cloudpickle.register_pickle_by_value(guests)
MIB = 1 << 20
#: What it prints, and what that may cost.
FLOOD, MOST = int(sys.argv[1]) * MIB, 8 * MIB
#: Bytes that 'capture' keeps.
KEPT = 16 * MIB


def peak_of(target, output=2 * FLOOD, way=by_value):
    """Bytes that this process had more at a time than before the call, and
    what came of it."""
    with open("/proc/self/clear_refs", "w") as file:
        file.write("5")
    before = memory("VmRSS")
    limits = Limits(output=output)
    came = way(guests.print_much, (FLOOD,), limits=limits, stdout=target)
    return memory("VmHWM") - before, came


def memory(name):
    with open("/proc/self/status") as file:
        for line in file:
            if line.startswith(name):
                return int(line.split()[1]) * 1024
    raise LookupError(name)


class Lines:
    """Does something with each line."""

    def __init__(self):
        self.count = self.size = 0
        self.part = ""

    def write(self, text):
        *lines, self.part = (self.part + text).split("\n")
        for line in lines:
            self.count += 1
            self.size += len(line) + 1


class Counts:
    size = 0

    def __call__(self, text):
        self.size += len(text)


def check_targets():
    lines, function = Lines(), Counts()
    with open(os.devnull, "w") as sys.stdout, tempfile.TemporaryFile() as file:
        targets = [lines, function, file, None, -3]
        for target in targets:
            peak, _ = peak_of(target)
            assert peak < MOST, (target, peak)
        assert os.fstat(file.fileno()).st_size == FLOOD
    assert lines.size == function.size == FLOOD
    assert lines.count == FLOOD // len(guests.LINE)


def check_capture():
    """It keeps as much as it may: as bytes, and as text when it is told."""
    peak, outcome = peak_of("capture", KEPT, keeping)
    assert outcome.cause == "output" and len(outcome.stdout) == KEPT, outcome
    assert peak < 4 * KEPT + MOST, peak


def check_controls():
    """Where all is kept that comes."""
    for target in ("capture", io.StringIO(), io.BytesIO()):
        peak, _ = peak_of(target, way=keeping)
        assert peak > FLOOD > MOST, (target, peak)


if __name__ == "__main__":
    by_value(abs, (-1,))
    for part in sys.argv[2:]:
        globals()[f"check_{part}"]()
