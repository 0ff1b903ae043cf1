"""Source text inside the sandbox: run as a script is, with a value at its end.

The zygote loads this for sandboxes that take source text.  Nothing here is a
wall: the text may do to it what it likes.
"""

from __future__ import annotations

import builtins
import linecache
import sys
import traceback
from posix import _exit

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType
    from typing import Any

# A guest may take away from the builtins what this needs.
globals()["__builtins__"] = dict(vars(builtins))

# No name that source text could have: what its last expression comes to.
VALUE = "<value>"
# ast.PyCF_ONLY_AST and PyCF_ALLOW_TOP_LEVEL_AWAIT, without that import.
ONLY_TREE, AWAIT = 0x400, 0x2000
COROUTINE = 0x80 | 0x200  # inspect.CO_COROUTINE and CO_ASYNC_GENERATOR
OWN_FILE = (lambda: None).__code__.co_filename


def prepare() -> None:
    # The interpreter's own way of printing tracebacks knows files only.
    sys.__excepthook__ = traceback.print_exception
    # Which scripts have from site, and the sandbox has no site.
    vars(builtins).update(exit=sys.exit, quit=sys.exit)


def execute(
    source: str | bytes,
    filename: str,
    argv: list[str],
    inputs: dict[str, Any],
    is_rehearsal: bool = False,
) -> Any:
    """Run it in a new ``__main__``; the value of its last expression.

    It ends as a script does: with its threads, then what atexit has.  An exit
    with a status ends the process.
    """
    names = new_main(filename, inputs)
    sys.argv[:] = [filename, *argv]
    if is_rehearsal:
        return evaluated(source, filename, names)
    try:
        return evaluated(source, filename, names)
    except SystemExit as error:
        status = exit_status(error)
    finally:
        finish()
    if status:
        flush()
        _exit(status & 0xFF)
    return None


def new_main(filename: str, inputs: dict[str, Any]) -> dict[str, Any]:
    main = type(sys)("__main__")
    sys.modules["__main__"] = main
    names: dict[str, Any] = main.__dict__
    names["__builtins__"] = builtins
    if not filename.startswith("<"):
        names["__file__"] = filename
    names.update(inputs)
    return names


def evaluated(source: str | bytes, filename: str, names: Any) -> Any:
    code = compiled(source, filename)
    value = eval(code, names)
    if code.co_flags & COROUTINE:
        import asyncio

        asyncio.run(value)
    return names.pop(VALUE, None)


def compiled(source: str | bytes, filename: str) -> CodeType:
    """The code, which leaves the value of its last expression at VALUE."""
    remember(source, filename)
    tree: Any = compile(source, filename, "exec", ONLY_TREE | AWAIT, True)
    if tree.body and type(tree.body[-1]).__name__ == "Expr":
        tree.body[-1] = kept(tree.body[-1].value)
    code: CodeType = compile(tree, filename, "exec", AWAIT, True)
    return code


def kept(expression: Any) -> Any:
    import _ast

    place = {
        name: getattr(expression, name)
        for name in ("lineno", "col_offset", "end_lineno", "end_col_offset")
    }
    target = _ast.Name(id=VALUE, ctx=_ast.Store(), **place)
    return _ast.Assign(targets=[target], value=expression, **place)


def remember(source: str | bytes, filename: str) -> None:
    """For tracebacks and ``inspect``."""
    if isinstance(source, bytes):
        source = source.decode(errors="replace")
    lines = source.splitlines(keepends=True)
    linecache.cache[filename] = (len(source), None, lines, filename)


def exit_status(error: SystemExit) -> int:
    """As the interpreter has it, which prints what is no number."""
    code = error.code
    if code is None:
        return 0
    if isinstance(code, int):
        return code
    print(code, file=sys.stderr)
    return 1


def finish() -> None:
    """What the interpreter does when a script is at its end: it waits for
    threads, and calls what atexit has."""
    for module, function in (
        ("threading", "_shutdown"),
        ("atexit", "_run_exitfuncs"),
    ):
        if module in sys.modules:
            getattr(sys.modules[module], function)()


def flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except Exception:
            continue  # The text may have closed or replaced it.
