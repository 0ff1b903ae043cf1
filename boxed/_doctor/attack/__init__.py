"""``boxed doctor --attack``: attempts to break out of the sandbox, each shown
to work outside it.

guest.py, reach.py   the attempts themselves, run on either side
calls.py             system calls for them that Python has no name for
sides.py             outside and inside: where an attempt is made
session.py           the doctor's own things that are attacked
plans.py, table.py   what is tried, on what, and what would be a break
verdict.py           the judgement of each, and all of them in order

The guest imports the first three alone, so nothing is imported here.
"""
