"""For programs of test_grants: files in a directory that all may write."""

import os
import tempfile

folder = tempfile.mkdtemp(dir="/var/tmp")
os.chmod(folder, 0o777)


def make(name, text="t", mode=0o666):
    path = os.path.join(folder, name)
    with open(path, "w") as file:
        file.write(text)
    os.chmod(path, mode)
    return path


def read(path):
    return f"open({path!r}).read()"


def write(path):
    return f"open({path!r}, 'w').write('new')"


def content(path):
    with open(path) as file:
        return file.read()


beside = make("beside")
