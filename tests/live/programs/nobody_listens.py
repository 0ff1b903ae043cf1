"""Calls of a program that has not imported logging, of which one is killed and
one refused, and of one that has, and has not configured it."""

import sys
import time

from boxed import CallTimeout, SetupError, run


def refused(kind, function, *args, **options):
    try:
        run(function, args, **options)
    except kind:
        return
    raise AssertionError("not refused")


def calls():
    assert run(abs, (-1,)) == 1
    refused(CallTimeout, time.sleep, 60, timeout=0.1)
    refused(SetupError, abs, 1, imports=["there_is_no_such_module"])


calls()
assert "logging" not in sys.modules
import logging

calls()
logging.getLogger("other").warning("seen")
