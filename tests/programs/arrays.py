"""Arrays in, arrays out."""

import numpy

from boxed import Sandbox


def normalise(rows):
    return rows / rows.sum(axis=1, keepdims=True)


if __name__ == "__main__":
    with Sandbox(preload=["numpy"]) as sandbox:
        given = numpy.arange(1.0, 7.0).reshape(2, 3)
        found = sandbox.run(normalise, (given,))
    print(found.shape, float(found.sum()))
