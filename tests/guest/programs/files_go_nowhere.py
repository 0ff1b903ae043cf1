"""Run by test_core_guest."""

import os

from harness import by_value

import boxed

name = f"boxed-canary-{os.getpid()}"
places = ["/", "/tmp", "/var/tmp", "/dev/shm", "/etc", os.getcwd()]
places += map(os.path.dirname, (boxed.__file__, os.__file__))


def write(places, name):
    written = []
    for place in places:
        try:
            open(os.path.join(place, name), "w").close()
            written.append(place)
        except OSError:
            pass
    return written


by_value(write, (places, name))
for place in places:
    assert not os.path.lexists(os.path.join(place, name)), place
# The control: outside the sandbox the same code writes.
outside = write(places, name)
assert "/tmp" in outside, outside
for place in places:
    path = os.path.join(place, name)
    if os.path.lexists(path):
        os.remove(path)
