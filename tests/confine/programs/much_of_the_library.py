"""Run by test_seccomp_python: what programs use, and what they may not."""

import asyncio
import concurrent.futures
import ctypes
import decimal
import hashlib
import os
import shutil
import socket
import sqlite3
import ssl
import tempfile
import threading
import zoneinfo
from multiprocessing.pool import ThreadPool

with tempfile.TemporaryDirectory() as where:
    path = os.path.join(where, "db")
    one, two = sqlite3.connect(path), sqlite3.connect(path)
    one.execute("pragma journal_mode=wal")
    one.execute("create table t (a)")
    one.execute("insert into t values (1)")
    one.commit()
    assert two.execute("select a from t").fetchall() == [(1,)]
    one.close()
    two.close()
    shutil.copy2(path, path + "2")
    os.chmod(path, 0o600)
    os.rename(path, path + "3")
    os.mkfifo(path)


async def main():
    loop = asyncio.get_running_loop()
    await asyncio.sleep(0.001)
    return await loop.run_in_executor(None, abs, -3)


assert asyncio.run(main()) == 3
with ThreadPool(2) as pool:
    assert pool.map(abs, [-1, 2]) == [1, 2]
with concurrent.futures.ThreadPoolExecutor(2) as pool:
    assert list(pool.map(abs, [-1])) == [1]
threads = [threading.Thread(target=sum, args=([],)) for _ in range(8)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int)(lambda x: x + 1)
assert callback(1) == 2
assert str(decimal.Decimal(1) / 8) == "0.125"
assert "Europe/Berlin" in zoneinfo.available_timezones() or True
ssl.create_default_context()
hashlib.sha256(b"x").hexdigest()
left, right = socket.socketpair()
left.settimeout(1)
left.send(b"x")
assert right.recv(1) == b"x"
os.cpu_count()
os.sched_getaffinity(0)
os.nice(1)
os.getloadavg()
os.kill(os.getpid(), 0)
os.urandom(8)

for refused in (os.fork, lambda: os.system("true") and 1 / 0):
    try:
        refused()
    except (PermissionError, ZeroDivisionError):
        pass
    else:
        raise AssertionError("a process was made")
print("done")
