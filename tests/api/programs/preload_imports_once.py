"""Run by test_sandbox."""

from harness import Sandbox, refused

from boxed import SetupError

# The time at which the module was imported.
moment = "__import__('logging')._startTime"
loaded = "'logging' in __import__('sys').modules"
with Sandbox(preload=["logging"]) as sandbox:
    assert sandbox.run(eval, (loaded,)) is True
    once = {sandbox.run(eval, (moment,)) for _ in range(3)}
    once |= set(sandbox.map(eval, [moment] * 3))
with Sandbox() as sandbox:
    assert sandbox.run(eval, (loaded,)) is False
    anew = {sandbox.run(eval, (moment,)) for _ in range(3)}
assert (len(once), len(anew)) == (1, 3), (once, anew)
with Sandbox(preload=["colorsys"], imports=["bisect"]) as sandbox:
    both = "{'colorsys', 'bisect'} <= set(__import__('sys').modules)"
    assert sandbox.run(eval, (both,)) is True
with Sandbox(preload=["no_such_one"]) as sandbox:
    for _ in range(2):
        error = refused(SetupError, sandbox.run, abs, (1,))
        assert error.stage == "imports", error
