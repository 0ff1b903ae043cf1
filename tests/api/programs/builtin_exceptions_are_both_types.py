"""Run by test_core."""

from harness import refused, run

from boxed import RemoteError

error = refused(ValueError, run, int, ("x",))
assert isinstance(error, RemoteError), type(error)
assert "invalid literal" in str(error), error
assert error.type_name == "ValueError"
assert "ValueError" in str(error.__cause__)
error = refused(ZeroDivisionError, run, eval, ("1/0",))
assert "line 1" in error.traceback, error.traceback
error = refused(RemoteError, run, exec, ("raise SystemExit(3)",))
assert type(error) is RemoteError and error.type_name == "SystemExit"
error = refused(RemoteError, run, exec, ("raise KeyboardInterrupt",))
assert type(error) is RemoteError
source = "class Odd(Exception): pass\nraise Odd('e')"
error = refused(RemoteError, run, exec, (source,))
assert error.type_name.endswith("Odd") and error.message == "e"
