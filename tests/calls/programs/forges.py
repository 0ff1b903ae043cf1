"""A guest of test_streams, for guest_code(): can answer by itself, as the
worker's own code does, and live on for ever."""

import os
import threading
import time

from within import _boxed, call


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
