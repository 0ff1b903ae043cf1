"""P-C: nothing that a guest sends can hurt the caller.

The guests here speak on their call socket themselves, byte by byte.
"""

from __future__ import annotations

import os
import resource
import sys

import pytest
from security.speech import (
    GOOD,
    SPEAK,
    caller_is_well,
    descriptors,
    speak,
)

from boxed import (
    CallTimeout,
    LimitExceeded,
    ProtocolError,
    RemoteError,
    SerializationError,
    WorkerDied,
    run,
)


@pytest.mark.case("P-C01")
@pytest.mark.parametrize(
    "size", [2**32 - 1, 2**63, 2**63 - 1, 2**64 - 1, 64 * 2**20 + 1, -1]
)
def test_p_c01_a_length_that_is_none(size):
    """A frame longer than the limit is refused before anything is allocated
    (control: the same frame with its true length is an answer)."""
    assert speak(f"send({GOOD})") == 7
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(ProtocolError, match="longer"):
        speak(f"send(header(VALUE, {size}) + b'x' * 100)")
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < 32 * 1024
    caller_is_well()


@pytest.mark.case("P-C02")
@pytest.mark.parametrize("cut", [1, 16, 31, 32, 34])
def test_p_c02_half_a_frame_and_gone(cut):
    """Part of a header or of a body, then the end: ProtocolError."""
    with pytest.raises(ProtocolError, match="cut short"):
        speak(f"send({GOOD}[:{cut}])")
    caller_is_well()


@pytest.mark.case("P-C02")
@pytest.mark.parametrize(
    "rest",
    [
        "time.sleep(60)",
        "[send(b'x') or time.sleep(0.2) for _ in range(10**6)]",
    ],
)
def test_p_c02_half_a_frame_and_slow(rest):
    """The deadline covers every byte of the answer."""
    with pytest.raises(CallTimeout):
        speak(f"send(header(VALUE, 10**6)); {rest}", timeout=1)
    caller_is_well()


@pytest.mark.case("P-C03")
def test_p_c03_more_than_one_answer():
    """The first counts, and what follows it is never read."""
    assert speak(f"send({GOOD} + frame(VALUE, b'\\x80\\x05K\\x08.'))") == 7
    assert speak(f"send({GOOD} + b'garbage' * 10000)") == 7
    caller_is_well()


@pytest.mark.case("P-C03")
@pytest.mark.parametrize(
    "sent",
    [
        "b'garbage' * 100",
        "b'\\0' * 4096",
        f"b'x' + {GOOD}",
        "frame(VALUE, b'\\x80\\x05K\\x07.', id=CALL ^ 1)",
        "frame(VALUE, b'\\x80\\x05K\\x07.', magic=0)",
        "frame(0, b'\\x80\\x05K\\x07.')",
        "frame(1, b'\\x80\\x05K\\x07.')",
        "frame(7, b'\\x80\\x05K\\x07.')",
        "frame(2**32 - 1, b'')",
        "frame(ERROR, b'')",
        "frame(ERROR, b'\\xff' * 64)",
        "frame(ERROR, (b'\\1\\0\\0\\0x' * 3) + b'\\2\\0\\0\\0no')",
        "frame(REFUSED, b'\\1\\0\\0\\0x')",
        "frame(SETUP, b'')",
        "frame(SETUP, b'\\xff' * 16)",
    ],
)
def test_p_c03_what_is_no_answer(sent):
    """Garbage, another call's number, an unknown kind, a malformed body."""
    with pytest.raises(ProtocolError):
        speak(f"send({sent})")
    caller_is_well()


@pytest.mark.case("P-C03")
def test_p_c03_an_answer_while_the_function_runs():
    """It counts, and the worker is ended with it: it forges only its own."""
    assert speak(f"send({GOOD})\ntime.sleep(60)", timeout=30) == 7
    caller_is_well()


@pytest.mark.case("P-C03")
def test_p_c03_calls_at_once_are_not_mixed():
    """While one call sends to whatever is open, another gets its own."""
    from concurrent.futures import ThreadPoolExecutor

    flood = (
        SPEAK + "for fd in range(3, 256):\n"
        "    try: os.write(fd, frame(VALUE, b'\\x80\\x05K\\x09.'))\n"
        "    except OSError: pass\n"
    )
    with ThreadPoolExecutor(4) as pool:
        floods = [pool.submit(run, exec, (flood,)) for _ in range(8)]
        found = list(pool.map(lambda n: run(abs, (-n,)), range(100, 120)))
        for future in floods:
            assert future.result() in (9, None)
    assert found == list(range(100, 120))


