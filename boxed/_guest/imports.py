"""What the sandbox imports that its search would not find, and ``__main__``;
and how long imports take.

For the zygote, and a worker's clock; imports nothing that an interpreter has
not loaded when it starts.
"""

from __future__ import annotations

import sys
from _thread import get_ident
from time import monotonic_ns

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


#: Nanoseconds that each module took which was not there yet, with all that it
#: imported itself.
import_times: dict[str, int] = {}
_MOST_TIMES = 1000
#: Less than this, in nanoseconds, is not worth a word.
_WORTH_NOTING = 50_000_000
_MOST_NOTED, _LONGEST_NAME = 5, 100


def time_imports() -> None:
    """From now on, note it in import_times.

    An import statement comes to `_find_and_load` only with what is not loaded;
    so the others take no longer than before.
    """
    frozen: Any = sys.modules["_frozen_importlib"]
    find = getattr(frozen, "_find_and_load", None)
    if find is None:
        return
    importing: set[int] = set()

    def find_and_load(name: str, import_: Any) -> Any:
        thread = get_ident()
        if thread in importing:
            return find(name, import_)
        importing.add(thread)
        begin = monotonic_ns()
        try:
            module = find(name, import_)
        finally:
            importing.discard(thread)
        if name in import_times or len(import_times) < _MOST_TIMES:
            spent = monotonic_ns() - begin
            import_times[name] = import_times.get(name, 0) + spent
        return module

    # Of a traceback the interpreter leaves out what it takes for importlib's.
    find_and_load.__code__ = find_and_load.__code__.replace(
        co_filename=find.__code__.co_filename, co_name=find.__code__.co_name
    )
    frozen._find_and_load = find_and_load


def import_note() -> bytes:
    """Which modules took the time of a call, if that is worth a word: lines of
    a name and microseconds."""
    total = sum(import_times.values())
    if total < _WORTH_NOTING:
        return b""
    longest = sorted(import_times.items(), key=_time_of, reverse=True)
    lines = [
        f"{name} {spent // 1000}"
        for name, spent in longest[:_MOST_NOTED]
        if spent * 10 > total and name.isascii() and len(name) < _LONGEST_NAME
    ]
    return "\n".join(lines).encode()


def _time_of(pair: tuple[str, int]) -> int:
    return pair[1]
