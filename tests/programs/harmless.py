"""What a stranger's code would try first, and may do outside."""

import os
import socket
import subprocess
import sys
import tempfile

from boxed import run


def read(path):
    with open(path) as file:
        return file.read()


def write(path):
    with open(path, "w") as file:
        return file.write("taken")


def connect(port):
    return socket.create_connection(("127.0.0.1", port), 5)


def start():
    return subprocess.run([sys.executable, "-c", ""], check=True)


def signal(pid):
    return os.kill(pid, 0)


if __name__ == "__main__":
    os.environ["TOKEN"] = "secret"
    server = socket.create_server(("127.0.0.1", 0))
    held = []
    with tempfile.NamedTemporaryFile(dir="/var/tmp") as file:
        attempts: dict = {
            read: (file.name,),
            write: (file.name,),
            connect: (server.getsockname()[1],),
            start: (),
            signal: (os.getpid(),),
        }
        for function, argument in attempts.items():
            function(*argument)
            try:
                run(function, argument)
            except OSError:
                held.append(function.__name__)
    assert os.getenv("TOKEN") and run(os.getenv, ("TOKEN",)) is None
    print("held:", *held)