REDUCED = {
    "reduce": b"\x80\x04cos\nmkdir\n(V%s\ntR.",
    "stack global": b"\x80\x04\x8c\x02os\x8c\x05mkdir\x93(V%s\ntR.",
    "dotted": b"\x80\x04\x8c\x07pathlib\x8c\x08os.mkdir\x93(V%s\ntR.",
    "inst": b"\x80\x04(V%s\nios\nmkdir\n.",
    "obj": b"\x80\x04(cos\nmkdir\nV%s\no.",
    "newobj_ex": b"\x80\x04cos\nmkdir\n(V%s\nt}\x92.",
    "build": b"\x80\x04ccopyreg\n__newobj__\n(cos\nmkdir\nV%s\ntR.",
}


@pytest.mark.case("P-C04")
@pytest.mark.parametrize("way", REDUCED)
def test_p_c04_a_pickle_that_calls(way, tmp_path):
    """No opcode calls anything (control: trusted, most of them do)."""
    canary = tmp_path / "canary"
    body = REDUCED[way] % str(canary).encode()
    # What a refusal itself imports is there before.
    with pytest.raises(SerializationError):
        speak("send(frame(VALUE, b'\\x80\\x04cos\\nmkdir\\n.'))")
    before = set(sys.modules)
    with pytest.raises(SerializationError):
        speak(f"send(frame(VALUE, {body!r}))")
    assert not canary.exists()
    assert set(sys.modules) == before
    if way in ("reduce", "stack global", "inst", "obj"):
        speak(f"send(frame(VALUE, {body!r}))", trust_result=True)
        assert canary.exists()
    caller_is_well()


@pytest.mark.case("P-C04")
@pytest.mark.parametrize(
    "body",
    [
        b"\x80\x05\x82\x01.",
        b"\x80\x05\x83\x01\x00.",
        b"\x80\x05Pid\n.",
        b"\x80\x05K\x01Q.",
        b"\x80\x05\x97.",
        b"\x80\x05K\x01\x98.",
    ],
)
def test_p_c04_opcodes_of_others(body):
    """Extensions, persistent ids and buffers that are not there."""
    with pytest.raises(SerializationError):
        speak(f"send(frame(VALUE, {body!r}))")
    caller_is_well()


