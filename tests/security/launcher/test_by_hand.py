"""Run by hand, with words and arguments of any form (P-L01, P-L07)."""

from __future__ import annotations

import os
import re
import shutil
import struct
from pathlib import Path

import pytest
from checks import STATUS, assert_runs, sanitized
from environments import LAUNCHER
from launching import BY_HAND, start
from orders import FULL, MAX_TEXT, encode, order_for
from variants import grant

PROGRAMS = Path(__file__).parent / "programs"

BY_HAND_WORDS = [
    ("-c", "import os; os.setuid(0); os.system('id')"),
    ("-m", "pdb"),
    ("canary.py",),
    (),
    ("--help",),
    ("-i",),
    ("--", "/bin/sh"),
]


@pytest.mark.case("P-L01")
@pytest.mark.parametrize("words", BY_HAND_WORDS, ids=" ".join)
def test_p_l01_by_hand_it_interprets_nothing(user, words):
    """Whatever is typed, it explains itself and ends."""
    script = "import os\nos.setuid(0)\nopen('canary', 'w')\nprint('canary')\n"
    (user.home / "canary.py").write_text(script)
    env = {"PYTHONINSPECT": "1", "PYTHONSTARTUP": "canary.py"}
    done = user.run([LAUNCHER, *words], env=env, input=script)
    assert done.returncode == BY_HAND
    assert done.stdout == ""
    assert "takes its orders only from the boxed package" in done.stderr
    assert not (user.home / "canary").exists()


@pytest.mark.case("P-L01")
def test_p_l01_control_a_capable_interpreter_is_a_root_hole(machine, user):
    """The same words make a copy of the interpreter with the capability, as
    the design of 2017 had it, a shell for root."""
    copy = machine.system / "capable-python"
    shutil.copy(machine.base.path, copy)
    grant(copy, effective=True)
    env = {"PYTHONHOME": str(Path(machine.base.path).parent.parent)}
    code = "import os; os.setuid(0); print(os.getresuid())"
    done = user.run([copy, "-c", code], env=env)
    assert done.stdout == "(0, 0, 0)\n", done.stderr


@pytest.mark.case("P-L01")
def test_p_l01_words_are_refused_beside_a_sound_order(user):
    """With an order and with words it is the words that decide: refused."""
    order = order_for(FULL, STATUS)
    assert_runs(start(user, order))
    ended = start(user, order, argv=("-c", "pass"))
    assert ended.status == BY_HAND
    assert "nothing to run by hand" in ended.printed
    assert ended.records == []


EXECUTE = (PROGRAMS / "executes.py").read_text()
ARGUMENTS = re.findall(r'^    "([\w ]+)":', EXECUTE, re.MULTILINE)


@pytest.mark.case("P-L07")
@pytest.mark.parametrize("what", ARGUMENTS)
def test_p_l07_argv_and_envp_of_any_form(user, what):
    """No argument vector makes it do, or end by, anything else."""
    done = user.python(EXECUTE, str(LAUNCHER), what, timeout=20)
    assert done.returncode == BY_HAND, done
    assert done.stdout == ""


@pytest.mark.case("P-L07")
@pytest.mark.parametrize("what", ARGUMENTS)
def test_p_l07_under_the_sanitizers(user, variants, what):
    """The same under ASan and UBSan, which see what does no harm yet."""
    launcher = sanitized(variants)
    env = {"ASAN_OPTIONS": "detect_leaks=0"}
    done = user.python(EXECUTE, str(launcher), what, env=env, timeout=20)
    assert done.returncode == BY_HAND, done
    assert "Sanitizer" not in done.stderr
    assert "runtime error" not in done.stderr


@pytest.mark.case("P-L07")
def test_p_l07_control_the_sanitizers_see(user, variants):
    """A parser that reads one byte too far is seen in that build."""
    edit = (
        "order.c",
        "memchr(text->next, '\\0', text->left)",
        "memchr(text->next, '\\0', text->left + 200000)",
    )
    flags = ("-fsanitize=address,undefined", "-fno-sanitize-recover=all")
    launcher = variants.build("sanitized-wrong", [edit], flags)
    os.removexattr(launcher, "security.capability")
    order = encode(["/" + "x" * (MAX_TEXT - 1)])[:-1]
    order = order[:24] + struct.pack("=I", len(order) - 32) + order[28:]
    ended = start(user, order, launcher=launcher)
    assert "AddressSanitizer" in ended.printed, ended
