"""A loop without an end, and what it said before."""

import io

from boxed import CallTimeout, run


def spin():
    print("started", flush=True)
    while True:
        pass


if __name__ == "__main__":
    said = io.StringIO()
    try:
        run(spin, timeout=0.5, stdout=said)
    except CallTimeout:
        print("stopped after", said.getvalue().strip())
