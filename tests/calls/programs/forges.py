"""A guest of test_streams, behind WITHIN: can answer by itself, as the
worker's own code does, and live on for ever."""

import os
import threading
import time
from typing import Any

_boxed: Any
call: int


def answer():
    _boxed.answer(call, _boxed.FRAME_VALUE, b"\x80\x05N.")


def forever():
    while True:
        time.sleep(1)


def print_on():
    while True:
        os.write(1, b"after" * 1000)


def start(function):
    threading.Thread(target=function).start()
