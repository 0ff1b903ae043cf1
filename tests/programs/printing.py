"""What the function prints is the caller's to keep or to show."""

import io

from boxed import run


def chatty(name):
    for number in range(3):
        print(number, name)
    return len(name)


if __name__ == "__main__":
    kept = io.StringIO()
    assert run(chatty, ("ann",), stdout=kept) == 3
    assert kept.getvalue() == "0 ann\n1 ann\n2 ann\n"
    run(chatty, ("bob",))
