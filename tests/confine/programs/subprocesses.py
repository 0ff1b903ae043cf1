"""Run by test_seccomp_python."""

import os
import signal
import subprocess

ran = subprocess.run(["/bin/echo", "hi"], capture_output=True)
assert ran.stdout == b"hi\n"
with subprocess.Popen(["/bin/sleep", "60"], start_new_session=True) as sleep:
    sleep.terminate()
assert sleep.returncode == -signal.SIGTERM
pid = os.fork()
if pid == 0:
    os._exit(3)
assert os.waitpid(pid, 0)[1] >> 8 == 3
print("done")
