"""Classes with code of their own that a decode would run on guest data."""

import dataclasses
import gc
import os
import pathlib
import pickle
import sys

import attr
import pytest
from decoder_classes import ALL, MODULE, STATES
from pickle_streams import HEAD, decode, name, refuses, text

from boxed import UnsafeResultError, run
from boxed._answers.value import Reading
from boxed._answers.value import decode as read

pytestmark = pytest.mark.fast

NEW_SLOTS = sys.version_info >= (3, 10)


class Loader:
    """As in some libraries: its state is bytes of the library's own format,
    which here is a pickle."""

    def __init__(self, value):
        self.value = value

    def __getstate__(self):
        return pickle.dumps(self.value)

    def __setstate__(self, state):
        self.value = pickle.loads(state)


class Inherits(Loader):
    pass


class Remover:
    """A temporary file: gone with the object, whatever it is called."""

    def __init__(self, path):
        self.path = path

    def __del__(self):
        if hasattr(self, "path"):
            pathlib.Path(self.path).unlink(missing_ok=True)


class Call:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (self.path,)


def load(cls, path):
    """What a guest returns: it makes a directory where it is loaded."""
    return cls(Call(path))


def stream_of(cls, state):
    raw = pickle.dumps(state, 4)[2:-1]
    # Without the frame of its own.
    raw = raw[9:] if raw[:1] == b"\x95" else raw
    return (
        HEAD + name(cls.__module__, cls.__qualname__) + b")\x81" + raw + b"b."
    )


@pytest.mark.parametrize("cls", [Loader, Inherits])
def test_setstate_of_a_class_needs_a_permission_of_its_own(cls, tmp_path):
    """allow= does not run it; allow_setstate= does, and then it is as much
    as running the guest's code."""
    made = tmp_path / "made"
    data = pickle.dumps(load(cls, str(made)))
    for reading in (
        Reading(allow=[cls]),
        Reading(allow=[cls], allow_setstate=[Remover]),
        Reading(
            allow=[cls], allow_setstate=[{Loader: Inherits}.get(cls, Loader)]
        ),
    ):
        with pytest.raises(UnsafeResultError) as caught:
            read("pickle", data, reading)
        assert not made.exists()
        assert "allow_setstate=[...]" in str(caught.value)
        assert caught.value.type_name == f"{__name__}.{cls.__name__}"
    assert type(read("pickle", data, Reading(allow_setstate=[cls]))) is cls
    assert made.exists()


@pytest.mark.slow
def test_the_option_of_a_call():
    """run() has it, and does what its error says."""
    with pytest.raises(UnsafeResultError) as caught:
        run(Loader, (5,), allow=[Loader])
    assert "allow_setstate=[...]" in str(caught.value)
    assert run(Loader, (5,), allow_setstate=[Loader]).value == 5
    with pytest.raises(TypeError):
        run(abs, (1,), allow_setstate=["Loader"])


def test_del_of_a_class_needs_that_permission_too(tmp_path):
    """It runs on what the guest chose, also when the result is refused."""
    victim = tmp_path / "victim"
    data = stream_of(Remover, {"path": str(victim)})

    def left_after(reading, data):
        victim.touch()
        with pytest.raises(ValueError):
            read("pickle", data, reading)
        gc.collect()
        return victim.exists()

    assert left_after(Reading(allow=[Remover]), data)
    assert left_after(Reading(allow=[Remover]), data[:-1])
    assert not left_after(Reading(allow_setstate=[Remover]), data[:-1])


def test_setstate_that_may_run():
    """It gets the state, and may fail."""
    make = HEAD + name(MODULE, "WithState") + b")\x81"
    options = {"allow": ALL, "states": STATES}
    good = decode(make + b"}" + text("a") + b"K\x05sb.", **options)
    assert good.a == 5
    error = refuses(make + b"}b.", "value", **options)
    assert isinstance(error.__cause__, KeyError)
    refuses(make + name(MODULE, "Point") + b"b.", "type", **options)
    refuses(make + b"}b.", "type", f"{MODULE}.WithState", allow=ALL)


class Shadowed(Loader):
    """What the instance says of itself is not asked for the method."""

    def __getattribute__(self, name):
        raise AssertionError("asked")


def test_no_attribute_of_the_instance_is_asked():
    """Neither __getattribute__ nor __getattr__ runs, whatever is allowed."""
    data = stream_of(Shadowed, pickle.dumps(3))
    with pytest.raises(AssertionError):
        pickle.loads(data)
    made = read("pickle", data, Reading(allow_setstate=[Shadowed]))
    assert object.__getattribute__(made, "value") == 3


def made_dataclass(**options):
    made = dataclasses.make_dataclass("Made", ["a", "b"], **options)
    made.__module__ = __name__
    return made


@pytest.mark.parametrize("frozen", [False, True])
@pytest.mark.parametrize("slots", [False, True])
def test_generated_by_dataclasses(frozen, slots, monkeypatch):
    """Such a class is as plain as any other."""
    options = {"slots": slots} if NEW_SLOTS else {}
    made = made_dataclass(frozen=frozen, **options)
    monkeypatch.setitem(globals(), "Made", made)
    value = made(1, [2])
    reading = Reading(allow=[made])
    assert read("pickle", pickle.dumps(value), reading) == value
    if slots and frozen and NEW_SLOTS:
        assert reading.states == {f"{__name__}:Made": ("a", "b")}
        for state in ([1], [1, 2, 3], (1, 2), 5, None, "ab"):
            with pytest.raises(ValueError):
                read("pickle", stream_of(made, state), reading)


@pytest.mark.skipif(not NEW_SLOTS, reason="no such dataclass before 3.10")
def test_a_property_does_not_run_for_generated_state(monkeypatch):
    """Nor a __setattr__: the method itself would run it."""
    base = made_dataclass(frozen=True, slots=True)
    asked = []
    made = type(
        "Derived",
        (base,),
        {
            "__module__": __name__,
            "a": property(None, lambda *a: asked.append(a)),
        },
    )
    monkeypatch.setitem(globals(), "Derived", made)
    data = stream_of(made, [1, 2])
    pickle.loads(data)
    assert len(asked) == 1
    value = read("pickle", data, Reading(allow=[made]))
    assert len(asked) == 1 and value.b == 2 and vars(value) == {"a": 1}


@attr.s(slots=True, frozen=True)
class Slotted:
    a = attr.ib()
    b = attr.ib(default=2)


@attr.define
class Own:
    a = attr.ib()

    def __setstate__(self, state):
        self.a = state


@attr.s(slots=True, frozen=True, hash=True, cache_hash=True)
class Cached:
    a = attr.ib()


def test_generated_by_attrs():
    """Such a class is plain, one with a method of its own is not."""
    value = Slotted(1, [3])
    reading = Reading(allow=[Slotted, Own, Cached])
    assert reading.states == {f"{__name__}:Slotted": ("a", "b")}
    assert read("pickle", pickle.dumps(value), reading) == value
    part = read("pickle", stream_of(Slotted, {"b": 1, "c": 2}), reading)
    assert part.b == 1 and not hasattr(part, "a") and not hasattr(part, "c")
    for value in (Own(1), Cached(1)):
        with pytest.raises(UnsafeResultError):
            read("pickle", pickle.dumps(value), reading)


def test_states_must_be_a_dict():
    """A wrong table is the caller's mistake, and told as one."""
    with pytest.raises(TypeError):
        decode(b"N.", states=[Loader])
