"""Run by test_syscalls."""

from marked import mark, run

mark("cold")
run(abs, (-4,))
mark("end")
