"""The decoder and the classes that its caller allows."""

import collections
import io
import os
import pickle

import numpy as np
import pytest
from decoder_classes import (
    ALL,
    INSTANCES,
    MODULE,
    STATES,
    Access,
    Color,
    Frozen,
    Keyword,
    MyList,
    Newish,
    Outer,
    Point,
    Reduced,
    Slots,
    SlotsAndDict,
    WithState,
    allowed,
    tagged,
)
from decoder_values import PICKLERS, PROTOCOLS, same
from pickle_streams import HEAD, call, decode, name, number, refuses, text

from boxed import UnsafeResultError
from boxed._answers.value import Reading
from boxed._answers.value import decode as read

pytestmark = pytest.mark.fast


def test_an_enum_member_by_name():
    """As CPython 3.11.0 to 3.11.3 writes one; getattr gets nothing else."""

    def named(what: bytes, member: str) -> bytes:
        made = call("builtins", "getattr", what, text(member))
        return HEAD + made + b"."

    color = name(MODULE, "Color")
    assert decode(named(color, "RED"), allow=ALL) is Color.RED
    assert refuses(named(color, "__class__"), "value", allow=ALL)
    assert refuses(named(color, "NONE"), "value", allow=ALL)
    for what in (name(MODULE, "Point"), name("builtins", "int"), b"K\x01"):
        assert refuses(named(what, "RED"), "type", allow=ALL)


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("pickler", PICKLERS)
def test_allowed_classes(pickler, protocol):
    """Instances of allowed classes come back equal and of equal type."""
    for value in INSTANCES:
        data = PICKLERS[pickler](value, protocol)
        back = decode(data, allow=ALL)
        assert same(value, back)
        assert vars(back) == vars(value) if value is tagged else True
        refuses(data, "type")


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("pickler", PICKLERS)
def test_slots(pickler, protocol):
    """Slots are set, mangled ones too; those without a value stay so."""
    for value in (Slots(), SlotsAndDict(), WithState([1])):
        data = PICKLERS[pickler](value, protocol)
        back = decode(data, allow=ALL, states=STATES)
        assert type(back) is type(value) and back == value
        assert not hasattr(back, "unset")
        assert getattr(back, "extra", 3) == 3


def test_nested_class_by_qualified_name():
    """A nested class is allowed by its qualified name."""
    data = pickle.dumps(Outer.Inner(5))
    assert decode(data, allow=ALL) == Outer.Inner(5)
    refuses(data, "type", f"{MODULE}.Outer.Inner", allow=allowed(Outer))


def test_refusal_names_the_type():
    """The name of what was refused is in the error and in its message."""
    error = refuses(pickle.dumps(Point(1)), "type", f"{MODULE}.Point")
    assert f"{MODULE}.Point" in str(error)
    assert isinstance(error, ValueError)
    refuses(pickle.dumps(os.getcwd), "type", "posix.getcwd")
    refuses(pickle.dumps(object()), "type", "builtins.object")
    refuses(pickle.dumps(lookup_error), "type", f"{__name__}.lookup_error")
    refuses(pickle.dumps(Point), "type", f"{MODULE}.Point", allow=ALL)
    refuses(pickle.dumps([Point]), "type", f"{MODULE}.Point", allow=ALL)
    refuses(pickle.dumps([int]), "type", "builtins.int")
    refuses(pickle.dumps((1, (2, int))), "type", "builtins.int")
    refuses(pickle.dumps(ValueError("x")), "type", "builtins.ValueError")
    refuses(pickle.dumps(np.array([object()])), "type")


def lookup_error():
    raise LookupError


def test_a_refused_name_is_printable():
    """A name the guest made up is shown shortened and escaped."""
    data = HEAD + name("\x1b]0;x\x07" * 1000, "b") + b"."
    error = refuses(data, "type")
    assert error.type_name.isprintable() and len(error.type_name) < 1000
    assert str(error).isprintable()


def test_zoneinfo_is_refused():
    """A time zone by name is refused: making it would read a file."""
    unpickle = (name("zoneinfo", "ZoneInfo"), text("_unpickle"))
    data = HEAD + call("builtins", "getattr", *unpickle)
    refuses(data + b".", "type", "zoneinfo.ZoneInfo")


def test_class_is_never_called():
    """Neither the class nor its __new__ or __init__ runs."""
    data = HEAD + name(MODULE, "Newish") + b")\x81."
    with pytest.raises(AssertionError):
        pickle.loads(data)
    assert type(decode(data, allow=ALL)) is Newish
    for value in (Reduced(), Keyword(a=1), MyList([1])):
        assert type(pickle.loads(pickle.dumps(value))) is type(value)
        refuses(pickle.dumps(value), "type", allow=ALL)
    called = HEAD + name(MODULE, "Point") + b"K\x01K\x02\x86\x81."
    refuses(called, "type", allow=ALL)


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize(
    "base",
    [int, float, complex, str, bytes, bytearray, list, dict, set, frozenset],
    ids=lambda base: base.__name__,
)
def test_what_extends_a_builtin_type_is_refused(base, protocol, monkeypatch):
    """Even if allowed: its content would be set by the class's own code, or
    behind its back.  The error says what to do."""
    made = type("Made", (base,), {"__module__": __name__})
    monkeypatch.setitem(globals(), "Made", made)
    for value in (made(), [made()], {1: made()}):
        data = pickle.dumps(value, protocol)
        assert type(pickle.loads(data)) is type(value)
        error = refuses(data, "type", f"{__name__}.Made", allow=allowed(made))
        assert "extends a builtin type" in str(error)


