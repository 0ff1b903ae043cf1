"""Run by test_seccomp_effect: files with a set-user-id bit."""

import os
import tempfile

where = tempfile.mkdtemp()
os.umask(0)


def attempt(way):
    path = os.path.join(where, "f")
    try:
        way(path)
        print("made" if os.stat(path).st_mode & 0o6000 else "plain")
    except OSError as error:
        print(error.strerror.split()[0])
    if os.path.exists(path):
        os.unlink(path)


attempt(lambda path: os.open(path, os.O_CREAT | os.O_WRONLY, 0o4755))
attempt(lambda path: os.mknod(path, 0o104755))
attempt(lambda path: (open(path, "w").close(), os.chmod(path, 0o4755)))
attempt(lambda path: os.fchmod(os.open(path, os.O_CREAT), 0o2755))
attempt(lambda path: os.open(path, os.O_CREAT | os.O_WRONLY, 0o1755))
os.rmdir(where)
