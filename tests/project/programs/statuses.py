"""Run by test_environments: two processes, for what is asked of is what an
exec really leaves."""

import subprocess

with open("/proc/self/status") as own:
    print(own.read())
print("=====")
command = ["/bin/cat", "/proc/self/status"]
print(subprocess.run(command, stdout=subprocess.PIPE, text=True).stdout)
