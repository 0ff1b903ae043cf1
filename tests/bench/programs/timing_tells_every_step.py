"""Run by test_bench."""

from command import boxed_command
from harness import ISOLATION

OPTIONS = ("--timing", "--isolation", ISOLATION)
STEPS = (
    *("options", "guest sees", "launcher: ", "zygote: ", "ready"),
    *("for a worker", "send", "wait", "decode", "give"),
)

done = boxed_command("run", "math:sqrt", "4", *OPTIONS)
assert (done.returncode, done.stdout) == (0, "2.0\n"), done
*lines, imported = done.stderr.splitlines()
assert "import boxed" in imported, imported
lines = lines[3:-1]
ends = [float(line.split()[-2]) for line in lines]
assert ends == sorted(ends) and ends[-1] > 0
# A tier that does not work here is tried in two of the steps.
words = [word for line in lines for word in STEPS if word in line]
steps = sorted(set(words), key=words.index)
assert len(steps) == 10 and len(lines) >= 12, done.stderr
assert [words.count(step) for step in steps[2:]] == [1] * 8, words
# A call that fails tells them too.
done = boxed_command("run", "math:sqrt", "-1", *OPTIONS)
assert done.returncode == 1 and "wait for the answer" in done.stderr
