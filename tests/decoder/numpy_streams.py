"""Arrays of numpy, written by hand: good ones, and those to refuse."""

import struct

from pickle_streams import call, name, number, octets, text

MINUS_ONE = b"J\xff\xff\xff\xff"
RECONSTRUCT = call(
    "numpy._core.multiarray",
    "_reconstruct",
    name("numpy", "ndarray"),
    b"K\0\x85",
    octets(b"b"),
)


def dtype(code, *state):
    args = text(code) + b"\x89\x88\x87R"
    return name("numpy", "dtype") + args + b"(" + b"".join(state) + b"tb"


def plain(code, order="<"):
    sizes = MINUS_ONE * 2 + b"K\0"
    return dtype(code, b"K\x03", text(order), b"NNN", sizes)


def struct_of(fields, size):
    names = b"(" + b"".join(text(field) for field, _, _ in fields) + b"t"
    table = b"}("
    for field, kind, offset in fields:
        table += text(field) + kind + b"J" + struct.pack("<i", offset)
        table += b"\x86"
    sizes = b"J" + struct.pack("<i", size) + b"K\x01K\0"
    return dtype("V1", b"K\x03", text("|"), b"N", names, table + b"u", sizes)


def array(shape, kind, data):
    sizes = b"(" + b"".join(number(size) for size in shape) + b"t"
    return (
        RECONSTRUCT + b"(K\x01" + sizes + kind + b"\x89" + octets(data) + b"tb"
    )


def view(data, kind, shape, order="C", axes=b""):
    args = octets(data) + kind, shape, text(order) + axes
    return call("numpy._core.numeric", "_frombuffer", *args)


BAD_NUMPY = [
    array((3,), plain("u2"), b"\0" * 4),
    array((1,), plain("u2"), b"\0" * 4),
    array((2**62, 2**62), plain("u2"), b"\0" * 4),
    array((2**63,), plain("u2"), b""),
    array((0, 2**62, 2**62), plain("u2"), b""),
    array((-1,), plain("u2"), b"\0\0"),
    array((1,) * 65, plain("u1"), b"\0"),
    array((2**40,), plain("V0"), b""),
    array((1,), plain("O8"), b"\0" * 8),
    array((1,), plain("O"), b"\0" * 8),
    array((1,), plain("i7"), b"\0" * 7),
    array((1,), plain("V99999999999"), b"\0"),
    array((1,), plain("i4", "<>"), b"\0" * 4),
    array((1,), plain("i4", "x"), b"\0" * 4),
    array((1,), plain("i4,i4"), b"\0" * 8),
    array((1,), plain("M8"), b"\0" * 8),
    array((1,), text("i4"), b"\0" * 4),
    array((1,), plain("b1"), b"\x02"),
    array((1,), plain("U1"), b"\0\0\x11\0"),
    array((1,), plain("U1", ">"), b"\0\x11\0\0"),
    array((1,), struct_of([("a", plain("U1"), 1)], 5), b"\xff" * 5),
    array((1,), struct_of([("a", plain("u4"), 4)], 5), b"\0" * 5),
    array((1,), struct_of([("a", plain("u1"), -1)], 5), b"\0" * 5),
    array((1,), struct_of([("a", text("u1"), 0)], 1), b"\0"),
    plain("i4") + b"}b",
    plain("i4")[:-1],
    RECONSTRUCT,
    RECONSTRUCT + b"Nb",
    RECONSTRUCT.replace(b"ndarray", b"dtype\x2e\x2e"),
    call("numpy._core.multiarray", "_reconstruct", b"NNN") + b"Nb",
    call("numpy._core.multiarray", "scalar", plain("i4"), octets(b"1")),
    call("numpy._core.multiarray", "scalar", plain("O8"), octets(b"1" * 8)),
    call("numpy._core.multiarray", "scalar", text("i4"), octets(b"1" * 4)),
    view(b"1234", plain("i4"), b"K\x02\x85"),
    view(b"1234", plain("i4"), b"K\x01\x85", "A"),
    view(b"1234", plain("i4"), b"K\x01\x85", "K"),
    view(b"1234", plain("i4"), b"K\x01\x85", "K", b"K\x05\x85"),
    view(b"1234", plain("i4"), b"K\x01\x85", "K", b"]"),
]
