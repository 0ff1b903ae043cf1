"""Run by test_hygiene: prints why there is no call."""

from math import sqrt

from boxed import SetupError, run

try:
    run(sqrt, args=(4,), serializer="json")
except SetupError as error:
    print(error)
