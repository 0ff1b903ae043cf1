"""Streams that a hostile guest sends instead of its result."""

import os
import pickle
import struct

import numpy as np
from decoder_classes import MODULE, Point
from pickle_streams import HEAD, call, name, number, octets, text

LOADS = "import pickle, sys; pickle.loads(sys.stdin.buffer.read())"


class Touch:
    def __init__(self, path):
        self.path = str(path)

    def __reduce__(self):
        return (os.system, (f"touch {self.path}",))


ALLOW = {f"{MODULE}:Point": Point}


def code_payloads(path):
    """Streams that make a file at `path`, each in another way."""
    line = f"touch {path}"
    shell = text(line)
    source = text(f"open({str(path)!r}, 'w')")
    system = name("os", "system")
    the_os = call("importlib", "import_module", text("os"))
    consume = name("builtins", "list")
    mapped = name("builtins", "map") + system + b"](" + shell + b"e\x86"
    by_newobj = call(
        "copyreg", "__newobj__", name("builtins", "map"), system, b"]", shell
    ).replace(b"]" + shell, b"](" + shell + b"e")
    return {
        "REDUCE of GLOBAL": HEAD + b"cos\nsystem\n(" + shell + b"tR.",
        "REDUCE of STACK_GLOBAL": HEAD + call("posix", "system", shell),
        "a dotted name": HEAD + call("shutil", "os.system", shell),
        "INST": HEAD + f"(S'{line}'\nios\nsystem\n.".encode(),
        "OBJ": HEAD + f"(cos\nsystem\nS'{line}'\no.".encode(),
        "NEWOBJ": HEAD + consume + mapped + b"\x81\x85R",
        "NEWOBJ_EX": HEAD + consume + mapped + b"}\x92\x85R",
        "__newobj__": HEAD + consume + by_newobj + b"\x85R",
        "eval": HEAD + call("builtins", "eval", source),
        "exec": HEAD + call("builtins", "exec", source),
        "timeit": HEAD
        + call(
            *("timeit", "timeit", source, text("pass")),
            *(name("time", "perf_counter"), b"K\x01"),
        ),
        "cProfile": HEAD + call("cProfile", "run", source),
        "runpy": HEAD + call("runpy", "_run_code", source, b"}"),
        "a nested pickle": HEAD
        + call("pickle", "loads", octets(pickle.dumps(Touch(path)))),
        "partial": HEAD + call("functools", "partial", system, shell) + b")R",
        "getattr": HEAD
        + call("builtins", "getattr", the_os, text("system"))
        + (shell + b"\x85R"),
        "methodcaller": HEAD
        + call("operator", "methodcaller", text("system"), shell)
        + (the_os + b"\x85R"),
        "inside a list": HEAD + b"](" + call("os", "system", shell) + b"e",
        "inside a key": HEAD + b"}" + call("os", "system", shell) + b"Ns",
        "by the memo": HEAD + b"(" + system + b"\x94h\x00" + shell + b"\x85Rt",
        "numpy objects": pickle.dumps(np.array([Touch(path)], object)),
        "dill eval": HEAD + call("dill._dill", "_eval_repr", source),
        "dill array": HEAD
        + call("dill._dill", "_create_array", system, shell + b"\x85", b"NN"),
    }


def code_streams(path):
    return {
        label: data if data.endswith(b".") else data + b"."
        for label, data in code_payloads(path).items()
    }


