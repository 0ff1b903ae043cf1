"""Many calls at once, and many in a row (P-V02, P-V03)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from calling import ADD, HOLD, Caller, parts, path_with
from core import check_file
from environments import sleep_until

PROGRAMS = Path(__file__).parent / "programs"


@pytest.mark.case("P-V02")
@pytest.mark.parametrize("name", ["user", "docker-user"])
def test_p_v02_no_answer_is_anothers(make_environment, guests, name):
    """Calls of many threads, some of which time out or crash: each gets its
    own answer."""
    environment = make_environment(name)
    env = path_with(environment, guests)
    program = PROGRAMS / "crowd.py"
    stdout = check_file(environment, program, "50", "20", env=env)
    assert json.loads(stdout) == []


@pytest.mark.case("P-V02")
def test_p_v02_nor_is_it_with_many_processes(make_environment, guests):
    """The same of processes that were forked, before and after their parent's
    first call."""
    environment = make_environment("user")
    env = path_with(environment, guests)
    program = PROGRAMS / "crowds_of_forks.py"
    stdout = check_file(environment, program, "5", "10", env=env)
    assert stdout.split() == ["[]"] * 4


@pytest.mark.case("P-V03")
@pytest.mark.parametrize(
    ("name", "calls"), [("user", 600), ("docker-user", 300)]
)
def test_p_v03_nothing_adds_up(make_environment, guests, name, calls):
    """After many calls, a tenth of which timed out, the caller has the same
    descriptors, mounts and children as before, and no more memory."""
    environment = make_environment(name)
    env = path_with(environment, guests)
    program = PROGRAMS / "many_in_a_row.py"
    stdout = check_file(environment, program, str(calls), env=env)
    before, after = json.loads(stdout)
    assert before[:3] == after[:3]
    assert after[2] == 1
    assert after[3] - before[3] < 512, "pages"


@pytest.mark.case("P-V03")
def test_p_v03_nor_in_the_zygote(make_environment, guests):
    """Nor has the zygote more descriptors, children or memory."""
    environment = make_environment("user")
    variables = path_with(environment, guests)
    with Caller(environment, variables, standby_seconds=0.3) as caller:

        def state():
            for number in range(20):
                assert caller.call(ADD, number, 1) == {"value": number + 1}
            zygote = Path(f"/proc/{parts(caller)['zygote']}")
            sleep_until(lambda: not {"worker", "standby"} & {*parts(caller)})
            pages = int((zygote / "statm").read_text().split()[1])
            return len(list((zygote / "fd").iterdir())), pages

        before = state()
        for _ in range(10):
            caller.ask(HOLD, 60, timeout=0.01)
            assert caller.answer()["error"] == "CallTimeout"
            state()
        after = state()
    assert before[0] == after[0]
    assert after[1] - before[1] < 256
