"""Every option of every entry is understood as it was meant, or refused.

A table has for each what is refused and what is taken; an option that is not
in it fails a test.
"""

from __future__ import annotations

import decimal
import fractions
import inspect
import os
import subprocess
import sys
from pathlib import Path

import pytest
from environments import CHECKOUT, SUPPORT
from hypothesis import given, settings
from hypothesis import strategies as st
from option_values import (
    LIMITS,
    SECONDS,
    SIZES,
    STRANGE,
    TABLE,
    File,
    Path2,
    Word,
)

from boxed import (
    Limits,
    Sandbox,
    SandboxExecutor,
    SetupError,
    _limits,
    _options,
    run,
    run_source,
    sandboxed,
)
from boxed._calls.settings import Settings
from boxed._install import configuration
from boxed._policy import checks

pytestmark = pytest.mark.fast


def refusals(table):
    return [
        pytest.param(option, value, id=f"{option}-{number}")
        for option, (bad, good) in table.items()
        for number, value in enumerate((*bad, *strange(table, good)))
    ]


def strange(table, good):
    return [
        one
        for one in STRANGE
        if table is TABLE and not any(one is other for other in good)
    ]


def taken(table):
    return [
        pytest.param(option, value, id=f"{option}-{number}")
        for option, (_, good) in table.items()
        for number, value in enumerate(good)
    ]


def parameters(function) -> set[str]:
    found = set(inspect.signature(function).parameters)
    return found - {"self", "func", "args", "kwargs", "iterables"}


@pytest.mark.parametrize(
    ("types", "table"),
    [
        (_options.CallOptions, _options.OPTIONS),
        (_options.SandboxOptions, _options.SANDBOX_OPTIONS),
        (_options.SourceOptions, _options.SOURCE_OPTIONS),
        (Limits, _limits.LIMITS),
    ],
)
def test_what_is_typed_is_declared(types, table):
    """And the other way round."""
    bases = [vars(one).get("__annotations__", {}) for one in types.__mro__]
    assert {name for base in bases for name in base} == set(table)


def test_what_limits_are_is_typed():
    """Given and read; mypy, a part of `make lint`, reads the same file."""
    program = Path(__file__).parent / "programs" / "limits_have_types.py"
    path = f"{SUPPORT / 'beside'}:{CHECKOUT}"
    env = {**os.environ, "PYTHONPATH": path}
    subprocess.run([sys.executable, program], env=env, check=True)


def test_what_is_no_option():
    """It is refused by its name, with the one that it may be meant for."""
    sandbox = Sandbox()
    for entry in (
        lambda **bad: run(abs, (1,), **bad),
        lambda **bad: sandbox.run(abs, (1,), **bad),
        lambda **bad: sandbox.call(abs, (1,), **bad),
        lambda **bad: run_source("1", **bad),
        lambda **bad: sandbox.run_source("1", **bad),
        lambda **bad: sandbox.submit(abs, (1,), **bad),
        SandboxExecutor,
        sandboxed,
        Sandbox,
        Limits,
    ):
        with pytest.raises(TypeError, match=r"has no option 'colour'$"):
            entry(colour=1)
    with pytest.raises(TypeError, match="did you mean network="):
        run(abs, (1,), netwrok=True)
    with pytest.raises(TypeError, match="did you mean memory="):
        Limits(memroy=1)
    sandbox.close()


def test_every_option_is_documented():
    """Once, where somebody looks for it."""
    for thing, table in (
        (run, _options.OPTIONS),
        (Sandbox, _options.SANDBOX_OPTIONS),
        (Limits, _limits.LIMITS),
        (Sandbox.run, _options.OF_ONE_CALL),
        (Sandbox.call, _options.OF_ONE_CALL),
        (run_source, _options.SOURCE_OPTIONS),
        (Sandbox.run_source, _options.OF_ONE_CALL),
        (Sandbox.submit, _options.OF_ONE_CALL),
        (SandboxExecutor, _options.SANDBOX_OPTIONS),
        (sandboxed, _options.SANDBOX_OPTIONS),
    ):
        for name in table:
            assert thing.__doc__.count(f":param {name}:") == 1
        assert thing.__doc__.count("Default:") == len(table)
        assert max(map(len, thing.__doc__.splitlines())) < 80


def test_every_option_is_in_the_tables():
    """A new one has to say here what it refuses."""
    assert set(_options.SANDBOX_OPTIONS) == set(TABLE)
    assert parameters(run) == parameters(Sandbox.__init__) == {"options"}
    assert parameters(Sandbox.run) == parameters(Sandbox.call) == {"options"}
    assert set(_options.OF_ONE_CALL) <= set(TABLE)
    assert parameters(Sandbox.map) == {"timeout", "chunksize"}
    assert set(_limits.LIMITS) == set(LIMITS)


@pytest.mark.parametrize(("option", "value"), refusals(TABLE))
def test_what_is_not_understood_is_refused(option, value):
    """By both entries, with an error that names the option; a call that names
    no options is taken before, so that it could be taken for that one."""
    if option == "preload":
        entries = [lambda: Sandbox(preload=value)]
    else:
        entries = [
            lambda: Sandbox(**{option: value}),
            lambda: run(abs, (-1,), **{option: value}),
        ]
    for entry in entries:
        with pytest.raises((TypeError, ValueError)) as caught:
            entry()
        assert str(caught.value).startswith(f"{option}=")
        assert type(caught.value) in (TypeError, ValueError)
        assert len(str(caught.value)) < 400


@pytest.mark.parametrize(("option", "value"), taken(TABLE))
def test_what_is_understood_is_taken(option, value):
    """The control of the test above."""
    Sandbox(**{option: value}).close()


