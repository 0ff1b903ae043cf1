"""Sphinx settings."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from boxed import __version__

project = "boxed"
author = "The boxed developers"
copyright = "2026, The boxed developers"
release = version = __version__
extensions = ["sphinx.ext.autodoc"]
# What is a part of another page.
exclude_patterns = ["_build", "cases.rst"]
html_theme = "furo"
html_title = f"boxed {version}"
nitpicky = True
# Names of types that annotations are made of, which nobody imports.
nitpick_ignore = [
    ("py:class", name)
    for name in (
        "CallOptions",
        "SourceOptions",
        "SandboxOptions",
        "OfOneCall",
        "Target",
        "T",
        "T_co",
        "P",
        "P.args",
        "P.kwargs",
        "Future",
        "futures.Future",
        "Sandboxed",
        "boxed._decorator.Sandboxed",
        "boxed._decorator.P",
        "boxed._decorator.T",
    )
]
