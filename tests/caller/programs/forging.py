"""For programs of test_forged_ends: a guest that writes to its call's socket
itself.  It finds that, and the call's number, as the worker's own code does.

The first argument of each is the tier.
"""

from __future__ import annotations

import inspect
import io
import sys
import textwrap

from harness import ISOLATION, refused, run

from boxed import BoxedError, Limits

several = [Limits()]
if ISOLATION != "landlock" and sys.argv[1] in ("full", "rootless"):
    several.append(Limits(processes=4))


def say(kind, body=b"", limit=0):
    import os
    import struct
    import sys

    frame = sys._getframe()
    while frame.f_code.co_name != "work":
        assert frame.f_back is not None
        frame = frame.f_back
    call = frame.f_locals["call"]
    head = struct.pack("=IIQQQ", 0x46584F42, kind, call, len(body), limit)
    os.write(3, head + body)


def forged(guest, *args, **options):
    """What the caller raises, and how often the guest ran."""
    out = io.StringIO()
    code = "".join(
        textwrap.dedent(inspect.getsource(one)) for one in (say, guest)
    )
    code += f"print('ran', flush=True)\n{guest.__name__}(say, *{args!r})\n"
    error = refused(BoxedError, run, exec, (code,), stdout=out, **options)
    assert out.getvalue() == "ran\n", (out.getvalue(), error)
    return error
