"""Run by test_shared_counts: what is imported before the worker."""

import sys

from counted import selector
from harness import told

from boxed import Limits

for limits, name in ((Limits(), "Poll"), (Limits(processes=2), "Epoll")):
    found = told(selector, imports=sys.argv[1:], limits=limits)
    assert f".{name}Selector" in found, found
