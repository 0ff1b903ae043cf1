"""The first lines that anybody types."""

from math import sqrt

from boxed import run

print(run(sqrt, args=(4,), serializer="json"))
