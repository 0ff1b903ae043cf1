"""What a_script_from_a_pipe.py has run."""

import sys

import boxed

(isolation,) = sys.argv[1:]


def own():
    return 5


assert boxed.run(own, isolation=isolation) == 5
try:
    boxed.run(own, isolation=isolation, serializer="pickle")
except boxed.SerializationError as error:
    assert "interactive" in str(error), error
    print(boxed.run(abs, (-5,), isolation=isolation))
