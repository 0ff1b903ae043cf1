"""The records of the logger ``boxed``, as the operator of a service sees them,
and that nobody pays for them who does not listen."""

from __future__ import annotations

import errno
import logging
import os
import socket
from pathlib import Path

import pytest
from guest_code import WITHIN
from here import completed_here

from boxed import (
    CallTimeout,
    LimitExceeded,
    Limits,
    ProtocolError,
    Sandbox,
    SetupError,
    WorkerDied,
    run,
)
from boxed._answers.import_note import split_note
from boxed._live import log, registry
from boxed._policy import tiers

PROGRAMS = Path(__file__).parent / "programs"
SLOW = "import time\ntime.sleep(0.1)\n"


@pytest.fixture
def records(caplog, monkeypatch):
    """All of the logger, and nothing advised before."""
    monkeypatch.setattr(log, "_advised", set())
    caplog.set_level(logging.DEBUG, "boxed")

    def found(level=logging.INFO):
        mine = [one for one in caplog.records if one.name == "boxed"]
        return [one.getMessage() for one in mine if one.levelno == level]

    return found


@pytest.fixture
def slow_module(tmp_path, monkeypatch):
    """One whose import takes longer than is worth a word."""
    (tmp_path / "slow_to_import.py").write_text(SLOW)
    monkeypatch.syspath_prepend(tmp_path)
    return tmp_path


def test_nobody_listens():
    """No call imports logging, whatever becomes of it.  Where it was imported
    and not configured, nothing is printed; the control is another logger."""
    done = completed_here(str(PROGRAMS / "nobody_listens.py"))
    assert done.stderr == "seen\n"


def test_a_sandbox_that_starts(records):
    """Its tier, and the time of each step."""
    with Sandbox() as sandbox:
        sandbox.run(abs, (1,))
        sandbox.run(abs, (1,))
    (started,) = records(logging.DEBUG)
    assert started.startswith(f"sandbox started: tier {tiers.settled()}, ")
    assert "spawn the launcher" in started and started.count(" ms") == 6
    assert records() == records(logging.WARNING) == []


def test_a_call_that_is_killed(records):
    with pytest.raises(CallTimeout):
        run(exec, ("while True: pass",), timeout=0.1)
    assert records() == ["call killed: the call took longer than 0.1 s"]


def test_a_call_over_a_limit(records):
    with pytest.raises(LimitExceeded):
        run(bytes, (1000,), limits=Limits(result=10))
    (over,) = records()
    assert over.startswith("call over its limit 'result': ")


def test_a_worker_that_ends_itself(records):
    with pytest.raises(WorkerDied):
        run(exec, ("import os; os._exit(3)",))
    (ended,) = records()
    assert ended.startswith("call ended without an answer: ")
    assert "status 3" in ended


def test_what_the_function_raises_is_its_own_affair(records):
    with pytest.raises(ValueError):
        run(int, ("x",))
    assert records() == records(logging.WARNING) == []


def test_a_sandbox_that_is_lost(records):
    """Whether that shows before the call or in it, the call has its value."""
    before = registry.tables()
    with Sandbox() as sandbox:
        sandbox.run(abs, (1,))
        (table,) = (one for one in registry.tables() if one not in before)
        (slot,) = table.slots.values()
        control = os.dup(slot.box.process.control)
        with socket.socket(fileno=control) as control:
            control.shutdown(socket.SHUT_RDWR)
        os.waitid(os.P_PID, slot.box.pid, os.WEXITED | os.WNOWAIT)
        assert sandbox.run(abs, (-1,)) == 1
    assert records(logging.WARNING) != []
    for one in records(logging.WARNING):
        assert "lost" in one or "had ended" in one


@pytest.mark.fast
def test_a_standby_that_ends_in_time_is_no_loss(records):
    log.unread(WorkerDied("it was not used", exitcode=0))
    assert records(logging.WARNING) == []
    log.unread(WorkerDied("it was killed", signal=9))
    (lost,) = records(logging.WARNING)
    assert "it was killed" in lost


def test_a_refusal_names_its_stage(records, tmp_path, monkeypatch):
    """In one line, with what a guest could have chosen escaped."""
    text = "raise ImportError('a\\nWARNING boxed forged \\x1b[31m \\u202e')"
    (tmp_path / "forging_lines.py").write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(SetupError):
        run(abs, (1,), imports=["forging_lines"])
    (refused,) = records(logging.WARNING)
    assert refused.startswith("call refused at stage 'imports': ")
    assert "a\\nWARNING boxed forged \\x1b[31m \\u202e" in refused
    assert refused.isprintable()


