"""Run by test_by_value: whether a script's module was imported by a worker of
the call, or once for all calls before they were forked."""

import os
import pathlib
import sys
import tempfile

from boxed import run

folder = tempfile.mkdtemp()
module = pathlib.Path(folder, "remembers.py")
module.write_text("import os\nPROCESS = os.getpid()\n")
sys.path.insert(0, folder)

import remembers


def is_of_this_process():
    return os.getpid() == remembers.PROCESS


for serializer in ("auto", "cloudpickle"):
    print(run(is_of_this_process, serializer=serializer))
