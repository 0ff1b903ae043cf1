"""What the sandbox imports that its search would not find, and ``__main__``.

For the zygote; imports nothing that an interpreter has not loaded when it
starts.
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Finder:
    """Knows where the caller found modules, other than on its path.

    :param found: each one's name, its file if any, and its directories if it
        is a package.
    """

    def __init__(self, found: Any) -> None:
        self.found = {name: where for name, *where in found}

    def find_spec(
        self, name: str, path: Any = None, target: Any = None
    ) -> Any:
        """As importlib's finders have it."""
        if name not in self.found:
            return None
        origin, locations = self.found[name]
        places = None if locations is None else list(locations)
        if origin is None:
            frozen: Any = sys.modules["_frozen_importlib"]
            spec = frozen.ModuleSpec(name, None, is_package=True)
            spec.submodule_search_locations = places
            return spec
        external: Any = sys.modules["_frozen_importlib_external"]
        return external.spec_from_file_location(
            name, origin, submodule_search_locations=places
        )


def load_main(kind: str, where: str, source: bytes | None) -> None:
    """Give ``__main__`` the caller's script, as multiprocessing's spawn; its
    source comes along, for a guest that may not open the file."""
    module = type(sys)("__mp_main__")
    if kind == "module":
        import runpy

        if where == "__main__":
            # Of a directory or zip file that is run: looked for on the path,
            # unless there is one already.
            del sys.modules["__main__"]
        content = runpy.run_module(where, run_name="__mp_main__")
        module.__dict__.update(content)
    else:
        if source is None:
            with open(where, "rb") as file:
                source = file.read()
        module.__dict__["__file__"] = where
        # Where a class of the script, such as a dataclass, looks for itself.
        sys.modules["__mp_main__"] = module
        exec(compile(source, where, "exec"), module.__dict__)
    sys.modules["__main__"] = sys.modules["__mp_main__"] = module
