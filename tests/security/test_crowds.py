"""Many calls at once, and many in a row (P-V02, P-V03)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from calling import ADD, HOLD, Caller, isolation, parts, path_with
from environments import sleep_until

CROWD = """
import json, os, sys, threading
from boxed import CallTimeout, WorkerDied, run
from launcher_attacks import die, echo, hold
isolation, threads, rounds = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
wrong = []
def call(function, *args, **options):
    return run(function, args=args, serializer="json", isolation=isolation,
               **options)
def member(number):
    for turn in range(rounds):
        nonce = f"{os.getpid()}-{number}-{turn}"
        try:
            if turn % 9 == 4:
                try:
                    call(hold, 60, nonce, timeout=0.2)
                except CallTimeout:
                    continue
            elif turn % 9 == 7:
                try:
                    call(die, 7)
                except WorkerDied as error:
                    if error.exitcode == 7:
                        continue
            elif call(echo, nonce) == nonce:
                continue
            wrong.append([nonce, "value"])
        except BaseException as error:
            wrong.append([nonce, repr(error)])
crowd = [threading.Thread(target=member, args=(n,)) for n in range(threads)]
for one in crowd:
    one.start()
for one in crowd:
    one.join()
print(json.dumps(wrong))
"""


@pytest.mark.case("P-V02")
@pytest.mark.parametrize("name", ["user", "docker-user"])
def test_p_v02_no_answer_is_anothers(make_environment, guests, name):
    """Calls of many threads, some of which time out or crash: each gets its
    own answer."""
    environment = make_environment(name)
    env = path_with(environment, guests)
    words = isolation(environment), "50", "20"
    done = environment.check(CROWD, *words, env=env)
    assert json.loads(done.stdout) == []


@pytest.mark.case("P-V02")
def test_p_v02_nor_is_it_with_many_processes(make_environment, guests):
    """The same of processes that were forked, before and after their parent's
    first call."""
    environment = make_environment("user")
    code = f"""
import os, sys
from boxed import run
from launcher_attacks import echo
def fork():
    pid = os.fork()
    if pid == 0:
        exec({CROWD!r}, {{}})
        sys.stdout.flush()
        os._exit(0)
    return pid
children = [fork() for _ in range(2)]
assert run(echo, args=(1,), serializer="json", isolation=sys.argv[1]) == 1
children += [fork() for _ in range(2)]
assert run(echo, args=(2,), serializer="json", isolation=sys.argv[1]) == 2
for child in children:
    assert os.waitpid(child, 0)[1] == 0
assert run(echo, args=(3,), serializer="json", isolation=sys.argv[1]) == 3
"""
    words = isolation(environment), "5", "10"
    done = environment.check(code, *words, env=path_with(environment, guests))
    assert done.stdout.split() == ["[]"] * 4


ROW = """
import json, os, sys
from boxed import CallTimeout, run
from boxed._live import prefork
from launcher_attacks import echo, hold
isolation = sys.argv[1]
def state():
    with open("/proc/self/statm") as file:
        pages = int(file.read().split()[1])
    with open("/proc/self/mountinfo") as file:
        mounts = len(file.readlines())
    children = 0
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{name}/stat") as file:
                parent = file.read().rpartition(")")[2].split()[1]
        except OSError:
            continue
        children += parent == str(os.getpid())
    # Those that stand by come and go.
    ahead = [(len(one._waiting), len(one._prepared))
             for one in prefork.every()]
    own = sum(4 * ready + 8 * more for ready, more in ahead)
    fds = len(os.listdir("/proc/self/fd")) - own
    return [fds, mounts, children, pages]
def call(number):
    try:
        late = number % 10 == 9
        function, args = (hold, (60,)) if late else (echo, (number,))
        value = run(function, args=args, serializer="json",
                    timeout=0.01 if late else None, isolation=isolation)
        assert value == number
    except CallTimeout:
        assert late
for number in range(20):
    call(number)
before = state()
for number in range(int(sys.argv[2])):
    call(number)
print(json.dumps([before, state()]))
"""


@pytest.mark.case("P-V03")
@pytest.mark.parametrize(
    ("name", "calls"), [("user", 600), ("docker-user", 300)]
)
def test_p_v03_nothing_adds_up(make_environment, guests, name, calls):
    """After many calls, a tenth of which timed out, the caller has the same
    descriptors, mounts and children as before, and no more memory."""
    environment = make_environment(name)
    env = path_with(environment, guests)
    words = isolation(environment), str(calls)
    done = environment.check(ROW, *words, env=env)
    before, after = json.loads(done.stdout)
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
