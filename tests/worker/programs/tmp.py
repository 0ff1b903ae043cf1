"""Run by test_limits."""

from harness import left_in, refused, run

from boxed import Limits

limits = Limits(tmp_size=1 << 20, file_size=2 << 20)
fill = "open('/tmp/x', 'wb').write(bytes(%d))"
assert run(eval, (fill % (1 << 19),), limits=limits) == 1 << 19
error = refused(OSError, run, eval, (fill % (3 << 19),), limits=limits)
assert error.errno == 28, error
assert left_in("/tmp", limits=limits) == []
small = Limits(file_size=1 << 16)
error = refused(OSError, run, eval, (fill % (1 << 17),), limits=small)
assert error.errno == 27, error
many = "[open('/tmp/%d' % n, 'w').close() for n in range(10**5)]"
error = refused(OSError, run, eval, (many,))
assert error.errno == 28, error
