"""The public interface, called in this process: output, errors, interrupts."""

from __future__ import annotations

import os
import pickle
import sys
import time

import pytest
from here import run_here

from boxed import LimitExceeded, RemoteError, WorkerDied, run


def test_output_over_the_cap():
    """The head is forwarded, the rest is LimitExceeded('output')."""
    with pytest.raises(LimitExceeded) as caught:
        run(exec, ("import os\nwhile True: os.write(1, b'x' * 65536)",))
    assert caught.value.resource == "output"


def test_output_is_seen_by_pytest(capsys):
    """Test runners and notebooks replace sys.stdout: both streams follow."""
    run(print, ("seen",))
    run(eval, ("__import__('sys').stderr.write('err')",))
    captured = capsys.readouterr()
    assert captured.out == "seen\n" and captured.err == "err"


def test_output_arrives_while_the_call_runs():
    """A line is forwarded when it is printed, not when the call ends."""

    class Stamped:
        def __init__(self):
            self.at = None

        def write(self, text):
            if self.at is None:
                self.at = time.monotonic()

        def flush(self):
            pass

    stamped, kept = Stamped(), sys.stdout
    sys.stdout = stamped
    try:
        run(
            exec,
            ("import os, time\nos.write(1, b'now')\ntime.sleep(1)",),
        )
    finally:
        sys.stdout = kept
    assert time.monotonic() - stamped.at > 0.5


def test_a_remote_error_can_be_pickled():
    """Loggers and process pools send exceptions on."""
    with pytest.raises(ValueError) as caught:
        run(int, ("x",))
    again = pickle.loads(pickle.dumps(caught.value))
    assert type(again) is type(caught.value)
    assert again.traceback == caught.value.traceback
    assert str(again) == str(caught.value)


def test_an_oserror_keeps_its_number():
    """errno survives, so handlers can tell errors apart."""
    with pytest.raises(FileNotFoundError) as caught:
        run(os.stat, ("/nowhere",))
    assert caught.value.errno == 2


def test_hostile_exceptions_are_text():
    """Names, messages and tracebacks are bounded and printable."""
    source = (
        "Bad = type('Bad\\x1b[31m', (Exception,), {'__str__':"
        " lambda self: '\\x1b]0;title\\x07' + 'x' * 10**7})\nraise Bad()"
    )
    with pytest.raises(RemoteError) as caught:
        run(exec, (source,))
    text = str(caught.value) + caught.value.traceback
    assert "\x1b" not in text and "\x07" not in text
    assert len(text) < 1 << 20


def test_keyboard_interrupt_ends_the_call():
    """Ctrl-C in the caller during a call raises at once and leaves none."""
    code = (
        "import os, signal, threading, time\n"
        "from boxed import run\n"
        # A suite in the background of a shell may have it ignored.
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "run(abs, (1,))\n"
        "threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT)).start()\n"
        "start = time.monotonic()\n"
        "try: run(time.sleep, (60,))\n"
        "except KeyboardInterrupt: print(time.monotonic() - start < 30)\n"
        "print(run(abs, (-2,)))\n"
    )
    printed = run_here("-c", code)
    assert printed == "True\n2\n"


def test_a_worker_that_answers_nothing_is_lost_not_waited_for():
    """A guest that closes its socket and exits is a WorkerDied."""
    with pytest.raises(WorkerDied) as caught:
        run(exec, ("import os; os.close(3); os._exit(0)",))
    assert caught.value.exitcode == 0


def test_a_script_may_print_a_lot_when_it_is_loaded(tmp_path):
    """Its top level runs in the sandbox too; nobody reads that meanwhile."""
    script = tmp_path / "chatty.py"
    script.write_text(
        "from boxed import run\n"
        "print('x' * 1000000)\n"
        "def double(x): return 2 * x\n"
        "if __name__ == '__main__': print(run(double, (21,)))\n"
    )
    printed = run_here(script)
    assert printed.endswith("x\n42\n")
