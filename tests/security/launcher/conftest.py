"""The launcher in the hands of a hostile local user, and in a hostile
environment around an honest one.

Nothing of the package stands between these tests and the launcher: they write
orders of their own.  What shows that a test would notice a missing wall is a
variant of the launcher without it (`variants`), or the same attack outside.
"""

from __future__ import annotations

import pytest


@pytest.fixture(scope="session")
def user(make_environment):
    """An ordinary user in other groups, with the launcher installed, whose
    guests have the uid of everybody's."""
    return make_environment("user-nobody")
