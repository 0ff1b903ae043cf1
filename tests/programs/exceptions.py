"""An error of the function is caught as if it had been called."""

import json

from boxed import BoxedError, RemoteError, run


def pick(table, key):
    return table[key]


if __name__ == "__main__":
    try:
        run(pick, ({}, "x"))
    except KeyError as error:
        assert isinstance(error, RemoteError)
    try:
        run(open, ("/no/such/file",))
    except FileNotFoundError as error:
        assert isinstance(error, BoxedError)
    try:
        run(json.loads, ("{",))
    except ValueError as error:
        print("not JSON:", str(error).splitlines()[0])
