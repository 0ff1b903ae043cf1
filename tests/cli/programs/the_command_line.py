"""Run by test_core_command."""

import subprocess
import sys

from harness import ISOLATION


def boxed_run(*words, stdin=""):
    command = [
        sys.executable,
        "-m",
        "boxed",
        "run",
        "--isolation",
        ISOLATION,
        *words,
    ]
    done = subprocess.run(command, input=stdin, capture_output=True, text=True)
    return done.returncode, done.stdout.strip(), done.stderr


assert boxed_run("math:sqrt", "4") == (0, "2.0", "")
assert boxed_run("builtins:dict", "--kwargs", '{"a": [1]}')[1] == (
    '{"a": [1]}'
)
assert boxed_run("builtins:int", '"x"')[0] == 1
assert boxed_run("builtins:int", "x")[0] == 2
assert boxed_run("nonsense")[0] == 2
own = ("--stdin", "-", "builtins:input")
assert boxed_run("builtins:input", stdin="five")[0] == 1
assert boxed_run(*own, stdin="five")[1] == '"five"'
assert boxed_run("--request", "3", *own, stdin="five")[0] == 1
with open("of_mine", "w") as file:
    file.write("six")
assert boxed_run("--stdin", "of_mine", "builtins:input")[1] == '"six"'
assert boxed_run("--stdin", "none", "builtins:input")[0] == 2
assert boxed_run("time:sleep", "30", "--timeout", "0.3")[0] == 124
assert boxed_run("--user", "root", "math:sqrt", "4")[0] == 2
for serializer in ("pickle", "cloudpickle", "dill"):
    assert boxed_run("--serializer", serializer, "math:sqrt", "4")[1] == "2.0"