def test_unsafe_layout_is_refused():
    """object.__new__ is not used where it would leave a C base unmade."""
    allow = {"x:dict": collections.UserDict, "x:io": io.BytesIO}
    refuses(HEAD + name("x", "io") + b")\x81.", "type", allow=allow)
    made = decode(HEAD + name("x", "dict") + b")\x81.", allow=allow)
    assert type(made) is collections.UserDict


def test_enum_members_are_only_looked_up():
    """No member, no value: _missing_ and combined flags are not tried."""
    before = dict(Access._value2member_map_)
    for value in (number(99), text("purple"), b"]", number(8)):
        for cls in ("Color", "Access"):
            refuses(HEAD + call(MODULE, cls, value) + b".", allow=ALL)
    assert Access._value2member_map_ == before


@pytest.mark.parametrize(
    "state",
    [
        *({"__class__": 1}, {"__dict__": {}}, {"__setstate__": 1}),
        *({1: 2}, {("a",): 1}, 5, "text", [("x", 1)]),
        *((None, {"x": 1}), (None, {"length": 1}), (None, {1: 2})),
        *((None, {"__class__": 1}), (None, {"__dict__": {}})),
        ({"x": 1}, None, None),
    ],
    ids=repr,
)
def test_state_reaches_only_the_instance(state):
    """Names that mean more than an attribute or slot are refused."""
    before = dict(vars(Point))
    raw = pickle.dumps(state, 4)[2:-1]
    data = HEAD + name(MODULE, "Point") + b")\x81" + raw + b"b."
    refuses(data, "state", allow=ALL)
    assert dict(vars(Point)) == before


def test_class_cannot_be_rewritten():
    """BUILD on a class rewrites it under pickle.loads; here it is refused."""
    state = b"N}" + text("length") + text("owned") + b"s\x86"
    data = HEAD + name(MODULE, "Point") + state + b"b."
    length = Point.length
    try:
        pickle.loads(data)
        assert Point.length == "owned"
    finally:
        Point.length = length
    refuses(data, "fill", allow=ALL)
    assert Point.length is length


def test_state_is_given_once_and_to_what_was_made_there():
    """No second BUILD, none through the memo, none on a plain value."""
    make = HEAD + name(MODULE, "Point") + b")\x81"
    state = b"}" + text("x") + b"K\x01s"
    assert decode(make + state + b"b.", allow=ALL).x == 1
    refuses(make + state + b"b" + state + b"b.", "fill", allow=ALL)
    refuses(make + b"\x94h\x00" + state + b"b\x86.", "fill", allow=ALL)
    refuses(make + b"\x94h\x00\x86" + state + b"b.", "fill", allow=ALL)
    for value in (b"]", b"}", b"\x8f", b")", b"N", text("a")):
        refuses(HEAD + value + state + b"b.", "fill")


def test_names_do_not_hide_in_named_tuples():
    """A class among the fields of a named tuple is refused."""
    pair, point = name(MODULE, "Pair"), name(MODULE, "Point")
    data = HEAD + pair + point + b"\x85N\x86\x81."
    refuses(data, "type", f"{MODULE}.Point", allow=ALL)
    base = name("builtins", "tuple")
    args = (pair, base, b"(N" + point + b"\x85t")
    data = HEAD + call("copyreg", "_reconstructor", *args) + b"."
    refuses(data, "type", f"{MODULE}.Point", allow=ALL)


def test_an_instance_with_its_own_hash_is_no_key():
    """Instances as keys would run the class's __hash__ on guest data."""
    for value in ({Frozen(1): 2}, {Frozen(1)}, {(Frozen(1),): 2}):
        refuses(pickle.dumps(value), "keys", allow=ALL)


def test_allow_must_map_to_classes():
    """A wrong allow is the caller's mistake, and told as one."""
    data = pickle.dumps(Point(1))
    with pytest.raises(TypeError):
        decode(data, allow={f"{MODULE}:Point": "Point"})
    with pytest.raises(TypeError):
        decode(data, allow=[Point])


def test_a_class_of_the_script_comes_by_both_its_names(monkeypatch):
    """The guest imports the script as __mp_main__; no other class has two."""
    stream = HEAD + name("__mp_main__", "Point") + b")\x81."
    with pytest.raises(UnsafeResultError):
        read("pickle", stream, Reading(allow=[Point]))
    monkeypatch.setattr(Point, "__module__", "__main__")
    back = read("pickle", stream, Reading(allow=[Point]))
    assert type(back) is Point
    with pytest.raises(UnsafeResultError):
        read("pickle", stream, Reading(allow=[Slots]))


@pytest.mark.parametrize("pickler", ["cloudpickle", "dill"])
def test_a_class_that_is_sent_as_code(pickler):
    """What its error says helps: a class of a module."""

    class Local:
        pass

    dump = __import__(pickler).dumps
    with pytest.raises(UnsafeResultError, match="define the class in a mod"):
        read(pickler, dump(Local()), Reading(allow=[Local]))
    back = read(pickler, dump(Point(1)), Reading(allow=[Point]))
    assert vars(back) == vars(Point(1))
