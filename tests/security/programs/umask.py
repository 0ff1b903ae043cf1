"""Run by test_hygiene."""

import os

from harness import run

print(oct(run(os.umask, args=(0,), serializer="json")))
