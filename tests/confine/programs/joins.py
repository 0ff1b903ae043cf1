"""Run by test_shared_files."""

import ctypes
import multiprocessing
import threading
import time
from multiprocessing.pool import ThreadPool

libc = ctypes.CDLL(None)
# pthread_join of a thread that still runs, in C alone
kind = ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_void_p)


def nap(_):
    time.sleep(0.05)
    done.append(1)


done, body, thread = [], kind(nap), ctypes.c_ulong()
libc.pthread_create.argtypes = [ctypes.c_void_p] * 4
assert libc.pthread_create(ctypes.byref(thread), None, body, None) == 0
libc.pthread_join.argtypes = [ctypes.c_ulong, ctypes.c_void_p]
assert libc.pthread_join(thread, None) == 0
assert done == [1]
# semaphores of multiprocessing, between threads
lock, held = multiprocessing.Lock(), threading.Event()


def hold():
    with lock:
        held.set()
        time.sleep(0.05)
        done.append(2)


holder = threading.Thread(target=hold)
holder.start()
held.wait()
with lock:
    assert done == [1, 2]
holder.join()
semaphore = multiprocessing.Semaphore(0)
threading.Thread(target=semaphore.release).start()
semaphore.acquire()
with ThreadPool(4) as pool:
    assert pool.map(abs, range(-50, 0)) == list(range(50, 0, -1))
queue = multiprocessing.Queue()
queue.put("x")
assert queue.get(timeout=10) == "x"
try:
    semaphore.acquire(timeout=0.05)
    print("waited")
except OSError as error:
    print(error.errno)