BAD_CALLS = [
    call("_codecs", "encode", text("a"), text("rot13")),
    call("_codecs", "encode", octets(b"a"), text("latin1")),
    call("_codecs", "encode", text("中"), text("latin1")),
    call("builtins", "bytes", number(2**40)),
    call("builtins", "bytearray", number(2**40)),
    call("builtins", "complex", text("1"), text("2")),
    call("builtins", "set", text("abc")),
    call("builtins", "frozenset", b"]", b"]"),
    call("builtins", "range", b"K\x01"),
    call("builtins", "range", b"K\x01", b"K\x01", b"K\x00"),
    call("builtins", "slice", b"]", b"N", b"N"),
    call("builtins", "int", text("1")),
    call("builtins", "getattr", text("a"), text("upper")),
    call("builtins", "object"),
    call("collections", "Counter", text("abc")),
    call("collections", "OrderedDict", b"]"),
    call("collections", "deque", b"K\x01\x85", b"K\x05"),
    call("collections", "deque", b")", b"J\xff\xff\xff\xff"),
    call("collections", "deque", b"]", b"N"),
    call("collections", "defaultdict", text("int")),
    call("collections", "defaultdict", name("builtins", "range")),
    call("collections", "defaultdict", name("datetime", "date")),
    call("collections", "defaultdict", name(MODULE, "Point")),
    call("copyreg", "_reconstructor", name("builtins", "object"), b"N"),
    call("copyreg", "_reconstructor", b"NNN"),
    call("copyreg", "_reconstructor", *[name("uuid", "UUID")] * 2, b"N")
    + (b"}" + text("int") + b"K\x05sb"),
    call(
        *("copyreg", "_reconstructor", name(MODULE, "Point")),
        *(name("builtins", "dict"), b"N"),
    ),
    call("copyreg", "__newobj__", name("builtins", "set")),
    call("copyreg", "__newobj__"),
    call("datetime", "date", octets(b"\x07\xe8\x02\x1e")),
    call("datetime", "date", octets(b"\x07\xe8\x02")),
    call("datetime", "date", text("2024")),
    call("datetime", "datetime", octets(b"\x07\xe8\x0d" + b"\0" * 7)),
    call("datetime", "datetime", octets(b"\xff" * 10)),
    call("datetime", "time", octets(b"\xff" * 6)),
    call("datetime", "time", octets(b"\0" * 6), text("UTC")),
    call("datetime", "timedelta", number(10**10), b"K\0", b"K\0"),
    call("datetime", "timedelta", b"K\0", number(86400), b"K\0"),
    call("datetime", "timezone", text("UTC")),
    call("decimal", "Decimal", text("1" * 10_000)),
    call("decimal", "Decimal", text("0x10")),
    call("decimal", "Decimal", text("1e99999999999999999999")),
    call("decimal", "Decimal", b"G" + b"\0" * 8),
    call("fractions", "Fraction", text("1/0")),
    call("fractions", "Fraction", text("1e999999999")),
    call("fractions", "Fraction", b"K\x01", b"K\0"),
    call("fractions", "Fraction", text("1" * 5000 + "/3")),
    call("pathlib", "PosixPath", octets(b"a")),
    call("uuid", "UUID", text("0" * 32)),
    call("uuid", "UUID") + b"}" + text("int") + number(2**128) + b"sb",
    call("uuid", "UUID") + b"}" + text("int") + text("1") + b"sb",
    call("uuid", "UUID") + b"}b",
    call("uuid", "UUID"),
    call("dill._dill", "_load_type", text("eval")),
    call("dill._dill", "_eval_repr", text("range(1, 2) and 3")),
    call("dill._dill", "_eval_repr", text("range(1, abs(2))")),
    call("dill._dill", "_eval_repr", text(")")),
    call("dill._dill", "_eval_repr", text("range(")),
    call("dill._dill", "_create_array", b"NNNN"),
    call("dill._dill", "_create_namedtuple", text("N"), b")", text("m")),
    text("abc") + b"\x85R",
    name("builtins", "set") + b"]R",
    name("builtins", "set") + b")\x81",
]

FRAME = b"\x95" + struct.pack("<Q", 2)

