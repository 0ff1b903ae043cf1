"""``boxed exec``, as its user runs it: run by test_exec."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from harness import ISOLATION

SCRIPT = """\
import sys
from beside_it import VALUE
print(sys.argv[1:], __name__, VALUE)
sys.stdout.buffer.write(b"\\xff\\x1b[1m")
print(sys.stdin.read(), file=sys.stderr)
what = sys.argv[1] if len(sys.argv) > 1 else ""
if what == "raise":
    1 / 0
if what == "spin":
    while True:
        pass
if what == "signal":
    import os
    os.kill(os.getpid(), 9)
if what == "print":
    print("x" * 10000)
if what == "value":
    sys.exit(0)
if what.isdigit():
    sys.exit(int(what))
object()
"""


def boxed(*argv, data=b""):
    done = subprocess.run(
        [sys.executable, "-m", "boxed", "exec", *argv],
        input=data,
        capture_output=True,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr.decode()


with tempfile.TemporaryDirectory() as folder:
    os.chmod(folder, 0o755)
    script = Path(folder, "script.py")
    script.write_text(SCRIPT)
    Path(folder, "beside_it.py").write_text("VALUE = 7\n")
    own = ("--isolation", ISOLATION, "--timeout", "30")
    raw = b"\xff\x1b[1m"

    code, out, err = boxed(*own, str(script), data=b"typed")
    assert (code, err) == (0, "typed\n"), (code, err)
    assert out == b"[] __main__ 7\n" + raw, out
    # What follows the script is its own.
    code, out, err = boxed(*own, str(script), "5", "--timeout", "x")
    assert code == 5, err
    assert out.startswith(b"['5', '--timeout', 'x'] __main__ 7\n"), out
    code, out, err = boxed(*own, str(script), "raise")
    assert code == 1
    assert f'File "{script}", line 8, in <module>' in err, err
    assert "    1 / 0\n" in err and "ZeroDivisionError" in err, err
    assert boxed(*own, str(script), "signal")[0] == 128 + 9
    code, out, err = boxed(*own, "--output", "100", str(script), "print")
    assert (code, "boxed exec: " in err) == (125, True), err
    few = ("--isolation", ISOLATION, "--timeout", "0.5")
    code, out, err = boxed(*few, str(script), "spin")
    assert (code, "0.5 s" in err) == (124, True), err
    assert boxed(*own, "-", data=b"print(1)\nraise SystemExit(3)")[:2] == (
        3,
        b"1\n",
    )
    for wrong in (
        ("/no/such/script.py",),
        ("--memory", "1X", str(script)),
        ("--networ", str(script)),
        ("--env", "A", str(script)),
        (),
    ):
        code, out, err = boxed(*wrong)
        assert (code, out) == (2, b""), wrong
        assert err.strip(), wrong