def test_a_weaker_tier_is_told_once(records, monkeypatch):
    """With the wall that a better one could not raise."""

    class Started:
        def __init__(self, policy, tier):
            if tier == "full":
                raise SetupError("no", stage="namespaces", errno=errno.EPERM)

    class Policy:
        isolation, network = "auto", False

    monkeypatch.setattr(tiers, "_settled", None)
    monkeypatch.setattr(registry, "Box", Started)
    registry._start(Policy())
    registry._start(Policy())
    (degraded,) = records(logging.WARNING)
    assert "weaker tier 'uid'" in degraded
    assert "stage 'namespaces': no: Operation not permitted" in degraded


IMPORTING = "import slow_to_import"


def test_a_slow_import_is_advised(records, slow_module):
    """Once for a module; and what is advised helps."""
    run(exec, (IMPORTING,))
    run(exec, (IMPORTING,))
    (advice,) = records()
    assert (
        "importing slow_to_import: with imports=['slow_to_import']" in advice
    )
    log._advised.clear()
    run(exec, (IMPORTING,), imports=["slow_to_import"])
    assert len(records()) == 1


@pytest.mark.parametrize("trusted", [False, True])
@pytest.mark.parametrize("serializer", ["json", "cloudpickle", "dill"])
def test_a_value_behind_a_note_is_read(slow_module, serializer, trusted):
    code = "__import__('slow_to_import') and {'a': [1.5]}"
    options = {"serializer": serializer}
    if trusted and serializer != "json":
        options["trust_result"] = True
    assert run(eval, (code,), **options) == {"a": [1.5]}


def test_rows_of_a_map_are_advised(records, slow_module):
    with Sandbox() as sandbox:
        assert list(sandbox.map(exec, [IMPORTING])) == [None]
    (advice,) = records()
    assert "slow_to_import" in advice


def test_a_quick_import_is_not_worth_a_word(records, slow_module):
    (slow_module / "slow_to_import.py").write_text("")
    run(exec, (IMPORTING,))
    assert records() == []


def test_what_cannot_be_advised_is_not(records, slow_module):
    """A name that is no module's, and one that is no ASCII."""
    for name in ("größe", "no-module"):
        (slow_module / f"{name}.py").write_text(SLOW)
        assert run(exec, (f"__import__({name!r})",)) is None
    assert records() == []


def test_a_result_that_leaves_no_room_comes_without(records, slow_module):
    limits = Limits(result=40)
    code = "__import__('slow_to_import') and 'x' * 20"
    assert run(eval, (code,), limits=limits) == "x" * 20
    assert records() == []


def test_an_import_that_fails_has_its_own_traceback(slow_module):
    """Nothing of the clock's: what the interpreter leaves out as importlib's
    it leaves out."""
    (slow_module / "broken.py").write_text("import slow_to_import\n1 / 0\n")
    with pytest.raises(ZeroDivisionError) as raised:
        run(exec, ("import broken",))
    lines = raised.value.traceback.splitlines()
    files = [line.split('"')[1] for line in lines if line[:8] == '  File "']
    assert files == ["<string>", str(slow_module / "broken.py")]


# Sends an answer of the guest's own, with a note before its value, 7.
FORGING = f"""{WITHIN}
import os
note = {{note!r}}
body = ({{size}}).to_bytes(2, "little") + note + b"\\x80\\x05K\\x07."
_boxed.answer(call, _boxed.FRAME_NOTED, body)
os._exit(0)
"""


def forged(note: bytes, size: int | None = None) -> str:
    return FORGING.format(note=note, size=len(note) if size is None else size)


@pytest.mark.parametrize(
    "note",
    [
        b"json 999999999999",
        b"json -1",
        b"json 0",
        b"a\x1b[31m 20",
        b"os;rm 20",
        b"\xff\xfe",
        b"",
        b"json",
        b"\n" * 5000,
    ],
)
def test_a_forged_note_is_no_advice(records, note):
    """It says that imports took longer than the call, or names no module; and
    the value is what it is without."""
    assert run(exec, (forged(note),)) == 7
    assert records() == records(logging.WARNING) == []


def test_a_forged_note_is_only_words(records):
    """The control: a guest can have an import advised that it never made."""
    assert run(exec, (forged(b"json 20"),)) == 7
    (advice,) = records()
    assert "imports=['json']" in advice


def test_a_note_that_is_longer_than_the_answer(records):
    with pytest.raises(ProtocolError, match="a note is cut short"):
        run(exec, (forged(b"json 20", size=60000),))
    (wrong,) = records(logging.WARNING)
    assert wrong.startswith("call broke the protocol: ")


@pytest.mark.fast
def test_a_note_has_few_lines():
    """Those behind them are not read."""
    note = b"\n".join(b"module%d 5" % number for number in range(9))
    times, value = split_note(len(note).to_bytes(2, "little") + note + b"v")
    assert [name for name, _ in times] == [f"module{n}" for n in range(5)]
    assert bytes(value) == b"v"
