"""Run by test_sandbox."""

import os

from boxes import is_there, pids
from harness import Sandbox, refused

with Sandbox() as sandbox:
    assert sandbox.run(abs, (-1,)) == 1
    (box,) = pids(sandbox)
    results = sandbox.map(abs, range(100), chunksize=2)
    assert next(results) == 0
    child = os.fork()
    if child == 0:
        status = 1
        try:
            text = "another process's"
            for use in (sandbox.run, sandbox.map):
                assert text in str(refused(RuntimeError, use, abs))
            assert text in str(refused(RuntimeError, sandbox.__enter__))
            assert next(results) == 1
            error = refused(RuntimeError, next, results)
            assert "forked" in str(error), error
            del results
            sandbox.close()
            del sandbox
            with Sandbox() as own:
                assert own.run(abs, (-2,)) == 2
            status = 0
        finally:
            os._exit(status)
    assert os.waitpid(child, 0)[1] == 0
    assert list(results) == list(range(1, 100))
    assert sandbox.run(abs, (-3,)) == 3 and pids(sandbox) == {box}
assert not is_there(box)
