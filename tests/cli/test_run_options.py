"""What ``boxed run`` refuses of its command line, and takes."""

from __future__ import annotations

import pytest

from boxed.__main__ import main as command_line

pytestmark = pytest.mark.fast


@pytest.mark.parametrize(
    "argv",
    [
        *(
            ["--timeout", word, "math:sqrt", "4"]
            for word in ("nan", "0", "-1")
        ),
        *(["--timeout", word, "math:sqrt", "4"] for word in ("x", "", "1s")),
        ["--timeout=-inf", "math:sqrt", "4"],
        ["--isolation", "none", "math:sqrt", "4"],
        ["--isolation", "", "math:sqrt", "4"],
        ["--serializer", "yaml", "math:sqrt", "4"],
        ["--user", "", "math:sqrt", "4"],
        ["--user", "no-such-user", "math:sqrt", "4"],
        *(["--kwargs", word, "math:sqrt", "4"] for word in ("[]", "1", "x")),
        ["--kwargs", '{"x": NaN}', "math:sqrt", "4"],
        ["math:sqrt", "NaN"],
        ["math:sqrt", "-Infinity"],
        ["math:sqrt", "four"],
        ["math:", "4"],
        [":sqrt", "4"],
        ["math", "4"],
        ["--networ", "math:sqrt", "4"],
        ["--network=no", "math:sqrt", "4"],
        ["--env", "=x", "math:sqrt", "4"],
        ["--env", "A", "math:sqrt", "4"],
        ["--memory", "1X", "math:sqrt", "4"],
        ["--memory", "1", "math:sqrt", "4"],
        ["--path", "/no-such-place", "math:sqrt", "4"],
        ["math:sqrt", "[" * 100_000],
    ],
)
def test_the_command_line(argv, capsys):
    """Wrong usage is exit status 2, with a word of what was wrong."""
    try:
        status = command_line(["run", *argv])
    except SystemExit as error:
        status = error.code
    assert status == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.strip()


def test_the_command_line_takes(capsys):
    """The control of the test above."""
    limits = ["--memory", "256M", "--request", "1000", "--cpu-time", "1.5"]
    argv = ["run", "--timeout", "60", *limits, "math:sqrt", "4"]
    assert command_line(argv) == 0
    assert capsys.readouterr().out == "2.0\n"