MALFORMED = [
    ("truncated", b""),
    ("truncated", HEAD),
    ("truncated", b"\x80"),
    ("truncated", HEAD + b"N"),
    ("truncated", HEAD + b"K"),
    ("truncated", HEAD + b"X\x05\0\0\0abc"),
    ("protocol", b"I12"),
    ("truncated", HEAD + b"\x95"),
    ("protocol", b"\x80\x06N."),
    ("protocol", b"\x80\x03N."),
    ("protocol", b"\x88."),
    ("protocol", b"(lp0\n."),
    ("trailing", HEAD + b"N.N."),
    ("trailing", HEAD + b"N.\0"),
    ("opcode", HEAD + HEAD + b"N."),
    ("protocol", b"N\x80\x04."),
    ("opcode", HEAD + b"\xffN."),
    ("opcode", HEAD + b"\0N."),
    ("opcode", HEAD + b"NN0."),
    ("opcode", HEAD + b"N(1."),
    ("opcode", HEAD + b"N2\x86."),
    ("opcode", HEAD + b"Pid\n."),
    ("opcode", HEAD + b"NQ."),
    ("opcode", HEAD + b"\x82\x01."),
    ("opcode", HEAD + b"\x83\x01\0."),
    ("opcode", HEAD + b"\x84\x01\0\0\0."),
    ("opcode", HEAD + b"S'a'\n."),
    ("opcode", HEAD + b"T\x01\0\0\0a."),
    ("opcode", HEAD + b"U\x01a."),
    ("stack", HEAD + b"."),
    ("stack", HEAD + b"NN."),
    ("stack", HEAD + b"N(."),
    ("stack", HEAD + b"(N."),
    ("stack", HEAD + b"t."),
    ("stack", HEAD + b"e."),
    ("stack", HEAD + b"]Na(."),
    ("stack", HEAD + b"a."),
    ("stack", HEAD + b"](Na."),
    ("stack", HEAD + b"](e(."),
    ("stack", HEAD + b"(e."),
    ("stack", HEAD + b"N\x86."),
    ("stack", HEAD + b"N(\x85."),
    ("stack", HEAD + b"\x93."),
    ("stack", HEAD + b"NNR."),
    ("stack", HEAD + b"b."),
    ("stack", HEAD + b"\x94."),
    ("fill", HEAD + b"}Na."),
    ("fill", HEAD + b"]NNs."),
    ("fill", HEAD + b"}(Nu."),
    ("fill", HEAD + b"](N\x90."),
    ("fill", HEAD + b")Na."),
    ("fill", HEAD + b"NNa."),
    ("opcode", HEAD + b"(Nl."),
    ("opcode", HEAD + b"(NNd."),
    ("memo", HEAD + b"h\0."),
    ("opcode", HEAD + b"Nq\x01."),
    ("opcode", HEAD + b"Nq\0q\0."),
    ("memo", HEAD + b"]\x94\x94."),
    ("memo", HEAD + b"N\x94\x94."),
    ("opcode", HEAD + b"g-1\n."),
    ("opcode", HEAD + b"g\n."),
    ("opcode", HEAD + b"Np 0\n."),
    ("opcode", HEAD + b"Np99999999999999999999\n."),
    ("frame", HEAD + FRAME + b"NK."),
    ("frame", HEAD + FRAME + b"NM\0\0."),
    ("frame", HEAD + FRAME + FRAME + b"NN."),
    ("frame", HEAD + b"\x95" + b"\x0c" + b"\0" * 7 + FRAME + b"NN."),
    ("truncated", HEAD + b"\x95" + b"\xff" * 8 + b"N."),
    ("truncated", HEAD + FRAME),
    ("buffers", b"\x80\x05\x97."),
    ("buffers", b"\x80\x05N\x98."),
    ("opcode", HEAD + b"F1_0\n."),
    ("opcode", HEAD + b"Fnan()\n."),
    ("opcode", HEAD + b"F\n."),
    ("opcode", HEAD + b"F1e999\n."),
    ("opcode", HEAD + b"F" + b"1" * 1000 + b"\n."),
    ("opcode", HEAD + b"I\n."),
    ("opcode", HEAD + b"I-\n."),
    ("opcode", HEAD + b"I1_0\n."),
    ("opcode", HEAD + b"I 1\n."),
    ("opcode", HEAD + b"I0x1\n."),
    ("opcode", HEAD + b"I010\n."),
    ("opcode", HEAD + b"L-01L\n."),
    ("opcode", HEAD + b"LL\n."),
    ("value", HEAD + b"X\x01\0\0\0\xff."),
    ("opcode", HEAD + b"V\\u12\n."),
]
