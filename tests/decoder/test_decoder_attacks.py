"""What a hostile guest sends instead of its result.

Each attack is first shown to work on pickle.loads: where that is not harmless,
in a process of its own with limits on memory and processor time.
"""

import collections
import datetime
import decimal
import fractions
import pickle
import struct
import uuid
from pathlib import Path

import dill
import pytest
from decoder_classes import MODULE
from hostile_streams import (
    ALLOW,
    BAD_CALLS,
    FRAME,
    LOADS,
    MALFORMED,
    code_payloads,
    code_streams,
)
from pickle_streams import (
    HEAD,
    call,
    decode,
    name,
    octets,
    refuses,
    run_python,
    text,
)

PROGRAMS = Path(__file__).parent / "programs"

pytestmark = pytest.mark.fast


@pytest.mark.parametrize("label", code_payloads("path"))
def test_no_code_is_run(label, tmp_path):
    """A stream that runs a command under pickle.loads is refused."""
    canary = tmp_path / "canary"
    data = code_streams(canary)[label]
    run_python(LOADS, stdin=data)
    assert canary.exists(), "the attack does not work on pickle.loads"
    canary.unlink()
    refuses(data)
    refuses(data, allow=ALLOW)
    assert not canary.exists()


def test_nothing_is_imported(tmp_path):
    """None of these streams adds a module to sys.modules."""
    streams = [*code_streams(tmp_path / "canary").values()]
    streams.append(HEAD + name("xml.dom.minidom", "parse") + b".")
    control = run_python(
        f"import sys, pickle; pickle.loads({streams[-1]!r});"
        " print('xml.dom.minidom' in sys.modules)"
    )
    assert control.stdout == b"True\n"
    program = (PROGRAMS / "imports_nothing.py").read_text()
    assert run_python(program, pickle.dumps(streams)).stdout == b"same\n"


def test_standard_library_imports_are_the_documented_ones():
    """Only fixed modules are imported, and only when a value needs one."""
    values = [
        *(datetime.datetime(2024, 1, 1), decimal.Decimal(1)),
        *(fractions.Fraction(1), uuid.UUID(int=1)),
        *(collections.Counter(), Path()),
    ]
    program = (PROGRAMS / "imports_its_own.py").read_text()
    for value in values:
        done = run_python(program, pickle.dumps(value))
        assert done.returncode == 0, done.stderr
    assert run_python(program, pickle.dumps([1, "a"])).stdout == b"\n"


def test_extension_registry_is_not_used():
    """A warm extension cache hands pickle.loads a function unasked."""
    program = (PROGRAMS / "registry.py").read_text()
    assert run_python(program).stdout == b"getpid\nopcode\n"


def test_names_of_python_2_stand_for_nothing():
    """As with pickle.loads, in the protocols of Python 3."""
    numbers = b"K\x01K\x02K\x03"
    assert decode(HEAD + call("builtins", "range", numbers) + b".")
    for pair in [
        ("__builtin__", "range"),
        ("builtins", "xrange"),
        ("copy_reg", "_reconstructor"),
    ]:
        error = refuses(HEAD + call(*pair, numbers) + b".", "type")
        assert error.type_name == ".".join(pair)


def test_what_older_protocols_write_is_refused():
    """By the protocol that a stream declares, or by the opcode."""
    for protocol in range(4):
        refuses(pickle.dumps([1], protocol), "protocol")
    for opcode, lines in [
        ("INT", b"I1\n"),
        ("LONG", b"L1L\n"),
        ("FLOAT", b"F1.5\n"),
        ("UNICODE", b"Va\n"),
        ("LIST", b"(l"),
        ("DICT", b"(d"),
        ("PUT", b"Np0\n"),
        ("BINPUT", b"Nq\0"),
        ("LONG_BINPUT", b"Nr\0\0\0\0"),
        ("GET", b"N\x94g0\n"),
    ]:
        error = refuses(HEAD + lines + b".", "opcode")
        assert str(error).endswith(f"{opcode} is not accepted")


def test_a_name_in_lines_is_told():
    """dill writes a few so, none of which a result may hold."""
    refuses(HEAD + dill.dumps(type(None), 5)[2:], "type")
    for module, qualname in [("builtins", "set"), (MODULE, "Point")]:
        line = f"c{module}\n{qualname}\n".encode()
        refuses(HEAD + line + b"]\x85R.", "type", f"{module}.{qualname}")
    refuses(HEAD + b"cbuiltins\nset", "truncated")


def test_names_are_taken_as_they_are():
    """No newline, NUL, surrogate or dot leads to another name."""
    for module, qualname in [
        ("builtins\0", "set"),
        ("builtins", "set\0"),
        ("", ""),
        ("\ud800", "set"),
        ("builtins.set", ""),
        ("builtins", "set.__new__"),
    ]:
        refuses(HEAD + name(module, qualname) + b"]\x85R.", "type")
    refuses(HEAD + call("dill._dill", "_load_type", text("set\0")) + b".")
    refuses(HEAD + b"cbuiltins\r\nset\r\n.", "type")
    refuses(HEAD + b"c\xff\nset\n.", "type", "\\xff.set")
    refuses(HEAD + b"K\x01" + text("set") + b"\x93.", "stack")


@pytest.mark.parametrize("index", range(len(BAD_CALLS)))
def test_constructors_check_their_arguments(index):
    """What no pickler writes for a supported type is refused."""
    refuses(HEAD + BAD_CALLS[index] + b".", allow=ALLOW)


def test_invalid_dates_are_not_built():
    """pickle.loads makes a date of day 99; the decoder does not."""
    raw = octets(b"\x07\xe8\x02\x63")
    data = HEAD + call("datetime", "date", raw) + b"."
    assert pickle.loads(data).day == 99
    refuses(data, "value")


@pytest.mark.parametrize("reason, data", MALFORMED)
def test_malformed_stream(reason, data):
    """A stream that no pickler writes is refused, and the reason is stable."""
    error = refuses(data, reason)
    assert error.type_name is None


def test_leftover_buffers_are_refused():
    """Each buffer the caller passes must be used, once and in order."""
    refuses(b"\x80\x05N.", "buffers", buffers=[b"a"])
    refuses(b"\x80\x05\x97.", "buffers", buffers=[b"a", b"b"])
    refuses(b"\x80\x05\x97\x97\x86.", "buffers", buffers=[b"a"])
    with pytest.raises(TypeError):
        decode(b"\x80\x05\x97.", buffers=["a"])


def test_a_frame_may_end_between_opcodes():
    """Frames as picklers write them are read, large values between them."""
    value = [b"x" * 200_000, "y" * 200_000, list(range(100_000))]
    assert decode(pickle.dumps(value, 4)) == value
    assert decode(HEAD + FRAME + b"N.") is None
    assert decode(HEAD + FRAME + b"NN\x86.") == (None, None)


def test_pickle_reads_past_a_frame():
    """pickle.loads reads an argument across a frame's end."""
    data = HEAD + b"\x95" + struct.pack("<Q", 1) + b"KM."
    assert pickle.loads(data) == ord("M")
    refuses(data, "frame")
