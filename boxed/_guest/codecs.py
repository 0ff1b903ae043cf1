"""The serializers inside the sandbox: requests in, values out.

Loaded by the zygote.  Each imports as little as it can, and is made before the
caller's path is applied where it is the standard library's.
"""

from __future__ import annotations

import builtins
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable

    from boxed._wire.payload import Payload

    # From a stream and its buffers; to a payload, with a buffer_callback.
    Codec = tuple[Callable[..., Any], Callable[..., None]]

# A guest may take away from the builtins what this needs.
globals()["__builtins__"] = dict(vars(builtins))


def protocol_5(library: Any) -> Codec:
    def loads(data: bytes, buffers: list[memoryview]) -> Any:
        return library.loads(data, buffers=buffers)

    def dump(value: Any, payload: Payload, beside: Any) -> None:
        library.dump(value, payload, 5, buffer_callback=beside)

    return loads, dump


def pickle_codec() -> Codec:
    """The accelerator alone: the module beside it imports half of re.

    It takes nothing but `partial` from functools, which imports collections:
    together half of the time until the zygote is ready.
    """
    if "functools" not in sys.modules:
        stand_in = type(sys)("functools")
        stand_in.__dict__["partial"] = __import__("_functools").partial
        sys.modules["functools"] = stand_in
    try:
        import _pickle
    finally:
        if not hasattr(sys.modules["functools"], "__file__"):
            del sys.modules["functools"]
    return protocol_5(_pickle)


def cloudpickle_codec() -> Codec:
    import cloudpickle

    return protocol_5(cloudpickle)


def dill_codec() -> Codec:
    # It asks for a temporary directory on import, to name a default file;
    # where no directory is writable the question alone would fail.
    import tempfile

    tempfile.tempdir = "/tmp"
    import dill

    tempfile.tempdir = None
    return protocol_5(dill)


def json_codec() -> Codec:
    """The function comes as ``module:qualname``, its value as strict JSON."""
    import json

    def loads(data: bytes, buffers: list[memoryview]) -> Any:
        name, *content = json.loads(bytes(data))
        module, _, path = name.partition(":")
        __import__(module)
        found = sys.modules[module]
        for attribute in path.split("."):
            found = getattr(found, attribute)
        return (found, *content)

    def dump(value: Any, payload: Payload, beside: Any) -> None:
        payload.write(json.dumps(value, allow_nan=False).encode())

    return loads, dump


def value_codec() -> Codec:
    """Function and arguments come as code and values of cloudpickle's; the
    result goes as pickle writes it, by name.

    A class that has come as code is not where its name says.  So it is put
    there once a result needs it.
    """
    import _pickle

    import cloudpickle

    del cloudpickle  # It is there for what was written with it.
    loads, plain = protocol_5(_pickle)

    class NamingPickler(_pickle.Pickler):
        def reducer_override(self, one: Any) -> Any:
            if isinstance(one, type) and one.__module__ == "__main__":
                put_in_main(one)
            return NotImplemented

    def dump(value: Any, payload: Payload, beside: Any) -> None:
        try:
            plain(value, payload, beside)
        except (AttributeError, _pickle.PicklingError):
            payload.pieces.clear()
            payload.buffers.clear()
            NamingPickler(payload, 5, buffer_callback=beside).dump(value)

    return loads, dump


def source_codec() -> Codec:
    """Source text, and values for it as pickle writes them."""
    import _pickle

    loads, dump = protocol_5(_pickle)
    source = load_own("_guest/source")
    # Its own needs are met, and the guest may import the real package.
    del sys.modules[source.__name__]
    source.prepare()

    def read(data: bytes, buffers: list[memoryview]) -> Any:
        return source.execute, loads(data, buffers), {}

    return read, dump


def source_by_value_codec() -> Codec:
    """The same, and cloudpickle has written the values."""
    import cloudpickle

    del cloudpickle  # As above.
    return source_codec()


def put_in_main(cls: type) -> None:
    """Where a class of the caller's script is found by its name."""
    where: Any = sys.modules["__main__"]
    *outer, name = cls.__qualname__.split(".")
    for part in outer:
        if not hasattr(where, part):
            setattr(where, part, type(sys)(part))
        where = getattr(where, part)
    if not hasattr(where, name):
        setattr(where, name, cls)


CODECS: dict[str, Callable[[], Codec]] = {
    "pickle": pickle_codec,
    "value": value_codec,
    "source": source_codec,
    "source by value": source_by_value_codec,
    "cloudpickle": cloudpickle_codec,
    "dill": dill_codec,
    "json": json_codec,
}


#: Where source_codec() has its code from.
SOURCE_FILE = __file__.replace("_guest/codecs", "_guest/source")
#: Those that take nothing from the caller's path.
OWN_CODECS = frozenset(CODECS) - {"cloudpickle", "dill"}


def load_own(file: str) -> Any:
    """A module of this package, by no import, since nothing of the guest's is
    to find the package."""
    loader: Any = type(__spec__.loader)
    where = __file__.replace("_guest/codecs", file)
    made = type(sys)("boxed." + file.replace("/", "."))
    code = loader(made.__name__, where).get_code(made.__name__)
    # What is loaded next may ask for it.
    sys.modules[made.__name__] = made
    exec(code, made.__dict__)
    return made


#: Those that take frames apart, and build them for a guest that reads its own.
FRAME_FILES = ("_wire/frame_pieces", "_answers/frames", "_guest/pandas_frames")
FRAMES: list[Any] = []


def load_frames() -> None:
    FRAMES.extend(load_own(file) for file in FRAME_FILES)
    for made in FRAMES:
        del sys.modules[made.__name__]


def teach_pandas() -> None:
    """Have frames sent in the pieces that the caller's decoder takes."""
    if not FRAMES:
        load_frames()
    # A pickler imports what it names; dill does by way of the package.
    for made in FRAMES:
        sys.modules[made.__name__] = made
        above, _, name = made.__name__.rpartition(".")
        while above:
            package = sys.modules.setdefault(above, type(sys)(above))
            package.__dict__[name] = made
            made = package
            above, _, name = above.rpartition(".")
    FRAMES[-1].teach()
