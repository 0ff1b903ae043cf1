"""Calls a function by its name, inside the sandbox.

`boxed run` sends this in place of the function: so the caller never imports
the module that a function to be judged is in.
"""

from __future__ import annotations

import importlib

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def call(name: str, args: list[Any], kwargs: dict[str, Any]) -> Any:
    """The value of the function ``name``, which is ``module:qualname``."""
    module, _, path = name.partition(":")
    found: Any = importlib.import_module(module)
    for attribute in path.split("."):
        found = getattr(found, attribute)
    return found(*args, **kwargs)
