"""Run by test_causes."""

from harness import Sandbox, refused, run

from boxed import LimitExceeded, Limits, SerializationError

unsent = "__import__('_thread').allocate_lock()"
for result in (0, 1, 100):
    small = {"limits": Limits(result=result)}
    error = refused(ValueError, run, int, ("x",), **small)
    assert error.traceback.count("invalid literal") == 1
    refused(SerializationError, run, eval, (unsent,), **small)
    error = refused(LimitExceeded, run, bytes, (1000,), **small)
    assert error.resource == "result"
    error = refused(LimitExceeded, run, bytes, (2 << 20,), **small)
    assert error.resource == "result"
    with Sandbox(**small) as sandbox:
        error = refused(ValueError, list, sandbox.map(int, ["x"]))
        assert error.traceback.count("invalid literal") == 1
        results = sandbox.map(eval, [unsent])
        refused(SerializationError, list, results)
error = refused(LimitExceeded, run, type(None), limits=Limits(result=0))
assert error.resource == "result"
assert run(type(None), limits=Limits(result=4)) is None
