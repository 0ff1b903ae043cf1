"""For programs of test_sandbox: the launchers' processes of a Sandbox, as the
caller has them."""

from __future__ import annotations

import os


def pids(sandbox):
    return {slot.box.pid for slot in sandbox._boxes.slots.values()}


def is_there(pid):
    return os.path.exists(f"/proc/{pid}")
