"""What RLIMIT_DATA does not count has bounds of its own: stacks, shared and
read-only mappings, and so the page tables of all that."""

from __future__ import annotations

import pytest
from core import check

MAPPINGS = """
import ctypes, errno
libc = ctypes.CDLL(None, use_errno=True)
libc.mmap.restype = ctypes.c_void_p
libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int,
                      ctypes.c_int, ctypes.c_int, ctypes.c_long]
FAILED = ctypes.c_void_p(-1).value
def filled(flags, protection, most):
    "Mebibytes mapped, in one piece each, and why there are no more."
    for size in range(most):
        if libc.mmap(None, 1 << 20, protection, flags, -1, 0) == FAILED:
            return size, ctypes.get_errno()
    return most, 0
"""
# MAP_ANONYMOUS with: private, shared, MAP_GROWSDOWN
PRIVATE, SHARED, STACK = 0x22, 0x21, 0x122


@pytest.mark.case("P-R02")
def test_mappings_of_every_kind(environment):
    """Each ends at its limit; outside, with RLIMIT_DATA alone, only private
    writable ones do."""
    check(
        environment,
        f"""
        import resource
        mappings = {MAPPINGS!r}
        small = Limits(memory=64 << 20)
        def inside(*how):
            source = mappings + f"raise LookupError(filled(*{{how}}))"
            error = refused(LookupError, run, exec, (source,), limits=small)
            return eval(error.message)
        assert inside({STACK}, 3, 2000) == (0, 1)
        size, why = inside({PRIVATE}, 3, 2000)
        assert 48 < size <= 64 and why == 12, (size, why)
        # Twice the memory, and four times more.
        for flags, protection in (({SHARED}, 3), ({PRIVATE}, 1)):
            size, why = inside(flags, protection, 2000)
            assert 320 < size <= 384 and why == 12, (size, why)
        exec(mappings)
        if os.fork():
            assert os.wait()[1] == 0
        else:
            resource.setrlimit(resource.RLIMIT_DATA, (96 << 20, 96 << 20))
            assert filled({PRIVATE}, 3, 800)[0] < 100
            for flags, protection in (({STACK}, 3), ({SHARED}, 3),
                                      ({PRIVATE}, 1)):
                assert filled(flags, protection, 800) == (800, 0)
            os._exit(0)
        """,
    )


def reaching(depth: int) -> str:
    """Raises its stack's limit as far as it may, and writes that far down."""
    return f"""
import ctypes, resource
hard = resource.getrlimit(resource.RLIMIT_STACK)[1]
resource.setrlimit(resource.RLIMIT_STACK, (hard, hard))
libc = ctypes.CDLL(None)
at = ctypes.c_size_t.in_dll(libc, "__libc_stack_end").value
for depth in range(1 << 20, {depth}, 1 << 20):
    ctypes.memset(at - depth, 1, 1)
"""


@pytest.mark.case("P-R02")
def test_the_first_stack(make_environment):
    """It grows to `memory` and no further, whatever limit the guest sets;
    outside, to what the hard limit lets it."""
    for name in ("root", "rootless", "docker-root"):
        check(
            make_environment(name),
            f"""
            import subprocess
            small = Limits(memory=64 << 20)
            run(exec, ({reaching(60 << 20)!r},), limits=small)
            error = refused(WorkerDied, run, exec, ({reaching(70 << 20)!r},),
                            limits=small)
            assert error.signal == 11, error
            for depth in ({reaching(70 << 20)!r},):
                subprocess.run([sys.executable, "-c", depth], check=True)
            """,
        )
