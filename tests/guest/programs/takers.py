"""A guest of test_causes: threads that take all memory, when the gate is
opened."""

import threading

gate = threading.Lock()
gate.acquire()
taken = []


def take():
    gate.acquire()
    gate.release()
    while True:
        try:
            taken.append(object())
        except MemoryError:
            pass


for _ in range(3):
    threading.Thread(target=take, daemon=True).start()
