"""The main job, in every environment: from the command line."""

from __future__ import annotations

from core import check


def test_the_command_line(environment):
    """`boxed run` prints JSON, and its exit status tells."""
    check(
        environment,
        """
        import subprocess
        def boxed_run(*words):
            command = [sys.executable, "-m", "boxed", "run",
                       "--isolation", ISOLATION, *words]
            done = subprocess.run(command, capture_output=True, text=True)
            return done.returncode, done.stdout.strip(), done.stderr
        assert boxed_run("math:sqrt", "4") == (0, "2.0", "")
        assert boxed_run("builtins:dict", "--kwargs", '{"a": [1]}')[1] == (
            '{"a": [1]}')
        assert boxed_run("builtins:int", '"x"')[0] == 1
        assert boxed_run("builtins:int", "x")[0] == 2
        assert boxed_run("nonsense")[0] == 2
        assert boxed_run("time:sleep", "30", "--timeout", "0.3")[0] == 124
        assert boxed_run("--user", "root", "math:sqrt", "4")[0] == 2
        for serializer in ("pickle", "cloudpickle", "dill"):
            assert boxed_run("--serializer", serializer, "math:sqrt", "4")[
                1] == "2.0"
        """,
    )


def test_the_command_line_of_an_editable_installation(make_environment):
    """A hook finds the package there, which is nowhere on the path."""
    make_environment("root").check(
        """if True:
        import importlib.machinery, os, runpy, sys
        where = os.environ["PYTHONPATH"]
        sys.path.remove(where)
        class Hook:
            def find_spec(name, path=None, target=None):
                return importlib.machinery.PathFinder.find_spec(
                    name, [where] if path is None else path)
        sys.meta_path.append(Hook)
        sys.argv[1:] = ["run", "math:sqrt", "4"]
        runpy.run_module("boxed", run_name="__main__")
        """
    )
