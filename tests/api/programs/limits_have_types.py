"""Run by test_options, and read by mypy: a size may be given as text, and is a
number afterwards.  mypy objects to each "type: ignore" that it does not need,
so that each stands for a mistake which it sees, too."""

from harness import refused

from boxed import Limits


def whole(number: int) -> int:
    return number


def seconds(number: "float | None") -> "float | None":
    return number


limits = Limits(memory="256M", output=1 << 20, threads=3, cpu_time=0.5)
assert whole(limits.memory) == 256 << 20
assert whole(limits.output) == whole(Limits(output="1M").output)
assert whole(limits.threads) == 3
assert seconds(limits.cpu_time) == 0.5
assert seconds(Limits(cpu_time=None).cpu_time) is None

assert whole(Limits().cpu_time) is None  # type: ignore[arg-type]
refused(TypeError, lambda: Limits(memory=1.5))  # type: ignore[arg-type]
refused(TypeError, lambda: Limits(threads="3"))  # type: ignore[arg-type]
refused(TypeError, lambda: Limits(colour=1))  # type: ignore[call-arg]
refused(TypeError, lambda: Limits(3))  # type: ignore[call-arg]


def change() -> None:
    limits.memory = 1 << 20  # type: ignore[misc]


refused(AttributeError, change)
