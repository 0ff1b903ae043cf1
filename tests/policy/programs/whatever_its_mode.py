"""Run by test_places."""

import os
import shutil
import sys
import tempfile

from project import READ, put, see

os.umask(0o077)
base = tempfile.mkdtemp(dir="/var/tmp")
sys.path.insert(0, base)
put(base, "ways.py", mode=0o600)
data = put(base, "pack/data.txt", text="data", mode=0o600)
put(base, "pack/__init__.py", mode=0o600)
large = put(base, "pack/large.py", mode=0o400, text=READ + "x = 1\n" * 100_000)
secret = put(base, "pack/.env", mode=0o600)
assert os.stat(base).st_mode & 0o077 == 0
import pack.large
import ways

assert see(data, ways.read)
assert see(large, pack.large.read)
assert open(secret).read()
assert not see(secret, ways.read)
shutil.rmtree(base)
