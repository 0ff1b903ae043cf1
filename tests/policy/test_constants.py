"""What Python and the launcher's C both have written down is the same."""

from __future__ import annotations

import re

import pytest
from environments import CHECKOUT

from boxed._policy import tiers

pytestmark = pytest.mark.fast


def defined(path: str, name: str) -> str:
    """The value of a macro."""
    text = (CHECKOUT / "src" / path).read_text()
    (found,) = re.findall(rf"#define {name} +(\S+)", text)
    return found


def test_uids_and_paths():
    """The launcher decides; the caller only says the same earlier."""
    assert defined("shared/order.h", "BOXED_NOBODY") == f"{tiers.NOBODY}u"
    assert defined("launcher/target.c", "LOGIN_FIRST") == f"{tiers.LOGIN[0]}u"
    assert defined("launcher/target.c", "LOGIN_LAST") == f"{tiers.LOGIN[-1]}u"
    path = defined("launcher/configuration.c", "CONFIGURATION")
    assert path == f'"{tiers.CONFIGURATION}"'
