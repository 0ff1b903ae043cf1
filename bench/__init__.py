"""Benchmarks: boxed against its peers, side by side in one run.

``make bench``, or ``python -m bench --help``.  A row compares contenders.
Each contender is a process of its own that times its own calls
(`contender.py`); the harness takes a block of calls from each in turn, round
after round, so that a load that comes and goes on the machine meets all of
them.  A ratio is taken within a round and the rounds' median is reported.

pyperf was considered: it runs one benchmark after the other, each in a row of
processes, which on a machine shared with others compares this minute with the
next.
"""
