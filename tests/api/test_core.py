"""The main job, in every environment boxed must work in: calls and answers.

Each test of test_core*.py runs a program of its own there, as a user would,
and most have their positive control beside them: the same action outside the
sandbox.
"""

from __future__ import annotations

from core import check, check_script


def test_the_first_call_with_each_serializer(environment):
    """sqrt(4) is 2.0, whatever carries it."""
    check(
        environment,
        """
        from math import sqrt
        for serializer in ("json", "pickle", "cloudpickle", "dill"):
            value = run(sqrt, args=(4,), serializer=serializer)
            assert value == 2.0 and type(value) is float, serializer
        """,
    )


def test_functions_of_main(environment):
    """As with multiprocessing's spawn; its main guard holds."""
    output = check_script(
        environment,
        """
        def double(x):
            return 2 * x

        class Adder:
            def __init__(self, n):
                self.n = n
            def __call__(self, x):
                return x + self.n

        if __name__ == "__main__":
            print(run(double, (21,)), run(double, (21,), serializer="json"))
            print(run(Adder(2), (40,)))
        """,
    )
    assert output.split() == ["42", "42", "42"]


def test_closures_and_lambdas(environment):
    """cloudpickle and dill send functions by value."""
    check(
        environment,
        """
        n = 2
        def outer(k):
            def inner(x):
                return x * k
            return inner
        for serializer in ("cloudpickle", "dill"):
            assert run(outer(3), (4,), serializer=serializer) == 12
            assert run(lambda x: x + n, (4,), serializer=serializer) == 6
        """,
    )


def test_builtin_exceptions_are_both_types(environment):
    """`except ValueError:` works, and so does `except RemoteError:`."""
    check(
        environment,
        """
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
        source = "class Odd(Exception): pass\\nraise Odd('e')"
        error = refused(RemoteError, run, exec, (source,))
        assert error.type_name.endswith("Odd") and error.message == "e"
        """,
    )


def test_output_reaches_the_callers_streams(environment):
    """sys.stdout and sys.stderr, so redirection works; escapes are shown."""
    check(
        environment,
        """
        import contextlib, io
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            run(print, ("h\\u00e9llo", "\\x1b[2J"))
            run(os.write, (1, b"raw\\n"))
            run(os.write, (2, b"bad \\xff\\n"))
        assert out.getvalue() == "h\\u00e9llo \\\\x1b[2J\\nraw\\n"
        assert err.getvalue() == "bad \\\\xff\\n"
        """,
    )


def test_every_size_up_to_the_cap(environment):
    """Both ways, at 1 B, 64 KiB and one around it, 10 MiB."""
    check(
        environment,
        """
        for size in (0, 1, 65535, 65536, 65537, 10 << 20):
            data = b"x" * size
            assert run(bytes, (data,)) == data, size
        text = "y" * (1 << 20)
        assert run(str, (text,), serializer="json") == text
        """,
    )


def test_imports_are_preloaded(environment):
    """A named module is there before the call; a bad name is SetupError."""
    check(
        environment,
        """
        loaded = "'colorsys' in __import__('sys').modules"
        assert run(eval, (loaded,)) is False
        assert run(eval, (loaded,), imports=["colorsys"]) is True
        error = refused(SetupError, run, abs, (1,), imports=["no_such_one"])
        assert error.stage == "imports" and "no_such_one" in str(error)
        """,
    )


def test_numpy_works(environment):
    """A large C library imports and computes under the default walls."""
    check(
        environment,
        """
        source = "float(__import__('numpy').arange(10.0).sum())"
        assert run(eval, (source,)) == 45.0
        """,
    )


def test_threads_and_calls_at_once(environment):
    """Forty calls from eight threads; every answer is its own."""
    check(
        environment,
        """
        from concurrent.futures import ThreadPoolExecutor
        with ThreadPoolExecutor(8) as pool:
            found = list(pool.map(lambda n: run(abs, (-n,)), range(40)))
        assert found == list(range(40))
        """,
    )