@pytest.mark.slow
@pytest.mark.parametrize(
    "options",
    [
        *({"timeout": one} for one in SECONDS),
        {"serializer": Word.JSON},
        {"isolation": Word.AUTO, "user": Word.NOBODY},
        {"env": {Word.NAME: Word.JSON}, "imports": iter(["bisect"])},
    ],
)
def test_what_is_taken_makes_a_call(options):
    """And means what it says there too."""
    assert run(abs, (-1,), **options) == 1


@pytest.mark.parametrize(("option", "value"), refusals(LIMITS))
def test_limits_that_are_none(option, value):
    """Each field by itself."""
    with pytest.raises((TypeError, ValueError)) as caught:
        Limits(**{option: value})
    if option != "cpu_time" or value is not None:
        assert str(caught.value).startswith(f"{option}=")


@pytest.mark.parametrize(("option", "value"), taken(LIMITS))
def test_limits_that_are(option, value):
    """Of exact types, whatever they were given as."""
    limits = Limits(**{option: value})
    assert getattr(limits, option) == value
    assert type(getattr(limits, option)) in (int, float, type(None))


@pytest.mark.parametrize("text", SIZES)
def test_sizes_as_text(text):
    """In units of 1024; a part of a byte is none."""
    for name, (bad, _) in LIMITS.items():
        if "" in bad:
            made = Limits(**{name: text})
            assert getattr(made, name) == SIZES[text]
            assert type(getattr(made, name)) is int
            assert made == Limits(**{name: SIZES[text]})


def test_a_user_where_the_configuration_is_broken(monkeypatch):
    """Who is permitted stands in it; it is told as it is to any other call."""

    def broken():
        raise configuration.ConfigError("line 1: unknown key 'x'")

    monkeypatch.setattr(configuration, "read", broken)
    monkeypatch.setattr(os, "getuid", lambda: 1234)
    with pytest.raises(SetupError) as caught:
        Sandbox(user="daemon")
    assert caught.value.stage == "configuration"
    assert "boxed setup --remove" in caught.value.remedy


def test_next_to_no_time_is_a_limit():
    """What a float has no room for is not 0, which would be no limit."""
    least = fractions.Fraction(1, 10**400)
    assert float(least) == 0
    assert Limits(cpu_time=least).cpu_time > 0
    assert checks.seconds("timeout", least) > 0


@pytest.mark.slow
@pytest.mark.parametrize("option", ["isolation", "serializer"])
def test_none_is_not_left_out(option):
    """Not where a call without the option was taken before."""
    assert run(abs, (-1,)) == 1
    with pytest.raises(TypeError, match=f"^{option}="):
        run(abs, (-1,), **{option: None})


@pytest.mark.slow
def test_a_file_that_compares_with_nothing():
    file = File()
    run(print, ("hello",), stdout=file)
    assert file.getvalue() == "hello\n"


@pytest.mark.slow
def test_the_largest_limits_make_a_call():
    """None of them is more than what enforces it can say."""
    most = 1 << 62
    limits = Limits(
        cpu_time=1e9 - 1,
        memory=most,
        open_files=4096,
        file_size=most,
        output=most,
        result=most,
    )
    assert run(abs, (-1,), limits=limits) == 1


def test_what_is_changed_afterwards_changes_nothing(tmp_path):
    """The caller's containers are read once, when they are given."""
    env, imports, read, allow = {"A": "1"}, ["bisect"], [tmp_path], [Path2]
    common = Settings(
        {"env": env, "imports": imports, "read": read, "allow": allow},
        _options.OPTIONS,
    )
    env["B"] = "2"
    imports.append("no_such_module")
    read.append("/etc")
    allow.append(decimal.Decimal)
    assert common._common["env"] == (("A", "1"),)
    assert common._common["imports"] == ("bisect",)
    assert common._common["read"] == (str(tmp_path),)
    assert list(common.reading(abs).allow.values()) == [Path2]


def test_limits_cannot_be_changed():
    """They are told to sandboxes, and compared, after they were checked."""
    limits = Limits()
    with pytest.raises(AttributeError, match="cannot be changed"):
        limits.memory = "all"
    with pytest.raises(AttributeError, match="cannot be changed"):
        del limits.memory
    with pytest.raises(AttributeError):
        limits.other = 1
    assert limits == Limits()


def test_a_value_that_cannot_be_shown():
    """Its own error does not take the place of the option's."""

    class Odd:
        def __repr__(self):
            raise RuntimeError("no")

    with pytest.raises(TypeError, match="not a Odd"):
        run(abs, (-1,), network=Odd())
    with pytest.raises(TypeError) as caught:
        run(abs, (-1,), network="x" * 10**6)
    assert len(str(caught.value)) < 400


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.binary(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.tuples(inner, inner)
        | st.dictionaries(st.text(max_size=3), inner, max_size=2)
    ),
    max_leaves=5,
)


@settings(max_examples=300, deadline=None)
@given(values)
def test_any_value_is_understood_or_refused(value):
    """No other exception, and what is taken has the exact type."""
    checked = {
        lambda: checks.flag("o", value): bool,
        lambda: checks.text("o", value): str,
        lambda: checks.word("o", value, ("auto",)): str,
        lambda: checks.seconds("o", value): (int, float, type(None)),
        lambda: checks.whole("o", value, 0, 9): int,
        lambda: checks.names("o", value): tuple,
        lambda: checks.path("o", value): str,
        lambda: checks.variables("o", value): tuple,
    }
    for check, kinds in checked.items():
        try:
            found = check()
        except (TypeError, ValueError) as error:
            assert str(error).startswith("o= takes ")
        else:
            assert isinstance(found, kinds)
