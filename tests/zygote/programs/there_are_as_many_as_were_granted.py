"""Run by test_families."""

from families import races
from harness import told

from boxed import Limits

for most in (2, 5, 20):
    made = told(races, limits=Limits(processes=most))
    assert made == most - 1, (most, made)
