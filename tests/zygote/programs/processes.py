"""Run by test_families."""

from families import forks, has_a_pool, several
from harness import refused, run, told

spawn = (
    "__import__('subprocess').run([__import__('sys').executable,"
    " '-I', '-S', '-c', 'print(6 * 7)'], capture_output=True).stdout"
)
refused(PermissionError, run, eval, (spawn,))
assert run(eval, (spawn,), limits=several) == b"42\n"
refused(PermissionError, told, forks)
assert told(forks, limits=several) == 7
assert told(has_a_pool, limits=several) == [1, 2, 3]
