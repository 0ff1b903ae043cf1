"""Run by test_families."""

from families import leaves_a_daemon, looks_around, several
from harness import refused, run, source, told

from boxed import CallTimeout, WorkerDied


def daemon(end):
    return (source(leaves_a_daemon, end),)


run(exec, daemon("returns"), limits=several)
stays = daemon("stays")
refused(CallTimeout, run, exec, stays, limits=several, timeout=0.5)
refused(WorkerDied, run, exec, daemon("dies"), limits=several)
assert told(looks_around, limits=several) == ["2"]
