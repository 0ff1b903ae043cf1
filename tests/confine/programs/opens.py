"""Run by test_landlock: paths to open."""

import sys

for path in sys.argv[1:]:
    try:
        open(path).close()
        print("open")
    except PermissionError:
        print("closed")
