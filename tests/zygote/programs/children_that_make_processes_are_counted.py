"""Run by test_families."""

import os

from families import chains, several
from harness import told

link = os.path.join(os.path.dirname(__file__), "a_link_of_a_chain.py")
short, long = told(chains, open(link).read(), limits=several)
assert b"deep" in short, short
assert b"refused" in long, long
