"""The programs of the system call filters, evaluated."""

import itertools

import pytest
from confine_build import GOLDEN, confined
from confine_filter import ALLOW, ARCHES, LAST, STAGES, compiled, listing
from seccomp_cases import MACHINE, NR, all_cases, real

pytestmark = pytest.mark.fast

WORKERS = STAGES[1:]
GARBAGE = 0x5A5A5A5A << 32


def answer(stage, name, *args):
    return compiled(stage).answer(NR[name], args, MACHINE)


@pytest.mark.parametrize("stage", STAGES)
def test_program_is_small_and_well_formed(stage):
    """Jumps stay inside, loads are of number, architecture or low halves."""
    code = compiled(stage).code
    assert len(code) < 512
    for place, (op, yes, no, k) in enumerate(code):
        rest = len(code) - place - 1
        assert op in (0x20, 0x54, 0x05, 0x15, 0x35, 0x06)
        assert op != 0x20 or k in (0, 4, 16, 24, 32, 40, 48, 56)
        assert op not in (0x15, 0x35) or max(yes, no) < rest
        assert op != 0x05 or k < rest
    assert code[-1][0] == 0x06


def test_every_number_has_its_golden_answer():
    """The list in the repository is what the tables mean, for each stage."""
    golden = GOLDEN.read_text().splitlines()
    wanted = {line.split()[0]: line.split()[2:] for line in golden[1:]}
    found = {}
    for line in list(listing(MACHINE))[1:]:
        number, _, *verdicts = line.split()
        found[number] = verdicts
    assert found == wanted


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("arch", sorted(set(ARCHES) - {MACHINE}))
def test_every_call_of_a_foreign_architecture_kills(stage, arch):
    verdicts = {compiled(stage).verdict(nr, arch) for nr in range(LAST)}
    assert verdicts == {"kill"}


@pytest.mark.parametrize("stage", STAGES)
def test_unknown_numbers_do_not_exist(stage):
    """From the first unknown number up; and those of x32 kill."""
    unknown = [LAST, 4096, 0x3FFFFFFF, 0x80000000, 0xFFFFFFFF]
    for number in [*range(470, LAST), *unknown]:
        assert compiled(stage).verdict(number, MACHINE) == "ENOSYS"
    x32 = [0x40000000, *(0x40000000 + nr for nr in range(LAST)), 0x7FFFFFFF]
    wanted = "kill" if MACHINE == "x86_64" else "ENOSYS"
    assert {compiled(stage).verdict(nr, MACHINE) for nr in x32} == {wanted}


@pytest.mark.parametrize("stage", STAGES)
def test_arguments_are_checked(stage):
    """Each case of the lists above, and each with a garbage high half."""
    cases = [case for case in all_cases() if case[0] == stage]
    assert cases
    for _, name, args, wanted in cases:
        plain = real(args, compiled(stage).pid)
        dirty = [arg & 0xFFFFFFFF | GARBAGE for arg in plain]
        for variant in (plain, dirty):
            case = (name, [hex(arg) for arg in variant])
            assert (case, answer(stage, name, *variant)) == (case, wanted)


@pytest.mark.parametrize("stage", WORKERS)
def test_zygote_never_forbids_what_a_worker_may(stage):
    """The stricter answer counts, so the zygote's filter must be wider."""
    zygote = compiled("zygote" + (",network" * ("network" in stage)))
    worker = compiled(stage)
    for number in range(LAST):
        verdict = worker.verdict(number, MACHINE)
        if verdict == "allow":
            assert zygote.verdict(number, MACHINE) == "allow", number
    for _, name, args, _ in all_cases():
        args = real(args, worker.pid)
        if worker.run(NR[name], args, MACHINE)[0] == ALLOW:
            assert zygote.run(NR[name], args, MACHINE)[0] == ALLOW, name


def both(worker, zygote, number, args=(), arch=MACHINE):
    """What the kernel answers where two filters stand: the stricter action,
    the upper one's of two alike (seccomp_run_filters, kernel/seccomp.c)."""
    answers = [one.run(number, args, arch)[0] for one in (worker, zygote)]
    # As signed numbers: to kill the process is the strictest.
    return min(answers, key=lambda one: (one & 0xFFFF0000 ^ 1 << 31, 0))


OPTIONS = [
    "".join(words)
    for words in itertools.product(
        ("", ",network"), ("", ",locks"), ("", ",processes"), ("", ",host"),
        ("", ",sizes"),
    )
]  # fmt: skip


@pytest.mark.parametrize("options", OPTIONS)
def test_what_is_left_to_the_zygote_is_forbidden_all_the_same(options):
    """Above the zygote's filter a worker's is short, and the two together
    answer as with the long one: each number, with each list of arguments that
    any rule tells apart, on each architecture.

    Alone it is no filter at all (the control): most of it is left out."""
    zygote = compiled("zygote" + options)
    long, short = (
        compiled(f"worker{options}"),
        compiled(f"worker{options},above"),
    )
    assert len(short.code) < len(long.code) / 2
    # Each was dumped by a process of its own.
    short.pid, short.code = (
        long.pid,
        [
            (op, yes, no, long.pid if op == 0x15 and k == short.pid else k)
            for op, yes, no, k in short.code
        ],
    )
    numbers = [*range(LAST), 0x3FFFFFFF, *range(1 << 30, (1 << 30) + LAST)]
    numbers += [0x7FFFFFFF, 0x80000000, 0xFFFFFFFF]
    every = [(number, (), arch) for number in numbers for arch in ARCHES]
    every += [
        (number, [arg] * 6, MACHINE)
        for number in range(LAST)
        for arg in (1, 2, long.pid, zygote.pid, 0xFFFFFFFF)
    ]
    every += [
        (NR[name], real(args, pid), MACHINE)
        for _, name, args, _ in all_cases()
        for pid in (long.pid, zygote.pid)
    ]
    more = 0
    for case in every:
        answer = both(long, zygote, *case)
        assert (case, both(short, zygote, *case)) == (case, answer)
        more += answer != ALLOW and short.run(*case)[0] == ALLOW
    assert more > 100


@pytest.mark.parametrize("stage", ["zygote,sizes", "worker,sizes"])
def test_no_file_is_truncated_by_name_below_abi_3(stage):
    """Landlock would not forbid it there; what is open for writing may be."""
    found = compiled(stage)
    assert found.answer(NR["truncate"], arch=MACHINE) == "EPERM"
    assert found.answer(NR["ftruncate"], arch=MACHINE) == "allow"


def test_filter_that_does_not_fit_is_an_error():
    """Too small a buffer is ENOSPC, for every size that is too small."""
    length = len(compiled("worker").code)
    for capacity in (0, 1, 2, 50, 300, length - 1):
        short = confined("--", "dump", "worker", capacity)
        assert (short.returncode, short.stdout) == (111, "")
        assert "28" in short.stderr
    assert confined("--", "dump", "worker", length).returncode == 0


def test_sweep_of_stages_is_complete():
    """Every combination of options compiles, and none is over the limit."""
    for words in itertools.product(
        ("zygote", "worker"), ("", ",network"), ("", ",locks"),
        ("", ",processes"),
    ):  # fmt: skip
        assert len(compiled("".join(words)).code) < 512
