"""Run by test_forged_ends: says how long a result was."""

from forging import forged

from boxed import LimitExceeded, Limits, ProtocolError


def says(say, text):
    say(6, text)


limits = Limits(result=1000)
for text in (b"1000", b"0", b"-1", b"", b"many", b"1" * 21, b"\xb2"):
    error = forged(says, text, limits=limits)
    assert type(error) is ProtocolError, (text, error)
error = forged(says, b"1001", limits=limits)
assert type(error) is LimitExceeded and error.resource == "result"
