"""A grant that is not understood is none."""

from math import sqrt

from boxed import run

refused = 0
for options in (
    {"network": "no"},
    {"network": ["example.org"]},
    {"read": "relative"},
    {"netwrok": True},
    {"timeout": "3"},
):
    try:
        run(sqrt, (4,), **options)
        print("granted", options)
    except (TypeError, ValueError):
        refused += 1
print("refused", refused)
