"""A range of uids that has none left, and what only looks like it."""

from __future__ import annotations

import errno

import pytest
from checks import STATUS, assert_refused
from launching import start
from orders import UID, order_for

# As in a control group that has as many processes as it may.
NO_MORE = (
    "pool.c",
    "pid_t child = fork();\n    if (child == 0) {\n        _exit(0);",
    "errno = EAGAIN;\n    pid_t child = -1;\n    if (child == 0) {\n"
    "        _exit(0);",
)
# As in a range of which somebody has every uid.
ALL_TAKEN = ("pool.c", "return alone == 1;", "return false;")


@pytest.mark.case("P-L03")
@pytest.mark.parametrize(
    ("edit", "error"), [(NO_MORE, errno.EAGAIN), (ALL_TAKEN, errno.EUSERS)]
)
def test_p_l03_no_process_and_no_uid(make_environment, variants, edit, error):
    """They are told apart, since other things mend them."""
    environment = make_environment("range-of-two")
    order = order_for(UID, STATUS)
    launcher = variants.build(f"pool-{error}", [edit])
    assert_refused(start(environment, order, launcher=launcher), "pool", error)
    # The control.
    plain = start(environment, order, launcher=variants.build("unchanged"))
    assert plain.ran and plain.status == 0, plain
