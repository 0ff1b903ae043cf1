"""Run by test_found: has an_app.py run in one of the ways there are."""

import os
import shutil
import subprocess
import sys
import zipapp

from harness import ISOLATION
from project import fresh, put

(way,) = sys.argv[1:]
base = fresh()
secret = put(base, "app/secret.txt", text="secret")
put(base, "app/sibling.py")
main = base + "/app/__main__.py"
shutil.copy(os.path.join(os.path.dirname(__file__), "an_app.py"), main)
os.chmod(main, 0o644)
words = [base + "/app"]
if way == "zip":
    words = [base + "/app.pyz"]
    zipapp.create_archive(base + "/app", words[0])
    os.chmod(words[0], 0o644)
if way == "package":
    words = ["-m", "app"]
    put(base, "app/__init__.py", text="")
    # Its data is its own, unless it is hidden.
    hidden = base + "/app/.secret.txt"
    os.rename(secret, hidden)
    secret = hidden
done = subprocess.run(
    [sys.executable, *words, secret, ISOLATION],
    cwd=base,
    capture_output=True,
    text=True,
)
assert done.stdout == "done\n", done
shutil.rmtree(base)