@pytest.mark.case("P-C05")
@pytest.mark.parametrize(
    "body",
    [
        b"\x80\x05]r\xff\xff\xff\x03.",
        b"\x80\x04Nr\xff\xff\xff\x0f.",
        b"\x80\x05K\x01p200000000\n.",
        b"\x80\x05\x96" + (2**40).to_bytes(8, "little") + b".",
        b"\x80\x05\x8e" + (2**40).to_bytes(8, "little") + b".",
        b"\x80\x05\x8b" + (2**31 - 1).to_bytes(4, "little") + b"x.",
        b"\x80\x05]" + b"(2l" * 200 + b".",
        b"\x80\x05" + b"(" * 100000 + b".",
        b"\x80\x05(" + b"(" * 5000 + b"t" * 5000 + b"K\x01d.",
    ],
    ids=lambda body: repr(body[:12]),
)
def test_p_c05_a_bomb_in_a_few_bytes(body):
    """Lengths, memo numbers and nesting cost no more than they weigh."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(SerializationError):
        speak(f"send(frame(VALUE, {body!r}))", timeout=30)
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < 64 * 1024
    caller_is_well()


NOT_JSON = [
    b"", b" ", b"[1,]", b"[,1]", b'{"a":1,}', b"{a:1}", b"['a']", b"[1",
    b"]", b"nul", b"True", b"NaN", b"Infinity", b"-Infinity", b"[NaN]",
    b"01", b"1.", b".5", b"+1", b"0x1", b"1e", b"--1", b"1 2", b'"\x01"',
    b'"\\x41"', b'"\\u12"', b'"a', b"\xff", b'"\xc3"', b"\xef\xbb\xbf1",
    "1".encode("utf-16"), "\"a\"".encode("utf-32"), b"[1]//c", b"/**/1",
    b'{"a" 1}', b'{1:2}', b"[" * 1000000, b"[" * 201 + b"]" * 201,
    b'{"a":' * 201 + b"1" + b"}" * 201, b"9" * 1000000, b"[-" + b"1" * 4301,
]  # fmt: skip


def short(body: bytes) -> str:
    """Source that makes the bytes, without a megabyte of brackets in it."""
    if len(set(body)) == 1:
        return f"{body[:1]!r} * {len(body)}"
    return repr(body)


@pytest.mark.case("P-C06")
@pytest.mark.parametrize("body", NOT_JSON, ids=lambda body: repr(body[:12]))
def test_p_c06_what_is_not_json(body):
    """Refused at once, whatever limits the caller has lifted for itself."""
    limit = sys.getrecursionlimit()
    digits = getattr(sys, "set_int_max_str_digits", None)
    sys.setrecursionlimit(10**6)
    if digits is not None:
        digits(0)
    try:
        with pytest.raises(SerializationError):
            speak(f"send(frame(VALUE, {short(body)}))", serializer="json")
    finally:
        sys.setrecursionlimit(limit)
        if digits is not None:
            digits(4300)
    caller_is_well()


@pytest.mark.case("P-C06")
def test_p_c06_documented_values():
    """The last of equal keys counts; a lone surrogate stays one; depth and
    digits up to the bounds are read."""
    cases = {
        b'{"a": 1, "a": 2}': {"a": 2},
        b'"\\ud800"': "\ud800",
        b'"[[[["': "[[[[",
        b'"\\"[[["': '"[[[',
        b"9" * 4300: 10**4300 - 1,
    }
    for body, value in cases.items():
        sent = f"send(frame(VALUE, {body!r}))"
        assert speak(sent, serializer="json") == value


@pytest.mark.case("P-C07")
@pytest.mark.parametrize(
    "source",
    [
        "raise KeyboardInterrupt",
        "raise SystemExit(0)",
        "raise GeneratorExit",
        "raise StopIteration(1)",
        "raise type('E', (Exception,), {'__str__': lambda self: 1 / 0})()",
        "raise type('E', (Exception,), {'__str__': lambda self: 5})()",
        "raise type('E', (Exception,), {'__module__': 7})()",
        "raise type('ValueError', (Exception,), {'__module__': 'os'})()",
        "raise type('E', (Exception,), {'__reduce__': lambda self:"
        " (__import__('os').system, ('true',))})()",
        "class M(type):\n    def __getattribute__(cls, name): 1 / 0\n"
        "raise M('E', (Exception,), {})()",
    ],
)
def test_p_c07_hostile_exceptions(source):
    """Each is a plain RemoteError; none steers or becomes a chosen class."""
    with pytest.raises(RemoteError) as caught:
        run(exec, (source,))
    assert type(caught.value) is RemoteError
    assert caught.value.traceback
    caller_is_well()


@pytest.mark.case("P-C07")
def test_p_c07_a_long_message():
    """100 MB of message, with escape sequences: bounded and printable."""
    source = "raise ValueError('\\x1b[2J' + 'x' * 10**8)"
    with pytest.raises(ValueError) as caught:
        run(exec, (source,))
    assert len(str(caught.value)) < 10**6
    assert "\x1b" not in str(caught.value)
    assert "\x1b" not in caught.value.traceback


@pytest.mark.case("P-C08")
def test_p_c08_descriptors_come_along():
    """Whatever is sent with the answer, the caller's table stays as it was
    (control: a peer that asks for them receives them)."""
    import array
    import socket

    near, far = socket.socketpair()
    with near, far:
        rights = array.array("i", [0])
        far.sendmsg([b"x"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, rights)])
        _, control, _, _ = near.recvmsg(1, 64)
        assert control
        os.close(array.array("i", control[0][2])[0])
    for network in (True, False):
        run(abs, (-1,), network=network)
    before = descriptors()
    source = (
        "channel = socket.socket(fileno=3)\n"
        "rights = array.array('i', [0] * 100)\n"
        "for _ in range(50):\n"
        "    try:\n"
        "        channel.sendmsg([b'x'], [(socket.SOL_SOCKET,"
        " socket.SCM_RIGHTS, rights)])\n"
        "    except OSError:\n"
        "        break\n"
    )
    for network in (True, False):
        with pytest.raises((ProtocolError, WorkerDied)):
            speak(source, network=network)
    caller_is_well()
    assert descriptors() == before


@pytest.mark.case("P-C09")
@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("object()", "object"),
        ("lambda: 1", "function"),
        ("memoryview(b'')", "memoryview"),
        ("__import__('os')", "module"),
        ("int", "int"),
        ("open", "open"),
        ("type('Local', (), {})()", "Local"),
    ],
)
def test_p_c09_what_does_not_come_back(source, names):
    """SerializationError names the type."""
    with pytest.raises(SerializationError, match=names):
        run(eval, (source,))
    caller_is_well()


@pytest.mark.case("P-C10")
def test_p_c10_streams_are_text(capfd):
    """NUL, invalid UTF-8, surrogates and terminal sequences are escapes."""
    data = b"a\0b\xffc\xed\xa0\x80d\x1b]0;t\x07\x9b31me\n"
    run(os.write, (1, data))
    run(os.write, (2, data))
    captured = capfd.readouterr()
    shown = "a\\x00b\\xffc\\xed\\xa0\\x80d\\x1b]0;t\\x07\\x9b31me\n"
    assert captured.out == shown
    assert captured.err == shown


@pytest.mark.case("P-R06")
def test_p_r06_the_head_is_kept(capsys):
    """A flood is LimitExceeded, and its beginning was forwarded."""
    with pytest.raises(LimitExceeded):
        run(
            exec,
            (
                "import os\nos.write(1, b'head')\n"
                "while True: os.write(1, b'x' * 65536)",
            ),
        )
    assert capsys.readouterr().out.startswith("head")
